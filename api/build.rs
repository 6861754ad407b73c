//! A new page rebuilds the crate where it is embedded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Only builds without debug assertions embed the page; the others read it as it is.
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo:rerun-if-changed=../frontend/dist");
    }
}
