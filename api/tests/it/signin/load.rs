//! A thousand sign-ins at once: a bounded number is worked on, the rest is told to come again, and
//! everybody else is served meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::fixture::{PASSWORD, Stratum};
use crate::signin::sign_in;

const LOGINS: usize = 1_000;
/// An answer that takes longer has been starved.
const OTHERS_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_sign_ins_starve_nobody() {
    // All come from one address here, and one user asks without a pause.
    let limits = ["client_per_s", "sign_in_per_min", "caller_per_s", "tenant_per_s"]
        .map(|limit| format!("STRATUM__http__limits__{limit}"));
    let unlimited: Vec<(&str, &str)> = limits.iter().map(|name| (name.as_str(), "0")).collect();
    let stratum = Stratum::start(&unlimited).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
    let email = tenant.create_user("viewer").await;
    let tokens = sign_in(&stratum, &email).await;
    let over = AtomicBool::new(false);
    let logins = async {
        let logins = (0..LOGINS).map(|_| stratum.login(&email, PASSWORD));
        let answers = futures::future::join_all(logins).await;
        over.store(true, Ordering::Relaxed);
        answers
    };
    let others = async {
        let mut slowest = Duration::ZERO;
        let mut answered = 0;
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            let (status, answer) = stratum.get("/api/v1/auth/me", &tokens.access).await;
            assert_eq!(status, 200, "{answer}");
            slowest = slowest.max(began.elapsed());
            answered += 1;
        }
        (answered, slowest)
    };
    let (answers, (answered, slowest)) = tokio::join!(logins, others);
    let mut statuses = BTreeMap::new();
    for (status, answer) in &answers {
        assert!(*status != 429 || answer["error"] == "rate_limited", "{answer}");
        *statuses.entry(*status).or_insert(0) += 1;
    }
    println!("{statuses:?}; meanwhile {answered} others, the slowest after {slowest:?}");
    assert!(statuses.keys().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses[&200] > 0, "{statuses:?}");
    assert!(
        answered > 0 && slowest < OTHERS_MAX,
        "{answered} others, the slowest after {slowest:?}"
    );
    sign_in(&stratum, &email).await;
    assert!(!stratum.output().contains("panicked"));
}
