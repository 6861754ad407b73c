//! A backup that is made under load, and what comes of it on an empty machine.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stratum_models::demo::Reference;

use crate::crash::{check, send_until};
use crate::fixture::{Stratum, names};
use crate::load::{Load, now};

const SENDERS: u64 = 2;
const SEED: u64 = 20_261_128;
/// Events of a tenant that were counted before the backup begins.
const EVENTS_MIN: u64 = 100;

/// Events that were answered before the backup began are in it, once each; those that came later are sent
/// again, as by a sender who got no answer, and then every figure equals the reference.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_restored_and_goes_on() {
    let mut stratum = Stratum::start(&[]).await;
    let load = Arc::new(Load::create(&stratum, SEED).await);
    let over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| tokio::spawn(send_until(load.clone(), over.clone(), SEED ^ (number + 1))))
        .collect();
    load.settle(0, "events are counted", |counts| counts["landed"] >= EVENTS_MIN).await;
    let mut before = Vec::new();
    for tenant in 0..load.world.tenants.len() {
        before.push(load.counts(tenant).await["landed"]);
    }
    let place = tempfile::tempdir().unwrap();
    // Postgres' own user must be able to pass the folder.
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = place.path().join("backup");
    let path = folder.to_str().unwrap();
    let made = stratum.run(&["backup", path], "").await;
    assert!(made.status.success(), "{}", said(&made));
    over.store(true, Ordering::Relaxed);
    let mut sent = Vec::new();
    for sender in senders {
        sent.extend(sender.await.expect("a sender"));
    }
    let mode = |name: &str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("secrets"), mode("secrets/secret_key")), (0o700, 0o700, 0o600));
    assert!(!folder.join("secrets/state.url").exists(), "an address of the running process");
    let again = stratum.run(&["backup", path], "").await;
    assert!(!again.status.success() && said(&again).contains("not empty"), "{}", said(&again));
    let frozen = names(&stratum.data_folder().join("clickhouse/data/shadow"));
    assert!(frozen.iter().all(|name| name == "increment.txt"), "{frozen:?} holds disk for ever");
    stratum.stop().await;
    let gone = stratum.run(&["backup", place.path().join("other").to_str().unwrap()], "").await;
    assert!(!gone.status.success() && said(&gone).contains("no Stratum runs"), "{}", said(&gone));
    damage_is_found(&mut stratum, &folder, place.path()).await;

    stratum.move_to(place.path().join("restored"));
    let restored = stratum.run(&["restore", path], "").await;
    assert!(restored.status.success(), "{}", said(&restored));
    let twice = stratum.run(&["restore", path], "").await;
    assert!(!twice.status.success() && said(&twice).contains("not empty"), "{}", said(&twice));
    stratum.restart().await;
    for (tenant, landed) in before.iter().enumerate() {
        let what = format!("{landed} events were counted before the backup");
        load.settle(tenant, &what, |counts| counts["landed"] >= *landed).await;
    }
    let mut reference = Reference::new(load.world.clone());
    for request in &sent {
        let answer = load.send(request).await.expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        reference.receive(request, now());
    }
    check(&load, &reference, SEED).await;
}

/// One changed byte is a damaged backup, and leaves nothing at the place of the data.
async fn damage_is_found(stratum: &mut Stratum, folder: &Path, place: &Path) {
    let file = folder.join("postgres/data/PG_VERSION");
    let content = std::fs::read(&file).unwrap();
    std::fs::write(&file, [b'9', b'\n', b'\n'].get(..content.len()).unwrap()).unwrap();
    let data = place.join("damaged");
    stratum.move_to(data.clone());
    let output = stratum.run(&["restore", folder.to_str().unwrap()], "").await;
    assert!(!output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("PG_VERSION is not as it was written"), "{}", said(&output));
    assert!(!data.exists());
    std::fs::write(&file, content).unwrap();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}
