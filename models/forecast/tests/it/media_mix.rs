//! How often intervals of response curves hold the truth, on shops that are made up. Ten of them by
//! default; with `STRATUM_SOAK` fifty, and of other kinds.

use std::sync::Mutex;

use stratum_forecast::response::{
    Knowledge, LiftTest, Response, ResponseConfig, Series, Spend, Step,
};
use stratum_testing::media_mix::{MediaMix, Shop};

/// What came of the fits of some shops.
#[derive(Debug, Default)]
struct Tally {
    channels: f64,
    held: f64,
    known: f64,
    known_held: f64,
    known_trivial: f64,
    totals_held: f64,
    ratios: Vec<f64>,
    errors: Vec<f64>,
    widths: Vec<f64>,
    sampling: Vec<f64>,
}

impl Tally {
    fn add(&mut self, shop: &Shop, response: &Response) {
        let truth: f64 = shop.channels.iter().map(|channel| channel.contribution).sum();
        let sales: f64 = shop.sales.iter().sum();
        let media = response.overall().media;
        self.ratios.push(media.value / truth);
        self.totals_held += one(media.low <= truth && truth <= media.high);
        for (effect, channel) in response.effects().iter().zip(&shop.channels) {
            let (found, truth) = (effect.contribution, channel.contribution);
            let held = one(found.low <= truth && truth <= found.high);
            let known = one(effect.knowledge == Knowledge::Known);
            self.channels += 1.0;
            self.held += held;
            self.known += known;
            self.known_held += known * held;
            self.known_trivial += known * one(truth < 0.005 * sales);
            self.errors.push((found.value / truth - 1.0).abs());
            self.widths.push((found.high - found.low) / truth);
        }
        self.sampling.push(one(response.diagnostics.good()));
    }

    fn coverage(&self) -> f64 {
        self.held / self.channels
    }

    #[expect(clippy::print_stdout, reason = "figures for whoever measures")]
    fn print(&self, name: &str) {
        let shops = self.ratios.len() as f64;
        println!(
            "{name}: {shops} shops, coverage {:.3}, total {:.2}, ratio {:.2} [{:.2}, {:.2}], \
             error {:.2}, width {:.2}; known {:.2}, held {:.3}, trivial {}; well sampled {:.2}",
            self.coverage(),
            self.totals_held / shops,
            at(&self.ratios, 0.5),
            at(&self.ratios, 0.1),
            at(&self.ratios, 0.9),
            at(&self.errors, 0.5),
            at(&self.widths, 0.5),
            self.known / self.channels,
            self.known_held / self.known.max(1.0),
            self.known_trivial,
            self.sampling.iter().sum::<f64>() / shops,
        );
    }
}

fn one(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn at(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Fits shops of these seeds, two at a time.
fn fits(mix: MediaMix, lifts: usize, seeds: std::ops::Range<u64>) -> Tally {
    let (tally, next) = (Mutex::new(Vec::new()), Mutex::new(seeds));
    let config = ResponseConfig {
        step: if mix.daily { Step::Daily } else { Step::Weekly },
        seasons: if mix.daily { 3 } else { 2 },
        ..ResponseConfig::default()
    };
    let work = || {
        while let Some(seed) = next.lock().ok().and_then(|mut seeds| seeds.next()) {
            let shop = mix.shop(seed);
            let (series, tests) = (series(&shop), tests(&shop, seed, lifts));
            let response = Response::fit(&series, &tests, &config, &|_| true).expect("a fit");
            tally.lock().expect("no fit failed").push((seed, shop, response));
        }
    };
    std::thread::scope(|scope| [(); 2].map(|()| scope.spawn(work)).map(|one| one.join()))
        .into_iter()
        .for_each(|done| done.expect("fits"));
    let mut found = Tally::default();
    let mut all = tally.into_inner().expect("no fit failed");
    all.sort_by_key(|(seed, ..)| *seed);
    all.iter().for_each(|(_, shop, response)| found.add(shop, response));
    found
}

fn series(shop: &Shop) -> Series {
    let channel = |(at, channel): (usize, &stratum_testing::media_mix::Channel)| Spend {
        name: at.to_string(),
        amounts: channel.spend.clone(),
        expected: None,
    };
    Series {
        target: shop.sales.clone(),
        channels: shop.channels.iter().enumerate().map(channel).collect(),
        ..Series::default()
    }
}

/// Tests of some channels from nothing to the mean spend, each wrong by up to a fifth.
fn tests(shop: &Shop, seed: u64, count: usize) -> Vec<LiftTest> {
    let test = |number: usize| {
        let place = (seed as usize * 5 + number * 3) % shop.channels.len();
        let channel = &shop.channels[place];
        let mean = channel.spend.iter().sum::<f64>() / channel.spend.len() as f64;
        let lift = channel.response(mean);
        let off = (seed as f64 * 94.8 + number as f64 * 12.99).sin();
        LiftTest {
            channel: place.to_string(),
            spend_control: 0.0,
            spend_treated: mean,
            lift: lift * (1.0 + 0.2 * off),
            standard_error: 0.2 * lift,
        }
    };
    (0..count).map(test).collect()
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let long = std::env::var_os("STRATUM_SOAK").is_some();
    let tally = fits(MediaMix::default(), 0, if long { 0..50 } else { 0..10 });
    tally.print("weekly");
    let shops = tally.ratios.len() as f64;
    assert!(tally.coverage() >= if long { 0.88 } else { 0.84 }, "{}", tally.coverage());
    assert!(tally.totals_held / shops >= if long { 0.88 } else { 0.8 });
    let ratio = at(&tally.ratios, 0.5);
    assert!((0.85..=1.2).contains(&ratio), "{ratio}");
    assert!(tally.known_held / tally.known >= if long { 0.9 } else { 0.85 });
    assert!(tally.known_trivial <= 0.02 * tally.known, "{}", tally.known_trivial);
    if long {
        others();
    }
}

/// Truths of other kinds, some of which the model does not hold.
fn others() {
    let weekly = MediaMix::default();
    let daily = MediaMix { daily: true, steps: 365, ..weekly };
    for (name, mix, lifts, coverage) in [
        ("slope 2", MediaMix { slope: 2.0, ..weekly }, 0, 0.83),
        ("errors that remember", MediaMix { memory: 0.6, ..weekly }, 0, 0.87),
        ("little media", MediaMix { media: 0.1, ..weekly }, 0, 0.87),
        ("much media", MediaMix { media: 0.75, ..weekly }, 0, 0.87),
        ("three lift tests", weekly, 3, 0.85),
        ("a baseline that drifts", MediaMix { drift: 0.01, ..weekly }, 0, 0.8),
        ("daily", daily, 0, 0.85),
    ] {
        let tally = fits(mix, lifts, 200..220);
        tally.print(name);
        assert!(tally.coverage() >= coverage, "{name}: {}", tally.coverage());
    }
}
