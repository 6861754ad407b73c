//! Whether chains agree, and how much their draws are worth.

use serde::Serialize;

/// Measures of how far the sampling can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Diagnostics {
    /// The largest potential scale reduction (R-hat) of the total and the channels' shares: 1
    /// where the chains agree.
    pub r_hat: f64,
    /// The smallest effective number of draws of these.
    pub effective_draws: f64,
    /// Share of draws whose path diverged.
    pub divergences: f64,
    /// Gradients that were taken.
    pub gradients: usize,
}

impl Diagnostics {
    /// Whether nothing speaks against the sampling.
    pub fn good(&self) -> bool {
        self.r_hat <= 1.03 && self.effective_draws >= 200.0 && self.divergences <= 0.01
    }

    /// Whether its figures can be shown at all.
    pub fn usable(&self) -> bool {
        self.r_hat <= 1.2 && self.effective_draws >= 40.0
    }
}

/// R-hat of the ranks and of their distance from the middle, and the effective number of draws of
/// the ranks, each chain taken as two halves.
pub(super) fn agreement(chains: &[Vec<f64>]) -> (f64, f64) {
    let halves: Vec<&[f64]> = (chains.iter())
        .flat_map(|chain| chain.chunks_exact((chain.len() / 2).max(1)).take(2))
        .collect();
    let ranks = ranks(&halves);
    let folded: Vec<Vec<f64>> =
        ranks.iter().map(|half| half.iter().map(|rank| (rank - 0.5).abs()).collect()).collect();
    (r_hat(&ranks).max(r_hat(&folded)), effective(&ranks))
}

/// Ranks among all, 0 to 1; equal values share theirs.
fn ranks(halves: &[&[f64]]) -> Vec<Vec<f64>> {
    let mut sorted: Vec<f64> = halves.iter().flat_map(|half| half.iter().copied()).collect();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let rank = |value: &f64| {
        let below = sorted.partition_point(|one| one.total_cmp(value).is_lt());
        let upto = sorted.partition_point(|one| one.total_cmp(value).is_le());
        (below + upto) as f64 / (2.0 * count)
    };
    halves.iter().map(|half| half.iter().map(rank).collect()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Sum of squared distances from the mean, over one less than their number.
fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (values.len().max(2) - 1) as f64
}

/// Variance within the chains, and that of all.
fn variances(chains: &[Vec<f64>]) -> (f64, f64) {
    let count = chains.first().map_or(1, Vec::len).max(1) as f64;
    let within = mean(&chains.iter().map(|chain| variance(chain)).collect::<Vec<_>>());
    let between = variance(&chains.iter().map(|chain| mean(chain)).collect::<Vec<_>>());
    (within, within * (count - 1.0) / count + between)
}

fn r_hat(chains: &[Vec<f64>]) -> f64 {
    let (within, all) = variances(chains);
    if within > 0.0 { (all / within).sqrt() } else { f64::INFINITY }
}

/// By Geyer's initial monotone sequence of pairs of autocorrelations.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let count = chains.first().map_or(0, Vec::len);
    let (within, all) = variances(chains);
    if !(all > 0.0 && count > 3) {
        return 0.0;
    }
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let correlation = |lag: usize| {
        let of = |(chain, middle): (&Vec<f64>, &f64)| {
            let pairs = chain.iter().zip(&chain[lag..]);
            pairs.map(|(l, r)| (l - middle) * (r - middle)).sum::<f64>() / count as f64
        };
        let covariance = mean(&chains.iter().zip(&means).map(of).collect::<Vec<_>>());
        1.0 - (within - covariance) / all
    };
    let (mut sum, mut least) = (0.0, f64::INFINITY);
    for lag in (0..count - 1).step_by(2) {
        least = least.min(correlation(lag) + correlation(lag + 1));
        if least < 0.0 {
            break;
        }
        sum += least;
    }
    let draws = (count * chains.len()) as f64;
    draws / (2.0 * sum - 1.0).max(1.0 / draws.log10())
}

/// The value below which this share of sorted values lies.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().max(1) - 1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    at(place.floor()) + place.fract() * (at(place.ceil()) - at(place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stratum_models::chance::Chance;

    /// Four chains that keep this share of their last value, moved by `apart` from each other.
    fn chains(kept: f64, apart: f64) -> Vec<Vec<f64>> {
        let mut chance = Chance::new(5);
        let mut uniform = move || chance.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
        let chain = |at: usize| {
            let mut value = 0.0;
            let mut next = || {
                value = kept * value + uniform();
                value + apart * at as f64
            };
            (0..500).map(|_| next()).collect()
        };
        (0..4).map(chain).collect()
    }

    #[test]
    fn independent_draws_are_worth_their_number() {
        let (r_hat, draws) = agreement(&chains(0.0, 0.0));
        assert!(r_hat < 1.01 && (1_500.0..2_700.0).contains(&draws), "{r_hat} {draws}");
        // (1 - 0.9) / (1 + 0.9) of 2,000.
        let (_, draws) = agreement(&chains(0.9, 0.0));
        assert!((60.0..180.0).contains(&draws), "{draws}");
    }

    #[test]
    fn chains_apart_are_told() {
        assert!(agreement(&chains(0.0, 0.3)).0 > 1.1);
        assert_eq!(agreement(&vec![vec![1.0; 100]; 4]).1, 0.0);
    }
}
