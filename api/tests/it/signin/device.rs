//! A device that has signed in before is counted apart: nobody can lock it out.

use serde_json::{Value, json};

use super::{call, execute};
use crate::fixture::{PASSWORD, Stratum};

async fn login(stratum: &Stratum, email: &str, password: &str, device: &str) -> (u16, Value) {
    call(stratum, "login", &json!({"email": email, "password": password, "device_token": device}))
        .await
}

fn device(answer: &Value) -> String {
    answer["data"]["device_token"].as_str().expect("a device's token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_lock_out_no_device_that_is_known() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
    let (email, other) = (tenant.create_user("viewer").await, tenant.create_user("viewer").await);
    let known = device(&stratum.login(&email, PASSWORD).await.1);
    let others = device(&stratum.login(&other, PASSWORD).await.1);
    assert!(!known.contains(&email) && known.len() < 1024, "{known}");
    for _ in 0..5 {
        assert_eq!(stratum.login(&email, "Wrong-passw0rd").await.0, 401);
    }
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 429);
    let (status, answer) = login(&stratum, &email, PASSWORD, &known).await;
    assert_eq!(status, 200, "{answer}");
    // The owner's sign-in lets no stranger guess again, and only a token of that user counts.
    let half = known.len() / 2;
    let tampered = format!("{}{}", &known[half..], &known[..half]);
    for wrong in ["", "nonsense", &others, &tampered, &known[2..]] {
        assert_eq!(login(&stratum, &email, PASSWORD, wrong).await.0, 429, "{wrong}");
    }
    // A device is locked out by its own guesses, by each of its tokens, and nobody else is.
    let newer = device(&answer);
    for at in 0..5 {
        let token = [&known, &newer][at % 2];
        assert_eq!(login(&stratum, &email, "Wrong-passw0rd", token).await.0, 401);
    }
    for token in [&known, &newer] {
        assert_eq!(login(&stratum, &email, PASSWORD, token).await.0, 429);
    }
    execute(&stratum, "DELETE FROM sign_in_failures").await;
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 200);
    another_password_forgets_devices(&stratum, &email, &known).await;
}

async fn another_password_forgets_devices(stratum: &Stratum, email: &str, known: &str) {
    let (_, answer) = stratum.login(email, PASSWORD).await;
    let access = answer["data"]["access_token"].as_str().unwrap();
    let body = json!({"current_password": PASSWORD, "new_password": "An0ther-horse-battery"});
    let (status, answer) = stratum.post("/api/v1/auth/change-password", access, &body).await;
    assert_eq!(status, 200, "{answer}");
    for _ in 0..5 {
        assert_eq!(stratum.login(email, "Wrong-passw0rd").await.0, 401);
    }
    assert_eq!(login(stratum, email, "An0ther-horse-battery", known).await.0, 429);
}
