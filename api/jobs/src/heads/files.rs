//! The files that heads are put down in: one a month, which is only written at its end.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{
    BufRead as _, BufReader, ErrorKind, Read as _, Result, Seek as _, SeekFrom, Write as _,
};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use stratum_models::id::TenantId;

use stratum_state::audit_head::{AuditHead, HeadError, HeadKey};

/// Months whose files are kept.
const MONTHS_MAX: usize = 25;
const EXTENSION: &str = "heads";
/// Bytes of a line at most; a longer one is none of ours.
const LINE_BYTES_MAX: u64 = 1_024;

/// The folder of these files.
#[derive(Clone, Debug)]
pub struct HeadFiles(PathBuf);

/// Heads that were put down, and what is wrong with them.
#[derive(Debug, Default)]
pub struct KeptHeads {
    /// The hash of each row that was a head, by chain.
    pub chains: BTreeMap<TenantId, BTreeMap<i64, Vec<u8>>>,
    /// Lines that no key of this installation wrote, and heads that contradict one another.
    pub faults: Vec<String>,
    /// Lines that cannot be read, such as one that was cut off.
    pub unreadable: usize,
}

impl KeptHeads {
    /// Adds a head.
    pub fn add(&mut self, head: AuditHead) {
        let rows = self.chains.entry(head.tenant).or_default();
        let known = rows.entry(head.seq).or_insert_with(|| head.hash.clone());
        if *known != head.hash {
            let AuditHead { tenant, seq, .. } = head;
            self.faults.push(format!("tenant {tenant} has two heads of row {seq}"));
        }
    }

    /// Adds the heads of a file; each line ends with one.
    pub fn add_file(&mut self, key: &HeadKey, path: &Path) -> Result<()> {
        let mut file = BufReader::new(File::open(path)?);
        for number in 1.. {
            let mut line = Vec::new();
            if file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let line = String::from_utf8_lossy(&line);
            let Some(word) = line.split_whitespace().next_back() else { continue };
            match key.read(word) {
                Ok(head) => self.add(head),
                Err(HeadError::Unreadable) => self.unreadable += 1,
                Err(error) => self.faults.push(format!("{}:{number}: {error}", path.display())),
            }
        }
        Ok(())
    }

    /// The newest head of each chain.
    pub fn newest(self) -> BTreeMap<TenantId, AuditHead> {
        let newest = |(tenant, rows): (TenantId, BTreeMap<i64, Vec<u8>>)| {
            let (seq, hash) = rows.into_iter().next_back()?;
            Some((tenant, AuditHead { tenant, seq, hash }))
        };
        self.chains.into_iter().filter_map(newest).collect()
    }
}

impl HeadFiles {
    /// The files among the data.
    pub fn new(data: &Path) -> HeadFiles {
        HeadFiles(data.join("audit"))
    }

    /// Every head that is kept.
    pub fn read(&self, key: &HeadKey) -> Result<KeptHeads> {
        let mut kept = KeptHeads::default();
        for path in self.paths()? {
            kept.add_file(key, &path)?;
        }
        Ok(kept)
    }

    /// Puts heads down, durably.
    pub fn append(&self, at: DateTime<Utc>, heads: &[String]) -> Result<()> {
        if heads.is_empty() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let path = self.0.join(format!("{}.{EXTENSION}", at.format("%Y-%m")));
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).mode(0o600).open(&path)?;
        let time = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut text = String::new();
        if was_cut_off(&mut file)? {
            text.push('\n');
        }
        for head in heads {
            text.push_str(&format!("{time} {head}\n"));
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let paths = self.paths()?;
        let surplus = paths.len().saturating_sub(MONTHS_MAX);
        paths.iter().take(surplus).try_for_each(fs::remove_file)
    }

    /// The files, the oldest first.
    fn paths(&self) -> Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
            .collect();
        paths.sort();
        Ok(paths)
    }
}

/// True where the last line lacks its end: the machine went down while it was written.
fn was_cut_off(file: &mut File) -> Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use stratum_state::seal::Seal;

    use super::*;

    fn at(month: u32) -> DateTime<Utc> {
        let (year, month) = (2026 + month / 12, month % 12 + 1);
        format!("{year}-{month:02}-03T04:05:06Z").parse().unwrap()
    }

    fn head(tenant: u64, seq: i64, hash: u8) -> AuditHead {
        AuditHead { tenant: TenantId(tenant), seq, hash: vec![hash; 32] }
    }

    #[test]
    fn what_is_put_down_is_read_again_and_only_grows() {
        let home = tempfile::tempdir().unwrap();
        let files = HeadFiles::new(home.path());
        let key = HeadKey::new(Seal::new(b"a secret").unwrap());
        assert!(files.read(&key).unwrap().chains.is_empty());
        files.append(at(0), &[key.write(&head(1, 1, 1)), key.write(&head(2, 7, 2))]).unwrap();
        let path = home.path().join("audit/2026-01.heads");
        let first = fs::read(&path).unwrap();
        // As a machine leaves it that went down.
        fs::write(&path, [&first[..], b"2026-01-03T04:0"].concat()).unwrap();
        files.append(at(0), &[key.write(&head(1, 5, 3))]).unwrap();
        files.append(at(1), &[key.write(&head(1, 9, 4))]).unwrap();
        assert!(fs::read(&path).unwrap().starts_with(&first));
        let kept = files.read(&key).unwrap();
        assert_eq!((kept.faults.len(), kept.unreadable), (0, 1));
        assert_eq!(kept.chains[&TenantId(1)].keys().copied().collect::<Vec<_>>(), [1, 5, 9]);
        let newest = kept.newest();
        assert_eq!(newest[&TenantId(1)], head(1, 9, 4));
        assert_eq!(newest[&TenantId(2)], head(2, 7, 2));
    }

    #[test]
    fn foreign_and_contradicting_heads_are_told() {
        let home = tempfile::tempdir().unwrap();
        let files = HeadFiles::new(home.path());
        let key = HeadKey::new(Seal::new(b"a secret").unwrap());
        let foreign = HeadKey::new(Seal::new(b"another").unwrap());
        let heads =
            [key.write(&head(1, 1, 1)), foreign.write(&head(1, 2, 1)), key.write(&head(1, 1, 2))];
        files.append(at(0), &heads).unwrap();
        let kept = files.read(&key).unwrap();
        assert!(kept.faults[0].contains("2026-01.heads:2: the head was not written"), "{kept:?}");
        assert!(kept.faults[1].contains("two heads of row 1"), "{kept:?}");
    }

    #[test]
    fn the_oldest_months_go() {
        let home = tempfile::tempdir().unwrap();
        let files = HeadFiles::new(home.path());
        let key = HeadKey::new(Seal::new(b"a secret").unwrap());
        for month in 0..30 {
            files.append(at(month), &[key.write(&head(1, i64::from(month) + 1, 1))]).unwrap();
        }
        let kept = files.read(&key).unwrap();
        assert_eq!(kept.chains[&TenantId(1)].len(), MONTHS_MAX);
        assert_eq!(kept.newest()[&TenantId(1)].seq, 30);
    }
}
