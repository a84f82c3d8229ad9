//! Following a partition.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Embedded, wake::Subject};
use crate::{Error, Stored};

#[derive(Debug)]
pub(crate) struct Follower {
    log: Arc<Embedded>,
    topic: Arc<str>,
    partition: i32,
    position: i64,
    end: watch::Receiver<i64>,
}

impl Follower {
    pub(crate) fn new(log: Arc<Embedded>, topic: &str, partition: i32, from: i64) -> Self {
        let topic: Arc<str> = topic.into();
        let end = log.wake.subscribe(Subject::Partition(topic.clone(), partition));
        Self { log, topic, partition, position: from, end }
    }

    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    pub(crate) async fn next(&mut self, max_records: usize, max_bytes: usize) -> Result<Vec<Stored>, Error> {
        loop {
            let topic = self.topic.clone();
            let records = self.log.read(topic, self.partition, self.position, max_records, max_bytes).await?;
            if let Some(last) = records.last() {
                self.position = last.offset + 1;
                return Ok(records);
            }
            let _awaited = self.log.wake.wait();
            let position = self.position;
            // The sender lives in the log that this follower holds.
            drop(self.end.wait_for(|end| *end > position).await);
        }
    }
}
