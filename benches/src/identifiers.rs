//! Normalising and hashing one identifier: ours, and ClickHouse's `SHA256(lower(trim()))`, which
//! does less.

use anyhow::{Context, Result, ensure};
use stratum_ingest::redact::{Person, RedactRules};
use stratum_models::identifier::IdentifierKey;
use stratum_models::testing::engines::TestClickHouse;

use crate::rounds::alternate;
use crate::{cpu, world};

const VALUES: usize = 2_000_000;
const ROUNDS: usize = 5;

/// E-mail addresses as shops send them: mixed case, spaces around.
fn values() -> Vec<String> {
    (0..VALUES).map(|number| format!(" Jane.Doe{number:07}@Example.COM ")).collect()
}

pub fn run() -> Result<()> {
    let values = values();
    let engine = TestClickHouse::start("");
    let pid =
        *cpu::tree(std::process::id()).iter().find(|pid| is_engine(**pid)).context("engine")?;
    engine.execute(include_str!("../sql/create_values.sql"));
    engine.execute(include_str!("../sql/insert_values.sql"));
    let theirs = || -> Result<f64> {
        let before = cpu::of(pid)?;
        engine.execute(include_str!("../sql/hash_values.sql"));
        Ok((cpu::of(pid)? - before) / VALUES as f64 * 1e9)
    };
    let (ours, peer) = alternate(ROUNDS, || hash_all(&values), theirs)?;
    println!("normalise and hash an e-mail address, ns of CPU, {VALUES} values:");
    println!("  ours                   {ours}");
    println!("  ClickHouse             {peer}");
    println!("  ratio                  {:.2}", peer.median / ours.median);
    Ok(())
}

/// Whether this process has the engine's library mapped and is not this program itself.
pub fn is_engine(pid: u32) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    pid != std::process::id() && maps.contains("libchdb")
}

fn hash_all(values: &[String]) -> Result<f64> {
    let (config, now) = (world::dataset(), world::clock().now());
    let rules = RedactRules { config: &config, now, event_time: now };
    let (mut person, mut hashed) = (Person::new(), 0);
    let before = cpu::own()?;
    // Six identifiers an event, as many as a rich one carries.
    for event in values.chunks(6) {
        person.clear();
        for value in event {
            person.add(IdentifierKey::Email, value, &rules);
        }
        person.seal();
        hashed += std::hint::black_box(person.identifiers()).len();
    }
    let nanos = (cpu::own()? - before) / values.len() as f64 * 1e9;
    ensure!(hashed == values.len(), "{hashed} hashes of {}", values.len());
    Ok(nanos)
}
