//! A place where a log lives for the length of a test.

use std::time::Duration;

use kafka::{Config, Declaration, Log, Record, Stored};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Home {
    /// Opens the log, here and in other processes.
    pub config: Config,
    _folder: TempDir,
}

impl Home {
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Short for a test, long beside the hiccups of a machine that runs many.
        let config = Config {
            group_session_timeout_ms: 3_000,
            group_heartbeat_ms: 200,
            ..Config::default().within(folder.path())
        };
        Self { config, _folder: folder }
    }

    /// The log, as one more user of it sees it.
    pub async fn open(&self) -> Log {
        Log::open(&self.config).await.unwrap()
    }

    /// The log with a topic `t`.
    pub async fn with_topic(&self, partitions: i32) -> Log {
        let log = self.open().await;
        assert_eq!(log.declare(&[Declaration::new("t", partitions)]).await.unwrap(), []);
        log
    }
}

/// A record that says who it is.
pub fn record(key: &str, value: impl ToString) -> Record {
    Record::new(key, value.to_string(), 1_000)
}

/// Everything that the partition holds.
pub async fn everything(log: &Log, partition: i32) -> Vec<Stored> {
    let (mut all, mut from) = (Vec::new(), log.watermarks("t", partition).await.unwrap().low);
    loop {
        let records = log.read("t", partition, from, 10_000, 1 << 20).await.unwrap();
        let Some(last) = records.last() else { return all };
        from = last.offset + 1;
        all.extend(records);
    }
}

/// A record's value as text.
pub fn text(stored: &Stored) -> String {
    String::from_utf8(stored.value.clone().unwrap()).unwrap()
}

/// What comes in time.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it takes too long")
}
