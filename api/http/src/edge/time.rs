//! The longest time of an answer.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::answer::Refusal;

/// Gives up an answer that has not begun in time; a body that streams may take as long as it needs.
pub async fn bound_time(
    State(answer_max): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    match tokio::time::timeout(answer_max, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(wait_ms_max = answer_max.as_millis() as u64, "an answer took too long");
            Refusal::unavailable("the answer took too long; request less, or try again")
                .into_response()
        }
    }
}
