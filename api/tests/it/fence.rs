//! The fence around the embedded ClickHouse, its user, and what its port must bear.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use stratum_engines::{ClickHouseEngine, EngineSettings, run_child_if_asked};

use super::engines::{ask, settings, test_name};
use super::stranger::{ONE, Place, start};

const NOBODY: u32 = 65_534;

fn port_of(engine: &ClickHouseEngine) -> u16 {
    engine.url().rsplit(':').next().unwrap().parse().unwrap()
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// Whether another user of the machine can read a file.
fn nobody_reads(path: &Path) -> bool {
    let mut command = Command::new("cat");
    command.arg(path).uid(NOBODY).gid(NOBODY).current_dir("/");
    command.output().unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engines_files_are_its_own_users() {
    let place = start(&settings()).await.unwrap();
    place.app("CREATE TABLE stratum.t (x UInt8) ENGINE = MergeTree ORDER BY x").await.unwrap();
    place.app("INSERT INTO stratum.t VALUES (1)").await.unwrap();
    let data = place.home().join("data");
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let process = PathBuf::from(format!("/proc/{}", place.engine.pid()));
    let status = std::fs::read_to_string(process.join("status")).unwrap();
    if is_root() {
        let user = data.metadata().unwrap().uid();
        assert!((61_184..=65_519).contains(&user), "{user} is somebody's");
        assert!(status.contains(&format!("Uid:\t{user}\t{user}\t{user}\t{user}")), "{status}");
        assert!(status.contains("CapEff:\t0000000000000000"), "{status}");
        let files = ["data/status", "data/metadata/stratum.sql", "admin.password"];
        for file in files.map(|file| place.home().join(file)) {
            assert!(file.exists(), "{}", file.display());
            assert!(!nobody_reads(&file), "{}", file.display());
        }
        assert!(!nobody_reads(&process.join("environ")));
    }
    place.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_an_earlier_version_is_given_to_the_engines_user() {
    let place = start(&settings()).await.unwrap();
    place.app("CREATE TABLE stratum.t (x UInt8) ENGINE = MergeTree ORDER BY x").await.unwrap();
    place.app("INSERT INTO stratum.t VALUES (7)").await.unwrap();
    let Place { engine, folder, dir: _dir } = place;
    engine.stop().await;
    let home = folder.path().join("clickhouse");
    // Where the program is root, its engine was root too.
    let me = nix::unistd::Uid::effective().as_raw().to_string();
    let given = Command::new("chown").args(["-R", &me]).arg(home.join("data")).status().unwrap();
    assert!(given.success());
    std::fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
    let engine = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    let sum = ask(&engine, engine.app(), "SELECT sum(x) FROM stratum.t").await;
    assert_eq!(sum.unwrap(), "7");
    engine.stop().await;
}

/// The engine's process on a kernel without Landlock: its three calls are answered as unknown.
#[test]
fn engine_child_without_landlock() {
    if std::env::var_os("STRATUM_ENGINE_CHILD").is_some() {
        hide_landlock();
        run_child_if_asked();
    }
}

fn hide_landlock() {
    const ALLOW: u32 = 0x7fff_0000;
    const FAIL: u32 = 0x0005_0000;
    let statement = |code: u32, k: u32, jt: u8, jf: u8| libc::sock_filter {
        code: u16::try_from(code).unwrap(),
        jt,
        jf,
        k,
    };
    let first = u32::try_from(libc::SYS_landlock_create_ruleset).unwrap();
    let last = u32::try_from(libc::SYS_landlock_restrict_self).unwrap();
    let unknown = FAIL | u32::try_from(libc::ENOSYS).unwrap();
    let mut filter = [
        // The number of the call is the first word of what is looked at.
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, first, 0, 2),
        statement(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, last, 1, 0),
        statement(libc::BPF_RET | libc::BPF_K, unknown, 0, 0),
        statement(libc::BPF_RET | libc::BPF_K, ALLOW, 0, 0),
    ];
    let program = libc::sock_fprog { len: 5, filter: filter.as_mut_ptr() };
    // SAFETY: plain integers, and a program that outlives the call.
    let failed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
    };
    assert!(!failed, "{}", std::io::Error::last_os_error());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_is_fenced_or_does_not_start() {
    let name = test_name(module_path!(), "engine_child_without_landlock");
    let without = EngineSettings {
        child_arguments: [&*name, "--exact", "--nocapture"].map(Into::into).to_vec(),
        ..settings()
    };
    let refused = start(&without).await.map(|_| ()).unwrap_err().to_string();
    for part in ["Landlock", "Linux 5.19", "CLICKHOUSE_URL"] {
        assert!(refused.contains(part), "{refused}");
    }
    let allowed = EngineSettings { clickhouse_unfenced: true, ..without };
    match start(&allowed).await {
        Ok(place) if !is_root() => place.engine.stop().await,
        Ok(_) => panic!("root's engine runs without a fence"),
        Err(error) => {
            let text = error.to_string();
            assert!(is_root() && !text.contains("clickhouse_unfenced"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_works_behind_the_fence_of_an_older_kernel() {
    // Debian 12's has version 2.
    let place = start(&EngineSettings { landlock_newest: 2, ..settings() }).await.unwrap();
    for statement in [
        "CREATE TABLE stratum.t (x UInt64, s String) ENGINE = MergeTree ORDER BY x",
        "INSERT INTO stratum.t SELECT number, 'a' FROM numbers(1000)",
        "INSERT INTO stratum.t SELECT number, 'a' FROM numbers(1000)",
        "OPTIMIZE TABLE stratum.t FINAL",
        "ALTER TABLE stratum.t UPDATE s = 'b' WHERE x = 3 SETTINGS mutations_sync = 1",
        "ALTER TABLE stratum.t DELETE WHERE x = 4 SETTINGS mutations_sync = 1",
        "ALTER TABLE stratum.t DROP COLUMN s SETTINGS mutations_sync = 1",
    ] {
        place.app(statement).await.unwrap();
    }
    assert_eq!(place.app("SELECT count() FROM stratum.t").await.unwrap(), "1998");
    place.app("DROP TABLE stratum.t SYNC").await.unwrap();
    place.engine.stop().await;
}

/// Makes the connection's end a reset.
fn end_by_reset(stream: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = libc::socklen_t::try_from(size_of::<libc::linger>()).unwrap();
    let (level, option) = (libc::SOL_SOCKET, libc::SO_LINGER);
    // SAFETY: an open socket, and an option of the size given, read during the call.
    let failed = unsafe {
        libc::setsockopt(stream.as_raw_fd(), level, option, (&raw const linger).cast(), size)
    };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}

/// Sends bytes, reads what comes if asked to, and ends the connection, by a reset if asked to.
fn send(port: u16, bytes: &[u8], waits: bool, resets: bool) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    if resets {
        end_by_reset(&stream);
    }
    match stream.write_all(bytes) {
        // It had enough before all was sent.
        Err(error)
            if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
        sent => sent.unwrap(),
    }
    if waits {
        stream.read_to_end(&mut Vec::new()).ok();
    }
    if !resets {
        stream.shutdown(Shutdown::Both).ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_at_its_port_does_not_end_the_engine() {
    let place = start(&settings()).await.unwrap();
    let (pid, port) = (place.engine.pid(), port_of(&place.engine));
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let head =
        "POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: app\r\nTransfer-Encoding: chunked\r\n";
    let chunk = format!("{head}\r\nno number\r\nSELECT 1");
    let half_chunk = format!("{head}\r\nff\r\nSELECT");
    let body =
        "POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: app\r\nContent-Length: 100\r\n\r\nSEL";
    let garbage: [&[u8]; 12] = [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Cli",
        b"this is no HTTP\r\n\r\n",
        b"\x00\x01\x02\xff\xfe\r\n\r\n",
        // The begin of a TLS hello.
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abcdefghijklmnopqrstuvwxyz012345",
        // The begin of the native protocol's hello.
        b"\x00\x11ClickHouse client\x18\x04",
        long.as_bytes(),
        chunk.as_bytes(),
        half_chunk.as_bytes(),
        body.as_bytes(),
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ];
    for bytes in garbage {
        for (waits, resets) in [(false, false), (true, false), (false, true), (true, true)] {
            send(port, bytes, waits, resets);
            let told = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)).into_owned();
            let alive = place.app(ONE).await;
            assert_eq!(alive.as_deref(), Ok("1"), "{told:?}, waits {waits}, resets {resets}");
            assert_eq!(place.engine.pid(), pid, "{told:?}, waits {waits}, resets {resets}");
        }
    }
    place.engine.stop().await;
}
