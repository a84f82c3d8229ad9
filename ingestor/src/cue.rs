//! When a snapshot is due.

use kafka::Log;
use registry::{Store, snapshot};
use schemas::{TopicPartition, topic};

use crate::Error;

/// Who owns this partition makes the snapshots, so that one is made a cue however many ingestors run.
pub(crate) fn owner() -> TopicPartition {
    TopicPartition::new(topic::WATCH_EVENTS, 0)
}

/// Cuts a snapshot, if something is new.
///
/// # Errors
/// The chains are damaged, or the log or the store failed.
pub(crate) async fn snapshot(
    log: &Log,
    store: &Store,
    now_ms: i64,
) -> Result<Option<snapshot::Manifest>, Error> {
    let newest = snapshot::latest(store).await?.map(|manifest| manifest.data_snapshot_id);
    let manifest = snapshot::cut(store, &event_topics(log).await?, now_ms).await?;
    let is_new = manifest.totals.rows > 0 && newest.as_ref() != Some(&manifest.data_snapshot_id);
    Ok(is_new.then_some(manifest))
}

/// The event topics with their numbers of partitions.
async fn event_topics(log: &Log) -> Result<Vec<(String, i32)>, Error> {
    let topics = log.topics().await?;
    Ok(topics.into_iter().filter(|(name, _)| topic::EVENT_TOPICS.contains(&name.as_str())).collect())
}
