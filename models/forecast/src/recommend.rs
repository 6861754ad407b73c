//! Plain words that follow from the numbers.

use super::artifact::Known;
use super::outlook::Outlook;
use super::trend::Direction;

/// What the numbers suggest.
pub fn recommendation(outlook: &Outlook) -> String {
    let roas = outlook.roas();
    let next = outlook.marginal(outlook.planned_spend());
    let currency = outlook.campaign.currency;
    let expected = format!(
        "Expected to return {:.2} for each {currency} spent over the next {} days (between {:.2} \
         and {:.2}).",
        roas.value, outlook.days, roas.low, roas.high
    );
    let advice = match outlook.insight.curve.known {
        Known::Unknown => "Spend never varied enough to know what more or less of it would bring: \
                           vary it by a fifth for two weeks, or run a lift test, before moving budget."
            .to_owned(),
        _ if roas.high < 1.0 => {
            format!("Even the upper end is below what is spent: cut the budget, the last {currency} returns {next:.2}.")
        }
        _ if next < 1.0 => {
            format!("The next {currency} would return {next:.2}, less than it costs: spend less or move it to where it returns more.")
        }
        _ if roas.low >= 1.0 => {
            format!("The next {currency} would return {next:.2}: there is room to spend more.")
        }
        _ => format!(
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
