//! The plan: the concave optimum, and for S-shaped curves the splitting of ranges until bound and
//! plan meet.

use super::envelope::Envelope;
use super::price::{Market, Point};
use super::{Allocation, Binding, Clash, Goal, Question};

/// The distance at which bound and plan count as met.
const GAP_MIN: f64 = 1e-9;

/// Bounds of every channel with the bound on what a plan within them reaches.
struct Node {
    ranges: Vec<(f64, f64)>,
    point: Point,
    bound: f64,
    /// The channel whose envelope lies highest above its curve.
    widest: Option<usize>,
}

/// The best plan, with how much better another could be.
///
/// # Errors
/// When the constraints clash.
pub fn allocate(question: &Question) -> Result<Allocation, Clash> {
    question.check()?;
    let ranges = question.channels.iter();
    let ranges = ranges.map(|one| (one.min, one.max.min(question.budget).max(one.min))).collect();
    let root = question.node(ranges)?;
    let mut best = (question.worth(&root.point), root.point.clone());
    let mut open = vec![root];
    let mut splits = 0;
    while let Some(node) = take_highest(&mut open) {
        let met = node.bound <= best.0 + GAP_MIN * best.0.abs().max(1e-300);
        let Some(widest) = node.widest.filter(|_| !met && splits < question.splits_max) else {
            // No other node promises more than this one.
            open.push(node);
            break;
        };
        splits += 1;
        for ranges in node.split(widest) {
            // A part without a plan holds no better one.
            let Ok(part) = question.node(ranges) else { continue };
            let worth = question.worth(&part.point);
            if worth > best.0 {
                best = (worth, part.point.clone());
            }
            open.push(part);
        }
    }
    let bound = open.iter().map(|node| node.bound).fold(best.0, f64::max);
    question.answer(best.1, bound)
}

fn take_highest(open: &mut Vec<Node>) -> Option<Node> {
    let highest = (0..open.len()).max_by(|l, r| open[*l].bound.total_cmp(&open[*r].bound))?;
    Some(open.swap_remove(highest))
}

impl Node {
    fn split(&self, channel: usize) -> [Vec<(f64, f64)>; 2] {
        let at = self.point.spends[channel];
        let (mut below, mut above) = (self.ranges.clone(), self.ranges.clone());
        below[channel].1 = at;
        above[channel].0 = at;
        [below, above]
    }
}

impl Question<'_> {
    fn floor(&self) -> f64 {
        if let Goal::Marginal(price) = self.goal { price } else { 0.0 }
    }

    fn market(&self, ranges: &[(f64, f64)]) -> Market<'_> {
        let channels = self.channels.iter().zip(ranges);
        let channels =
            channels.map(|(one, (low, high))| Envelope::of(one.curve, *low, *high)).collect();
        let groups = self.channels.iter().map(|channel| channel.group).collect();
        let minima: Vec<f64> = self.groups.iter().map(|group| group.min).collect();
        Market::of(channels, groups, &minima)
    }

    fn node(&self, ranges: Vec<(f64, f64)>) -> Result<Node, Clash> {
        let low: f64 = ranges.iter().map(|range| range.0).sum();
        if low > self.budget * (1.0 + 1e-12) {
            return Err(Clash::Budget { min: low, budget: self.budget, largest: String::new() });
        }
        let market = self.market(&ranges);
        let point = match self.goal {
            Goal::Ratio(target) => market
                .spend_for_ratio(self.budget, target)
                .map_err(|best| Clash::Ratio { target, best })?,
            _ => market.spend(self.budget, self.floor()),
        };
        let bound = market.bound(&point.spends) - self.floor() * point.total();
        let above = |at: usize| {
            let spend = point.spends[at];
            market.channels[at].value(spend) - self.channels[at].curve.value(spend)
        };
        let curved = (0..ranges.len()).filter(|at| above(*at) > 1e-12 * bound.abs());
        let widest = curved.max_by(|l, r| above(*l).total_cmp(&above(*r)));
        Ok(Node { ranges, point, bound, widest })
    }

    fn response(&self, spends: &[f64]) -> f64 {
        self.channels.iter().zip(spends).map(|(channel, spend)| channel.curve.value(*spend)).sum()
    }

    fn origin(&self) -> f64 {
        self.channels.iter().map(|channel| channel.curve.value(0.0)).sum()
    }

    /// The worth of a plan; minus infinity where it misses the wanted ratio.
    fn worth(&self, point: &Point) -> f64 {
        let response = self.response(&point.spends);
        match self.goal {
            Goal::Ratio(target)
                if response - self.origin() < target * point.total() * (1.0 - 1e-9) =>
            {
                f64::NEG_INFINITY
            }
            _ => response - self.floor() * point.total(),
        }
    }

    fn answer(&self, point: Point, bound: f64) -> Result<Allocation, Clash> {
        let worth = self.worth(&point);
        let response = self.response(&point.spends);
        if let (Goal::Ratio(target), false) = (self.goal, worth.is_finite()) {
            let best =
                if point.total() > 0.0 { (response - self.origin()) / point.total() } else { 0.0 };
            return Err(Clash::Ratio { target, best });
        }
        let gap = if worth > 0.0 { ((bound - worth) / worth).max(0.0) } else { 0.0 };
        let unspent = (self.budget - point.total()).max(0.0);
        Ok(Allocation {
            bindings: self.bindings(&point),
            response,
            price: point.price,
            unspent,
            gap: if gap < GAP_MIN { 0.0 } else { gap },
            spends: point.spends,
        })
    }

    fn bindings(&self, point: &Point) -> Vec<Binding> {
        let ranges: Vec<(f64, f64)> = self
            .channels
            .iter()
            .map(|one| (one.min, one.max.min(self.budget).max(one.min)))
            .collect();
        let market = self.market(&ranges);
        let binding = |at: usize| {
            let (channel, spend) = (&self.channels[at], point.spends[at]);
            let near = |bound: f64| (spend - bound).abs() <= 1e-9 * bound.max(1e-6);
            if market.is_held(at, point.price * (1.0 - 1e-9)) {
                Binding::GroupMin
            } else if near(channel.min) {
                Binding::Min
            } else if near(channel.max) {
                Binding::Max
            } else {
                Binding::Free
            }
        };
        (0..self.channels.len()).map(binding).collect()
    }
}
