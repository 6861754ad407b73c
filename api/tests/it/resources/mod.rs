//! What users keep: campaigns, creative assets, datasets and their tracking configurations, exchange
//! rates, connectors.

mod campaigns;
mod adoption;
mod assets;
mod tracking;
mod kept;
mod lists;
mod daily;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{PASSWORD, Stratum, TestTenant};

/// A user who asks.
pub struct Caller<'a> {
    pub stratum: &'a Stratum,
    pub token: String,
}

impl<'a> Caller<'a> {
    /// A new user of the tenant.
    pub async fn of(stratum: &'a Stratum, tenant: &TestTenant<'_>, role: &str) -> Caller<'a> {
        let email = tenant.create_user(role).await;
        let (status, answer) = stratum.login(&email, PASSWORD).await;
        assert_eq!(status, 200, "{answer}");
        let token = answer["data"]["access_token"].as_str().expect("a token").to_owned();
        Caller { stratum, token }
    }

    /// Status and body of an answer; null where it has none.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/api/v1{path}", self.stratum.url());
        let mut request = self.stratum.client().request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a whole answer");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> u16 {
        self.call(Method::DELETE, path, None).await.0
    }

    /// What is made; it must be.
    pub async fn make(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!((status, &answer["success"]), (201, &json!(true)), "{path} {body}: {answer}");
        answer["data"].clone()
    }

    /// What is there; it must be.
    pub async fn read(&self, path: &str) -> Value {
        let (status, answer) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

/// The path of one thing.
pub fn at(folder: &str, item: &Value) -> String {
    format!("{folder}/{}", item["id"].as_str().expect("an id"))
}

/// The fields that a refusal names.
pub fn fields(answer: &Value) -> Vec<&str> {
    let details = answer["details"].as_array().expect("details");
    details.iter().map(|one| one["field"].as_str().expect("a field")).collect()
}

/// One field of each item of a list.
pub fn each(answer: &Value, field: &str) -> Vec<Value> {
    let items = answer["data"].as_array().expect("a list");
    items.iter().map(|item| item[field].clone()).collect()
}

/// What everybody else may not do to it: it is not there for them.
pub async fn is_nobody_elses(path: &str, other: &Caller<'_>) {
    let (status, answer) = other.get(path).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")), "{path}: {answer}");
    let (status, answer) = other.patch(path, &json!({"name": "stolen"})).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")), "{path}: {answer}");
    assert_eq!(other.delete(path).await, 404, "{path}");
}
