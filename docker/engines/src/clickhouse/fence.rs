//! The fence around the embedded ClickHouse, drawn with Landlock.
//!
//! The engine was a tool for local files first: to its own functions every file of the machine is
//! data. The kernel holds it to its own folder instead, and to no starting of programs at all.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr,
};

/// The oldest version that will do: Linux 5.19. Before, files cannot be moved or linked from one
/// folder to another, and then the engine can neither drop a table nor change rows.
const OLDEST: ABI = ABI::V2;

/// Files of the machine that any engine reads: libraries loaded late, time zones, names of hosts,
/// its own limits. Nothing of other processes.
const MACHINE: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/ld.so.cache",
    "/sys/fs/cgroup",
    "/sys/devices/system",
    "/sys/block",
    "/proc/self",
    "/proc/sys",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/vmstat",
    "/proc/diskstats",
    "/proc/pressure",
    "/dev/urandom",
    "/dev/random",
];

/// Holds this thread, and all it will start, to `data` and to reading `readable` and the few files
/// every engine needs, with all that the kernel's Landlock offers up to version `newest`. Answers why
/// not where the kernel has no Landlock that will do.
pub(super) fn enter(
    data: &Path,
    readable: &[PathBuf],
    newest: i32,
) -> Result<std::result::Result<(), String>> {
    let newest = ABI::from(newest);
    let required = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST));
    let ruleset = match required {
        Ok(ruleset) => ruleset,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let ruleset = ruleset
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))
        .and_then(Ruleset::create)
        .map_err(Error::other)?;
    let own = AccessFs::from_all(newest) & !AccessFs::Execute;
    let mut ruleset = allow(ruleset, data, own)?;
    ruleset = allow(ruleset, Path::new("/dev/null"), own)?;
    for path in MACHINE.iter().map(Path::new).chain(readable.iter().map(PathBuf::as_path)) {
        // Not every machine has them all.
        if path.exists() {
            ruleset = allow(ruleset, path, AccessFs::ReadFile | AccessFs::ReadDir)?;
        }
    }
    ruleset.restrict_self().map_err(Error::other)?;
    Ok(Ok(()))
}

fn allow(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated> {
    let opened = PathFd::new(path).map_err(Error::other)?;
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(ABI::V10) };
    ruleset.add_rule(PathBeneath::new(opened, access)).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// In a thread, for the fence is the thread's and stays.
    fn behind(newest: i32, test: impl FnOnce(&Path) + Send) {
        let folder =
            std::env::temp_dir().join(format!("stratum-fence-{}-{newest}", std::process::id()));
        std::fs::create_dir_all(folder.join("data/a")).unwrap();
        std::fs::create_dir_all(folder.join("data/b")).unwrap();
        std::fs::write(folder.join("readable"), "readable").unwrap();
        std::fs::write(folder.join("other"), "other").unwrap();
        std::thread::scope(|scope| {
            let fenced = scope.spawn(|| {
                enter(&folder.join("data"), &[folder.join("readable")], newest).unwrap().unwrap();
                test(&folder);
            });
            fenced.join().unwrap();
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn every_version_keeps_to_the_own_folder() {
        for newest in [2, 3, 4, 5, i32::MAX] {
            behind(newest, |folder| {
                let (first, second) = (folder.join("data/a/x"), folder.join("data/b/x"));
                std::fs::write(&first, "own").unwrap();
                std::fs::rename(&first, &second).unwrap();
                std::fs::hard_link(&second, &first).unwrap();
                assert_eq!(std::fs::read_to_string(&first).unwrap(), "own");
                assert_eq!(std::fs::read_to_string(folder.join("readable")).unwrap(), "readable");
                let denied = |tried: Result<()>| {
                    assert_eq!(tried.unwrap_err().kind(), ErrorKind::PermissionDenied, "{newest}");
                };
                denied(std::fs::read(folder.join("other")).map(drop));
                denied(std::fs::read("/etc/passwd").map(drop));
                denied(std::fs::read_dir(folder).map(drop));
                denied(std::fs::write(folder.join("readable"), "x"));
                denied(std::fs::write(folder.join("new"), "x"));
                denied(std::fs::remove_file(folder.join("other")));
                denied(std::process::Command::new("/bin/true").spawn().map(drop));
            });
        }
    }
}
