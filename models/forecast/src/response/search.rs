//! The search for the shapes of the channels: a grid first, then ever smaller steps. For given
//! shapes the effects have one best answer, so only the shapes are searched.

use serde::{Deserialize, Serialize};

use super::design::{Basis, dot, masked};
use super::hill::{Hill, adstock};
use super::solve::solve_non_negative;

const DECAYS: [f64; 9] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// As a multiple of the largest adstocked spend.
const HALVES: [f64; 8] = [0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 4.0];
const SLOPES: [f64; 5] = [0.7, 1.0, 1.5, 2.0, 3.0];
const DECAY_MAX: f64 = 0.95;
const HALF_RANGE: (f64, f64) = (0.02, 20.0);
const SLOPE_RANGE: (f64, f64) = (0.4, 4.0);
const ROUNDS_MAX: usize = 4;

/// How a channel's spend is transformed before its effect is taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Share of a step's effect that goes on into the next, 0 to below 1.
    pub decay: f64,
    /// Adstocked spend a step at which half of the top is reached.
    pub half: f64,
    /// Steepness of the saturation.
    pub slope: f64,
}

impl Shape {
    /// The saturated, adstocked spend, 0 to 1.
    pub(super) fn column(&self, spend: &[f64]) -> Vec<f64> {
        let hill = self.hill(1.0);
        adstock(spend, self.decay).into_iter().map(|amount| hill.value(amount)).collect()
    }

    /// The saturation with this top.
    pub fn hill(&self, top: f64) -> Hill {
        Hill { top, half: self.half, slope: self.slope }
    }
}

/// A lift test as a further equation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub channel: usize,
    pub spend_control: f64,
    pub spend_treated: f64,
    pub lift: f64,
    /// How many steps of the series it counts for.
    pub weight: f64,
}

/// What the effects are solved from.
pub(super) struct Problem<'a> {
    pub spends: &'a [Vec<f64>],
    pub rows: &'a [bool],
    pub basis: &'a Basis,
    /// The target without what the basis explains.
    pub target: Vec<f64>,
    /// Penalty on the effects, in steps.
    pub ridge: f64,
    pub evidence: &'a [Evidence],
    /// Whether slopes other than 1 may be taken.
    pub free_slope: bool,
}

/// A channel's column under one shape.
#[derive(Clone, Debug)]
struct Column {
    shape: Shape,
    rest: Vec<f64>,
    scale: f64,
    lifts: Vec<f64>,
}

/// Effects for given shapes.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    pub shapes: Vec<Shape>,
    /// The top of each channel's Hill curve.
    pub tops: Vec<f64>,
    /// What is minimised: squares left plus penalty.
    pub loss: f64,
    /// Squares left on the rows.
    pub squares: f64,
}

