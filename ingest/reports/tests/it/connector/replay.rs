//! A server that answers what it was told to, in order, and writes down what it was asked.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An answer to come.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// A file of `fixtures`.
pub fn answer(name: &str) -> Reply {
    failure(200, name)
}

/// A file of `fixtures`, with another status.
pub fn failure(status: u16, name: &str) -> Reply {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/connector/fixtures");
    let body = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("{name}"));
    Reply { status, headers: Vec::new(), body }
}

impl Reply {
    pub fn text(status: u16, body: &str) -> Reply {
        Reply { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, header: &str, value: &str) -> Reply {
        self.headers.push((header.into(), value.into()));
        self
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// The server. It ends with the test.
pub struct Replay {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    serving: JoinHandle<()>,
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Replay {
    pub async fn of(replies: impl IntoIterator<Item = Reply>) -> Replay {
        let replies: Arc<Mutex<VecDeque<Reply>>> =
            Arc::new(Mutex::new(replies.into_iter().collect()));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (to_come, written) = (replies.clone(), asked.clone());
        let router = axum::Router::new().fallback(move |request: Request| {
            let (replies, asked) = (to_come.clone(), written.clone());
            async move { reply(request, &replies, &asked).await }
        });
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Replay { url, asked, replies, serving }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was asked; all that was to be answered must have been.
    pub fn asked(&self) -> Vec<Asked> {
        assert_eq!(self.replies.lock().len(), 0, "not everything was asked for");
        self.asked.lock().clone()
    }
}

async fn reply(
    request: Request,
    replies: &Mutex<VecDeque<Reply>>,
    asked: &Mutex<Vec<Asked>>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let query = head.uri.query().unwrap_or_default();
    let url: reqwest::Url = format!("http://h/?{query}").parse().unwrap();
    asked.lock().push(Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        headers: (head.headers.iter())
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let reply = replies.lock().pop_front();
    let reply = reply.unwrap_or_else(|| Reply::text(418, "nothing more to answer"));
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
