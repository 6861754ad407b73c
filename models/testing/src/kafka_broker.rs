//! Apache Kafka itself for tests: one node in KRaft mode, run from the jars that
//! `docker/engines/install --kafka` installs, on ports of the OS's choice, in a temporary folder.
//!
//! Topics are not created by use, as in production. The broker ends with the [`KafkaBroker`], and
//! also when the test process dies.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a machine without Java or Kafka must end the test, with a text"
)]

use std::fmt::Write;
use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::engines::{Guard, free_ports, installed, own_group, signal, tail, wait_for_end};

const READY_WAIT: Duration = Duration::from_secs(90);
const STOP_WAIT: Duration = Duration::from_secs(30);
/// Any 16 bytes; brokers of different tests never meet.
const CLUSTER_ID: &str = "c3RyYXR1bS10ZXN0LTAwMQ";

const LOGGING: &str = "status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
";
/// The line that the broker logs, at level info, once clients are served.
const READY_LINE: &str = "Kafka Server started";

/// A running (or stopped, or paused) broker and its data.
pub struct KafkaBroker {
    guard: Guard,
    ports: [u16; 2],
    properties: Vec<(String, String)>,
    child: Option<Child>,
}

impl KafkaBroker {
    /// Starts a broker with an empty log; takes about four seconds.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with lines of the broker's own property file added or replaced.
    pub fn start_with(properties: &[(&str, &str)]) -> Self {
        let properties = properties.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        let mut broker = Self {
            guard: Guard::new("kafka"),
            ports: free_ports(),
            properties: properties.collect(),
            child: None,
        };
        broker.write_files();
        broker.format();
        broker.restart();
        broker
    }

    /// The addresses that clients take as `bootstrap.servers`; the same over restarts.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.ports[0])
    }

    /// Ends the broker cleanly; the data stays for [`restart`](Self::restart).
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(child.id(), libc::SIGTERM);
            wait_for_end(&mut child, STOP_WAIT, "Kafka");
            self.guard.watch(None);
        }
    }

    /// Ends the broker with kill -9; the data stays for [`restart`](Self::restart).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("kill -9 of the broker");
            child.wait().expect("the killed broker's end");
            self.guard.watch(None);
        }
    }

    /// Stops every thread of the broker until [`resume`](Self::resume): connections hang.
    pub fn pause(&self) {
        signal(self.child.as_ref().expect("a running broker").id(), libc::SIGSTOP);
    }

    /// Lets a paused broker go on. After more than three seconds its session has run out, and it
    /// registers anew before it answers.
    pub fn resume(&self) {
        signal(self.child.as_ref().expect("a running broker").id(), libc::SIGCONT);
    }

    /// Starts the broker again on the same data and ports, after [`stop`](Self::stop) or
    /// [`kill`](Self::kill); a running one is stopped first.
    pub fn restart(&mut self) {
        self.stop();
        let log = File::create(self.log()).expect("the broker's log");
        let mut child = own_group(&mut self.java("kafka.Kafka"))
            .arg(self.guard.folder().join("server.properties"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log a second time"))
            .stderr(log)
            .spawn()
            .expect("java");
        self.guard.watch(Some(child.id()));
        self.wait_until_ready(&mut child);
        self.child = Some(child);
    }

    fn log(&self) -> PathBuf {
        self.guard.folder().join("log")
    }

    fn java(&self, main: &str) -> Command {
        let mut classes = installed("kafka/libs").into_os_string();
        classes.push("/*");
        let logging = self.guard.folder().join("log4j2.properties");
        let mut command = Command::new("java");
        command
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Dlog4j2.configurationFile={}", logging.display()))
            .arg("-cp")
            .arg(classes)
            .arg(main);
        command
    }

    fn write_files(&self) {
        let folder = self.guard.folder();
        let mut text = server_properties(self.ports, &folder.join("data").display().to_string());
        for (key, value) in &self.properties {
            // The last line with a key counts.
            writeln!(text, "{key}={value}").expect("writing to a string");
        }
        std::fs::write(folder.join("server.properties"), text).expect("writing the properties");
        std::fs::write(folder.join("log4j2.properties"), LOGGING)
            .expect("writing the log settings");
    }

    fn format(&self) {
        let output = self
            .java("kafka.tools.StorageTool")
            .args(["format", "--standalone", "-t", CLUSTER_ID, "-c"])
            .arg(self.guard.folder().join("server.properties"))
            .output()
            .expect("java, which Kafka needs, is not on the PATH");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "Kafka's storage was not formatted:\n{said}");
    }

    fn wait_until_ready(&self, child: &mut Child) {
        let until = Instant::now() + READY_WAIT;
        let address = self.brokers().parse().expect("an address of ours");
        loop {
            let said = std::fs::read_to_string(self.log()).unwrap_or_default();
            let open = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
            if said.contains(READY_LINE) && open() {
                return;
            }
            if let Some(status) = child.try_wait().expect("waiting for the broker") {
                panic!("Kafka ended at its start ({status}):\n{}", tail(&self.log()));
            }
            if Instant::now() > until {
                child.kill().ok();
                panic!("Kafka was not ready in {READY_WAIT:?}:\n{}", tail(&self.log()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for KafkaBroker {
    fn drop(&mut self) {
        // No clean stop: the folder goes anyway, and a panic here would hide the test's own.
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn server_properties([broker, controller]: [u16; 2], data: &str) -> String {
    let listeners = format!("PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}");
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners={listeners}
advertised.listeners={listeners}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=6
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# After kill -9 the old registration must run out before the broker may come back.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"
    )
}
