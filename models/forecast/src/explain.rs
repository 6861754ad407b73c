//! Why a forecast is what it is: drivers whose effects add up to it.

use serde::{Deserialize, Serialize};

use super::outlook::Outlook;

/// A part of a predicted ROAS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// The driver's name.
    pub name: String,
    /// The part that it adds to the predicted ROAS, or takes away; all drivers add up to it.
    pub effect: f64,
}

/// The logarithmic mean, by which a product's change is shared out among its factors without a rest.
fn logarithmic_mean(one: f64, two: f64) -> f64 {
    if (one / two - 1.0).abs() < 1e-9 { one } else { (one - two) / (one.ln() - two.ln()) }
}

impl Outlook<'_> {
    /// The drivers of the predicted ROAS under the plan: the platform's level, then what moves this
    /// campaign away from it.
    pub fn drivers(&self) -> Vec<Driver> {
        let driver = |name: &str, effect: f64| Driver { name: name.to_owned(), effect };
        let roas = self.baseline() / self.planned_spend();
        let [platform, long, now] = self.insight.levels;
        let positive = [roas, platform, long, now].iter().all(|one| one.is_finite() && *one > 0.0);
        if !positive {
            return vec![driver("recent returns of this campaign", roas)];
        }
        let unit = self.exposure_share();
        let mut factors = vec![("typical return of the platform's campaigns", platform)];
        if (long / platform - 1.0).abs() < 1e-12 && (now / long - 1.0).abs() < 1e-12 {
            factors.push(("this campaign's own record", roas / platform));
        } else {
            factors.push(("this campaign's long-run record", long / platform));
            factors.push(("how it did lately", now / long));
            factors.push(("saturation and carry-over of spend", unit));
            factors.push(("weekdays, season and holidays of the window", roas / (now * unit)));
        }
        let mean = logarithmic_mean(roas, platform);
        let moved = factors.iter().skip(1).map(|(name, by)| driver(name, mean * by.ln()));
        [driver(factors[0].0, platform)].into_iter().chain(moved).collect()
    }

    /// Exposure for each unit of planned spend.
    fn exposure_share(&self) -> f64 {
        let insight = self.insight;
        let mut adstock = insight.carried;
        let exposures = (0..self.days).map(|_| {
            adstock = (1.0 - insight.carry_over) * insight.spend + insight.carry_over * adstock;
            adstock / (1.0 + adstock * insight.bend)
        });
        exposures.sum::<f64>() / self.planned_spend()
    }
}
