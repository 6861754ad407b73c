//! Rows about a person, and their being taken away.

use stratum_models::dialect::Dialect;
use stratum_models::id::TenantId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::person::{PERSON_IDENTIFIERS_MAX, PersonEvent};
use stratum_models::platform::Platform;
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, SealedIdentifier};
use stratum_models::store::StoreErrorKind;

use super::Warehouse;
use super::rows::{TENANT, at, days, events, facts, land, metrics, purchase, scope};
use super::writing::keys;

/// Whom all events of the other cases are about.
fn them() -> Vec<SealedIdentifier> {
    vec![SealedIdentifier { key: IdentifierKey::Email, seal: IdentifierSeal([9; SEAL_BYTES]) }]
}

async fn all(warehouse: &dyn Warehouse, tenant: TenantId) -> Vec<PersonEvent> {
    let part = warehouse.person_events(scope(tenant), &them(), 0, 100).await.expect("events");
    assert_eq!(part.total, part.events.len() as u64);
    part.events
}

/// Three events of one tenant and one of another.
async fn land_four(warehouse: &dyn Warehouse) {
    let (first, second) = (events(0, 0, 3), events(1, 0, 1));
    let three = facts(first, TENANT, &[(Some(1), at(2)), (Some(2), at(0)), (None, at(1))]);
    land(warehouse, first, vec![three, metrics(&[purchase(super::rows::day(0))])]).await;
    let other = facts(second, TenantId(TENANT.0 + 1), &[(Some(3), at(0))]);
    land(warehouse, second, vec![other]).await;
}

pub async fn a_persons_events_come_by_receipt_and_in_parts(warehouse: &dyn Warehouse) {
    land_four(warehouse).await;
    let received: Vec<_> = all(warehouse, TENANT).await.iter().map(|e| e.received_at).collect();
    assert_eq!(received, [at(0), at(1), at(2)]);
    let part = warehouse.person_events(scope(TENANT), &them(), 1, 1).await.expect("a part");
    assert_eq!((part.total, part.events[0].received_at, part.events.len()), (3, at(1), 1));
    let event = &part.events[0];
    assert_eq!(event.identifiers, them());
    assert_eq!((event.dialect, event.platform), (Dialect::Meta, Some(Platform::Meta)));
    assert_eq!(
        (event.event_id.as_deref(), event.value_micros),
        (Some("order-1"), Some(12_500_000))
    );
    assert_eq!((event.country.as_deref(), event.source_host.as_deref()), (Some("de"), None));
}

pub async fn a_person_is_known_by_key_and_seal(warehouse: &dyn Warehouse) {
    land_four(warehouse).await;
    let phone = SealedIdentifier { key: IdentifierKey::Phone, ..them()[0] };
    let another = SealedIdentifier { seal: IdentifierSeal([8; SEAL_BYTES]), ..them()[0] };
    for stranger in [vec![], vec![phone], vec![phone, another]] {
        let part = warehouse.person_events(scope(TENANT), &stranger, 0, 9).await.expect("none");
        assert_eq!((part.total, part.events.len()), (0, 0), "{stranger:?}");
        assert_eq!(warehouse.forget_person(scope(TENANT), &stranger).await.expect("none"), 0);
    }
    let among = [phone, another, them()[0]];
    let part = warehouse.person_events(scope(TENANT), &among, 0, 9).await.expect("events");
    assert_eq!(part.total, 3);
    let many = vec![another; PERSON_IDENTIFIERS_MAX + 1];
    let error = warehouse.person_events(scope(TENANT), &many, 0, 9).await.expect_err("too many");
    assert_eq!(error.kind, StoreErrorKind::Invalid);
}

pub async fn a_forgotten_person_is_in_no_event_and_in_every_sum(warehouse: &dyn Warehouse) {
    land_four(warehouse).await;
    assert_eq!(warehouse.forget_person(scope(TENANT), &them()).await.expect("done"), 3);
    assert_eq!(all(warehouse, TENANT).await, []);
    assert_eq!(warehouse.forget_person(scope(TENANT), &them()).await.expect("done"), 0);
    let query = KpiQuery::of(days(-1, 1));
    let sums = warehouse.kpi_groups(scope(TENANT), &query, KpiGrouping::Total).await.expect("sums");
    assert_eq!(sums[0].sums.tracked_conversions, 1);
    // Copies that come late are still known as such.
    assert_eq!(keys(warehouse, 0, at(-1), u64::MAX).await, [1, 2]);
}

pub async fn a_person_is_forgotten_by_one_tenant_only(warehouse: &dyn Warehouse) {
    land_four(warehouse).await;
    warehouse.forget_person(scope(TENANT), &them()).await.expect("done");
    let other = all(warehouse, TenantId(TENANT.0 + 1)).await;
    assert_eq!((other.len(), &other[0].identifiers), (1, &them()));
}

pub async fn a_persons_days_and_own_names_are_known_and_names_are_taken_away(
    warehouse: &dyn Warehouse,
) {
    land_four(warehouse).await;
    let days_of = async || warehouse.person_days(scope(TENANT), &them()).await.expect("days");
    assert_eq!(days_of().await, Some(days(0, 0)));
    let phone = SealedIdentifier { key: IdentifierKey::Phone, ..them()[0] };
    assert_eq!(warehouse.person_days(scope(TENANT), &[phone]).await.expect("none"), None);
    let own = warehouse.own_event_names(scope(TENANT), &them()).await.expect("names");
    assert_eq!(own, ["Purchase"]);
    assert!(warehouse.own_event_names(scope(TENANT), &[phone]).await.expect("none").is_empty());
    warehouse.forget_event_names(scope(TENANT), &["Lead".to_owned()]).await.expect("nothing");
    assert_eq!(all(warehouse, TENANT).await.len(), 3);
    warehouse.forget_event_names(scope(TENANT), &own).await.expect("done");
    assert_eq!((days_of().await, all(warehouse, TENANT).await.len()), (None, 0));
    let query = KpiQuery::of(days(-1, 1));
    let sums = warehouse.kpi_groups(scope(TENANT), &query, KpiGrouping::Total).await.expect("sums");
    assert!(sums.iter().all(|group| group.sums.tracked_conversions == 0));
    assert_eq!(all(warehouse, TenantId(TENANT.0 + 1)).await.len(), 1, "the other tenant's stay");
}

pub async fn a_person_leads_to_their_strong_identifiers(warehouse: &dyn Warehouse) {
    land_four(warehouse).await;
    let linked = warehouse.linked_identifiers(scope(TENANT), &them()).await.expect("linked");
    assert_eq!(linked, them());
    let nobody = warehouse.linked_identifiers(scope(TENANT), &[]).await.expect("none");
    assert!(nobody.is_empty());
}
