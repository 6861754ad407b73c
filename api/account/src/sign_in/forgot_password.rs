//! `POST /auth/forgot-password`

use axum::Extension;
use axum::extract::State;
use serde::Deserialize;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::body::Body;
use utoipa::ToSchema;

use super::NoticeResponse;
use crate::App;

const EMAIL_BYTES_MAX: usize = 512;

/// Who forgot the password.
#[derive(Deserialize, ToSchema)]
pub struct ForgotPasswordRequest {
    /// E-mail address.
    email: String,
}

/// Sends an e-mail with a token for choosing a new password.
///
/// The answer and its time are the same whether or not the account exists. The token works once, within an hour. An
/// account receives at most one such e-mail a minute.
#[utoipa::path(
    post, path = "/api/v1/auth/forgot-password", tag = "sign-in",
    request_body = ForgotPasswordRequest,
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 429, body = RefusalBody, description = "too many such requests at once"),
        (status = 503, body = RefusalBody, description = "the state store does not answer"),
    ),
)]
pub async fn forgot_password(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<ForgotPasswordRequest>,
) -> Answered<NoticeResponse> {
    if request.email.len() > EMAIL_BYTES_MAX {
        return Err(Refusal::unprocessable(
            "email",
            Fault::new(FaultCode::TooLong, "email is too long"),
        ));
    }
    if !app.resets.ask(request.email, request_id.0).await? {
        return Err(Refusal::busy("too many requests at once; try again"));
    }
    let message = "if there is an account with this address, a letter is on its way to it";
    Ok(Answer::of(NoticeResponse { message }))
}
