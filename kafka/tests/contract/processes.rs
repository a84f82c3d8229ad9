//! Several processes at one log.

use std::collections::BTreeMap;
use std::time::Duration;

use kafka::{GroupEvent, GroupOptions, Log, Member};

use crate::home::{Home, everything, record, soon, text};
use crate::worker::{Do, Worker};

pub async fn another_process_follows(home: &Home) {
    let log = home.with_topic(1).await;
    let mut worker = Worker::start(home, Do::Follow { count: 100 });
    assert_eq!(worker.next().await.as_deref(), Some("ready"));
    for n in 0..100 {
        log.append("t", record("k", n)).await.unwrap();
    }
    for n in 0..100 {
        assert_eq!(worker.next().await, Some(n.to_string()));
    }
    assert_eq!(worker.next().await, None);
}

pub async fn two_processes_append(home: &Home) {
    let log = home.with_topic(2).await;
    let append = |prefix: &str| Do::Append { prefix: prefix.to_owned(), count: 200 };
    let mut workers = [Worker::start(home, append("a")), Worker::start(home, append("b"))];
    let mut acknowledged = Vec::new();
    for (prefix, worker) in ["a", "b"].into_iter().zip(&mut workers) {
        while let Some(line) = worker.next().await {
            acknowledged.push(Acknowledged::parse(prefix, &line));
        }
    }
    assert_eq!(acknowledged.len(), 400);
    check(&log, &acknowledged, 400).await;
}

pub async fn killing_one_loses_nothing_acknowledged(home: &Home) {
    let log = home.with_topic(2).await;
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let prefix = format!("round {round}");
        let mut worker = Worker::start(home, Do::Append { prefix: prefix.clone(), count: 1_000_000 });
        // This process is in the middle of its own appends as well.
        for n in 0..50 {
            let line = worker.next().await.unwrap();
            acknowledged.push(Acknowledged::parse(&prefix, &line));
            let value = format!("own {round}:{n}");
            let position = log.append("t", record(&n.to_string(), &value)).await.unwrap();
            acknowledged.push(Acknowledged { value, partition: position.partition, offset: position.offset });
        }
        worker.kill().await;
        // What it had said before the end counts too.
        while let Some(line) = worker.next().await {
            acknowledged.push(Acknowledged::parse(&prefix, &line));
        }
    }
    check(&log, &acknowledged, acknowledged.len()).await;
    check(&home.open().await, &acknowledged, acknowledged.len()).await;
}

struct Acknowledged {
    value: String,
    partition: i32,
    offset: i64,
}

impl Acknowledged {
    fn parse(prefix: &str, line: &str) -> Self {
        let parts: Vec<_> = line.split(' ').collect();
        let (partition, offset) = (parts[1].parse().unwrap(), parts[2].parse().unwrap());
        Self { value: format!("{prefix}:{}", parts[0]), partition, offset }
    }
}

/// Everything acknowledged is where it was said to be, nothing is there twice, and there are no holes.
async fn check(log: &Log, acknowledged: &[Acknowledged], at_least: usize) {
    let mut found = BTreeMap::new();
    for partition in 0..2 {
        for (at, stored) in everything(log, partition).await.iter().enumerate() {
            assert_eq!(stored.offset, at as i64);
            let twice = found.insert(text(stored), (partition, stored.offset));
            assert_eq!(twice, None, "{} is there twice", text(stored));
        }
    }
    assert!(found.len() >= at_least);
    for Acknowledged { value, partition, offset } in acknowledged {
        assert_eq!(found.get(value), Some(&(*partition, *offset)), "{value}");
    }
}

/// A member that nobody takes for gone, however long the other process keeps the log to itself.
async fn join(log: &Log) -> Member {
    let (member, session_timeout_ms) = (Some("here".to_owned()), Some(600_000));
    let options = GroupOptions { member, session_timeout_ms, ..GroupOptions::default() };
    let mut member = log.join("g", &["t"], options).await.unwrap();
    assert!(matches!(soon(member.next()).await.unwrap(), GroupEvent::Assigned(all) if all.len() == 4));
    member
}

/// A member here has partitions 0 and 1, one in another process has 2 and 3.
async fn share(home: &Home, log: &Log) -> (Member, Worker) {
    let mut member = join(log).await;
    let mut worker = Worker::start(home, Do::Join { name: "there".to_owned() });
    assert!(matches!(soon(member.next()).await.unwrap(), GroupEvent::Revoked(lost) if lost.len() == 2));
    member.release().await.unwrap();
    assert_eq!(worker.next().await.as_deref(), Some("assigned 2 3"));
    (member, worker)
}

pub async fn groups_span_processes(home: &Home) {
    let log = home.with_topic(4).await;
    let (member, mut worker) = share(home, &log).await;
    member.leave().await.unwrap();
    assert_eq!(worker.next().await.as_deref(), Some("assigned 0 1"));
}

pub async fn a_killed_member_is_replaced(home: &Home) {
    let log = home.with_topic(4).await;
    let (mut member, mut worker) = share(home, &log).await;
    worker.kill().await;
    assert!(matches!(soon(member.next()).await.unwrap(), GroupEvent::Assigned(all) if all.len() == 2));
}

pub async fn a_stopped_member_is_replaced_and_told(home: &Home) {
    let log = home.with_topic(4).await;
    let (mut member, mut worker) = share(home, &log).await;
    worker.signal("STOP").await;
    // Stopped in the middle of a transaction it holds the log; then it has to go on a little.
    let replaced = async {
        loop {
            match tokio::time::timeout(Duration::from_secs(6), member.next()).await {
                Ok(Ok(GroupEvent::Assigned(all))) => return all.len(),
                Ok(event) => drop(event),
                Err(_) => {
                    worker.signal("CONT").await;
                    worker.signal("STOP").await;
                }
            }
        }
    };
    assert_eq!(soon(replaced).await, 2);
    worker.signal("CONT").await;
    assert_eq!(worker.next().await.as_deref(), Some("revoked 2 3"));
    // It is in again, and this one gives back what is too much.
    assert!(matches!(soon(member.next()).await.unwrap(), GroupEvent::Revoked(lost) if lost.len() == 2));
    member.release().await.unwrap();
    assert!(worker.next().await.unwrap().starts_with("assigned "));
}
