//! Statements are checked against the offline data in `.sqlx`, whatever `DATABASE_URL` a shell has
//! set; `api/sqlx-prepare` alone asks a live database. New migrations rebuild the crate, and a new page
//! does where it is embedded.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=.sqlx");
    println!("cargo:rerun-if-env-changed=SQLX_OFFLINE");
    // Only builds without debug assertions embed the page; the others read it as it is.
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo:rerun-if-changed=../frontend/dist");
    }
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        println!("cargo:rustc-env=SQLX_OFFLINE=true");
    }
}
