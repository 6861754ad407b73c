//! The program's own login. Row-level security holds against whoever speaks through it only while the
//! login owns nothing and is nobody of more rights than the two roles it becomes.

use sqlx::{ConnectOptions as _, Connection as _};
use stratum_models::store::StoreError;

use super::{PostgresState, invalid, store_error};

/// Rights and memberships of a login.
#[derive(Clone, Copy, Debug, Default)]
struct Login {
    /// A superuser.
    superuser: bool,
    /// Above row-level security, a maker of roles, or one who may replicate.
    mighty: bool,
    /// The owner of tables, or a member of their owner.
    owner: bool,
    /// A member of both roles of the program.
    member: bool,
    /// One who has the rights of these roles without becoming one of them.
    heir: bool,
    /// One who may make tables, if only for a session.
    maker: bool,
}

impl Login {
    /// Reasons against its serving, as ends of a sentence that begins with "it".
    fn faults(self) -> Vec<&'static str> {
        let faults = [
            (self.superuser, "is a superuser"),
            (self.mighty, "has BYPASSRLS, CREATEROLE or REPLICATION"),
            (self.owner, "owns the tables"),
            (!self.member, "is no member of both stratum_app and stratum_system"),
            (self.heir, "inherits their rights (NOINHERIT is missing)"),
            (
                self.maker,
                "may make tables (REVOKE TEMPORARY ON DATABASE … FROM PUBLIC; \
                 REVOKE CREATE ON SCHEMA public FROM PUBLIC)",
            ),
        ];
        // A superuser is all of it.
        let faults = faults.into_iter().filter_map(|(is, fault)| is.then_some(fault));
        faults.take(if self.superuser { 1 } else { usize::MAX }).collect()
    }
}

impl PostgresState {
    /// Refuses a login that row-level security does not bind: `Invalid`, with what is wrong and what to
    /// do about it.
    pub async fn check_login(&self) -> Result<(), StoreError> {
        let mut connection = self.login.connect().await.map_err(store_error)?;
        let row = sqlx::query_file!("sql/select_login.sql").fetch_one(&mut connection).await;
        connection.close().await.ok();
        let row = row.map_err(store_error)?;
        let login = Login {
            superuser: row.superuser,
            mighty: row.mighty,
            owner: row.owner,
            member: row.member,
            heir: row.heir,
            maker: row.maker,
        };
        let faults = login.faults();
        if faults.is_empty() {
            return Ok(());
        }
        let (name, faults) = (row.name, faults.join("; it "));
        Err(invalid(format!(
            "the login {name} of DATABASE_URL may not serve: it {faults}. The program needs a login of \
             its own, which owns nothing: CREATE ROLE app LOGIN NOINHERIT PASSWORD '…'; GRANT \
             stratum_app, stratum_system TO app. The login that owns the tables belongs into \
             DATABASE_MIGRATION_URL, for `stratum migrate` and `stratum up`"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_too_many_is_named() {
        let good = Login { member: true, ..Login::default() };
        assert!(good.faults().is_empty());
        for (login, fault) in [
            (Login { superuser: true, owner: true, heir: true, ..good }, "is a superuser"),
            (Login { mighty: true, ..good }, "has BYPASSRLS, CREATEROLE or REPLICATION"),
            (Login { owner: true, ..good }, "owns the tables"),
            (Login::default(), "is no member of both stratum_app and stratum_system"),
            (Login { heir: true, ..good }, "inherits their rights (NOINHERIT is missing)"),
        ] {
            assert_eq!(login.faults(), [fault], "{login:?}");
        }
        let both = Login { maker: true, owner: true, ..good };
        assert_eq!(both.faults().len(), 2);
    }
}
