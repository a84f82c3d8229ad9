//! The snapshot that a retrain is made of.

use std::time::Duration;

use kafka::Log;
use registry::Store;
use registry::snapshot::{self, Manifest};
use schemas::{Position, TopicPartition, group, topic};
use tokio::time::Instant;

use crate::Error;
use crate::interactions::Observations;

/// How often the ingestors' progress is looked at.
const POLL: Duration = Duration::from_millis(100);

/// The event topics and how many partitions each has.
pub(crate) async fn event_topics(log: &Log) -> Result<Vec<(String, i32)>, Error> {
    let topics = log.topics().await?;
    Ok(topics.into_iter().filter(|(name, _)| topic::EVENT_TOPICS.contains(&name.as_str())).collect())
}

/// The end of every partition of the event topics.
pub(crate) async fn ends(log: &Log) -> Result<Vec<(TopicPartition, i64)>, Error> {
    let mut ends = Vec::new();
    for (name, partitions) in event_topics(log).await? {
        for partition in 0..partitions {
            let high = log.watermarks(&name, partition).await?.high;
            ends.push((TopicPartition::new(name.as_str(), partition), high));
        }
    }
    Ok(ends)
}

/// How many records lie in the log at or after `offsets`, or from the start where they say nothing.
pub(crate) fn records_since(ends: &[(TopicPartition, i64)], offsets: &[Position]) -> u64 {
    let since = |partition: &TopicPartition| {
        let of = offsets.iter().find(|position| position.topic_partition() == *partition);
        of.map_or(0, |position| position.offset)
    };
    ends.iter().map(|(partition, high)| u64::try_from(high - since(partition)).unwrap_or(0)).sum()
}

/// Waits until the ingestors have passed what is in the log now, at most so long; then a snapshot holds it.
/// Gives the partitions that they had not passed, each with how many records are missing.
pub(crate) async fn wait_for_ingestors(
    log: &Log,
    at_most: Duration,
) -> Result<Vec<(TopicPartition, i64)>, Error> {
    let ends = ends(log).await?;
    let deadline = Instant::now() + at_most;
    loop {
        let progress = log.progress(group::INGESTOR).await?;
        let missing = ends.iter().filter_map(|(partition, high)| {
            let lag = high - progress.get(partition).copied().unwrap_or(0);
            (lag > 0).then(|| (partition.clone(), lag))
        });
        let missing: Vec<_> = missing.collect();
        if missing.is_empty() || Instant::now() >= deadline {
            return Ok(missing);
        }
        tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
    }
}

/// Cuts through everything that is ingested.
pub(crate) async fn cut(log: &Log, store: &Store, now_ms: i64) -> Result<Manifest, Error> {
    Ok(snapshot::cut(store, &event_topics(log).await?, now_ms).await?)
}

/// The events of a snapshot.
pub(crate) async fn read(store: &Store, manifest: &Manifest) -> Result<Observations, Error> {
    let mut observations = Observations::default();
    let mut rows = snapshot::rows(store, manifest);
    while let Some(batch) = rows.next_segment().await? {
        observations.take(batch.partition.partition, batch.rows);
    }
    Ok(observations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_records_are_those_that_a_snapshot_does_not_hold() {
        let partition = |number| TopicPartition::new(topic::RATE_EVENTS, number);
        let ends = [(partition(0), 10), (partition(1), 4), (partition(2), 0)];
        assert_eq!(records_since(&ends, &[]), 14);
        assert_eq!(records_since(&ends, &[partition(0).at(7), partition(1).at(4)]), 3);
        // A log that was made anew ends before the snapshot: nothing is new.
        assert_eq!(records_since(&ends[..1], &[partition(0).at(11)]), 0);
    }
}
