//! A small server that takes events as a platform does, in the words that its manners give it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The platform's answers, each a status and a body.
#[derive(Clone, Copy)]
pub struct Manners {
    /// The token that a request shows.
    pub token: fn(&HeaderMap, &Uri) -> Option<String>,
    /// The ids of its events, in order.
    pub ids: fn(&Value) -> Vec<String>,
    pub taken: fn(usize) -> (u16, Value),
    /// The answer to a request whose event at a place, of so many, is bad; and whether the others are taken.
    pub refused: fn(usize, usize) -> (u16, Value, bool),
    pub unknown_token: fn() -> (u16, Value),
    pub too_many: fn() -> (u16, Value),
}

/// A request that was answered.
#[derive(Clone)]
pub struct Asked {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Default)]
struct Books {
    token: String,
    bad: BTreeSet<String>,
    /// So many requests are told that they are too many.
    too_many: usize,
    taken: BTreeSet<String>,
    asked: Vec<Asked>,
}

/// It ends with the test.
pub struct Desk {
    books: Arc<Mutex<Books>>,
    pub url: String,
    serving: JoinHandle<()>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Desk {
    pub async fn open(manners: Manners, token: &str) -> Desk {
        let books = Arc::new(Mutex::new(Books { token: token.into(), ..Books::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state((books.clone(), manners));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Desk { books, url, serving }
    }

    /// Accepts no other token.
    pub fn accept(&self, token: &str) {
        self.books.lock().token = token.to_owned();
    }

    /// Refuses the event of this id.
    pub fn refuse(&self, id: &str) {
        self.books.lock().bad.insert(id.to_owned());
    }

    /// Tells the next request that it is one too many.
    pub fn tire(&self) {
        self.books.lock().too_many += 1;
    }

    pub fn has(&self, id: &str) -> bool {
        self.books.lock().taken.contains(id)
    }

    /// The request that this event was in last.
    pub fn asked(&self, id: &str, ids: fn(&Value) -> Vec<String>) -> Asked {
        let books = self.books.lock();
        let found = books.asked.iter().rfind(|asked| ids(&asked.body).iter().any(|one| one == id));
        found.expect("a request").clone()
    }
}

async fn answer(
    State((books, manners)): State<(Arc<Mutex<Books>>, Manners)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (status, said) = said(&mut books.lock(), manners, uri, headers, &body);
    let status = StatusCode::from_u16(status).unwrap();
    match said {
        Value::Null => status.into_response(),
        said => (status, axum::Json(said)).into_response(),
    }
}

fn said(
    books: &mut Books,
    manners: Manners,
    uri: Uri,
    headers: HeaderMap,
    body: &[u8],
) -> (u16, Value) {
    let body: Value = serde_json::from_slice(body).expect("JSON");
    if (manners.token)(&headers, &uri).as_deref() != Some(books.token.as_str()) {
        return (manners.unknown_token)();
    }
    if books.too_many > 0 {
        books.too_many -= 1;
        return (manners.too_many)();
    }
    let ids = (manners.ids)(&body);
    books.asked.push(Asked { uri, headers, body });
    let Some(at) = ids.iter().position(|id| books.bad.contains(id)) else {
        let count = ids.len();
        books.taken.extend(ids);
        return (manners.taken)(count);
    };
    let (status, said, takes_others) = (manners.refused)(at, ids.len());
    if takes_others {
        books.taken.extend(ids.into_iter().filter(|id| !books.bad.contains(id)));
    }
    (status, said)
}
