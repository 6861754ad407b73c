//! `/rules`: rules over campaigns, dry runs over past days, and what rules did.

mod body;
mod condition;
mod dry_run;
mod execution;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _, end_deletion};
use stratum_http::paging::PageParams;
use stratum_models::money::Currency;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::rule::{Rule, RuleAction, TruthCounts};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::body::{RuleActionBody, RuleBody, RuleScopeBody, check_names};
use self::condition::ConditionNode;
use super::App;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_rules, create_rule))
        .routes(routes!(rule, replace_rule, change_rule, delete_rule))
        .routes(routes!(dry_run::test_rule))
        .routes(routes!(dry_run::test_saved_rule))
        .routes(routes!(execution::list_executions))
        .routes(routes!(execution::list_executions_of_rule))
}

/// A rule, and what it found last.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleItem {
    /// The rule's id.
    id: Uuid,
    /// The rule's name.
    name: String,
    /// False while it rests.
    enabled: bool,
    /// The number of contents so far.
    version: u32,
    /// The campaigns it looks at.
    scope: RuleScopeBody,
    /// The condition that must hold of a campaign.
    condition: ConditionNode,
    /// The currency of amounts in the condition.
    currency: Currency,
    /// The acts, in their order.
    actions: Vec<RuleActionBody>,
    /// Minutes that the condition must hold before it acts.
    for_minutes: u32,
    /// Minutes after an act in which it does not act on the same campaign again.
    cool_down_minutes: u32,
    /// Whether it acts again after each such pause while the condition goes on to hold.
    repeats: bool,
    /// Acts of 24 hours, at most.
    acts_per_day_max: u32,
    /// True where an act changes campaigns on their platform: no connector may do so, so that it is written down as
    /// `needs_connector` and not done.
    needs_connector: bool,
    /// The time of the last look at the campaigns; null before the first.
    evaluated_at: Option<DateTime<Utc>>,
    /// The findings of the last look.
    campaigns: TruthCountsItem,
    /// The number of campaigns of which it fires now.
    firing: u64,
    /// Why the last look failed; null where it did not.
    error: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// Numbers of campaigns, by what was found of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TruthCountsItem {
    /// Those of which the condition is true.
    #[serde(rename = "true")]
    true_of: u32,
    /// Those of which it is false.
    #[serde(rename = "false")]
    false_of: u32,
    /// Those of which it is unknown: days are not complete, a rate is missing, or a denominator is zero. It never acts
    /// on these.
    #[serde(rename = "unknown")]
    unknown_of: u32,
}

impl From<TruthCounts> for TruthCountsItem {
    fn from(counts: TruthCounts) -> TruthCountsItem {
        let TruthCounts { true_of, false_of, unknown_of } = counts;
        TruthCountsItem { true_of, false_of, unknown_of }
    }
}

/// Whether acts change campaigns on their platform.
fn needs_connector(actions: &[RuleAction]) -> bool {
    let changes = |one: &RuleAction| {
        matches!(one, RuleAction::PauseCampaign | RuleAction::AdjustBudget { .. })
    };
    actions.iter().any(changes)
}

impl From<Rule> for RuleItem {
    fn from(rule: Rule) -> RuleItem {
        let content = &rule.content;
        RuleItem {
            id: rule.id,
            enabled: rule.enabled,
            version: rule.version,
            scope: (&content.scope).into(),
            condition: (&content.condition).into(),
            currency: content.currency,
            actions: content.actions.iter().map(RuleActionBody::from).collect(),
            for_minutes: content.for_minutes,
            cool_down_minutes: content.cool_down_minutes,
            repeats: content.repeats,
            acts_per_day_max: content.acts_per_day_max,
            needs_connector: needs_connector(&content.actions),
            evaluated_at: rule.evaluated_at,
            campaigns: rule.counts.into(),
            firing: rule.firing,
            error: rule.error,
            created_at: rule.created_at,
            updated_at: rule.updated_at,
            name: rule.name,
        }
    }
}

/// The changes to a rule that leave its content.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleChange {
    /// False lets it rest: it looks at nothing, and acts on nothing.
    enabled: bool,
}

