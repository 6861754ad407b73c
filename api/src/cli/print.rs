//! The only place that writes to the terminal.

use std::io::Write as _;

use anyhow::Result;

use crate::boot::Announcement;

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
pub fn announcement(told: &Announcement) {
    let mut lines = format!("Stratum serves at {}\n", told.address);
    if let Some(first) = &told.first_user {
        lines.push_str(&format!(
            "First sign-in, shown this once:\n  e-mail      {}\n  password    {}\n  ingest key  {}\n",
            first.email,
            first.password.expose(),
            first.ingest_key.expose(),
        ));
        lines.push_str(&format!(
            "Next: `stratum admin dataset create --tenant {} --platform meta --id PIXEL_ID`, and point a \
             Conversions API client here.\n",
            first.tenant
        ));
    }
    text(&lines);
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
