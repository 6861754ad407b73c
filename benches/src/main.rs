#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod cpu;
mod event;
mod load;
mod world;
mod rounds;
mod json_to_arrow;
mod identifiers;
mod ingest;
mod warehouse;
mod freshness;
mod rest;
mod get;
mod served;
mod api;
mod engine_of;
mod kpis;
mod mixed;
mod predictions;
mod export;
mod attacks;

use anyhow::{Result, bail};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Bench = fn() -> Result<()>;

fn main() -> Result<()> {
    // Benchmarks start two kinds of children from this very program.
    stratum_testing::engines::clickhouse_child();
    if let Some(child) = std::env::args().nth(1).and_then(|name| ingest::child(&name)) {
        return child();
    }
    if std::env::args().nth(1).as_deref() == Some(api::HELLO) {
        return api::hello();
    }
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let benches: [(&str, Bench); 12] = [
        ("json-to-arrow", json_to_arrow::run),
        ("identifiers", identifiers::run),
        ("ingest", ingest::run),
        ("warehouse", warehouse::run),
        ("freshness", freshness::run),
        ("rest", rest::run),
        ("api", api::run),
        ("kpis", kpis::run),
        ("mixed", mixed::run),
        ("predictions", predictions::run),
        ("export", export::run),
        ("attacks", attacks::run),
    ];
    if let Some(unknown) = chosen.iter().find(|name| !benches.iter().any(|(b, _)| b == name)) {
        bail!("no benchmark {unknown}; there are {:?}", benches.map(|(name, _)| name));
    }
    for (name, bench) in benches {
        if chosen.is_empty() || chosen.iter().any(|wanted| wanted == name) {
            println!("\n## {name}");
            bench()?;
        }
    }
    Ok(())
}
