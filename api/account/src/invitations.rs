//! Invitations: an admin names an address and a role, who reads the mail sets name and password.
//!
//! No answer tells whether the address is a user of another tenant: the invitation is made and mailed
//! all the same, and only who has the token learns that the address is taken.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::Authenticated;
use stratum_http::auth::messages;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, end_deletion};
use stratum_http::paging::PageParams;
use stratum_http::rules::name;
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use stratum_state::invitation::{Invitation, LIFE_DAYS};
use stratum_state::limit::Limit;
use stratum_state::user::{NewUser, Role, canonical_email};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;
use super::sign_in::weak;
use super::users::NAME_CHARS_MAX;
use stratum_jobs::mail::Cause;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, invite))
        .routes(routes!(withdraw_invitation))
        .routes(routes!(invitation))
        .routes(routes!(accept_invitation))
}

/// An open invitation, without its token.
#[derive(Serialize, ToSchema)]
pub struct InvitationItem {
    /// The invitation's id.
    id: Uuid,
    /// The e-mail address that is invited.
    email: String,
    /// The role that they will have.
    role: Role,
    /// The user who invited.
    invited_by: Option<Uuid>,
    /// When.
    created_at: DateTime<Utc>,
    /// When its token ends.
    expires_at: DateTime<Utc>,
}

impl From<Invitation> for InvitationItem {
    fn from(invitation: Invitation) -> InvitationItem {
        InvitationItem {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by.map(|id| id.0),
            created_at: invitation.created_at.to_utc(),
            expires_at: invitation.expires_at.to_utc(),
        }
    }
}

/// An invitation that was just made.
#[derive(Serialize, ToSchema)]
pub struct InvitationResponse {
    /// The invitation.
    #[serde(flatten)]
    invitation: InvitationItem,
    /// Only where no mail server is configured, so that the letter reaches nobody: its token, to be handed to
    /// whom is invited. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The same as a link, where it is known where the dashboard is.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Who is to join.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationRequest {
    /// E-mail address.
    #[schema(format = Email)]
    email: String,
    /// The role that they will have.
    role: Role,
}

/// Who joins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceRequest {
    /// The token of the e-mail.
    token: String,
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    full_name: String,
    /// 8 to 128 characters; none of the commonest passwords, and not made of the address or the names.
    #[schema(format = Password)]
    password: String,
}

/// A token from a letter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationQuestion {
    /// The token of the e-mail.
    token: String,
}

/// An invitation as it is shown to who has its token.
#[derive(Serialize, ToSchema)]
pub struct InvitationPreview {
    /// The e-mail address that is invited.
    email: String,
    /// The tenant's name.
    tenant_name: String,
    /// The role that they will have.
    role: Role,
    /// When the token ends.
    expires_at: DateTime<Utc>,
}

/// Who joined.
#[derive(Serialize, ToSchema)]
pub struct AcceptanceResponse {
    /// The new user's id.
    id: Uuid,
    /// E-mail address, to sign in with.
    email: String,
    /// Name.
    full_name: String,
    /// The role of the new user.
    role: Role,
}

/// Lists open invitations, oldest first.
#[utoipa::path(
    get, path = "/api/v1/users/invitations", tag = "users", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<InvitationItem>>)),
)]
pub async fn list_invitations(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<InvitationItem>> {
    let page = params.read()?;
    let (open, total) = caller.work(&app).await?.open_invitations(page).await?;
    Ok(Answer::page(open, page.of(total)))
}

/// The refusals of an invitation, whichever route it came by.
#[derive(IntoResponses)]
pub enum InvitationRefusals {
    /// a user of the tenant already has this address
    #[response(status = 409)]
    Present(RefusalBody),
    /// a value is not valid, or the limit of the plan is reached
    #[response(status = 422)]
    Invalid(RefusalBody),
    /// too many e-mails were sent lately, or wait to be sent
    #[response(status = 429)]
    Limited(RefusalBody),
}

/// Invites a person by e-mail.
///
/// The e-mail contains a token that works once, within seven days. An earlier invitation of the same address ends.
/// If no mail server is configured, the answer contains the token, to be passed on. The answer is the same whether
/// or not the address has an account in another tenant.
#[utoipa::path(
    post, path = "/api/v1/users/invitations", tag = "users", security(("bearer" = [])),
    request_body = InvitationRequest,
    responses(
        (status = 201, body = Answer<InvitationResponse>),
        InvitationRefusals,
    ),
)]
pub async fn invite(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<InvitationRequest>,
) -> Answered<InvitationResponse> {
    let email = canonical_email(&request.email).ok_or_else(|| {
        Refusal::unprocessable("email", Fault::new(FaultCode::NoEmail, "is not an e-mail address"))
    })?;
    // A letter that could not be sent would leave an invitation that nobody can accept.
    let permit = app.mail.reserve(&email, Cause::Tenant(caller.scope.tenant_id())).await?;
    let mut work = caller.work(&app).await?;
    let limits = work.lock_limits().await?;
    work.withdraw_invitations_of(&email).await?;
    limits.admit(Limit::Users, work.user_places().await?)?;
    let made = work.create_invitation(&email, request.role).await;
    let (invitation, token) = made.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => {
            let message = "a user of this tenant already has this address";
            Refusal::conflict(Fault::new(FaultCode::AddressTaken, message))
        }
        _ => error.into(),
    })?;
    let tenant = work.tenant().await?.ok_or_else(|| Refusal::not_found("tenant"))?;
    let shows = !app.mail.has_server();
    let changes = json!({"role": invitation.role, "token_shown": shows});
    let entry =
        AuditEntry::done(AuditAction::InvitationCreated, "invitation", invitation.id, changes);
    work.audit(&entry).await?;
    let (url, token) = (&app.public_url, token.expose());
    let message = messages::invitation(&tenant.name, token, LIFE_DAYS, url);
    app.mail.send(&mut work, permit, message).await?;
    work.commit().await?;
    Ok(Answer::created(InvitationResponse {
        invitation: invitation.into(),
        token: shows.then(|| token.to_owned()),
        link: messages::link(url, "accept-invitation", token).filter(|_| shows),
    }))
}

