//! Proofs beside a right password: the second factor of a sign-in, and the password once more before the
//! sign-in itself is changed.

use serde_json::json;
use stratum_http::answer::{Fault, FaultCode, Refusal, RequestId};
use stratum_http::auth::Authenticated;
use stratum_http::auth::password::{PASSWORD_BYTES_MAX, Turn, Verdict};
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use stratum_state::factor_secret::{CODE_BYTES_MAX, FactorSecret};
use stratum_state::second_factor::SecondFactor;
use stratum_state::user::User;
use stratum_state::work::TenantWork;

use super::login::locked;
use crate::App;

/// The caller, whose password this is; 422 at `field` where it is not. Wrong ones are counted apart from those of
/// strangers, and lock like them.
pub async fn prove_password(
    app: &App,
    turn: &Turn,
    caller: &Authenticated,
    field: &str,
    password: String,
    request_id: &RequestId,
) -> Result<User, Refusal> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::unprocessable(field, Fault::new(FaultCode::TooLong, "is too long")));
    }
    let user = caller.work(app).await?.user(caller.user_id()?).await?;
    let gone = || Refusal::unauthorized("the user is not active");
    let user = user.filter(|user| user.active).ok_or_else(gone)?;
    let mut work = app.auth.state.system().await?;
    let guesser = work.signed_in(user.id);
    if let Some(until) = work.locked_until(&guesser).await? {
        return Err(locked(app, until));
    }
    drop(work);
    let verdict = turn.verify(password, Some(user.password_hash.clone())).await?;
    let mut work = app.auth.state.system().await?;
    if verdict == Verdict::Wrong {
        work.count_failure(&guesser, app.auth.config.lockout).await?;
        let author = Author { actor: Actor::User(user.id), request_id: request_id.0.clone() };
        let entry = AuditEntry::refused(AuditAction::UserPasswordProved, "user", json!({}));
        let entry = AuditEntry { object_id: user.id.to_string(), ..entry };
        work.audit(Some(user.tenant_id), author, &entry).await?;
        work.commit().await?;
        return Err(Refusal::unprocessable(
            field,
            Fault::new(FaultCode::WrongPassword, "is not your password"),
        ));
    }
    // Guesses that were under way when others locked do not count. What went wrong before is not forgotten: a
    // code may be asked for, too.
    match work.locked_until(&guesser).await? {
        Some(until) => Err(locked(app, until)),
        None => Ok(user),
    }
}

/// True for a code of the moment of this factor, or a recovery code, that was not taken before.
pub async fn takes_code(
    app: &App,
    work: &mut TenantWork,
    user: &User,
    factor: &SecondFactor,
    code: &str,
) -> Result<bool, Refusal> {
    if code.len() > CODE_BYTES_MAX {
        return Ok(false);
    }
    match factor.secret.step(code, app.clock.now()) {
        Some(step) => Ok(work.use_second_factor(user.id, step).await?),
        None => Ok(factor.confirmed && work.spend_recovery_code(user.id, code).await?),
    }
}

/// The second factor's say in a sign-in.
pub enum Factor {
    /// It goes on; with recovery codes where this has set the factor up.
    Passed(Option<Vec<String>>),
    /// A code is needed.
    Needed,
    /// The code is wrong.
    Wrong,
    /// The tenant wants a factor, and there is none: this is to become one.
    Missing(FactorSecret),
}

/// Asks a user's second factor, with the code that was sent; what it took is taken once the work is committed.
pub async fn ask(
    app: &App,
    work: &mut TenantWork,
    user: &User,
    code: Option<&str>,
) -> Result<Factor, Refusal> {
    let factor = work.second_factor(user.id).await?;
    let code = code.filter(|code| !code.trim().is_empty());
    if let Some(factor) = factor.as_ref().filter(|factor| factor.confirmed) {
        let Some(code) = code else { return Ok(Factor::Needed) };
        let right = takes_code(app, work, user, factor, code).await?;
        return Ok(if right { Factor::Passed(None) } else { Factor::Wrong });
    }
    let tenant = work.tenant().await?.ok_or_else(Refusal::internal)?;
    if !tenant.second_factor_required {
        return Ok(Factor::Passed(None));
    }
    if let (Some(factor), Some(code)) = (factor, code) {
        if !takes_code(app, work, user, &factor, code).await? {
            return Ok(Factor::Wrong);
        }
        let entry = AuditEntry::done(AuditAction::UserSecondFactorSet, "user", user.id, json!({}));
        work.audit(&entry).await?;
        return Ok(Factor::Passed(Some(work.renew_recovery_codes(user.id).await?)));
    }
    let secret = work.begin_second_factor(user.id).await?.ok_or_else(Refusal::internal)?;
    work.audit(&AuditEntry::done(AuditAction::UserSecondFactorBegun, "user", user.id, json!({})))
        .await?;
    Ok(Factor::Missing(secret))
}
