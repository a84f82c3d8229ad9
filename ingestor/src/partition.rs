//! One partition: from the end of its chain on, for as long as it is ours.

use std::sync::Arc;
use std::time::Instant;

use registry::segment::{Published, Segment, publish};
use registry::{ChainPoint, tail};
use schemas::TopicPartition;
use tokio_util::sync::CancellationToken;

use crate::batch::{self, Limits};
use crate::resume::{self, Resume};
use crate::run::{GROUP, Happening, Parts};
use crate::{Error, intake};

/// Ingests `partition` until `stop`; what waits longer than it should is tried again.
///
/// # Errors
/// The log is not the one that was ingested, or the chain is damaged: what waiting does not mend.
pub(crate) async fn ingest(
    parts: Arc<Parts>,
    partition: TopicPartition,
    stop: CancellationToken,
) -> Result<(), Error> {
    loop {
        let worker = Worker { parts: &parts, partition: &partition };
        match worker.run(&stop).await {
            Err(error) if error.is_transient() && !stop.is_cancelled() => {
                tracing::warn!(%partition, %error, "trying again");
                let retry_after = parts.config.retry_after.duration();
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(retry_after) => {}
                }
            }
            ended => return ended,
        }
    }
}

struct Worker<'a> {
    parts: &'a Parts,
    partition: &'a TopicPartition,
}

impl Worker<'_> {
    async fn run(&self, stop: &CancellationToken) -> Result<(), Error> {
        let limits = Limits::from(&self.parts.config);
        let mut position = self.resume().await?;
        let mut follower = self.follow(position);
        while !stop.is_cancelled() {
            self.publish_progress(position).await?;
            let (next, batch) = batch::gather(follower, limits, stop).await?;
            if batch.records.is_empty() {
                break;
            }
            let (end, won) = self.add(position, batch.records).await?;
            // The winner of a lost race may have cut elsewhere.
            follower = if won { next } else { self.follow(end) };
            position = end;
        }
        self.publish_progress(position).await
    }

    /// The end of the chain, once the log is found to be the one that it was made of.
    async fn resume(&self) -> Result<ChainPoint, Error> {
        let tail = tail(&self.parts.store, self.partition).await?;
        match resume::check(&self.parts.log, self.partition, &tail).await? {
            Resume::GoOn => Ok(tail.end),
            Resume::BeginAt(low) => {
                let gap = Segment::gap(self.partition, tail.end, low)?;
                Ok(self.put(&gap).await?.0)
            }
        }
    }

    fn follow(&self, position: ChainPoint) -> kafka::Follower {
        let TopicPartition { topic, partition } = self.partition;
        self.parts.log.follow(topic, *partition, position.next_offset)
    }

    /// Adds a segment of these records; the chain's new end, and whether it was ours that made it.
    async fn add(&self, start: ChainPoint, records: Vec<kafka::Stored>) -> Result<(ChainPoint, bool), Error> {
        let began = Instant::now();
        let rows = intake::rows(&self.parts.log, &self.parts.decoder, records).await?;
        let dead_letters = rows.iter().filter(|row| row.error.is_some()).count() as u64;
        let partition = self.partition.clone();
        let segment = tokio::task::spawn_blocking(move || Segment::build(&partition, start, &rows)).await??;
        let (end, won) = self.put(&segment).await?;
        if won {
            self.count(&segment, dead_letters);
            self.parts.metrics.segment_seconds.observe(began.elapsed().as_secs_f64());
        }
        Ok((end, won))
    }

    async fn put(&self, segment: &Segment) -> Result<(ChainPoint, bool), Error> {
        match publish(&self.parts.store, segment).await? {
            Published::Won => Ok((segment.header.end, true)),
            Published::Lost(winner) => {
                self.parts.metrics.lost_races.inc();
                Ok((winner.end, false))
            }
        }
    }

    fn count(&self, segment: &Segment, dead_letters: u64) {
        let (metrics, rows) = (&self.parts.metrics, segment.header.rows);
        let topic = self.partition.topic.as_str();
        metrics.events.with_label_values(&[topic, "ingested"]).inc_by(rows - dead_letters);
        metrics.events.with_label_values(&[topic, "dead_letter"]).inc_by(dead_letters);
        metrics.segments.inc();
        metrics.segment_bytes.inc_by(segment.bytes.len() as u64);
        let next_offset = segment.header.end.next_offset;
        let tp = self.partition.clone();
        (self.parts.observe)(Happening::Ingested { tp, rows, dead_letters, next_offset });
    }

    /// For whoever watches the lag; the chain is the truth.
    async fn publish_progress(&self, position: ChainPoint) -> Result<(), Error> {
        let TopicPartition { topic, partition } = self.partition;
        let progress = [(self.partition.clone(), position.next_offset)];
        self.parts.log.publish_progress(GROUP, &progress).await?;
        let high = self.parts.log.watermarks(topic, *partition).await?.high;
        let labels = [topic.as_str(), &partition.to_string()];
        self.parts.metrics.lag_records.with_label_values(&labels).set(high - position.next_offset);
        Ok(())
    }
}
