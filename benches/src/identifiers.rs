//! Normalising and hashing identifiers as shops send them, three in ten hashed already: ours, and
//! ClickHouse's `SHA256(lower(trim()))` over the same values, which validates nothing.

use anyhow::{Result, ensure};
use stratum_models::identifier::IdentifierKey;
use stratum_testing::engines::TestClickHouse;
use stratum_wire::hash::{sha256, to_hex};
use stratum_wire::redact::{Person, RedactRules};

use crate::rounds::alternate;
use crate::{cpu, world};

const EVENTS: usize = 200_000;
const PER_EVENT: usize = 6;
const VALUES: usize = EVENTS * PER_EVENT;
const ROUNDS: usize = 5;

/// Six identifiers an event, with case, blanks and punctuation as people type them.
fn values() -> Vec<(IdentifierKey, String)> {
    use IdentifierKey as Key;
    let event = |number: usize| {
        [
            (Key::Email, format!(" Jane.Doe{number:07}@Example.COM ")),
            (Key::Phone, format!("+49 (151) {number:07}")),
            (Key::FirstName, format!("Jane{}", char::from(b'a' + (number % 26) as u8))),
            (Key::LastName, format!(" O'Doe{} ", char::from(b'a' + (number / 26 % 26) as u8))),
            (Key::ExternalId, format!("User-{number:09}")),
            (Key::Zip, format!("{:05}", number % 100_000)),
        ]
    };
    let all = (0..EVENTS).flat_map(event).enumerate();
    all.map(|(at, (key, value))| match at % 10 {
        0..3 => (key, hex(value.trim().to_lowercase().as_bytes())),
        _ => (key, value),
    })
    .collect()
}

fn hex(text: &[u8]) -> String {
    to_hex(&sha256(text)).iter().map(|digit| char::from(*digit)).collect()
}

pub fn run() -> Result<()> {
    let values = values();
    let engine = TestClickHouse::start("");
    let pid = engine.pid();
    engine.execute(include_str!("../sql/create_values.sql"));
    for chunk in values.chunks(100_000) {
        let lines: Vec<&str> = chunk.iter().map(|(_, value)| value.as_str()).collect();
        let insert = include_str!("../sql/insert_values.sql").trim_end();
        engine.execute(&format!("{insert}\n{}\n", lines.join("\n")));
    }
    let theirs = || -> Result<f64> {
        let before = cpu::of(pid)?;
        engine.execute(include_str!("../sql/hash_values.sql"));
        Ok((cpu::of(pid)? - before) / VALUES as f64 * 1e9)
    };
    let (ours, peer) = alternate(ROUNDS, || hash_all(&values), theirs)?;
    println!("normalise and hash an identifier, ns of CPU, {VALUES} values of six kinds:");
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

fn hash_all(values: &[(IdentifierKey, String)]) -> Result<f64> {
    let (config, now) = (world::dataset(), world::clock().now());
    let rules = RedactRules { config: &config, now, event_time: now };
    let (mut person, mut hashed) = (Person::new(), 0);
    let before = cpu::own()?;
    for event in values.chunks(PER_EVENT) {
        person.clear();
        for (key, value) in event {
            person.add(*key, value, &rules);
        }
        person.hash();
        hashed += std::hint::black_box(person.identifiers()).len();
    }
    let nanos = (cpu::own()? - before) / values.len() as f64 * 1e9;
    ensure!(hashed >= values.len(), "{hashed} hashes of {} values", values.len());
    Ok(nanos)
}
