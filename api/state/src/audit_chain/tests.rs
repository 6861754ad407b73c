use super::*;
use crate::seal::Seal;

fn key(secret: &str) -> HeadKey {
    HeadKey::new(Seal::new(secret.as_bytes()).unwrap())
}

fn link(seq: i64, previous: &[u8]) -> Link {
    let text = str::to_owned;
    let mut link = Link {
        tenant_id: 2,
        seq,
        at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        actor_kind: text("user"),
        actor_id: text("7"),
        action: text("tenant.updated"),
        object_kind: text("tenant"),
        object_id: text("2"),
        outcome: text("done"),
        changes: text("{}"),
        request_id: String::new(),
        previous_hash: previous.to_vec(),
        hash: Vec::new(),
    };
    link.hash = link.expected().to_vec();
    link
}

fn chain(length: i64) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for seq in 1..=length {
        let previous = links.last().map(|link| link.hash.clone()).unwrap_or_default();
        links.push(link(seq, &previous));
    }
    links
}

type Head = (i64, Vec<u8>);

fn walk_from(
    from: Head,
    links: Vec<Link>,
    head: Head,
    kept: &[Head],
) -> Result<Intact, ChainFault> {
    let (kept, key) = (kept.iter().cloned().collect(), key("a secret"));
    let chain = Chain { tenant: TenantId(2), slug: None, head: Some(head) };
    let mut walk = Walk::new(&chain, from, &kept, &key)?;
    links.into_iter().try_for_each(|link| walk.step(link))?;
    walk.end()
}

fn walk(links: Vec<Link>, head: Head, kept: &[Head]) -> Result<Head, ChainFault> {
    let intact = walk_from(Head::default(), links, head, kept)?;
    Ok((intact.head.seq, intact.head.hash))
}

fn head(links: &[Link]) -> Head {
    links.last().map(|link| (link.seq, link.hash.clone())).unwrap()
}

#[test]
fn every_kind_of_damage_is_named() {
    let head = head(&chain(5));
    assert_eq!(walk(chain(5), head.clone(), &[]), Ok(head.clone()));
    let mut altered = chain(5);
    altered[2].outcome = "refused".into();
    assert_eq!(walk(altered, head.clone(), &[]), Err(ChainFault::Altered(3)));
    let mut rewritten = chain(5);
    rewritten[2].outcome = "refused".into();
    rewritten[2].hash = rewritten[2].expected().to_vec();
    assert_eq!(walk(rewritten, head.clone(), &[]), Err(ChainFault::Altered(4)));
    let mut removed = chain(5);
    removed.remove(1);
    assert_eq!(walk(removed, head.clone(), &[]), Err(ChainFault::Removed(2)));
    let cut = walk(chain(3), head.clone(), &[]);
    assert_eq!(cut, Err(ChainFault::CutOff { last: 3, head: 5 }));
    assert_eq!(walk(chain(5), (5, vec![0; 32]), &[]), Err(ChainFault::Head(5)));
    assert_eq!(walk(chain(6), head.clone(), &[]), Err(ChainFault::Beyond { row: 6, head: 5 }));
    let mut far = chain(5);
    far.push(link(1_000_000, &head.1));
    let beyond = ChainFault::Beyond { row: 1_000_000, head: 5 };
    assert_eq!(walk(far, head, &[]), Err(beyond));
}

/// Row by row and at its head it is as good as the true one.
#[test]
fn a_chain_made_anew_does_not_meet_the_heads_that_were_kept() {
    let kept = [head(&chain(2)), head(&chain(4))];
    let mut anew: Vec<Link> = Vec::new();
    for seq in 1..=5 {
        let previous = anew.last().map(|link| link.hash.clone()).unwrap_or_default();
        let mut link = link(seq, &previous);
        if seq == 3 {
            link.actor_id = "another".into();
            link.hash = link.expected().to_vec();
        }
        anew.push(link);
    }
    let its_head = head(&anew);
    assert_eq!(walk(chain(5), head(&chain(5)), &kept), Ok(head(&chain(5))));
    let found = walk(anew, its_head, &kept);
    assert_eq!(found, Err(ChainFault::MadeAnew(4)));
    let shorter = walk(chain(3), head(&chain(3)), &kept);
    assert_eq!(shorter, Err(ChainFault::CutOff { last: 3, head: 4 }));
}

/// Nine rows, of which the eighth seals the third; what is said of the third may be wrong.
fn sealed(through: i64, hash: &[u8], by: &str, secret: &str) -> Vec<Link> {
    let mut links = chain(7);
    let mut seal = link(8, &links[6].hash);
    (seal.actor_kind, seal.action) = (by.to_owned(), SEALED.as_str().to_owned());
    let last = AuditHead { tenant: TenantId(2), seq: through, hash: hash.to_vec() };
    seal.changes = serde_json::json!({"keyed": key(secret).seal(&last)}).to_string();
    seal.hash = seal.expected().to_vec();
    let last = link(9, &seal.hash);
    links.extend([seal, last]);
    links
}

