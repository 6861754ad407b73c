//! The letter that tells of campaigns of which a rule fires.

use stratum_models::rule::{Comparison, Observation};

use super::evaluation::sentence;
use crate::mail::{MailMessage, shown};

/// Campaigns that are told one by one.
const CAMPAIGNS_TOLD_MAX: usize = 20;

/// A campaign of which a rule fires, with what was seen of it.
pub(super) struct AlertCampaign<'a> {
    /// The campaign's name.
    pub(super) name: &'a str,
    /// The values that were seen, one a comparison.
    pub(super) observed: &'a [Option<Observation>],
}

/// One letter for all campaigns of which a rule begins to fire at a look.
pub(super) fn alert(
    rule: &str,
    comparisons: &[&Comparison],
    campaigns: &[AlertCampaign<'_>],
    public_url: &str,
) -> MailMessage {
    let rule = shown(rule).unwrap_or_else(|| "one of your rules".to_owned());
    let count = match campaigns.len() {
        1 => "1 campaign".to_owned(),
        count => format!("{count} campaigns"),
    };
    let mut text = format!("The rule {rule} now holds for {count}:\n");
    for campaign in campaigns.iter().take(CAMPAIGNS_TOLD_MAX) {
        let name = shown(campaign.name).unwrap_or_else(|| "a campaign".to_owned());
        text.push_str(&format!("\n{name}\n"));
        for (of, seen) in comparisons.iter().zip(campaign.observed) {
            text.push_str(&format!("  {}\n", sentence(of, seen.as_ref())));
        }
    }
    let more = campaigns.len().saturating_sub(CAMPAIGNS_TOLD_MAX);
    if more > 0 {
        text.push_str(&format!("\nand {more} more.\n"));
    }
    let base = public_url.trim_end_matches('/');
    if !base.is_empty() {
        text.push_str(&format!("\nAll that rules did: {base}/rules\n"));
    }
    let subject = format!("A rule of Stratum holds for {count}");
    MailMessage { subject: subject.into(), text }
}

#[cfg(test)]
mod tests {
    use stratum_models::rule::{Aggregate, Operator, RuleField, RuleValue};

    use super::*;

    #[test]
    fn a_letter_tells_each_campaign_with_what_was_seen() {
        let roas = Comparison {
            field: RuleField::Roas,
            operator: Operator::Lte,
            value: RuleValue::Number(2.0),
            window_days: 3,
            aggregate: Aggregate::Total,
        };
        let seen = [Some(Observation::Number(1.5))];
        let names: Vec<String> = (0..22).map(|at| format!("Campaign {at}")).collect();
        let mut campaigns: Vec<AlertCampaign<'_>> =
            names.iter().map(|name| AlertCampaign { name, observed: &seen }).collect();
        campaigns[1].name = "win at evil.example";
        let letter = alert("Low ROAS", &[&roas], &campaigns, "https://stratum.example/");
        let text = &letter.text;
        assert!(text.starts_with("The rule \"Low ROAS\" now holds for 22 campaigns:\n"), "{text}");
        assert!(text.contains("\n\"Campaign 0\"\n  roas of 3 days: 1.5 (at most 2)\n"), "{text}");
        assert!(text.contains("\nand 2 more.\n") && !text.contains("evil"), "{text}");
        assert!(text.ends_with("https://stratum.example/rules\n"), "{text}");
        let one = alert("Low ROAS", &[&roas], &campaigns[..1], "");
        assert_eq!(one.subject, "A rule of Stratum holds for 1 campaign");
        assert!(!one.text.contains("://"), "{}", one.text);
    }
}
