//! A page in a browser: its refresh token is in a cookie that no script reads. And what users say of themselves.

use reqwest::header::SET_COOKIE;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::is_open;
use crate::fixture::{PASSWORD, Stratum};

struct Page {
    status: u16,
    body: Value,
    cookie: Option<String>,
}

impl Page {
    /// What a page of this origin is answered.
    async fn ask(request: RequestBuilder, origin: &str) -> Page {
        let request = request.header("x-session", "cookie").header("origin", origin);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let cookie = answer.headers().get(SET_COOKIE).map(|text| text.to_str().unwrap().to_owned());
        Page { status, body: answer.json().await.expect("JSON"), cookie }
    }

    /// The cookie as a browser sends it back.
    fn pair(&self) -> String {
        let text = self.cookie.as_deref().expect("a cookie");
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age="]
        {
            assert!(text.contains(attribute), "{text}");
        }
        text.split(';').next().unwrap().to_owned()
    }

    fn access(&self) -> &str {
        self.body["data"]["access_token"].as_str().expect("a token")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_keeps_its_refresh_token_in_a_cookie() {
    let stratum = Stratum::start(&[]).await;
    let email = stratum.create_tenant("Nile Souq", "UTC", "EGP").await.create_user("viewer").await;
    let post = |route: &str| {
        stratum.client().post(format!("{}/api/v1/auth/{route}", stratum.url())).json(&json!({}))
    };
    let credentials = json!({"email": email, "password": PASSWORD});
    for foreign in ["https://evil.example", "null"] {
        let refused = Page::ask(post("login").json(&credentials), foreign).await;
        assert_eq!((refused.status, refused.cookie), (403, None));
    }
    let own = stratum.url();
    let signed_in = Page::ask(post("login").json(&credentials), own).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert!(signed_in.body["data"]["refresh_token"].is_null(), "a script can read it");
    let first = signed_in.pair();
    assert_eq!(Page::ask(post("refresh"), own).await.status, 401, "without a cookie");
    let foreign = Page::ask(post("refresh").header("cookie", &first), "https://evil.example").await;
    assert_eq!((foreign.status, foreign.cookie), (403, None));
    // Two tabs at once: both stay.
    let tab = || Page::ask(post("refresh").header("cookie", &first), own);
    let (one, other) = tokio::join!(tab(), tab());
    assert_eq!((one.status, one.pair()), (200, other.pair()));
    assert_ne!(one.pair(), first);
    assert!(one.body["data"]["refresh_token"].is_null(), "a script can read it");
    let out = Page::ask(post("logout").bearer_auth(one.access()), own).await;
    assert_eq!((out.status, out.pair()), (200, "stratum_refresh=".to_owned()));
    for page in [&one, &other] {
        assert!(!is_open(&stratum, stratum.url(), page.access()).await);
    }
    let spent = Page::ask(post("refresh").header("cookie", one.pair()), own).await;
    assert_eq!(spent.status, 401);
    users_tell_of_themselves(&stratum, &email).await;
}

async fn users_tell_of_themselves(stratum: &Stratum, email: &str) {
    let access = super::sign_in(stratum, email).await.access;
    let change = async |body: Value| {
        let url = format!("{}/api/v1/auth/me", stratum.url());
        let request = stratum.client().request(Method::PATCH, url).bearer_auth(&access);
        stratum.answer(request.json(&body)).await
    };
    let body = json!({"full_name": " Ana Lee ", "locale": "ar-EG", "time_zone": "Africa/Cairo",
        "phone": "+49 170 1234567"});
    let (status, me) = change(body).await;
    let me = &me["data"];
    assert_eq!(
        (status, &me["full_name"], &me["locale"]),
        (200, &json!("Ana Lee"), &json!("ar-EG"))
    );
    assert_eq!((&me["phone"], &me["time_zone"]), (&json!("+491701234567"), &json!("Africa/Cairo")));
    let (_, kept) = change(json!({"phone": null})).await;
    assert_eq!((&kept["data"]["phone"], &kept["data"]["locale"]), (&Value::Null, &json!("ar-EG")));
    for (body, field) in [
        (json!({"role": "admin"}), "role"),
        (json!({"active": false}), "active"),
        (json!({"email": "eve@example.com"}), "email"),
        (json!({"full_name": " "}), "full_name"),
    ] {
        let (status, answer) = change(body).await;
        assert_eq!((status, &answer["details"][0]["field"]), (422, &json!(field)), "{answer}");
    }
}
