//! A connection that ends when nothing moves on it for too long, when a request's head does not come to
//! its end, or when its client takes what it is sent below the least rate.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use stratum_http::edge::pace::{Pace, PaceConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::places::Seat;

/// The shortest wait until a client that is behind is looked at again.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(250);

/// The bounds of each connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Longest time without a byte.
    pub idle_max: Duration,
    /// Longest time from the first byte of a request's head to its last.
    pub head_max: Duration,
    /// The least rate at which a client takes what it is sent.
    pub pace: PaceConfig,
}

/// A client's connection.
pub(super) struct Connection {
    stream: TcpStream,
    seat: Arc<Seat>,
    bounds: Bounds,
    moved_at: Instant,
    /// The number of the request whose head has begun, and when it must be whole.
    head: Option<(u32, Instant)>,
    alarm: Pin<Box<Sleep>>,
    pace: Pace,
    stall: Option<Stall>,
}

/// A time in which the client takes nothing more.
struct Stall {
    since: Instant,
    /// Bytes that it had not taken then.
    unread: u64,
    alarm: Pin<Box<Sleep>>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, seat: Arc<Seat>, bounds: Bounds) -> Connection {
        let moved_at = Instant::now();
        let alarm = Box::pin(sleep_until(moved_at + bounds.idle_max));
        let pace = Pace::new(bounds.pace);
        Connection { stream, seat, bounds, moved_at, head: None, alarm, pace, stall: None }
    }

    fn moved(&mut self) {
        self.moved_at = Instant::now();
        self.seat.moved();
    }

    /// Bytes that come while no request is under way are of the next one's head.
    fn note_head(&mut self) {
        let number = self.seat.requests();
        if !self.seat.answers() && self.head.is_none_or(|(of, _)| of != number) {
            self.head = Some((number, self.moved_at + self.bounds.head_max));
        }
    }

    /// Until when the next byte must come.
    fn reads_until(&self) -> Instant {
        let idle = self.moved_at + self.bounds.idle_max;
        match self.head {
            Some((of, until)) if of == self.seat.requests() => idle.min(until),
            _ => idle,
        }
    }

    fn is_silent_too_long(&mut self, context: &mut Context<'_>) -> bool {
        let until = self.reads_until();
        if self.alarm.deadline() > until {
            self.alarm.as_mut().reset(until);
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            if Instant::now() >= until {
                return true;
            }
            self.alarm.as_mut().reset(until);
        }
        false
    }

    fn wrote(&mut self, bytes: usize) {
        self.moved();
        if let Some(stall) = self.stall.take() {
            let taken = (stall.unread + bytes as u64).saturating_sub(unread(&self.stream));
            self.pace.spend(stall.since.elapsed(), taken);
            self.seat.set_writes(false);
        }
    }

    /// Waits for the client to take something, as long as patience lasts.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut stall = self.stall.take().unwrap_or_else(|| {
            self.seat.set_writes(true);
            let since = Instant::now();
            let alarm = Box::pin(sleep_until(since + self.pace.left()));
            Stall { since, unread: unread(&self.stream), alarm }
        });
        while stall.alarm.as_mut().poll(context).is_ready() {
            let (now, unread) = (Instant::now(), unread(&self.stream));
            self.pace.spend(now - stall.since, stall.unread.saturating_sub(unread));
            if self.pace.left().is_zero() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            (stall.since, stall.unread) = (now, unread);
            stall.alarm.as_mut().reset(now + self.pace.left().max(LOOK_AGAIN_MIN));
        }
        self.stall = Some(stall);
        Poll::Pending
    }

    fn after_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                self.wrote(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
            Poll::Pending => self.wait(context),
        }
    }
}

/// Bytes that were written and that the other side has not confirmed.
fn unread(stream: &TcpStream) -> u64 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as the stream is borrowed, and the call writes one `c_int`.
    let asked = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if asked == 0 { u64::try_from(bytes).unwrap_or_default() } else { 0 }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            this.moved();
            this.note_head();
            return Poll::Ready(read);
        }
        match this.is_silent_too_long(context) {
            true => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            false => Poll::Pending,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.after_write(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.after_write(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::places::{Place, Places};
    use super::*;

    fn bounds() -> Bounds {
        let pace = PaceConfig { bytes_per_s_min: 1_000_000_000, behind_ms_max: 50 };
        let long = Duration::from_secs(600);
        Bounds { idle_max: long, head_max: long, pace }
    }

    async fn connect(bounds: Bounds) -> (TcpStream, Connection, Place) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let place = Places::new(9, 9).take(peer.ip(), false).unwrap();
        (client, Connection::new(stream, place.seat.clone(), bounds), place)
    }

    #[tokio::test]
    async fn a_silent_connection_ends_and_one_that_moves_does_not() {
        let bounds = Bounds { idle_max: Duration::from_millis(50), ..bounds() };
        let (mut client, mut connection, _place) = connect(bounds).await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap(), b'x');
        let silent = connection.read_u8().await.unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_head_that_trickles_ends_and_what_comes_in_a_request_does_not() {
        let bounds = Bounds { head_max: Duration::from_millis(300), ..bounds() };
        let (client, mut connection, place) = connect(bounds).await;
        let trickle = tokio::spawn(async move {
            let mut client = client;
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let request = place.seat.begin();
        let until = Instant::now() + Duration::from_millis(600);
        while Instant::now() < until {
            connection.read_u8().await.unwrap();
        }
        drop(request);
        let began = Instant::now();
        let ended = loop {
            match connection.read_u8().await {
                Ok(_) => assert!(began.elapsed() < Duration::from_secs(60), "it lives on"),
                Err(error) => break error,
            }
        };
        assert_eq!(ended.kind(), ErrorKind::TimedOut);
        trickle.abort();
    }

    #[tokio::test]
    async fn a_client_that_takes_too_little_is_cut_off() {
        let (mut client, mut connection, place) = connect(bounds()).await;
        let sent = async {
            let piece = vec![0; 64 * 1024];
            loop {
                if let Err(error) = connection.write_all(&piece).await {
                    return error;
                }
            }
        };
        assert_eq!(sent.await.kind(), ErrorKind::TimedOut);
        assert!(place.seat.is_at_work(), "what it was sent waits");
        client.read_u8().await.unwrap();
    }
}
