//! Another process at the same log: this test binary once more, with a task in its environment.

use std::io::Write;
use std::process::Stdio;

use kafka::{Config, GroupEvent, GroupOptions, Log};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::home::{Home, record, soon, text};

/// Holds a [`Task`] as JSON in the process that has one.
const TASK: &str = "MATINEE_TEST_WORKER";
/// Lines of a worker begin with this; the others are the test runner's.
const MARK: &str = "worker: ";

/// What the other process does.
#[derive(Serialize, Deserialize)]
pub enum Do {
    /// Appends `prefix:0`, `prefix:1`, ... one by one and says `n partition offset` of each when it is durable.
    Append { prefix: String, count: usize },
    /// Says the value of each record of `t/0`.
    Follow { count: usize },
    /// Joins group `g` and says what it is told.
    Join { name: String },
}

#[derive(Serialize, Deserialize)]
struct Task {
    config: Config,
    task: Do,
}

/// A worker, as seen from the test.
pub struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    pub fn start(home: &Home, task: Do) -> Self {
        let task = Task { config: home.config.clone(), task };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "worker::another_process", "--nocapture", "--include-ignored"]);
        command.env(TASK, serde_json::to_string(&task).unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What the worker says next; `None` when it has ended.
    pub async fn next(&mut self) -> Option<String> {
        while let Some(line) = soon(self.lines.next_line()).await.unwrap() {
            // The runner's own words may stand before ours on the first line.
            if let Some((_, said)) = line.split_once(MARK) {
                return Some(said.to_owned());
            }
        }
        None
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Another signal, by name.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }
}

fn say(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    // Whoever listens may be gone.
    drop(writeln!(out, "{MARK}{what}").and_then(|()| out.flush()));
}

/// Does nothing in a test run of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process() {
    let Ok(task) = std::env::var(TASK) else { return };
    let Task { config, task } = serde_json::from_str(&task).unwrap();
    let log = Log::open(&config).await.unwrap();
    match task {
        Do::Append { prefix, count } => append(&log, &prefix, count).await,
        Do::Follow { count } => follow(&log, count).await,
        Do::Join { name } => take_part(&log, name).await,
    }
}

async fn append(log: &Log, prefix: &str, count: usize) {
    for n in 0..count {
        let position = log.append("t", record(&n.to_string(), format!("{prefix}:{n}"))).await.unwrap();
        say(format_args!("{n} {} {}", position.partition, position.offset));
    }
}

async fn follow(log: &Log, count: usize) {
    let (mut follower, mut seen) = (log.follow("t", 0, 0), 0);
    say("ready");
    while seen < count {
        for stored in follower.next().await.unwrap() {
            say(text(&stored));
            seen += 1;
        }
    }
}

async fn take_part(log: &Log, name: String) {
    let options = GroupOptions { member: Some(name), ..GroupOptions::default() };
    let mut member = log.join("g", &["t"], options).await.unwrap();
    loop {
        let (word, partitions) = match member.next().await.unwrap() {
            GroupEvent::Assigned(partitions) => ("assigned", partitions),
            GroupEvent::Revoked(partitions) => ("revoked", partitions),
        };
        let numbers: Vec<_> = partitions.iter().map(|tp| tp.partition.to_string()).collect();
        say(format_args!("{word} {}", numbers.join(" ")));
    }
}
