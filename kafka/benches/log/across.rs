//! From append to delivery, and two processes that both write as much as they can.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kafka::{Log, Record};
use tokio::runtime::Runtime;

use crate::{SPAN, VALUE_BYTES, open, record};

/// How many records a latency is taken of.
const COUNT: usize = 1_000;
/// The time between two of them.
const PACE: Duration = Duration::from_millis(3);

/// From the call of append until its answer, until delivery here, and until delivery in another process.
pub fn latencies(runtime: &Runtime, path: &Path) {
    let log = runtime.block_on(open(path));
    let appends = runtime.block_on(async {
        let mut appends = Vec::new();
        for _ in 0..COUNT {
            let began = Instant::now();
            log.append("t", record()).await.unwrap();
            appends.push(began.elapsed().as_micros() as u64);
            tokio::time::sleep(PACE).await;
        }
        appends
    });
    print("append to its acknowledgement", appends);

    let (writer, from) = (path.to_owned(), COUNT as i64);
    let here = runtime.block_on(async {
        let other = log.clone();
        let writing = tokio::spawn(async move { paced(&other, COUNT).await });
        let latencies = follow(&log, from).await;
        writing.await.unwrap();
        latencies
    });
    print("append to delivery in its process", here);

    let count = COUNT.to_string();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["write-paced".as_ref(), writer.as_os_str(), count.as_ref()])
        .spawn()
        .unwrap();
    let there = runtime.block_on(follow(&log, from + COUNT as i64));
    assert!(child.wait().unwrap().success());
    print("append to delivery in another process (polled every 10 ms)", there);
}

async fn follow(log: &Log, from: i64) -> Vec<u64> {
    let (mut follower, mut latencies) = (log.follow("t", 0, from), Vec::new());
    while latencies.len() < COUNT {
        for stored in follower.next().await.unwrap() {
            let sent = u64::from_be_bytes(stored.value.unwrap()[..8].try_into().unwrap());
            latencies.push(now_us().saturating_sub(sent));
        }
    }
    latencies
}

/// Appends records that say when.
pub async fn write_paced(path: &Path, count: usize) {
    paced(&open(path).await, count).await;
}

async fn paced(log: &Log, count: usize) {
    for _ in 0..count {
        let mut value = now_us().to_be_bytes().to_vec();
        value.resize(VALUE_BYTES, 7);
        log.append("t", Record::new("7", value, 0)).await.unwrap();
        tokio::time::sleep(PACE).await;
    }
}

/// How two processes share the disk: what each appends, and how long one has to wait for the other.
pub async fn two_writers(path: &Path) {
    let log = open(path).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["write-hard".as_ref(), path.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (began, mut waits) = (Instant::now(), Vec::new());
    while began.elapsed() < SPAN {
        let one = Instant::now();
        log.append("t", record()).await.unwrap();
        waits.push(one.elapsed().as_micros() as u64);
    }
    let theirs = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let theirs = String::from_utf8(theirs.stdout).unwrap();
    print("append beside a process that appends all it can", waits);
    println!("{:<58} {:>12}", "  which meanwhile appends, a second", theirs.trim());
}

/// Keeps the writer's queue full.
pub async fn write_hard(path: &Path) -> u64 {
    crate::rates::append_batches(path).await as u64
}

fn print(name: &str, mut latencies_us: Vec<u64>) {
    latencies_us.sort_unstable();
    let at = |share: f64| latencies_us[((latencies_us.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    println!("{name:<58} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.99), at(1.0));
}

fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}
