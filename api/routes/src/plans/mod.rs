//! `/plans`: saved budget plans, and how they turned out.

mod content;
mod outcome;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_forecast::cents;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _, end_deletion};
use stratum_http::paging::PageParams;
use stratum_http::rules::Rules;
use stratum_models::money::Currency;
use stratum_models::time::{Day, DayRange};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::plan::{NewPlan, Plan};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::content::{ExpectedRevenue, PlanCampaign, PlanContent};
use self::outcome::{PlanOutcome, outcome};
use super::App;
use super::predictions::budget_optimize::{BudgetRequest, optimum};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_plans, create_plan)).routes(routes!(plan, delete_plan))
}

/// A plan to be made and saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// Name to show.
    name: String,
    /// The budget and its constraints, as for `/predictions/budget-optimize`.
    budget: BudgetRequest,
}

/// A saved plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanItem {
    /// Its id.
    id: Uuid,
    /// Name to show.
    name: String,
    /// The first day it is for.
    date_from: NaiveDate,
    /// The last day, included.
    date_to: NaiveDate,
    /// The currency of its amounts.
    currency: Currency,
    /// The model that it was made with.
    model_version: String,
    /// When it was saved.
    created_at: DateTime<Utc>,
    /// The planned spend of all campaigns.
    budget: f64,
    /// The part of the requested budget that is not spent.
    unspent: f64,
    /// Revenue that the plan is expected to bring. The interval adds up those of the campaigns, as if all
    /// erred in the same direction: it is wide on purpose.
    expected: ExpectedRevenue,
    /// Revenue expected without the plan, when spend goes on as before.
    expected_without: ExpectedRevenue,
}

/// A saved plan with its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanAnswer {
    /// The plan.
    #[serde(flatten)]
    item: PlanItem,
    /// How it has turned out so far.
    outcome: PlanOutcome,
}

impl PlanItem {
    fn of(plan: &Plan, content: &PlanContent) -> PlanItem {
        let sum = |of: fn(&PlanCampaign) -> f64| {
            let expected = content.campaigns.iter().filter_map(|one| one.expected(of(one)));
            ExpectedRevenue::sum(expected)
        };
        PlanItem {
            id: plan.id,
            name: plan.name.clone(),
            date_from: plan.date_from,
            date_to: plan.date_to,
            currency: plan.currency,
            model_version: plan.model_version.clone(),
            created_at: plan.created_at,
            budget: cents(content.campaigns.iter().map(|one| one.budget).sum()),
            unspent: content.unspent,
            expected: sum(|one| one.budget),
            expected_without: sum(|one| one.current),
        }
    }
}

/// What a stored plan says; a row that cannot be read is a fault of ours.
fn content_of(plan: &Plan) -> Result<PlanContent, Refusal> {
    serde_json::from_value(plan.content.clone()).map_err(|_| Refusal::internal())
}

/// Lists saved plans, newest first.
#[utoipa::path(
    get, path = "/api/v1/plans", tag = "predictions", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<PlanItem>>)),
)]
pub async fn list_plans(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<PlanItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let plans = work.plans(page).await?;
    let total = work.plan_count().await?;
    let items: Result<Vec<PlanItem>, Refusal> =
        plans.iter().map(|plan| Ok(PlanItem::of(plan, &content_of(plan)?))).collect();
    Ok(Answer::page(items?, page.of(total)))
}

/// Makes a plan and saves it.
///
/// The plan is the one that `/predictions/budget-optimize` answers with now. Its expectation of each campaign
/// is saved for a range of spends, so that it can be compared with what happened even where another amount
/// was spent, and after the model has been retrained.
#[utoipa::path(
    post, path = "/api/v1/plans", tag = "predictions", request_body = PlanBody, security(("bearer" = [])),
    responses(
        (status = 201, body = Answer<PlanItem>),
        (status = 422, body = RefusalBody, description = "constraints clash, a field breaks a rule, no campaign can be forecast, or no more plans can be saved"),
    ),
)]
pub async fn create_plan(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<PlanBody>,
) -> Answered<PlanItem> {
    let mut rules = Rules::default();
    let name = rules.name("name", &body.name, 200);
    rules.finish()?;
    let made = optimum(&app, &caller, body.budget, |chosen, plan, basis| {
        (PlanContent::of(&chosen.outlooks, plan), chosen.currency, basis)
    });
    let (content, currency, basis) = made.await?;
    let days = basis.date_from.zip(basis.date_to);
    let days = days.and_then(|(from, to)| DayRange::new(Day(from), Day(to)));
    let days = days.ok_or_else(Refusal::internal)?;
    let model_version = basis.model_version.ok_or_else(Refusal::internal)?;
    let content = serde_json::to_value(&content).map_err(|_| Refusal::internal())?;
    let new = NewPlan { name, days, currency, model_version, content };
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.bounds.plans_max;
    if work.plan_count().await? >= u64::from(most) {
        let message = format!("{most} plans are saved, which is the limit: delete one first");
        let fault = Fault::above(FaultCode::LimitReached, most, message);
        return Err(Refusal::unprocessable("", fault));
    }
    let id = work.create_plan(&new).await?;
    let changes = json!({"name": new.name, "date_from": days.from.0, "date_to": days.to.0});
    work.audit(&AuditEntry::done(AuditAction::PlanCreated, Plan::KIND, id, changes)).await?;
    let plan = work.plan(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(PlanItem::of(&plan, &content_of(&plan)?)))
}

/// A saved plan, compared with what happened.
///
/// For each campaign: its planned budget and expected revenue, and its reported spend and revenue so far. Once
/// every platform has reported the whole window, the answer also has the revenue that the plan expected of
/// the actual spend, with its interval. Platforms may restate reports for weeks.
#[utoipa::path(
    get, path = "/api/v1/plans/{id}", tag = "predictions", params(("id" = Uuid, Path, description = "the plan's id")), security(("bearer" = [])),
    responses((status = 200, body = Answer<PlanAnswer>)),
)]
pub async fn plan(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Plan>,
) -> Answered<PlanAnswer> {
    let plan = caller.work(&app).await?.plan(id).await?.ok_or_else(Plan::not_found)?;
    let content = content_of(&plan)?;
    let outcome = outcome(&app, &caller, &plan, &content).await?;
    Ok(Answer::of(PlanAnswer { item: PlanItem::of(&plan, &content), outcome }))
}

/// Deletes a plan.
#[utoipa::path(
    delete, path = "/api/v1/plans/{id}", tag = "predictions", params(("id" = Uuid, Path, description = "the plan's id")), security(("bearer" = [])),
    responses((status = 204, description = "it is deleted")),
)]
pub async fn delete_plan(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Plan>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_plan(id).await?;
    end_deletion::<Plan>(work, id, deleted, AuditAction::PlanDeleted).await
}
