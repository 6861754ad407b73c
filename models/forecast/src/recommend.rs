//! Plain words that follow from the numbers.

use stratum_models::name_set;

use super::artifact::Known;
use super::outlook::Outlook;
use super::trend::Direction;

name_set! {
    /// The best thing to do with a campaign's budget.
    Advice {
        /// Vary it, or run a lift test: spend never varied enough to know what more or less of it would bring.
        Vary = "vary",
        /// Cut it: even the interval's upper end is below what is spent.
        Cut = "cut",
        /// Spend less: the next unit returns less than it costs.
        SpendLess = "spend_less",
        /// Spend more: even the interval's lower end pays.
        SpendMore = "spend_more",
        /// Keep it until it is surer.
        Keep = "keep",
    }
}

impl Advice {
    /// The advice for this campaign.
    pub fn of(outlook: &Outlook) -> Advice {
        let (roas, next) = (outlook.roas(), outlook.marginal(outlook.planned_spend()));
        match outlook.insight.curve.known {
            Known::Unknown => Advice::Vary,
            _ if roas.high < 1.0 => Advice::Cut,
            _ if next < 1.0 => Advice::SpendLess,
            _ if roas.low >= 1.0 => Advice::SpendMore,
            _ => Advice::Keep,
        }
    }
}

/// The recommendation that the numbers suggest, in words.
pub fn recommendation(outlook: &Outlook) -> String {
    let roas = outlook.roas();
    let next = outlook.marginal(outlook.planned_spend());
    let currency = outlook.campaign.currency;
    let expected = format!(
        "Expected to return {:.2} for each {currency} spent over the next {} days (between {:.2} \
         and {:.2}).",
        roas.value, outlook.days, roas.low, roas.high
    );
    let advice = match Advice::of(outlook) {
        Advice::Vary => "Spend never varied enough to know what more or less of it would bring: \
                         vary it by a fifth for two weeks, or run a lift test, before moving budget."
            .to_owned(),
        Advice::Cut => {
            format!("Even the upper end is below what is spent: cut the budget, the last {currency} returns {next:.2}.")
        }
        Advice::SpendLess => {
            format!("The next {currency} would return {next:.2}, less than it costs: spend less or move it to where it returns more.")
        }
        Advice::SpendMore => {
            format!("The next {currency} would return {next:.2}: there is room to spend more.")
        }
        Advice::Keep => format!(
            "The next {currency} would return {next:.2}, but the interval reaches below what is \
             spent: keep the budget until it is surer."
        ),
    };
    let trend = match outlook.campaign.trend.direction {
        Direction::Falling => " Its ROAS has been falling beyond chance.",
        Direction::Rising => " Its ROAS has been rising beyond chance.",
        Direction::Steady | Direction::Unknown => "",
    };
    format!("{expected} {advice}{trend}")
}
