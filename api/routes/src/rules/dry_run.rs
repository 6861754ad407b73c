//! Dry runs: what a rule would have done on past days.

use std::collections::HashMap;

use axum::extract::State;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource as _};
use stratum_jobs::rules::{CAMPAIGNS_MAX, Evaluation, RuleCampaigns, dry_run, rule_campaigns};
use stratum_models::time::{Day, DayRange};
use stratum_state::rule::{Rule, RuleContent};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::super::figures::tenant_figures;
use super::body::{RuleBody, check_names};
use super::condition::ObservedComparison;
use super::{TruthCountsItem, needs_connector};

/// Days of a dry run.
const DAYS_MAX: u32 = 60;
const DAYS: u32 = 30;

/// A rule to be tried out before it is saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTestBody {
    /// The rule.
    rule: RuleBody,
    /// The number of days up to today, 1 to 60; 30 where absent.
    #[schema(minimum = 1, maximum = 60)]
    days: Option<u32>,
}

/// The days on which a saved rule is tried out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedRuleTestBody {
    /// The number of days up to today, 1 to 60; 30 where absent.
    #[schema(minimum = 1, maximum = 60)]
    days: Option<u32>,
}

/// The acts of a rule on past days, had it been there.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTest {
    /// The number of campaigns it looks at.
    campaigns: usize,
    /// Each day, oldest first.
    days: Vec<RuleTestDay>,
    /// The acts of all days; bounds on the acts of a day are not held to.
    acts_total: u64,
    /// The acts, oldest first; of each day the first 100.
    acts: Vec<RuleTestAct>,
    /// True where an act changes campaigns on their platform: no connector may do so, so that it would be written down
    /// as `needs_connector` and not done.
    needs_connector: bool,
}

/// A day of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTestDay {
    /// The day; windows end with the day before.
    date: NaiveDate,
    /// The number of campaigns, by what is found of them.
    campaigns: TruthCountsItem,
    /// Acts on this day.
    acts: u32,
}

/// An act of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTestAct {
    /// The day.
    date: NaiveDate,
    /// The campaign.
    campaign_id: Uuid,
    /// The campaign's name.
    campaign_name: String,
    /// Every comparison of the condition, with the value that is seen.
    observed: Vec<ObservedComparison>,
}

/// Tries a rule out on past days before it is saved: on which days, and on which campaigns, it would have acted.
///
/// Nothing is done, and nothing is saved. Figures of past days are those that are reported now. States, such as labels
/// and budgets, are those of now, and the age of data is unknown, as nobody knows it of past days.
#[utoipa::path(
    post, path = "/api/v1/rules/test", tag = "rules", request_body = RuleTestBody, security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<RuleTest>),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or it covers too many campaigns"),
    ),
)]
pub async fn test_rule(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<RuleTestBody>,
) -> Answered<RuleTest> {
    let (_, content) = body.rule.read(&app, &caller)?;
    test(&app, &caller, content, body.days, true).await
}

/// Tries a saved rule out on past days, as `/rules/test` does.
#[utoipa::path(
    post, path = "/api/v1/rules/{id}/test", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id")),
    request_body = SavedRuleTestBody, security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<RuleTest>),
        (status = 422, body = RefusalBody, description = "there are too many days or campaigns"),
    ),
)]
pub async fn test_saved_rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
    Body(body): Body<SavedRuleTestBody>,
) -> Answered<RuleTest> {
    let rule = caller.work(&app).await?.rule(id).await?.ok_or_else(Rule::not_found)?;
    test(&app, &caller, rule.content, body.days, false).await
}

async fn test(
    app: &App,
    caller: &Authenticated,
    content: RuleContent,
    days: Option<u32>,
    is_new: bool,
) -> Answered<RuleTest> {
    let count = days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&count) {
        let fault = Fault::range(1, DAYS_MAX, format!("must be from 1 to {DAYS_MAX}"));
        return Err(Refusal::unprocessable("days", fault));
    }
    let zone = app.auth.directory.time_zone(caller.scope.tenant_id()).unwrap_or(Tz::UTC);
    let today = app.clock.now().day_in(zone);
    let first = today.0.checked_sub_days(Days::new(u64::from(count) - 1));
    let days = first.and_then(|first| DayRange::new(Day(first), today));
    let days = days.ok_or_else(Refusal::internal)?;
    let day_before = |day: Day| day.0.pred_opt().map(Day).ok_or_else(Refusal::internal);
    let ends = DayRange { from: day_before(days.from)?, to: day_before(days.to)? };
    let mut work = caller.work(app).await?;
    if is_new {
        check_names(&mut work, &content).await?;
    }
    let RuleCampaigns::All(campaigns) = rule_campaigns(&mut work, &content.scope).await? else {
        let message = format!("it covers more than {CAMPAIGNS_MAX} campaigns");
        let fault = Fault::above(FaultCode::TooMany, CAMPAIGNS_MAX, message);
        return Err(Refusal::unprocessable("scope", fault));
    };
    drop(work);
    let figures = tenant_figures(app, caller.scope);
    let evaluation = Evaluation::of(&figures, &content, &campaigns, ends, zone).await?;
    // Many campaigns and days are much to reckon for a thread that serves others.
    let looked_at = tokio::task::spawn_blocking(move || {
        let run = dry_run(content.timing(), &evaluation, &campaigns, days);
        (run, campaigns, content)
    });
    let (run, campaigns, content) = looked_at.await.map_err(|_| Refusal::internal())?;
    let names: HashMap<Uuid, &str> =
        campaigns.iter().map(|one| (one.id, one.plan.name.as_str())).collect();
    let acts = run.acts.into_iter().map(|act| RuleTestAct {
        date: act.day.0,
        campaign_id: act.campaign,
        campaign_name: names.get(&act.campaign).copied().unwrap_or_default().to_owned(),
        observed: ObservedComparison::all(&content.condition, act.observed),
    });
    Ok(Answer::of(RuleTest {
        campaigns: campaigns.len(),
        acts_total: run.days.iter().map(|day| u64::from(day.acts)).sum(),
        days: run.days.into_iter().map(RuleTestDay::from).collect(),
        acts: acts.collect(),
        needs_connector: needs_connector(&content.actions),
    }))
}

impl From<stratum_jobs::rules::DryRunDay> for RuleTestDay {
    fn from(found: stratum_jobs::rules::DryRunDay) -> RuleTestDay {
        RuleTestDay { date: found.day.0, campaigns: found.counts.into(), acts: found.acts }
    }
}
