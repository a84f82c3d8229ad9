//! When a segment is cut: by records, bytes or age, whichever comes first.

use std::time::Duration;

use kafka::{Follower, Stored};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::{Config, Error};

/// Records that will be one segment.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Stored>,
    bytes: usize,
}

/// How much one segment takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    records: usize,
    bytes: usize,
    age: Duration,
}

impl From<&Config> for Limits {
    fn from(config: &Config) -> Self {
        Self {
            records: config.segment_records.max(1),
            bytes: config.segment_bytes.max(1),
            age: config.segment_age.duration(),
        }
    }
}

impl Batch {
    fn take(&mut self, records: Vec<Stored>) {
        self.bytes += records.iter().map(Stored::size_bytes).sum::<usize>();
        self.records.extend(records);
    }

    fn is_full(&self, limits: Limits) -> bool {
        self.records.len() >= limits.records || self.bytes >= limits.bytes
    }

    /// What is still wanted, at most: records and bytes.
    fn room(&self, limits: Limits) -> (usize, usize) {
        let left = limits.records.saturating_sub(self.records.len()).max(1);
        (left, limits.bytes.saturating_sub(self.bytes).max(1))
    }
}

/// Waits for records and gathers one segment's worth. What is gathered when `stop` comes is given too; an empty
/// batch means that there is nothing and no more will come.
pub(crate) async fn gather(
    follower: Follower,
    limits: Limits,
    stop: &CancellationToken,
) -> Result<(Follower, Batch), Error> {
    let mut batch = Batch::default();
    let mut follower = follower;
    let mut due = None;
    while !batch.is_full(limits) {
        let (records, bytes) = batch.room(limits);
        follower = follower.limited(records, bytes);
        // Nothing ages before the first record is there.
        let until = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            next = timeout_at(until, follower.next()) => next,
        };
        match next {
            Ok(records) => batch.take(records?),
            Err(_) if batch.records.is_empty() => continue,
            Err(_) => break,
        }
        due = due.or_else(|| Some(Instant::now() + limits.age));
    }
    Ok((follower, batch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64, bytes: usize) -> Stored {
        Stored {
            topic: "watch-events".into(),
            partition: 0,
            offset,
            timestamp_ms: 0,
            key: None,
            value: Some(vec![0; bytes]),
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_batch_is_full_by_records_or_by_bytes() {
        let limits = Limits { records: 2, bytes: 1_000, age: Duration::ZERO };
        let mut batch = Batch::default();
        batch.take(vec![record(0, 10)]);
        assert!(!batch.is_full(limits));
        assert_eq!(batch.room(limits).0, 1);
        batch.take(vec![record(1, 10)]);
        assert!(batch.is_full(limits));

        let mut heavy = Batch::default();
        heavy.take(vec![record(0, 1_000)]);
        assert!(heavy.is_full(limits));
    }
}