#[test]
fn a_chain_may_begin_where_a_seal_in_it_says() {
    let third = chain(3)[2].hash.clone();
    let good = || sealed(3, &third, "system", "a secret");
    let left = |mut links: Vec<Link>, removed: usize| {
        let head = head(&links);
        links.drain(..removed);
        walk_from(Head::default(), links, head, &[]).map(|intact| intact.rows)
    };
    assert_eq!(left(good(), 3), Ok(6));
    assert_eq!(left(good(), 0), Ok(9), "sealed and not removed yet");
    // As whoever owns the tables and read a head in the log could make one.
    let mut of_head = good();
    let word =
        key("a secret").write(&AuditHead { tenant: TenantId(2), seq: 3, hash: third.clone() });
    of_head[7].changes = serde_json::json!({"keyed": word.rsplit('/').next()}).to_string();
    of_head[7].hash = of_head[7].expected().to_vec();
    of_head[8] = link(9, &of_head[7].hash);
    for (links, removed) in [
        (good(), 2),
        (good(), 4),
        (sealed(3, &third, "user", "a secret"), 3),
        (sealed(2, &third, "system", "a secret"), 3),
        (sealed(3, b"other", "system", "a secret"), 3),
        (sealed(3, &third, "system", "another"), 3),
        (of_head, 3),
        (chain(9), 3),
    ] {
        assert_eq!(left(links, removed), Err(ChainFault::Removed(1)));
    }
}

#[test]
fn rows_behind_a_gap_that_no_seal_explains_are_not_sealed() {
    let third = chain(3)[2].hash.clone();
    let segment = |seal: Option<usize>, secret: &str, removed: usize| {
        let links = sealed(3, &third, "system", secret);
        let (head, newest) = (head(&links), sealed(3, &third, "system", secret));
        let (kept, key) = (BTreeMap::new(), key("a secret"));
        let chain = Chain { tenant: TenantId(2), slug: None, head: Some(head) };
        let mut walk = Walk::new(&chain, Head::default(), &kept, &key).unwrap();
        // The seal stands further on than the rows that are old.
        links.into_iter().take(5).skip(removed).for_each(|link| walk.step(link).unwrap());
        walk.segment(seal.map(|at| &newest[at])).map(|last| last.seq)
    };
    assert_eq!(segment(None, "a secret", 0), Ok(5));
    assert_eq!(segment(Some(7), "a secret", 3), Ok(5));
    for (seal, secret, removed) in [
        (None, "a secret", 3),
        (Some(7), "another", 3),
        (Some(7), "a secret", 2),
        (Some(6), "a secret", 3),
    ] {
        let told = segment(seal, secret, removed);
        assert_eq!(told, Err(ChainFault::Removed(1)), "{seal:?} {secret} {removed}");
    }
}

/// Heads that were kept before the first rows were removed hold for the rows that are left.
#[test]
fn a_chain_that_begins_at_a_seal_meets_the_heads_that_are_left() {
    let all = sealed(3, &chain(3)[2].hash, "system", "a secret");
    let (newest, early) = (head(&all), [head(&all[..2]), head(&all[..3])]);
    let kept = [&early[..], &[head(&all[..5]), newest.clone()]].concat();
    let left = || sealed(3, &early[1].1, "system", "a secret").split_off(3);
    let intact = walk_from(Head::default(), left(), newest.clone(), &kept).unwrap();
    assert_eq!((intact.rows, intact.met), (6, 3), "the second row is no more");
    for from in [early[0].clone(), early[1].clone(), newest.clone()] {
        let links: Vec<Link> = left().into_iter().filter(|link| link.seq > from.0).collect();
        let rows = u64::try_from(links.len()).unwrap();
        let intact = walk_from(from, links, newest.clone(), &[]);
        assert_eq!(intact.map(|intact| intact.rows), Ok(rows));
    }
    for seq in [3, 5] {
        let other = [(seq, vec![0; 32])];
        let found = walk_from(Head::default(), left(), newest.clone(), &other);
        assert_eq!(found, Err(ChainFault::MadeAnew(seq)));
    }
    let later = [kept, vec![(12, vec![0; 32])]].concat();
    let found = walk_from(Head::default(), left(), newest.clone(), &later);
    assert_eq!(found, Err(ChainFault::CutOff { last: 9, head: 12 }));
    let found = walk_from(early[0].clone(), left().split_off(2), newest.clone(), &[]);
    assert_eq!(found, Err(ChainFault::Removed(3)), "the seal ends before the gap does");
    let lowered = walk_from(Head::default(), left(), early[0].clone(), &[]);
    assert_eq!(lowered, Err(ChainFault::Beyond { row: 4, head: 2 }));
}

#[test]
fn fields_do_not_run_into_each_other() {
    let mut moved = link(1, b"");
    (moved.action, moved.object_kind) = ("tenant.updatedt".into(), "enant".into());
    assert_ne!(moved.expected(), link(1, b"").expected());
}
