//! Places for connections: so many in all, and so many of one address. Where they run out, a connection
//! without a request under way makes room, of the address that has most of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The time between two looks for room while every connection has a request under way.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// The time between two refusals to an address. Who asks again as soon as an answer comes is refused five hundred
/// times a second, on however many connections, and costs the others no more than that.
const REFUSAL_MS: u64 = 2;

/// The places of a listener.
pub(super) struct Places {
    all_max: usize,
    per_address_max: usize,
    began: Instant,
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    by_address: HashMap<IpAddr, AddressBoard>,
    taken: usize,
}

#[derive(Default)]
struct AddressBoard {
    seats: Vec<Arc<Seat>>,
    /// When the next refusal is due, in milliseconds after `began`.
    refusal_ms: u64,
}

/// The state of a connection.
pub(super) struct Seat {
    address: IpAddr,
    began: Instant,
    /// When something last moved on it, in milliseconds after `began`.
    moved_ms: AtomicU64,
    requests: AtomicU32,
    answers: AtomicBool,
    writes: AtomicBool,
    sent_away: CancellationToken,
}

/// A connection's place, free again once this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    pub(super) seat: Arc<Seat>,
    is_shared: bool,
}

/// A request under way, until its answer's body is over.
pub(super) struct Request(Arc<Seat>);

impl Seat {
    /// Notes that a request has begun.
    pub(super) fn begin(self: &Arc<Self>) -> Request {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.answers.store(true, Ordering::Relaxed);
        Request(self.clone())
    }

    /// The number of requests that have begun.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether a request is being answered.
    pub(super) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// Notes whether bytes wait for the client.
    pub(super) fn set_writes(&self, writes: bool) {
        self.writes.store(writes, Ordering::Relaxed);
    }

    /// Whether closing it would cut an answer off.
    pub(super) fn is_at_work(&self) -> bool {
        self.answers() || self.writes.load(Ordering::Relaxed)
    }

    /// Notes that something moved.
    pub(super) fn moved(&self) {
        self.moved_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits with an answer; meanwhile the connection rests, so that it makes room where places run out.
    async fn hold_back(&self, delay: Duration) {
        self.answers.store(false, Ordering::Relaxed);
        tokio::time::sleep(delay).await;
        self.answers.store(true, Ordering::Relaxed);
    }

    /// Returns once its place is another's.
    pub(super) async fn sent_away(&self) {
        self.sent_away.cancelled().await;
    }
}

impl Place {
    /// Waits until a refusal to this address is due; proxies, which stand for many clients, wait for none.
    pub(super) async fn wait_for_refusal(&self) {
        if self.is_shared {
            return;
        }
        let now = self.seat.now_ms();
        let due = self.places.board.lock().refusal_of(self.seat.address, now);
        if due > now {
            self.seat.hold_back(Duration::from_millis(due - now)).await;
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.0.answers.store(false, Ordering::Relaxed);
    }
}

impl Places {
    pub(super) fn new(all_max: usize, per_address_max: usize) -> Arc<Places> {
        let (all_max, per_address_max) = (all_max.max(1), per_address_max.max(1));
        let (began, board) = (Instant::now(), Mutex::default());
        Arc::new(Places { all_max, per_address_max, began, board })
    }

    /// Waits until another connection may be accepted.
    pub(super) async fn wait_for_room(&self) {
        while !self.board.lock().has_room(self.all_max) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// A place for a connection of this address. `None` where every connection that would have to make
    /// room has a request under way. An address that many share is bounded by the places in all.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, is_shared: bool) -> Option<Place> {
        let mut board = self.board.lock();
        let own = board.by_address.get(&address).map_or(0, |of| of.seats.len());
        if !is_shared && own >= self.per_address_max && !board.make_room_of(address) {
            return None;
        }
        if board.taken >= self.all_max && !board.make_room() {
            return None;
        }
        let seat = Arc::new(Seat {
            address,
            began: self.began,
            moved_ms: AtomicU64::default(),
            requests: AtomicU32::default(),
            answers: AtomicBool::default(),
            writes: AtomicBool::default(),
            sent_away: CancellationToken::new(),
        });
        seat.moved();
        board.by_address.entry(address).or_default().seats.push(seat.clone());
        board.taken += 1;
        Some(Place { places: self.clone(), seat, is_shared })
    }
}

impl Board {
    fn has_room(&self, all_max: usize) -> bool {
        let mut seats = self.by_address.values().flat_map(|of| &of.seats);
        self.taken < all_max || seats.any(|seat| !seat.is_at_work())
    }

    /// Sends away a resting connection of the address that has most connections.
    fn make_room(&mut self) -> bool {
        let rests = |of: &AddressBoard| of.seats.iter().any(|seat| !seat.is_at_work());
        let resting = self.by_address.iter().filter(|(_, of)| rests(of));
        let most = resting.max_by_key(|(_, of)| of.seats.len()).map(|(address, _)| *address);
        most.is_some_and(|address| self.make_room_of(address))
    }

