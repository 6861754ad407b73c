//! Letters by SMTP, to a server of the test's own that speaks the protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Stratum, eventually};
use crate::signin::call;
use crate::signin::letters::assert_nowhere;

const LETTER_WAIT: Duration = Duration::from_secs(20);
const PASSWORD: &str = "let-me-1n";
/// `\0post\0let-me-1n`
const CREDENTIALS: &str = "AHBvc3QAbGV0LW1lLTFu";
const REFUSED: &str = "refused@palmyra.example";

/// What it has seen.
#[derive(Default)]
struct Seen {
    letters: Mutex<Vec<(String, String)>>,
    credentials: Mutex<Vec<String>>,
    refusals: AtomicU32,
    /// So many letters are told to come later.
    busy: AtomicU32,
}

/// Serves connections until the test ends; returns its port.
async fn serve(seen: Arc<Seen>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, seen.clone()));
        }
    });
    port
}

async fn converse(stream: TcpStream, seen: Arc<Seen>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let answer = match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str()
        {
            "EHLO" => "250-test\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                seen.credentials.lock().push(line.rsplit(' ').next().unwrap().to_owned());
                "235 welcome\r\n"
            }
            "RCPT" if line.contains(REFUSED) => {
                seen.refusals.fetch_add(1, Ordering::Relaxed);
                "550 there is no refused@palmyra.example here\r\n"
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                "250 ok\r\n"
            }
            "DATA" if seen.busy.load(Ordering::Relaxed) > 0 => {
                seen.busy.fetch_sub(1, Ordering::Relaxed);
                "451 later\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                seen.letters.lock().push((to.clone(), text));
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        write.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_reach_a_server_that_is_busy_at_first() {
    let seen = Arc::new(Seen::default());
    let port = serve(seen.clone()).await.to_string();
    let stratum = Stratum::start(&[
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", &port),
        ("SMTP_USER", "post"),
        ("SMTP_PASSWORD", PASSWORD),
        ("STRATUM__mail__security", "none"),
        ("STRATUM__mail__retry_ms_min", "20"),
        ("STRATUM__mail__public_url", "https://stratum.example"),
    ])
    .await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
    let email = tenant.create_user("viewer").await;
    seen.busy.store(2, Ordering::Relaxed);
    assert_eq!(call(&stratum, "forgot-password", &json!({"email": email})).await.0, 200);
    let arrived = async || seen.letters.lock().first().cloned();
    let (to, text) = eventually("no letter", LETTER_WAIT, arrived).await;
    assert_eq!((to, seen.busy.load(Ordering::Relaxed)), (email.clone(), 0));
    assert_eq!(seen.credentials.lock().as_slice(), [CREDENTIALS; 3]);
    let link =
        text.lines().find(|line| line.starts_with("https://stratum.example/reset-password#token="));
    let token = link.expect(&text).rsplit('=').next().unwrap().to_owned();
    let reset = json!({"token": token, "new_password": "An0ther-horse"});
    assert_eq!(call(&stratum, "reset-password", &reset).await.0, 200);
    assert_eq!(stratum.login(&email, "An0ther-horse").await.0, 200);
    a_refused_letter_is_given_up(&stratum, &seen).await;
    let output = stratum.output();
    for secret in [email.as_str(), &token, PASSWORD, CREDENTIALS, REFUSED] {
        assert!(!output.contains(secret), "a log line holds {secret}");
    }
    assert!(!stratum.data_folder().join("mail").exists(), "letters are kept in a folder, too");
}

/// kill -9 after the answer and before the sending: the message is sent by the next life, once.
#[tokio::test(flavor = "multi_thread")]
async fn an_answered_letter_survives_a_kill() {
    let seen = Arc::new(Seen::default());
    let port = serve(seen.clone()).await.to_string();
    let mut stratum = Stratum::start(&[
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", &port),
        ("STRATUM__mail__security", "none"),
        ("STRATUM__mail__retry_ms_min", "50"),
        ("STRATUM__mail__retry_ms_max", "200"),
        ("STRATUM__mail__attempts_max", "100000"),
        ("STRATUM__mail__public_url", "https://stratum.example"),
        // A busy machine renews a short lease too late, and the letter would rightly be sent twice.
        ("STRATUM__jobs__lease_ms", "5000"),
    ])
    .await;
    let (forgetful, admin) = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
        (tenant.create_user("viewer").await, tenant.sign_in().await)
    };
    // Nothing is taken before the kill.
    seen.busy.store(u32::MAX, Ordering::Relaxed);
    assert_eq!(call(&stratum, "forgot-password", &json!({"email": forgetful})).await.0, 200);
    let invited = "zenobia@palmyra.example";
    let body = json!({"email": invited, "role": "viewer"});
    // On a busy machine tokens are not judged for a moment: ended sessions are read too slowly.
    let invites = async || match stratum.post("/api/v1/users/invitations", &admin, &body).await.0 {
        201 => Some(()),
        status => {
            assert_eq!(status, 503);
            None
        }
    };
    eventually("nobody is invited", LETTER_WAIT, invites).await;
    stratum.kill().await;
    assert!(seen.letters.lock().is_empty());
    seen.busy.store(0, Ordering::Relaxed);
    stratum.restart().await;
    let mut expected = vec![forgetful.clone(), invited.to_owned()];
    expected.sort();
    let sent = async || {
        let mut to: Vec<String> = seen.letters.lock().iter().map(|(to, _)| to.clone()).collect();
        to.sort();
        (to == expected).then_some(())
    };
    eventually("a letter is lost, or sent twice", LETTER_WAIT, sent).await;
    let ended = async || {
        let mut owner = stratum.state_connection().await;
        let open = "SELECT count(*) FROM jobs WHERE kind IN ('mail', 'password_reset') AND ended_at IS NULL";
        let open: i64 = sqlx::query_scalar(open).fetch_one(&mut owner).await.unwrap();
        (open == 0).then_some(())
    };
    eventually("a letter waits on", LETTER_WAIT, ended).await;
    let letters = seen.letters.lock().clone();
    assert_eq!(letters.len(), 2, "{letters:?}");
    let token = letters.iter().find_map(|(_, text)| {
        text.lines().find_map(|line| line.split_once("reset-password#token="))
    });
    let token = token.expect("a token to choose a new password with").1.to_owned();
    let reset = json!({"token": token, "new_password": "An0ther-horse"});
    assert_eq!(call(&stratum, "reset-password", &reset).await.0, 200);
    assert_nowhere(&stratum, &[&forgetful, invited, &token]).await;
}

async fn a_refused_letter_is_given_up(stratum: &Stratum, seen: &Seen) {
    let register = json!({"email": REFUSED, "password": "Corr3ct-horse", "full_name": "Nobody",
        "tenant_name": "Nowhere"});
    assert_eq!(call(stratum, "register", &register).await.0, 202);
    let given_up = async || stratum.output().contains("a job is given up").then_some(());
    eventually("a letter is tried for ever", LETTER_WAIT, given_up).await;
    assert_eq!(seen.refusals.load(Ordering::Relaxed), 1, "a refused letter is tried again");
    assert!(stratum.output().contains("refused (550)"));
}
