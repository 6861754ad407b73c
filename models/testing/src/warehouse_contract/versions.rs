//! Versions of what is answered.

use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::warehouse::{Commit, CommitOutcome, DataVersion};

use super::Warehouse;
use super::rows::{
    Metric, TENANT, at, claim, count, day, events, ingest_counts, land, metrics, purchase, range,
    report, reports, scope,
};

const OTHER: TenantId = TenantId(8);

/// The versions of two tenants.
async fn versions(warehouse: &dyn Warehouse) -> (DataVersion, DataVersion) {
    let versions = warehouse.data_versions(&[scope(TENANT), scope(OTHER)]).await;
    match versions.expect("versions").as_slice() {
        [one, other] => (*one, *other),
        more => unreachable!("two were asked for: {more:?}"),
    }
}

pub async fn a_version_moves_with_what_lands_for_the_tenant(warehouse: &dyn Warehouse) {
    assert_eq!(versions(warehouse).await, (DataVersion(0), DataVersion(0)));
    land(warehouse, events(0, 0, 5), vec![metrics(&[purchase(day(0))])]).await;
    let first = versions(warehouse).await;
    assert!(first.0 > DataVersion(0) && first.1 == DataVersion(0), "{first:?}");
    land(warehouse, events(0, 5, 6), Vec::new()).await;
    assert_eq!(versions(warehouse).await, first, "nothing landed");
    let both = [purchase(day(0)), Metric { tenant: OTHER, ..purchase(day(0)) }];
    land(warehouse, events(0, 6, 7), vec![metrics(&both)]).await;
    let second = versions(warehouse).await;
    assert!(second.0 > first.0 && second.1 > first.1, "{second:?}");
}

pub async fn every_lane_moves_a_version(warehouse: &dyn Warehouse) {
    let mut last = versions(warehouse).await.0;
    for place in
        [events(0, 0, 9), events(1, 0, 1), events(3, 0, 2), range(Topic::AdReports, 0, 0, 1)]
    {
        let rows = match place.topic {
            Topic::AdReports => vec![reports(place, &[report(day(0), 1, 1)])],
            _ => vec![ingest_counts(&[count(at(0), [0, 1, 0])])],
        };
        land(warehouse, place, rows).await;
        let now = versions(warehouse).await.0;
        assert!(now > last, "{place:?}: {now:?} after {last:?}");
        last = now;
    }
}

pub async fn a_range_that_is_fenced_moves_no_version(warehouse: &dyn Warehouse) {
    let (place, rows) = (events(0, 0, 5), vec![metrics(&[purchase(day(0))])]);
    let claim = claim(warehouse, place.topic, 0).await.claim;
    land(warehouse, place, rows.clone()).await;
    let landed = versions(warehouse).await;
    let outcome = warehouse.commit(&[Commit { claim, range: place, rows }]).await;
    assert_eq!(outcome.expect("a commit"), [CommitOutcome::Fenced]);
    assert_eq!(versions(warehouse).await, landed);
}