    /// Sends away the connection of this address that rests longest.
    fn make_room_of(&mut self, address: IpAddr) -> bool {
        let seats = self.by_address.get(&address).into_iter().flat_map(|of| &of.seats);
        let resting = seats.filter(|seat| !seat.is_at_work());
        let longest = resting.min_by_key(|seat| seat.moved_ms.load(Ordering::Relaxed)).cloned();
        let Some(seat) = longest else { return false };
        seat.sent_away.cancel();
        self.remove(&seat);
        true
    }

    fn remove(&mut self, seat: &Arc<Seat>) {
        let Some(of) = self.by_address.get_mut(&seat.address) else { return };
        if let Some(at) = of.seats.iter().position(|other| Arc::ptr_eq(other, seat)) {
            of.seats.swap_remove(at);
            self.taken -= 1;
        }
        if of.seats.is_empty() {
            self.by_address.remove(&seat.address);
        }
    }

    /// When a refusal to an address is due; the one after it is due later.
    fn refusal_of(&mut self, address: IpAddr, now: u64) -> u64 {
        // A connection that was sent away is answered at once.
        let Some(of) = self.by_address.get_mut(&address) else { return now };
        let due = of.refusal_ms.max(now);
        of.refusal_ms = due + REFUSAL_MS;
        due
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.board.lock().remove(&self.seat);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    fn is_sent_away(place: &Place) -> bool {
        place.seat.sent_away().now_or_never().is_some()
    }

    #[test]
    fn of_one_address_the_one_that_rests_longest_makes_room() {
        let places = Places::new(100, 3);
        let held: Vec<Place> = (0..3).filter_map(|_| places.take(address(1), false)).collect();
        let busy = held[0].seat.begin();
        held[1].seat.moved_ms.store(5, Ordering::Relaxed);
        held[2].seat.moved_ms.store(4, Ordering::Relaxed);
        let fourth = places.take(address(1), false).unwrap();
        assert_eq!([0, 1, 2].map(|at| is_sent_away(&held[at])), [false, false, true]);
        let (_b, _c) = (held[1].seat.begin(), fourth.seat.begin());
        assert!(places.take(address(1), false).is_none(), "each has a request under way");
        assert!(places.take(address(1), true).is_some(), "a proxy has no bound of its own");
        assert!(places.take(address(2), false).is_some(), "another address has its own places");
        drop(busy);
        assert!(places.take(address(1), false).is_some());
        assert!(is_sent_away(&held[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_places_are_taken_the_address_with_most_makes_room() {
        let places = Places::new(4, 4);
        let one = places.take(address(1), false).unwrap();
        let many: Vec<Place> = (0..3).filter_map(|_| places.take(address(2), false)).collect();
        let third = places.take(address(3), false).unwrap();
        assert!(!is_sent_away(&one));
        assert_eq!(many.iter().filter(|place| is_sent_away(place)).count(), 1);
        let stay = many.iter().filter(|place| !is_sent_away(place));
        let requests: Vec<Request> = stay.map(|place| place.seat.begin()).collect();
        let (_one, _third) = (one.seat.begin(), third.seat.begin());
        assert!(places.wait_for_room().now_or_never().is_none());
        assert!(places.take(address(4), false).is_none());
        drop(requests);
        places.wait_for_room().await;
        assert!(places.take(address(4), false).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_to_an_address_are_spaced_and_others_are_told_at_once() {
        let places = Places::new(100, 50);
        let many: Vec<Place> = (0..20).filter_map(|_| places.take(address(1), false)).collect();
        let (other, proxy) = (places.take(address(2), false), places.take(address(1), true));
        let began = Instant::now();
        let refusals = many.iter().map(async |place| {
            let _request = place.seat.begin();
            place.wait_for_refusal().await;
            assert!(place.seat.answers(), "the answer is under way again");
            began.elapsed().as_millis()
        });
        let told = futures::future::join_all(refusals).await;
        assert_eq!(told, (0..20).map(|refusal| refusal * 2).collect::<Vec<u128>>());
        many[0].wait_for_refusal().await;
        let _request = many[1].seat.begin();
        let mut held = Box::pin(many[1].wait_for_refusal());
        assert!(held.as_mut().now_or_never().is_none());
        assert!(!many[1].seat.is_at_work(), "it makes room where places run out");
        for at_once in [other.unwrap(), proxy.unwrap()] {
            assert!(at_once.wait_for_refusal().now_or_never().is_some());
        }
    }

    #[test]
    fn a_place_is_free_again_once() {
        let places = Places::new(2, 1);
        let first = places.take(address(1), false).unwrap();
        let second = places.take(address(1), false).unwrap();
        assert!(is_sent_away(&first));
        drop(first);
        assert_eq!(places.board.lock().taken, 1);
        drop(second);
        let board = places.board.lock();
        assert!(board.taken == 0 && board.by_address.is_empty());
    }
}
