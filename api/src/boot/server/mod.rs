//! Serving HTTP: whose connections are taken, how long they may stay, and how serving ends.

mod places;
mod connection;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use stratum_http::edge::Peer;
use stratum_http::edge::{ClientIp, Proxies};
use stratum_server::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::connection::{Bounds, Connection};
use self::places::{Place, Places, Request};

/// The time for which no connection is accepted after the system could give none.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);
/// The smallest bound of a head that a client of today keeps to.
const HEAD_BYTES_MIN: usize = 8_192;

/// A listener with what it serves.
pub(super) struct Server {
    /// Where connections come in.
    pub listener: TcpListener,
    /// The routes that answer.
    pub routes: Router,
    /// Proxies that stand for many clients.
    pub proxies: Proxies,
    /// The bounds.
    pub config: ServerConfig,
}

/// Serves until `stop`, and then until what is under way has been answered. Dropped, it ends at once.
pub(super) async fn serve(server: Server, stop: CancellationToken) {
    let Server { listener, routes, proxies, config } = server;
    let places = Places::new(config.connections_max, config.connections_per_address_max);
    let bounds = Bounds {
        idle_max: Duration::from_millis(config.idle_ms_max),
        head_max: Duration::from_millis(config.head_ms_max),
        pace: config.pace,
    };
    let mut http = http1::Builder::new();
    // From the last answer to the end of the next head; the head alone is bounded by the connection.
    let head_and_rest = bounds.idle_max + bounds.head_max;
    http.timer(TokioTimer::new()).header_read_timeout(head_and_rest);
    http.max_header_size(config.head_bytes_max.max(HEAD_BYTES_MIN));
    let mut open = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = open.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let address = ClientIp(peer.ip()).allowance_key();
        // Without a place the connection is closed here.
        if let Some(place) = places.take(address, proxies.has(peer.ip())) {
            let (http, routes) = (http.clone(), routes.clone());
            open.spawn(attend(http, routes, (stream, peer), bounds, place, stop.clone()));
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener, places: &Places) -> (TcpStream, SocketAddr) {
    loop {
        places.wait_for_room().await;
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

/// The client left before it was accepted.
fn is_of_the_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

/// Answers the requests of one connection.
async fn attend(
    http: http1::Builder,
    routes: Router,
    (stream, peer): (TcpStream, SocketAddr),
    bounds: Bounds,
    place: Place,
    stop: CancellationToken,
) {
    // Answers are small and awaited.
    stream.set_nodelay(true).ok();
    let seat = place.seat.clone();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let under_way = seat.begin();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(Peer(peer)));
        let (answer, place) = (routes.clone().oneshot(request), &place);
        async move {
            let answer = answer.await?;
            if answer.status().is_client_error() {
                place.wait_for_refusal().await;
            }
            Ok::<_, Infallible>(answer.map(|body| AnswerBody { body, _under_way: under_way }))
        }
    });
    let io = TokioIo::new(Connection::new(stream, seat.clone(), bounds));
    let mut served = pin!(http.serve_connection(io, service));
    tokio::select! {
        ended = served.as_mut() => return told(ended),
        () = place.seat.sent_away() => {}
        () = stop.cancelled() => {}
    }
    if place.seat.is_at_work() {
        served.as_mut().graceful_shutdown();
        told(served.await);
    }
}

fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// An answer's body; its request is under way as long as there is one.
struct AnswerBody {
    body: Body,
    _under_way: Request,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