/// Withdraws an open invitation: its token stops working.
#[utoipa::path(
    delete, path = "/api/v1/users/invitations/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the invitation's id")),
    responses((status = 204, description = "the invitation is withdrawn")),
)]
pub async fn withdraw_invitation(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Invitation>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let withdrawn = work.withdraw_invitation(id).await?;
    end_deletion::<Invitation>(work, id, withdrawn, AuditAction::InvitationWithdrawn).await
}

/// Shows the invitation that a token belongs to. Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/auth/invitation", tag = "sign-in", request_body = InvitationQuestion,
    responses(
        (status = 200, body = Answer<InvitationPreview>),
        (status = 422, body = RefusalBody, description = "the token is not valid any more"),
    ),
)]
pub async fn invitation(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(question): Body<InvitationQuestion>,
) -> Answered<InvitationPreview> {
    let mut work = app.auth.state.system().await?;
    let (id, tenant) = work.invitation_by_token(&question.token).await?.ok_or_else(not_open)?;
    let author = Author { actor: Actor::Nobody, request_id: request_id.0 };
    let mut work = work.enter(tenant, author).await?;
    let invitation = work.invitation(id).await?.ok_or_else(not_open)?;
    let tenant = work.tenant().await?.ok_or_else(not_open)?;
    Ok(Answer::of(InvitationPreview {
        email: invitation.email,
        tenant_name: tenant.name,
        role: invitation.role,
        expires_at: invitation.expires_at.to_utc(),
    }))
}

/// Accepts an invitation: creates the user, who may sign in from now on.
#[utoipa::path(
    post, path = "/api/v1/auth/accept-invitation", tag = "sign-in",
    request_body = AcceptanceRequest,
    responses(
        (status = 201, body = Answer<AcceptanceResponse>),
        (status = 409, body = RefusalBody, description = "an account with this address already exists"),
        (status = 422, body = RefusalBody, description = "the token is not valid any more, or a value is not valid"),
        (status = 429, body = RefusalBody, description = "too many passwords are being set"),
    ),
)]
pub async fn accept_invitation(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<AcceptanceRequest>,
) -> Answered<AcceptanceResponse> {
    let full_name = name("full_name", &request.full_name, NAME_CHARS_MAX)?;
    let turn = app.passwords.admit().await?;
    // A token that is none does not cost a hash.
    let open = app.auth.state.system().await?.invitation_by_token(&request.token).await?;
    let (id, tenant) = open.ok_or_else(not_open)?;
    weak("password", turn.weakness(&request.password, &[&full_name]).await?)?;
    let password_hash = turn.hash(request.password.clone()).await?;
    let author = Author { actor: Actor::Nobody, request_id: request_id.0 };
    let mut work = app.auth.state.system().await?.enter(tenant, author).await?;
    let limits = work.lock_limits().await?;
    let invitation = work.accept_invitation(id).await?.ok_or_else(not_open)?;
    limits.admit(Limit::Users, work.user_places().await?)?;
    let Invitation { email, role, .. } = invitation;
    let tenant_name = work.tenant().await?.map(|tenant| tenant.name).unwrap_or_default();
    // Left without committing, the invitation stays open.
    weak("password", turn.weakness(&request.password, &[&email, &full_name, &tenant_name]).await?)?;
    let new = NewUser { email: email.clone(), full_name: full_name.clone(), role, password_hash };
    let made = work.create_user(&new).await;
    let user = made.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => Refusal::conflict(Fault::new(
            FaultCode::AddressTaken,
            "your address has an account of another tenant already; ask to be invited by another one",
        )),
        _ => error.into(),
    })?;
    let changes = json!({"role": role, "invitation": id});
    work.audit(&AuditEntry::done(AuditAction::InvitationAccepted, "user", user, changes)).await?;
    work.commit().await?;
    Ok(Answer::created(AcceptanceResponse { id: user.0, email, full_name, role }))
}

fn not_open() -> Refusal {
    let message = "the invitation was accepted, was withdrawn or has expired; ask for another one";
    Refusal::unprocessable("token", Fault::new(FaultCode::TokenEnded, message))
}
