use std::net::Ipv4Addr;

use futures::FutureExt;

use super::*;

fn bounds() -> InFlight {
    InFlight::new(&DoorConfig {
        requests_in_flight_max: 4,
        requests_in_flight_per_tenant_max: 3,
        bytes_in_flight_max: 100,
        bytes_in_flight_per_tenant_max: 60,
        keyless_bytes_in_flight_max: 50,
        keyless_bytes_per_address_max: 30,
        ..DoorConfig::default()
    })
}

fn tenant(id: u64) -> Payer {
    Payer::Tenant(TenantId(id))
}

fn stranger(last: u8) -> Payer {
    Payer::Stranger(IpAddr::V4(Ipv4Addr::new(198, 51, 100, last)))
}

fn nothing_is_held(bounds: &InFlight) {
    assert_eq!(bounds.accounts.lock().totals(), (0, 0, 0, 0));
}

/// A request of this payer that holds bytes; whether it waits for more.
fn holding(bounds: &InFlight, payer: Payer, bytes: usize, waits: bool) -> Hold {
    let mut hold = bounds.enter(payer).unwrap();
    hold.grow(bytes).unwrap();
    if waits {
        assert!(hold.make_room().now_or_never().is_none());
    }
    hold
}

#[test]
fn requests_are_bounded_for_each_and_for_all_and_given_back() {
    let bounds = bounds();
    let mine: Vec<Hold> = (0..3).map(|_| bounds.enter(tenant(1)).unwrap()).collect();
    assert_eq!(bounds.enter(tenant(1)).unwrap_err(), Busy);
    let other = bounds.enter(tenant(2)).unwrap();
    assert_eq!(bounds.enter(tenant(3)).unwrap_err(), Busy, "nobody waits");
    drop(mine);
    assert!(bounds.enter(tenant(3)).is_ok());
    drop(other);
    nothing_is_held(&bounds);
}

#[test]
fn bytes_are_bounded_for_each_and_for_all_and_given_back_also_by_the_refused() {
    let bounds = bounds();
    let mut first = holding(&bounds, tenant(1), 60, false);
    assert_eq!(first.grow(1), Err(Busy), "a tenant has its share");
    let mut second = holding(&bounds, tenant(2), 40, false);
    assert_eq!(second.grow(1), Err(Busy), "all have a bound");
    drop(second);
    let mut stranger = holding(&bounds, stranger(1), 30, false);
    assert_eq!(stranger.grow(1), Err(Busy), "an address has its share");
    stranger.empty();
    assert_eq!(stranger.grow(30), Ok(()));
    drop((first, stranger));
    nothing_is_held(&bounds);
}

#[test]
fn waiting_bytes_of_strangers_are_the_first_to_go() {
    let bounds = bounds();
    let mut small = holding(&bounds, stranger(1), 20, true);
    let mut large = holding(&bounds, stranger(2), 30, true);
    let mut mine = holding(&bounds, tenant(1), 50, true);
    // The largest of them goes first, and not before there is need.
    let mut other = bounds.enter(tenant(2)).unwrap();
    assert_eq!(other.grow(10), Ok(()));
    assert!(large.make_room().now_or_never().is_some() && large.wait_over().is_err());
    assert!(small.make_room().now_or_never().is_none() && small.wait_over().is_ok());
    assert!(mine.make_room().now_or_never().is_none() && mine.wait_over().is_ok());
    drop((small, large, mine, other));
    nothing_is_held(&bounds);
}

#[test]
fn a_tenant_that_waits_with_more_makes_room_for_one_with_less() {
    let bounds = bounds();
    let mut slow = holding(&bounds, tenant(1), 60, true);
    let mut second = holding(&bounds, tenant(2), 40, true);
    let mut third = bounds.enter(tenant(3)).unwrap();
    assert_eq!(third.grow(10), Ok(()));
    assert!(slow.wait_over().is_err() && second.wait_over().is_ok());
    drop(slow);
    // One who would hold as much as the other asks in vain, and so does a stranger of a tenant.
    assert!(second.make_room().now_or_never().is_none());
    let mut fourth = bounds.enter(tenant(4)).unwrap();
    assert_eq!(fourth.grow(60), Err(Busy));
    let mut stranger = bounds.enter(stranger(1)).unwrap();
    assert_eq!(stranger.grow(30), Ok(()));
    assert_eq!(fourth.grow(35), Ok(()), "the stranger does not wait, so tenant 2 makes room");
    assert!(second.wait_over().is_err());
    drop((second, third, fourth, stranger));
    nothing_is_held(&bounds);
}

#[test]
fn strangers_share_what_there_is_for_strangers() {
    let bounds = bounds();
    let mut large = holding(&bounds, stranger(1), 30, true);
    let mut small = holding(&bounds, stranger(2), 20, false);
    let mut third = bounds.enter(stranger(3)).unwrap();
    assert_eq!(third.grow(30), Err(Busy), "nobody holds more");
    assert_eq!(third.grow(10), Ok(()));
    assert!(large.wait_over().is_err(), "the one who held most made room");
    assert_eq!(small.grow(10), Ok(()));
    drop((large, small, third));
    nothing_is_held(&bounds);
}

#[test]
fn waiting_requests_make_room_for_requests_too() {
    let bounds = bounds();
    let idle: Vec<Hold> = (0..3).map(|_| holding(&bounds, stranger(1), 0, true)).collect();
    let mine = bounds.enter(tenant(1)).unwrap();
    let more = bounds.enter(tenant(1)).unwrap();
    drop((idle, mine, more));
    nothing_is_held(&bounds);
}

#[test]
fn a_found_key_lets_its_tenant_pay() {
    let bounds = bounds();
    let mut found = holding(&bounds, stranger(1), 30, false);
    assert_eq!(found.pay(TenantId(1)), Ok(()));
    assert_eq!(bounds.accounts.lock().totals(), (1, 30, 0, 1));
    let mut second = holding(&bounds, stranger(1), 30, false);
    assert_eq!(second.pay(TenantId(1)), Ok(()));
    let mut third = holding(&bounds, stranger(1), 30, false);
    assert_eq!(third.pay(TenantId(1)), Err(Busy), "its share is used up");
    assert_eq!(bounds.accounts.lock().totals(), (3, 90, 30, 2));
    drop((found, second, third));
    nothing_is_held(&bounds);
}
