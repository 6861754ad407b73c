//! The only place that writes to the terminal.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Result;
use stratum_models::secret::Secret;

use crate::boot::{Announcement, write_private};

/// Writes a text to stdout. A reader that left is no error.
pub fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}

/// Writes a line to stdout; fails once nobody reads, so that endless output ends.
pub fn line(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Writes a line to stderr.
pub fn note(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Writes an error with what caused it to stderr.
pub fn error(error: &anyhow::Error) {
    note(&format!("stratum: {error:#}"));
}

/// Tells where the process serves, and the first credentials where there are any.
pub fn announcement(told: &Announcement) -> Result<()> {
    text(&format!("Stratum serves at {}\n", told.address));
    let Some(first) = &told.first_user else { return Ok(()) };
    let credentials = format!(
        "  e-mail      {}\n  password    {}\n  ingest key  {}\n",
        first.email,
        first.password.expose(),
        first.ingest_key.expose(),
    );
    secret(&told.data, "first_sign_in", "First sign-in", &credentials)?;
    text(&format!(
        "Next: `stratum admin dataset create --tenant {} --platform meta --id PIXEL_ID`, and point a \
         Conversions API client here.\n",
        first.tenant
    ));
    Ok(())
}

/// Tells how to sign in to the demo tenants that were made just now: name, e-mail and password of each.
pub fn demo_sign_ins(data: &Path, sign_ins: &[(String, String, Secret)]) -> Result<()> {
    if sign_ins.is_empty() {
        return Ok(());
    }
    let lines = sign_ins.iter().map(|(tenant, email, password)| {
        format!("  {tenant}: e-mail {email}, password {}\n", password.expose())
    });
    secret(data, "demo_sign_in", "Demo tenants", &lines.collect::<String>())
}

/// Shows a secret to a person at a terminal. Elsewhere stdout may end in a journal: there it goes into a file of
/// the data folder that only its owner may read, and the file is named.
pub fn secret(data: &Path, file: &str, what: &str, secret: &str) -> Result<()> {
    if std::io::stdout().is_terminal() {
        text(&format!("{what}, shown this once:\n{secret}"));
        return Ok(());
    }
    let path = data.join("secrets").join(file);
    write_private(&path, secret.trim_end())?;
    text(&format!("{what}: see {}; remove it once you have signed in\n", path.display()));
    Ok(())
}

/// Writes rows in columns to stdout.
pub fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(head.get(column).map_or(0, |name| name.chars().count()))
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    text(&line(head.to_vec()));
    for row in rows {
        text(&line(row.iter().map(String::as_str).collect()));
    }
}
