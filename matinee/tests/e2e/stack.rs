//! The `matinee` binary as a story uses it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kafka::{Config, Log, Stored};
use schemas::{Codec, Record, RetrainTrigger, topic};
use serde_json::Value;

/// A story waits no longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Small and quick: what a story needs, not what a user wants.
const QUICK: [(&str, &str); 5] = [
    ("MATINEE__INGESTOR__SEGMENT_AGE", "200ms"),
    ("MATINEE__TRAINER__CHECK_EVERY", "200ms"),
    ("MATINEE__TRAINER__SCHEDULE", "off"),
    ("MATINEE__TRAINER__PARAMETERS__FACTORS", "16"),
    ("MATINEE__TELEMETRY__LOG_LEVEL", "warn"),
];

/// `matinee` with these arguments, in a folder without a `matinee.toml`.
pub fn matinee(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matinee"));
    command.args(arguments).env("MATINEE_DATA", data).envs(QUICK).current_dir(std::env::temp_dir());
    command.stdin(Stdio::null());
    command
}

/// Runs `matinee` to its end, which is good.
pub fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}: {said}", output.status);
    output
}

/// Runs `matinee` to its end and reads the JSON that it prints.
pub fn prints_json(command: &mut Command) -> Value {
    serde_json::from_slice(&succeeds(command).stdout).unwrap()
}

/// Runs `matinee` to its end, which is bad, and gives the one line that it says.
pub fn says(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?} succeeded");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// A stack that is up, as `matinee up` made it.
pub struct Stack {
    child: Child,
    pub url: String,
    pub log: Log,
    client: reqwest::Client,
}

impl Stack {
    pub async fn up(data: &Path) -> Self {
        Self::up_with(data, &[]).await
    }

    pub async fn up_with(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = matinee(data, &["up", "--port", "0"]);
        let mut child = command.envs(environment.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no URL in {line:?}")).to_owned();
        let log = open_log(data).await;
        Self { child, url, log, client: reqwest::Client::new() }
    }

    /// Status and body of a GET.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The page `/metrics`.
    pub async fn metrics(&self) -> String {
        self.client.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap()
    }

    /// Asks for a new model.
    pub async fn retrain(&self, trigger_id: &str) {
        let trigger = RetrainTrigger {
            trigger_id: trigger_id.to_owned(),
            ts: 0,
            model_name: "movies".to_owned(),
            cause: schemas::Cause::Operator,
            reason: "a story".to_owned(),
            actor: "a test".to_owned(),
            force: false,
        };
        trainer::trigger(&self.log, &Codec::new(), &trigger).await.unwrap();
    }

    /// Waits until this version serves and the stack is ready.
    pub async fn serves(&self, version: &str) {
        let ready = async |stack: &Self| {
            let (status, body) = stack.get("/readyz").await;
            status == 200 && body["model_version"] == *version
        };
        self.until(&format!("{version} serves"), ready).await;
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Asks the stack to end (SIGTERM), which it does well.
    pub fn stop(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "the stack ended with {ended}");
    }

    /// Ends the stack as a crash does (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A story that failed leaves no process behind; one that ended it already has nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The log in a data folder, beside whoever else has it open.
pub async fn open_log(data: &Path) -> Log {
    Log::open(&Config::default().within(data)).await.unwrap()
}

/// Every record of a topic, by partition and offset.
pub async fn all(log: &Log, name: &str) -> Vec<Stored> {
    let topics = log.topics().await.unwrap();
    let (_, partitions) = topics.iter().find(|(topic, _)| topic == name).unwrap();
    let mut records: Vec<Stored> = Vec::new();
    for partition in 0..*partitions {
        let mut from = log.watermarks(name, partition).await.unwrap().low;
        loop {
            let batch = log.read(name, partition, from, 10_000, 64 << 20).await.unwrap();
            let Some(last) = batch.last() else { break };
            from = last.offset + 1;
            records.extend(batch);
        }
    }
    records
}

/// Every record of a topic that holds one kind of record.
pub async fn decoded<R: Record>(log: &Log, name: &str) -> Vec<R> {
    let records = all(log, name).await;
    records.iter().map(|record| Codec::new().decode(record.value.as_ref().unwrap()).unwrap()).collect()
}

/// How many records the event topics hold.
pub async fn events_in(log: &Log) -> usize {
    let mut count = 0;
    for name in topic::EVENT_TOPICS {
        count += all(log, name).await.len();
    }
    count
}

/// The newest snapshot's manifest, as it lies in the store.
pub fn newest_manifest(data: &Path) -> Value {
    let folder = data.join("objects/snapshots");
    let mut made: Vec<PathBuf> =
        std::fs::read_dir(folder.join("by-time")).unwrap().map(|entry| entry.unwrap().path()).collect();
    made.sort();
    let name = made.last().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let id = name.split_once('-').unwrap().1;
    let text = std::fs::read_to_string(folder.join(format!("{id}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}
