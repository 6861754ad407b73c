//! Two sides measured in turns, so that a noisy neighbour hits both.

use anyhow::Result;

/// Lowest, middle and highest of some figures.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The lowest.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The highest.
    pub max: f64,
}

impl Spread {
    /// The spread of these figures.
    pub fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        Spread { min: at(0), median: at(figures.len() / 2), max: at(figures.len().max(1) - 1) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        write!(f, "{:.digits$} ({:.digits$}–{:.digits$})", self.median, self.min, self.max)
    }
}

/// Runs both sides `rounds` times in turns; each run returns its figure.
pub fn alternate(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64>,
    mut peer: impl FnMut() -> Result<f64>,
) -> Result<(Spread, Spread)> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Whoever goes second finds warm caches; take turns.
        if round % 2 == 0 {
            a.push(ours()?);
            b.push(peer()?);
        } else {
            b.push(peer()?);
            a.push(ours()?);
        }
    }
    Ok((Spread::of(a), Spread::of(b)))
}
