//! Cutting through the chains as they are now.

use chrono::{DateTime, SecondsFormat};
use schemas::TopicPartition;

use super::{Made, Manifest, Part, SegmentRef, list, load, made_path, path_of, read};
use crate::segment::{self, Walk};
use crate::{Error, Put, Store, json};

/// How often a cut is made anew because a snapshot beyond it has appeared meanwhile.
const ATTEMPTS: u32 = 3;

/// Cuts a snapshot through everything that is ingested of the `declared` topics (name, partitions).
///
/// What the newest snapshot has is taken from it; the segments after that are read, their chains recomputed. An
/// existing manifest of the same events is used as it is. A manifest is recorded under its time only after it
/// is there, and at a later time than the snapshot that it goes beyond, whatever the clock says.
///
/// # Errors
/// [`Error::Behind`]: the newest snapshot has a partition that is not declared, or lies beyond; [`Error::Chain`],
/// [`Error::Row`]: what is ingested is damaged; the store failed.
pub async fn cut(store: &Store, declared: &[(impl AsRef<str>, i32)], now_ms: i64) -> Result<Manifest, Error> {
    let mut attempt = 1;
    loop {
        let base = newest(store).await?;
        let parts = parts_after(store, declared, base.as_ref().map(|(_, manifest)| manifest)).await?;
        let latest = newest(store).await?;
        let checked = latest.as_ref().map_or(Ok(()), |(_, manifest)| not_behind(&parts, manifest));
        if checked.is_ok() || attempt == ATTEMPTS {
            checked?;
            return record(store, parts, latest, now_ms).await;
        }
        attempt += 1;
    }
}

async fn newest(store: &Store) -> Result<Option<(Made, Manifest)>, Error> {
    match list(store).await?.pop() {
        Some(made) => {
            let manifest = load(store, &made.id).await?;
            Ok(Some((made, manifest)))
        }
        None => Ok(None),
    }
}

/// Every declared partition up to its chain's end, sorted.
async fn parts_after(
    store: &Store,
    declared: &[(impl AsRef<str>, i32)],
    base: Option<&Manifest>,
) -> Result<Vec<Part>, Error> {
    let numbered = declared.iter().flat_map(|(topic, count)| {
        (0..*count).map(move |partition| TopicPartition::new(topic.as_ref(), partition))
    });
    let mut partitions: Vec<TopicPartition> = numbered.collect();
    partitions.sort();
    partitions.dedup();
    let mut parts = Vec::with_capacity(partitions.len());
    for partition in &partitions {
        let known = base.and_then(|manifest| manifest.part(partition)).cloned();
        parts.push(extended(store, partition, known).await?);
    }
    Ok(parts)
}

/// The part, up to the partition's chain's end.
async fn extended(store: &Store, partition: &TopicPartition, known: Option<Part>) -> Result<Part, Error> {
    let mut part = known.unwrap_or_else(|| Part::empty(partition));
    let mut walk = Walk::from(store, partition, part.end()).await?;
    while let Some(link) = walk.next().await? {
        let (header, _) = segment::read_apart(link.path.clone(), link.bytes.clone()).await?;
        part.push(SegmentRef::of(link.path, &link.bytes, &header));
    }
    Ok(part)
}

/// Whether the cut reaches at least as far as the snapshot in every partition of it.
fn not_behind(parts: &[Part], newest: &Manifest) -> Result<(), Error> {
    for there in &newest.partitions {
        let ours = parts.iter().find(|part| part.key() == there.key()).map_or(0, |part| part.next);
        let declared = parts.iter().any(|part| part.key() == there.key());
        if !declared || ours < there.next {
            return Err(Error::Behind {
                partition: there.topic_partition(),
                cut: ours,
                newest: newest.data_snapshot_id.clone(),
                newest_end: there.next,
            });
        }
    }
    Ok(())
}

/// Puts the manifest and records its time, unless both are there.
async fn record(
    store: &Store,
    parts: Vec<Part>,
    newest: Option<(Made, Manifest)>,
    now_ms: i64,
) -> Result<Manifest, Error> {
    let id = super::id(&parts);
    let at_ms = match newest {
        Some((_, manifest)) if manifest.data_snapshot_id == id => return Ok(manifest),
        Some((made, _)) => now_ms.max(made.at_ms + 1),
        None => now_ms,
    };
    let manifest = Manifest::of(parts, rfc3339(at_ms));
    let path = path_of(&id)?;
    let manifest = match store.put_if_absent(&path, json::write(&path, &manifest)?).await? {
        Put::Won => manifest,
        Put::Lost(theirs) => read(&path, &id, &theirs)?,
    };
    // A writer that died between the two puts left a manifest without a time; one that lives has recorded it.
    if !list(store).await?.iter().any(|made| made.id == id) {
        store.put_if_absent(&made_path(&Made { at_ms, id }), bytes::Bytes::new()).await?;
    }
    Ok(manifest)
}

fn rfc3339(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
