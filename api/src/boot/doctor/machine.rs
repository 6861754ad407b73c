//! The data folder and its disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use super::{Finding, Severity};
use crate::boot::Settings;
use crate::boot::stores::data_dir;

const GIB: u64 = 1 << 30;
/// Below either the engines may meet a full disk within the hour.
const FREE_BYTES_FAULT: u64 = GIB;
/// Merges of the warehouse need room for a copy of the largest part.
const FREE_BYTES_WARNING: u64 = 10 * GIB;
const FREE_SHARE_WARNING: f64 = 0.1;

pub fn examine(settings: &Settings) -> Vec<Finding> {
    let data = match data_dir(settings) {
        Ok(data) => data,
        Err(error) => {
            let advice = "Set STRATUM_DATA or pass --data.";
            return vec![Finding::of("data folder", Severity::Fault, format!("{error:#}"), advice)];
        }
    };
    if !data.is_dir() {
        let found = format!("{} is no folder", data.display());
        let advice = "Start Stratum once with `stratum up`, or name its folder by --data.";
        return vec![Finding::of("data folder", Severity::Warning, found, advice)];
    }
    vec![disk(&data), secrets(&data.join("secrets"))]
}

fn disk(data: &Path) -> Finding {
    let at = data.display();
    let stat = match statvfs(data) {
        Ok(stat) => stat,
        Err(error) => {
            let found = format!("the disk of {at} does not tell its size: {error}");
            return Finding::of("disk", Severity::Unknown, found, "");
        }
    };
    let (free, all) =
        (stat.blocks_available() * stat.fragment_size(), stat.blocks() * stat.fragment_size());
    judge_disk(&at.to_string(), free, all)
}

fn judge_disk(at: &str, free: u64, all: u64) -> Finding {
    let gib = |bytes: u64| bytes as f64 / GIB as f64;
    let found = format!("{:.1} of {:.0} GiB are free where {at} is", gib(free), gib(all));
    let severity = if free < FREE_BYTES_FAULT {
        Severity::Fault
    } else if free < FREE_BYTES_WARNING && (free as f64) < FREE_SHARE_WARNING * all as f64 {
        Severity::Warning
    } else {
        return Finding::ok("disk", found);
    };
    let advice = "Make room or give the disk more. Nothing that was answered is lost on a full disk, but nothing \
                  is taken either. [log] retention_hours and the warehouse's retention say what is kept.";
    Finding::of("disk", severity, found, advice)
}

/// Whether others than the owner may read what is secret.
fn secrets(folder: &Path) -> Finding {
    const CHECK: &str = "secrets";
    let files = match std::fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::ok(CHECK, "none are kept on this machine");
        }
        Err(error) => {
            let found = format!("{} cannot be read: {error}", folder.display());
            let advice = "Run `stratum doctor` as the user that Stratum runs as.";
            return Finding::of(CHECK, Severity::Unknown, found, advice);
        }
    };
    let open_to_others = |path: &Path| {
        path.metadata().is_ok_and(|of| of.is_file() && of.permissions().mode() & 0o077 != 0)
    };
    let mut loose: Vec<String> = files
        .flatten()
        .filter(|file| open_to_others(&file.path()))
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    loose.sort();
    if loose.is_empty() {
        return Finding::ok(CHECK, "only their owner may read them");
    }
    let found = format!("others may read {} in {}", loose.join(", "), folder.display());
    let advice = "Run `chmod go= ` on each; if others use this machine, make new ones.";
    Finding::of(CHECK, Severity::Fault, found, advice)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_disk_is_judged_by_what_is_free_and_by_its_share() {
        let judged = |free, all| judge_disk("/data", free, all).severity;
        assert_eq!(judged(GIB - 1, 8 * GIB), Severity::Fault);
        assert_eq!(judged(5 * GIB, 500 * GIB), Severity::Warning);
        // A small disk that is nearly empty.
        assert_eq!(judged(5 * GIB, 8 * GIB), Severity::Ok);
        // A share of a large disk that is room enough.
        assert_eq!(judged(50 * GIB, 2_000 * GIB), Severity::Ok);
    }

    #[test]
    fn a_secret_that_others_may_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, loose) = (folder.path().join("token_key"), folder.path().join("state.url"));
        for (path, mode) in [(&kept, 0o600), (&loose, 0o640)] {
            fs::write(path, "x").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let finding = secrets(folder.path());
        assert_eq!(finding.severity, Severity::Fault);
        assert!(finding.found.contains("state.url"), "{finding:?}");
        assert!(!finding.found.contains("token_key"), "{finding:?}");
        assert_eq!(secrets(&folder.path().join("none")).severity, Severity::Ok);
    }
}