impl Problem<'_> {
    fn column(&self, channel: usize, shape: Shape) -> Column {
        let mut rest = masked(&shape.column(&self.spends[channel]), self.rows);
        let count = self.rows.iter().filter(|on| **on).count().max(1) as f64;
        let mean = rest.iter().sum::<f64>() / count;
        let scale = (dot(&rest, &rest) / count - mean * mean).max(0.0).sqrt().max(1e-9);
        self.basis.remove_from(&mut rest);
        rest.iter_mut().for_each(|value| *value /= scale);
        let hill = shape.hill(1.0 / scale);
        let mine = self.evidence.iter().map(|test| match test.channel == channel {
            true => hill.value(test.spend_treated) - hill.value(test.spend_control),
            false => 0.0,
        });
        Column { shape, rest, scale, lifts: mine.collect() }
    }

    fn solve_columns(&self, columns: &[Column]) -> Solution {
        let product = |left: &Column, right: &Column| {
            let tests = self.evidence.iter().zip(left.lifts.iter().zip(&right.lifts));
            dot(&left.rest, &right.rest) + tests.map(|(t, (l, r))| t.weight * l * r).sum::<f64>()
        };
        let mut gram: Vec<Vec<f64>> =
            columns.iter().map(|l| columns.iter().map(|r| product(l, r)).collect()).collect();
        for (at, row) in gram.iter_mut().enumerate() {
            row[at] += self.ridge;
        }
        let pull = |column: &Column| {
            let tests = self.evidence.iter().zip(&column.lifts);
            dot(&column.rest, &self.target) + tests.map(|(t, l)| t.weight * l * t.lift).sum::<f64>()
        };
        let right: Vec<f64> = columns.iter().map(pull).collect();
        let effects = solve_non_negative(&gram, &right, &vec![0.0; columns.len()]);
        self.solution(columns, &effects)
    }

    fn solution(&self, columns: &[Column], effects: &[f64]) -> Solution {
        let mut left = self.target.clone();
        for (column, effect) in columns.iter().zip(effects).filter(|(_, effect)| **effect > 0.0) {
            left.iter_mut().zip(&column.rest).for_each(|(value, unit)| *value -= effect * unit);
        }
        let squares = dot(&left, &left);
        let missed = self.evidence.iter().enumerate().map(|(at, test)| {
            let found: f64 = columns.iter().zip(effects).map(|(c, e)| c.lifts[at] * e).sum();
            test.weight * (test.lift - found).powi(2)
        });
        let penalty = self.ridge * dot(effects, effects) + missed.sum::<f64>();
        Solution {
            shapes: columns.iter().map(|column| column.shape).collect(),
            tops: columns.iter().zip(effects).map(|(c, effect)| effect / c.scale).collect(),
            loss: squares + penalty,
            squares,
        }
    }

    /// The effects under these shapes.
    pub fn solve(&self, shapes: &[Shape]) -> Solution {
        let columns: Vec<Column> =
            shapes.iter().enumerate().map(|(at, shape)| self.column(at, *shape)).collect();
        self.solve_columns(&columns)
    }

    /// The best shapes that a search from a coarse grid finds. Valleys are long where slopes are
    /// free, so there each channel's is entered once at every slope of the grid.
    pub fn search(&self) -> Solution {
        let mut best = self.search_from(1.0);
        if !self.free_slope {
            return best;
        }
        for channel in 0..self.spends.len() {
            for slope in SLOPES {
                let tried = self.refine(&self.with_slope(&best.shapes, channel, slope), 6);
                if tried.loss < best.loss {
                    best = tried;
                }
            }
        }
        best
    }

    /// These shapes with the best of the grid for one channel at one slope.
    fn with_slope(&self, shapes: &[Shape], channel: usize, slope: f64) -> Vec<Shape> {
        let grid = self.grid(top(&self.spends[channel]));
        let mut columns: Vec<Column> =
            shapes.iter().enumerate().map(|(at, shape)| self.column(at, *shape)).collect();
        let mut least = (f64::INFINITY, shapes[channel]);
        for shape in grid.into_iter().filter(|shape| shape.slope.total_cmp(&slope).is_eq()) {
            columns[channel] = self.column(channel, shape);
            let loss = self.solve_columns(&columns).loss;
            if loss < least.0 {
                least = (loss, shape);
            }
        }
        let mut shapes = shapes.to_vec();
        shapes[channel] = least.1;
        shapes
    }

    fn search_from(&self, slope: f64) -> Solution {
        let largest: Vec<f64> = self.spends.iter().map(|spend| top(spend)).collect();
        let mut columns: Vec<Column> = (0..self.spends.len())
            .map(|at| self.column(at, Shape { decay: 0.3, half: 0.5 * largest[at], slope }))
            .collect();
        let mut best = self.solve_columns(&columns);
        for _ in 0..ROUNDS_MAX {
            let before = best.loss;
            for (channel, largest) in largest.iter().enumerate() {
                for shape in self.grid(*largest) {
                    self.keep_better(&mut columns, &mut best, channel, shape);
                }
            }
            if best.loss >= before * (1.0 - 1e-6) {
                break;
            }
        }
        self.refine(&best.shapes, 6)
    }

    /// The best shapes near these, by steps that are halved this many times.
    pub fn refine(&self, shapes: &[Shape], halvings: usize) -> Solution {
        let largest: Vec<f64> = self.spends.iter().map(|spend| top(spend)).collect();
        let mut columns: Vec<Column> =
            shapes.iter().enumerate().map(|(at, shape)| self.column(at, *shape)).collect();
        let mut best = self.solve_columns(&columns);
        let mut step = 1.0;
        for _ in 0..halvings {
            for _ in 0..ROUNDS_MAX {
                let before = best.loss;
                for (channel, largest) in largest.iter().enumerate() {
                    for shape in self.near(columns[channel].shape, step, *largest) {
                        self.keep_better(&mut columns, &mut best, channel, shape);
                    }
                }
                if best.loss >= before * (1.0 - 1e-7) {
                    break;
                }
            }
            step /= 2.0;
        }
        best
    }

    fn keep_better(
        &self,
        columns: &mut [Column],
        best: &mut Solution,
        channel: usize,
        shape: Shape,
    ) {
        let tried = self.column(channel, shape);
        let kept = std::mem::replace(&mut columns[channel], tried);
        let solution = self.solve_columns(columns);
        if solution.loss < best.loss * (1.0 - 1e-9) {
            *best = solution;
        } else {
            columns[channel] = kept;
        }
    }

    fn grid(&self, largest: f64) -> Vec<Shape> {
        let slopes: &[f64] = if self.free_slope { &SLOPES } else { &[1.0] };
        let mut shapes = Vec::new();
        for decay in DECAYS {
            for half in HALVES {
                shapes.extend(slopes.iter().map(|slope| Shape {
                    decay,
                    half: half * largest,
                    slope: *slope,
                }));
            }
        }
        shapes
    }

    fn near(&self, at: Shape, step: f64, largest: f64) -> Vec<Shape> {
        let half =
            |factor: f64| (at.half * factor).clamp(HALF_RANGE.0 * largest, HALF_RANGE.1 * largest);
        let slope = |factor: f64| (at.slope * factor).clamp(SLOPE_RANGE.0, SLOPE_RANGE.1);
        let (decay_step, factor) = (0.05 * step, 1.25f64.powf(step));
        let mut shapes = vec![
            Shape { decay: (at.decay + decay_step).min(DECAY_MAX), ..at },
            Shape { decay: (at.decay - decay_step).max(0.0), ..at },
            Shape { half: half(factor), ..at },
            Shape { half: half(1.0 / factor), ..at },
        ];
        if self.free_slope {
            shapes.extend([
                Shape { slope: slope(factor), ..at },
                Shape { slope: slope(1.0 / factor), ..at },
                Shape { slope: slope(factor), half: half(1.0 / factor), ..at },
                Shape { slope: slope(1.0 / factor), half: half(factor), ..at },
                Shape { decay: (at.decay + decay_step).min(DECAY_MAX), slope: slope(factor), ..at },
                Shape { decay: (at.decay - decay_step).max(0.0), slope: slope(1.0 / factor), ..at },
            ]);
        }
        shapes
    }
}

/// The largest spend of a step, 1 where nothing was ever spent.
pub(super) fn top(spend: &[f64]) -> f64 {
    let top = spend.iter().copied().fold(0.0f64, f64::max);
    if top > 0.0 { top } else { 1.0 }
}
