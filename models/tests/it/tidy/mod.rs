//! The shape of the workspace, held by tests: who may depend on whom, how large files and functions
//! may grow, and what must not be written down where. Each test lists every offence at once, as
//! `file:line: what is wrong`.

mod source;
mod manifests;
mod code;
mod words;

/// Ends the test with all offences, one a line.
fn assert_none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}\n  {}\n", offences.join("\n  "));
}
