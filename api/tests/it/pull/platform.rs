//! A small Meta: an account whose campaign spent something each day, in pages of ten days. It writes down what it is
//! asked, can be made to refuse, and can keep an asker waiting.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Days, NaiveDate};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Days of a page.
const PAGE_DAYS: u64 = 10;
pub const TOKEN: &str = "EAAB-hunter2-token";

#[derive(Default)]
struct Shop {
    /// What was spent on days other than the usual amount, as it is told.
    spent: BTreeMap<NaiveDate, String>,
    /// Accounts that are closed: to every question, or to those about figures alone.
    closed: BTreeMap<String, (bool, Value)>,
    /// Account, first day and page of each question that was answered.
    answered: Vec<(String, String, String)>,
    refusal: Option<Value>,
    /// After so many answers it closes.
    close_after: Option<usize>,
}

#[derive(Clone)]
struct Desk {
    shop: Arc<Mutex<Shop>>,
    open: watch::Sender<bool>,
}

/// It ends with the test.
pub struct Platform {
    desk: Desk,
    url: String,
    serving: JoinHandle<()>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Platform {
    /// What a campaign spends on a day unless it is said otherwise.
    pub const USUAL: u32 = 10;

    pub async fn start() -> Platform {
        let desk = Desk { shop: Arc::default(), open: watch::Sender::new(true) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v25.0", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(desk.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Platform { desk, url, serving }
    }

    /// The environment of a process that pulls from here, often.
    pub fn env(&self) -> [(&str, &str); 5] {
        [
            ("STRATUM__pull__urls__meta", &self.url),
            ("STRATUM__pull__every_ms", "100"),
            ("STRATUM__pull__lease_ms", "1500"),
            ("STRATUM__pull__call__retry_ms_min", "10"),
            ("STRATUM__pull__retry_ms_min", "200"),
        ]
    }

    pub fn spend(&self, day: NaiveDate, amount: u32) {
        self.tell(day, &amount.to_string());
    }

    /// What is told of a day, whether it is a number or not.
    pub fn tell(&self, day: NaiveDate, spend: &str) {
        self.desk.shop.lock().spent.insert(day, spend.to_owned());
    }

    /// Answers questions about an account with an error; with `figures` only those about its figures.
    pub fn close_account(&self, account: &str, figures: bool, error: Value) {
        self.desk.shop.lock().closed.insert(account.to_owned(), (figures, error));
    }

    pub fn open_account(&self, account: &str) {
        self.desk.shop.lock().closed.remove(account);
    }

    pub fn refuse(&self, error: Option<Value>) {
        self.desk.shop.lock().refusal = error;
    }

    /// After so many answers about figures nobody is answered, until it is open again.
    pub fn close_after(&self, answers: usize) {
        self.desk.shop.lock().close_after = Some(answers);
    }

    pub fn open(&self) {
        self.desk.open.send_replace(true);
    }

    /// Account, first day and page of each question so far.
    pub fn answered(&self) -> Vec<(String, String, String)> {
        self.desk.shop.lock().answered.clone()
    }
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response {
    let token = request.headers().get("authorization").map(|value| value.to_str().unwrap());
    if token != Some(&format!("Bearer {TOKEN}")) {
        let error = json!({"error": {"code": 190, "message": format!("Invalid token {TOKEN}")}});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    if let Some(error) = desk.shop.lock().refusal.clone() {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    }
    let path = request.uri().path().trim_start_matches("/v25.0/").to_owned();
    let asked = path.trim_end_matches("/insights").trim_start_matches("act_");
    let closed = desk.shop.lock().closed.get(asked).cloned();
    if let Some((figures, error)) = closed
        && (!figures || path.ends_with("/insights"))
    {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    }
    let Some(account) = path.strip_suffix("/insights") else {
        let account =
            json!({"name": "Nile Souq", "currency": "EUR", "timezone_name": "Africa/Cairo"});
        return Json(account).into_response();
    };
    let url = format!("http://h/?{}", request.uri().query().unwrap_or_default());
    let url: reqwest::Url = url.parse().unwrap();
    let of = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let range: Value = serde_json::from_str(&of("time_range").unwrap()).unwrap();
    let day = |name: &str| range[name].as_str().unwrap().parse::<NaiveDate>().unwrap();
    let page: u64 = of("after").map_or(0, |after| after.parse().unwrap());
    let mut open = desk.open.subscribe();
    open.wait_for(|open| *open).await.unwrap();
    insights(&desk, account, (day("since"), day("until")), page).into_response()
}

fn insights(desk: &Desk, account: &str, days: (NaiveDate, NaiveDate), page: u64) -> Json<Value> {
    let mut shop = desk.shop.lock();
    let (since, until) = days;
    shop.answered.push((account.to_owned(), since.to_string(), page.to_string()));
    if shop.close_after == Some(shop.answered.len()) {
        desk.open.send_replace(false);
    }
    let first = since + Days::new(page * PAGE_DAYS);
    let told = first.iter_days().take(PAGE_DAYS as usize).take_while(|day| *day <= until);
    let row = |day: NaiveDate| {
        let spend = shop.spent.get(&day).cloned().unwrap_or(Platform::USUAL.to_string());
        json!({
            "campaign_id": format!("c-{account}"), "campaign_name": "Ramadan", "spend": spend,
            "impressions": "100", "clicks": "5", "date_start": day.to_string(),
        })
    };
    let data: Vec<_> = told.map(row).collect();
    let mut answer = json!({"data": data});
    if first + Days::new(PAGE_DAYS) <= until {
        answer["paging"] = json!({"cursors": {"after": (page + 1).to_string()}, "next": "https://elsewhere.example"});
    }
    Json(answer)
}
