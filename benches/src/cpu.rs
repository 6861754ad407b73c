//! CPU seconds of a process, user and system, as the kernel counts them.

use std::fs;

use anyhow::{Context, Result};

/// CPU seconds this process and its threads have used.
pub fn of(pid: u32) -> Result<f64> {
    let mut nanos = 0u64;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = task?.path().join("schedstat");
        // A thread may end between listing and reading; what it used is then lost to both sides alike.
        if let Ok(text) = fs::read_to_string(path) {
            nanos += text.split(' ').next().context("empty schedstat")?.parse::<u64>()?;
        }
    }
    Ok(nanos as f64 / 1e9)
}

/// CPU seconds of this very process.
pub fn own() -> Result<f64> {
    of(std::process::id())
}

/// The name of a process, and the CPU seconds that it, its threads that have ended, and its children that
/// have ended have used. The kernel counts them in hundredths. `None` when it has ended itself.
pub fn of_process(pid: u32) -> Option<(String, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, rest) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let times = rest.split_whitespace().skip(11).take(4);
    let hundredths: u64 = times.map(|time| time.parse::<u64>().unwrap_or_default()).sum();
    Some((name, hundredths as f64 / 100.0))
}

/// The processes below `pid`, itself first.
pub fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    all
}
