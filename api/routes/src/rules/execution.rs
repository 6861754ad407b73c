//! Executions: the acts of rules.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _};
use stratum_http::paging::PageParams;
use stratum_state::rule::Rule;
use stratum_state::rule_episode::{ExecutionOutcome, RuleExecution};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::body::RuleActionBody;
use super::condition::ObservedComparison;

/// An act of a rule on a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleExecutionItem {
    /// The execution's id.
    id: Uuid,
    /// The rule.
    rule_id: Uuid,
    /// The rule's name.
    rule_name: String,
    /// The version of the rule that acted.
    rule_version: u32,
    /// The campaign.
    campaign_id: Uuid,
    /// The campaign's name; null where it is not known any more.
    campaign_name: Option<String>,
    /// The number of the episode of the rule and the campaign: each does each action once.
    episode: u32,
    /// The act.
    action: RuleActionBody,
    /// The outcome.
    outcome: ExecutionOutcome,
    /// Every comparison of the condition, with the value that was seen.
    observed: Vec<ObservedComparison>,
    /// When.
    executed_at: DateTime<Utc>,
}

impl From<RuleExecution> for RuleExecutionItem {
    fn from(one: RuleExecution) -> RuleExecutionItem {
        RuleExecutionItem {
            id: one.id,
            rule_id: one.rule,
            rule_name: one.rule_name,
            rule_version: one.version,
            campaign_id: one.campaign,
            campaign_name: one.campaign_name,
            episode: one.episode,
            action: (&one.action).into(),
            outcome: one.outcome,
            observed: ObservedComparison::all(&one.content.condition, one.observed),
            executed_at: one.executed_at,
        }
    }
}

/// Lists what all rules did, newest first.
#[utoipa::path(
    get, path = "/api/v1/rules/executions", tag = "rules", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<RuleExecutionItem>>)),
)]
pub async fn list_executions(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<RuleExecutionItem>> {
    executions(&app, &caller, None, &params).await
}

/// Lists what a rule did, newest first.
#[utoipa::path(
    get, path = "/api/v1/rules/{id}/executions", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id"), PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<RuleExecutionItem>>)),
)]
pub async fn list_executions_of_rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
    Params(params): Params<PageParams>,
) -> Answered<Vec<RuleExecutionItem>> {
    executions(&app, &caller, Some(id), &params).await
}

async fn executions(
    app: &App,
    caller: &Authenticated,
    rule: Option<Uuid>,
    params: &PageParams,
) -> Answered<Vec<RuleExecutionItem>> {
    let page = params.read()?;
    let mut work = caller.work(app).await?;
    if let Some(rule) = rule {
        work.rule(rule).await?.ok_or_else(Rule::not_found)?;
    }
    let (executions, total) = work.rule_executions(rule, page).await?;
    Ok(Answer::page(executions, page.of(total)))
}
