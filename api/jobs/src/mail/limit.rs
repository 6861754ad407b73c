//! Bounds on the letters that one may cause. The one rule for every letter: to an address, for a tenant, in all.
//!
//! It is asked before it is looked up whether an address has an account, and counts alike for both: what it
//! answers tells nothing about that.

use serde::{Deserialize, Serialize};
use stratum_models::id::TenantId;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_state::letter::Allowance;

const HOUR_MS: i64 = 3_600_000;

/// Bounds on the letters that may be caused; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LetterLimits {
    /// To one address within an hour.
    pub addressee_per_hour: u32,
    /// By one tenant within a day.
    pub tenant_per_day: u32,
    /// By all tenants within an hour, and as many by strangers.
    pub installation_per_hour: u32,
}

impl Default for LetterLimits {
    fn default() -> Self {
        LetterLimits { addressee_per_hour: 5, tenant_per_day: 200, installation_per_hour: 1_000 }
    }
}

/// Who causes a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody who has not signed in.
    Stranger,
    /// A user of this tenant.
    Tenant(TenantId),
}

impl LetterLimits {
    /// The allowances that a letter to `to` uses one each of.
    pub fn allowances(&self, to: &str, cause: Cause, now: UnixMillis) -> Vec<Allowance> {
        let begun = |length_ms: i64| UnixMillis(now.0 - now.0.rem_euclid(length_ms));
        let (hour, day) = (begun(HOUR_MS), begun(DAY_MS));
        let of = |of: String, since, letters_max| Allowance { of, since, letters_max };
        let mut all = vec![of(format!("to {}", mailbox(to)), hour, self.addressee_per_hour)];
        match cause {
            Cause::Stranger => {
                all.push(of("of strangers".to_owned(), hour, self.installation_per_hour));
            }
            Cause::Tenant(tenant) => {
                all.push(of(format!("of tenant {tenant}"), day, self.tenant_per_day));
                all.push(of("of tenants".to_owned(), hour, self.installation_per_hour));
            }
        }
        all.retain(|allowance| allowance.letters_max > 0);
        all
    }
}

/// The mailbox of an address: lower case, and without the tag after a `+`.
fn mailbox(address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, host)) => {
            let untagged = local.split('+').next().unwrap_or(local);
            format!("{untagged}@{host}")
        }
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_letter_case_make_no_other_mailbox() {
        for same in ["Ana@Example.com", " ana+7@example.com ", "ana+a+b@EXAMPLE.com"] {
            assert_eq!(mailbox(same), "ana@example.com", "{same}");
        }
        assert_ne!(mailbox("bea@example.com"), mailbox("ana@example.com"));
        assert_eq!(mailbox("nobody"), "nobody");
    }

    #[test]
    fn strangers_and_tenants_do_not_use_each_others_allowances() {
        let limits = LetterLimits::default();
        let now = UnixMillis(1_700_000_000_000);
        let of = |cause| -> Vec<String> {
            let all = limits.allowances("ana@example.com", cause, now);
            assert!(all.iter().all(|one| one.since <= now && one.since.0 > now.0 - DAY_MS));
            all.into_iter().map(|one| one.of).collect()
        };
        assert_eq!(of(Cause::Stranger), ["to ana@example.com", "of strangers"]);
        let tenant = of(Cause::Tenant(TenantId(7)));
        assert_eq!(tenant, ["to ana@example.com", "of tenant 7", "of tenants"]);
        let unlimited = LetterLimits { addressee_per_hour: 0, installation_per_hour: 0, ..limits };
        assert!(unlimited.allowances("ana@example.com", Cause::Stranger, now).is_empty());
    }
}