/// Lists rules, by name.
#[utoipa::path(
    get, path = "/api/v1/rules", tag = "rules", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<RuleItem>>)),
)]
pub async fn list_rules(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<RuleItem>> {
    let page = params.read()?;
    let (rules, total) = caller.work(&app).await?.rules(page).await?;
    Ok(Answer::page(rules, page.of(total)))
}

fn named(error: StoreError) -> Refusal {
    match error.kind {
        StoreErrorKind::Conflict => {
            let message = "there is a rule of this name already";
            Refusal::conflict(Fault::new(FaultCode::Exists, message))
        }
        _ => error.into(),
    }
}

/// Makes a rule.
///
/// It looks at its campaigns when the tenant's data have moved, at most every 15 minutes, and acts once when its condition
/// begins to hold of one: again only after the pause, and after the condition did not hold in between, or where it
/// `repeats`. Windows end with the last complete day of the tenant's time zone. A value that is not known (a day that
/// is not reported, a missing rate, a ratio over zero) never makes it act.
#[utoipa::path(
    post, path = "/api/v1/rules", tag = "rules", request_body = RuleBody, security(("bearer" = [])),
    responses(
        (status = 201, body = Answer<RuleItem>),
        (status = 409, body = RefusalBody, description = "there is a rule of this name already"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many rules as it may have"),
    ),
)]
pub async fn create_rule(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<RuleBody>,
) -> Answered<RuleItem> {
    let enabled = body.enabled.unwrap_or(true);
    let (name, content) = body.read(&app, &caller)?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.bounds.rules_max;
    if work.rule_count().await? >= u64::from(most) {
        let message = format!("there are {most} rules, which is the most: delete one first");
        let fault = Fault::above(FaultCode::LimitReached, most, message);
        return Err(Refusal::unprocessable("", fault));
    }
    check_names(&mut work, &content).await?;
    let id = work.create_rule(&name, enabled, &content).await.map_err(named)?;
    written(work, id, AuditAction::RuleCreated, StatusCode::CREATED).await
}

/// A rule.
#[utoipa::path(
    get, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id")), security(("bearer" = [])),
    responses((status = 200, body = Answer<RuleItem>)),
)]
pub async fn rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
) -> Answered<RuleItem> {
    let rule = caller.work(&app).await?.rule(id).await?.ok_or_else(Rule::not_found)?;
    Ok(Answer::of(rule.into()))
}

/// Writes a rule anew.
///
/// Another content is a new version: of each campaign it begins anew, after the pause of its last act.
#[utoipa::path(
    put, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id")),
    request_body = RuleBody, security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<RuleItem>),
        (status = 409, body = RefusalBody, description = "there is a rule of this name already"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule"),
    ),
)]
pub async fn replace_rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
    Body(body): Body<RuleBody>,
) -> Answered<RuleItem> {
    let enabled = body.enabled;
    let (name, content) = body.read(&app, &caller)?;
    let mut work = caller.work(&app).await?;
    let was = work.lock_rule(id).await?.ok_or_else(Rule::not_found)?;
    check_names(&mut work, &content).await?;
    let enabled = enabled.unwrap_or(was.enabled);
    let rule = Rule { name, enabled, content, ..was.clone() };
    work.update_rule(&was, &rule).await.map_err(named)?;
    written(work, id, AuditAction::RuleUpdated, StatusCode::OK).await
}

/// Lets a rule rest or go on.
#[utoipa::path(
    patch, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id")),
    request_body = RuleChange, security(("bearer" = [])),
    responses((status = 200, body = Answer<RuleItem>)),
)]
pub async fn change_rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
    Body(change): Body<RuleChange>,
) -> Answered<RuleItem> {
    let mut work = caller.work(&app).await?;
    let was = work.lock_rule(id).await?.ok_or_else(Rule::not_found)?;
    let rule = Rule { enabled: change.enabled, ..was.clone() };
    work.update_rule(&was, &rule).await.map_err(named)?;
    written(work, id, AuditAction::RuleUpdated, StatusCode::OK).await
}

async fn written(
    mut work: TenantWork,
    id: Uuid,
    action: AuditAction,
    status: StatusCode,
) -> Answered<RuleItem> {
    let rule = work.rule(id).await?.ok_or_else(Refusal::internal)?;
    let changes = json!({
        "name": rule.name, "enabled": rule.enabled, "version": rule.version, "content": rule.content,
    });
    work.audit(&AuditEntry::done(action, Rule::KIND, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::with(status, rule.into()))
}

/// Deletes a rule with what it did; that stays in the audit log. Labels that it gave stay.
#[utoipa::path(
    delete, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = Uuid, Path, description = "the rule's id")), security(("bearer" = [])),
    responses((status = 204, description = "the rule is deleted")),
)]
pub async fn delete_rule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Rule>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_rule(id).await?;
    end_deletion::<Rule>(work, id, deleted, AuditAction::RuleDeleted).await
}
