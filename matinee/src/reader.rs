//! A partition, or a stretch of it, from its beginning to its end.

use kafka::{Log, Stored};
use schemas::TopicPartition;

/// Records that are read at once.
const BATCH: usize = 10_000;
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Reads one partition up to an end that does not move while it is read.
#[derive(Debug)]
pub struct Reader {
    topic: String,
    partition: i32,
    next: i64,
    high: i64,
}

impl Reader {
    /// At the beginning of the partition.
    ///
    /// # Errors
    /// The partition is not there, or the log cannot be read.
    pub async fn open(log: &Log, topic: &str, partition: i32) -> Result<Reader, kafka::Error> {
        let kafka::Watermarks { low, high } = log.watermarks(topic, partition).await?;
        Ok(Reader { topic: topic.to_owned(), partition, next: low, high })
    }

    /// From the offset `from` to the offset `to`, both within the watermarks.
    pub fn within(tp: &TopicPartition, from: i64, to: i64) -> Reader {
        Reader { topic: tp.topic.clone(), partition: tp.partition, next: from, high: to }
    }

    /// The next records before the end; none at the end.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn next(&mut self, log: &Log) -> Result<Option<Vec<Stored>>, kafka::Error> {
        if self.next >= self.high {
            return Ok(None);
        }
        let mut records = log.read(&self.topic, self.partition, self.next, BATCH, BATCH_BYTES).await?;
        records.retain(|stored| stored.offset < self.high);
        self.next = records.last().map_or(self.high, |last| last.offset + 1);
        Ok((!records.is_empty()).then_some(records))
    }
}
