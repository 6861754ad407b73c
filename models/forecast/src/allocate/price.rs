//! The common price: the optimum of concave channels under a budget and group minima.

use super::envelope::Envelope;

const PRICE_MIN: f64 = 1e-15;
const ROUNDS_MAX: usize = 200;

/// Channels as concave envelopes, with groups.
pub(super) struct Market<'a> {
    pub channels: Vec<Envelope<'a>>,
    pub groups: Vec<Option<usize>>,
    /// For each group, its members' spends and the price at which they just take its minimum.
    held: Vec<Option<(f64, Vec<f64>)>>,
}

/// Spends at a price.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub price: f64,
    pub spends: Vec<f64>,
}

impl Point {
    pub fn total(&self) -> f64 {
        self.spends.iter().sum()
    }
}

impl<'a> Market<'a> {
    pub fn of(
        channels: Vec<Envelope<'a>>,
        groups: Vec<Option<usize>>,
        minima: &[f64],
    ) -> Market<'a> {
        let mut market = Market { channels, groups, held: vec![None; minima.len()] };
        for (group, min) in minima.iter().enumerate() {
            market.held[group] = market.hold(group, *min);
        }
        market
    }

    /// The group's minimum spread over its members at one price of their own.
    fn hold(&self, group: usize, min: f64) -> Option<(f64, Vec<f64>)> {
        let members: Vec<usize> =
            (0..self.channels.len()).filter(|at| self.groups[*at] == Some(group)).collect();
        let low: f64 = members.iter().map(|at| self.channels[*at].low).sum();
        if min <= low {
            return None;
        }
        let channels: Vec<Envelope> = members.iter().map(|at| self.channels[*at]).collect();
        let alone = Market { groups: vec![None; channels.len()], channels, held: Vec::new() };
        let point = alone.spend(min, 0.0);
        let mut spends = vec![0.0; self.channels.len()];
        members.iter().zip(&point.spends).for_each(|(at, spend)| spends[*at] = *spend);
        Some((point.price, spends))
    }

    /// Whether the channel takes what its group's minimum gives it at this price.
    pub fn is_held(&self, channel: usize, price: f64) -> bool {
        let held = self.groups[channel].and_then(|group| self.held.get(group)?.as_ref());
        held.is_some_and(|(own, _)| *own <= price)
    }

    /// Every channel's spend at a price, within these brackets.
    fn at(&self, price: f64, low: &[f64], high: &[f64]) -> Point {
        let spend = |at: usize| {
            let held = self.groups[at].and_then(|group| self.held.get(group)?.as_ref());
            match held {
                Some((own, spends)) if *own <= price => spends[at],
                _ => self.channels[at].spend_at(price, (low[at], high[at])),
            }
        };
        Point { price, spends: (0..self.channels.len()).map(spend).collect() }
    }

    /// The point at which nothing is worth its price, and the one at which everything is.
    fn ends(&self) -> (Point, Point) {
        let low: Vec<f64> = self.channels.iter().map(|channel| channel.low).collect();
        let high: Vec<f64> = self.channels.iter().map(|channel| channel.high).collect();
        let dearest = self.channels.iter().map(|channel| channel.marginal(channel.low));
        let dearest = dearest.fold(PRICE_MIN, f64::max) * 2.0;
        let held = self.held.iter().flatten().map(|(own, _)| *own).fold(dearest, f64::max);
        (self.at(held, &low, &high), self.at(PRICE_MIN, &low, &high))
    }

    /// The best spends of at most `budget`, none of it for less than `floor`.
    pub fn spend(&self, budget: f64, floor: f64) -> Point {
        let (dear, cheap) = self.ends();
        let floor = floor.max(PRICE_MIN);
        let worth = if floor > PRICE_MIN && floor < dear.price {
            self.at(floor, &dear.spends, &cheap.spends)
        } else if floor >= dear.price {
            Point { price: floor, ..dear.clone() }
        } else {
            cheap
        };
        if worth.total() <= budget {
            return worth;
        }
        self.bisect(dear, worth, |point| point.total() <= budget, |point| budget - point.total())
    }

    /// The cheapest point at which `fits` holds, between one where it does and one where it does
    /// not. The two last points are mixed so that `room`, linear in spends, is used up.
    pub fn bisect(
        &self,
        mut fits: Point,
        mut over: Point,
        holds: impl Fn(&Point) -> bool,
        room: impl Fn(&Point) -> f64,
    ) -> Point {
        for _ in 0..ROUNDS_MAX {
            if fits.price <= over.price * (1.0 + 1e-14) {
                break;
            }
            let price = (fits.price.ln() / 2.0 + over.price.ln() / 2.0).exp();
            let point = self.at(price, &fits.spends, &over.spends);
            if holds(&point) {
                fits = point;
            } else {
                over = point;
            }
        }
        mix(fits, &over, room)
    }

    /// The response without any spend: what earlier spend still brings.
    pub fn origin(&self) -> f64 {
        self.channels.iter().map(|channel| channel.curve.value(0.0)).sum()
    }

    /// The response to the very first unit, where it is largest.
    pub fn dearest(&self) -> f64 {
        self.channels.iter().map(|channel| channel.marginal(channel.low)).fold(0.0, f64::max)
    }

    /// The sum that the envelopes promise for these spends.
    pub fn bound(&self, spends: &[f64]) -> f64 {
        self.channels.iter().zip(spends).map(|(channel, spend)| channel.value(*spend)).sum()
    }
}

fn mix(fits: Point, over: &Point, room: impl Fn(&Point) -> f64) -> Point {
    let (left, lacking) = (room(&fits).max(0.0), -room(over));
    let share = if left + lacking > 0.0 { (left / (left + lacking)).clamp(0.0, 1.0) } else { 0.0 };
    let spends = fits.spends.iter().zip(&over.spends).map(|(f, o)| f + share * (o - f)).collect();
    Point { price: over.price, spends }
}
