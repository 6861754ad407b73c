//! Statements are checked against the offline data in `.sqlx`, whatever `DATABASE_URL` a shell has
//! set; `api/state/sqlx-prepare` alone asks a live database. New migrations rebuild the crate.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=.sqlx");
    println!("cargo:rerun-if-env-changed=SQLX_OFFLINE");
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        println!("cargo:rustc-env=SQLX_OFFLINE=true");
    }
}
