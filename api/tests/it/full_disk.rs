//! The file system of the data folder is full for a while, under load: what was answered with success is
//! counted once, health says what is down, and all of it heals by itself when there is room again. The
//! warehouse answers for rows that it can read.
//!
//! It takes root to make a small file system. Whoever is not root has the same of the log alone, in the
//! tests of the ingest crate, where no file may grow for a while.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use stratum_models::demo::Reference;

use crate::crash::{check, send_until};
use crate::fixture::{Stratum, eventually};
use crate::load::{Load, now};

/// Postgres alone takes 40 at its start, and as much again for what it does.
const DISK_MIB: u32 = 320;
const SENDERS: u64 = 2;
const NOTICE_WAIT: Duration = Duration::from_secs(60);
const HEAL_WAIT: Duration = Duration::from_secs(120);
/// Inserts and merges that the disk fills up under, each.
const CRAMPED: u64 = 8;
/// Bytes left for one of them to begin with.
const ROOM: u64 = 6 << 20;

const CREATE_NUMBERS: &str = include_str!("../sql/create_numbers.sql");
const INSERT_NUMBERS: &str = include_str!("../sql/insert_numbers.sql");
const MERGE_NUMBERS: &str = include_str!("../sql/merge_numbers.sql");
const SUM_NUMBERS: &str = include_str!("../sql/sum_numbers.sql");

/// A small file system in memory, mounted until it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Puts one in the place of a folder, with what the folder holds.
    fn in_place_of(folder: &Path) -> SmallDisk {
        let aside = folder.with_extension("aside");
        std::fs::rename(folder, &aside).expect("moving the folder aside");
        std::fs::create_dir(folder).expect("a place to mount at");
        let size = format!("size={DISK_MIB}m,mode=755");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder));
        let disk = SmallDisk(folder.to_owned());
        run(Command::new("cp").arg("--archive").arg(aside.join(".")).arg(folder));
        std::fs::remove_dir_all(&aside).expect("removing what was moved");
        disk
    }

    /// Fills it up but for `room` bytes.
    fn fill_but(&self, room: u64) {
        let file = File::create(self.0.join("most")).expect("a file to fill the disk with");
        let disk = nix::sys::statvfs::statvfs(&self.0).expect("the disk's size");
        let free = disk.blocks_available() * disk.fragment_size();
        let bytes = i64::try_from(free.saturating_sub(room)).expect("a small disk");
        nix::fcntl::posix_fallocate(&file, 0, bytes).expect("room that is free");
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("fill")).expect("a file to fill the disk with");
        for bytes in [1 << 20, 1 << 12, 1] {
            let piece = vec![b'x'; bytes];
            while file.write_all(&piece).is_ok() {}
        }
    }

    fn free(&self) {
        for name in ["fill", "most"] {
            std::fs::remove_file(self.0.join(name)).ok();
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still uses it keeps it until then.
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}

fn run(command: &mut Command) {
    assert!(command.status().expect("a program of the system").success(), "{command:?}");
}

/// Whether the store is up, as health tells it.
async fn is_up(stratum: &Stratum, store: &str) -> bool {
    let request = stratum.client().get(format!("{}/health", stratum.url()));
    let (_, answer) = stratum.answer(request).await;
    let stores = answer["data"]["stores"].as_array().expect("stores");
    let found = stores.iter().find(|one| one["store"] == store).expect("the store");
    found["up"] == Value::Bool(true)
}

/// The disk fills up while rows are inserted, and while parts are merged: the warehouse has then said no,
/// or answers with the very rows.
async fn rows_taken_can_be_read(stratum: &Stratum, disk: &SmallDisk) {
    let again = async |statement: &str| {
        let said = async || stratum.try_warehouse(statement).await.ok();
        eventually("the warehouse does not heal", HEAL_WAIT, said).await
    };
    for round in 0..2 * CRAMPED {
        let merges = round % 2 == 1;
        again(CREATE_NUMBERS).await;
        let rows = again(SUM_NUMBERS).await;
        assert_eq!(rows, "0\t0\n", "an empty table");
        if merges {
            for _ in 0..3 {
                stratum.ask_warehouse(INSERT_NUMBERS).await;
            }
        }
        let before = stratum.ask_warehouse(SUM_NUMBERS).await;
        disk.fill_but(ROOM);
        let statement = if merges { MERGE_NUMBERS } else { INSERT_NUMBERS };
        let fill = async {
            tokio::time::sleep(Duration::from_millis(round)).await;
            disk.fill();
        };
        let (said, ()) = tokio::join!(stratum.try_warehouse(statement), fill);
        disk.free();
        let after = again(SUM_NUMBERS).await;
        match merges {
            true => assert_eq!(after, before, "{round}: {said:?}"),
            false => assert!(said.is_err() || after != before, "{round}: taken, but gone"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_of_and_heals_by_itself() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let mut stratum = Stratum::start(&[]).await;
    stratum.stop().await;
    let disk = SmallDisk::in_place_of(stratum.data_folder());
    stratum.restart().await;
    let seed = now().0.unsigned_abs();
    let load = Arc::new(Load::create(&stratum, seed).await);
    let over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| tokio::spawn(send_until(load.clone(), over.clone(), seed ^ (number + 1))))
        .collect();
    for _ in 0..2 {
        // Under load, not a wait for something.
        tokio::time::sleep(Duration::from_secs(1)).await;
        disk.fill();
        let down = async || (!is_up(&stratum, "log").await).then_some(());
        eventually("health calls the log up", NOTICE_WAIT, down).await;
        // Long enough for the engines to meet it, too.
        tokio::time::sleep(Duration::from_secs(3)).await;
        disk.free();
        let up = async || {
            let answer = stratum.client().get(format!("{}/health/ready", stratum.url())).send();
            answer.await.is_ok_and(|answer| answer.status().is_success()).then_some(())
        };
        eventually("it does not heal", HEAL_WAIT, up).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    over.store(true, Ordering::Relaxed);
    let mut reference = Reference::new(load.world.clone());
    for sender in senders {
        for request in sender.await.expect("a sender") {
            reference.receive(&request, now());
        }
    }
    check(&load, &reference, seed).await;
    rows_taken_can_be_read(&stratum, &disk).await;
    assert!(!stratum.output().contains("panicked"), "seed {seed}:\n{}", stratum.output());
    stratum.stop().await;
}
