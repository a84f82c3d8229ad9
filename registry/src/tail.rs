//! The end of what is ingested: where an ingestor goes on.

use schemas::TopicPartition;

use crate::segment::{self, Walk};
use crate::{ChainPoint, Error, Store, snapshot};

/// The end of a partition's segment chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Where the next segment begins.
    pub end: ChainPoint,
    /// The last record of the chain; a gap may lie between it and the end. To be compared with the log's
    /// record at that offset before anything is added.
    pub last: Option<LastRow>,
}

/// What identifies a record in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRow {
    /// Its offset.
    pub offset: i64,
    /// The log's timestamp, Unix milliseconds.
    pub timestamp_ms: i64,
    /// Its digest.
    pub digest: [u8; 32],
}

/// Walks the partition's segments to the chain's end: from the newest snapshot on, whose segments are known to
/// make a chain, or from offset 0.
///
/// # Errors
/// [`Error::Chain`]: a hole or an overlap, with its offset; what [`snapshot::latest`] and [`segment::read`] give.
pub async fn tail(store: &Store, partition: &TopicPartition) -> Result<Tail, Error> {
    let newest = snapshot::latest(store).await?;
    let known = newest.as_ref().and_then(|manifest| manifest.part(partition));
    let mut walk = Walk::from(store, partition, known.map_or(ChainPoint::START, snapshot::Part::end)).await?;
    let mut last = None;
    while let Some(link) = walk.next().await? {
        if !link.header.is_gap() {
            last = Some((link.path, link.bytes));
        }
    }
    if last.is_none()
        && let Some(segment) = known.and_then(|part| part.segments.iter().rfind(|segment| segment.rows > 0))
    {
        let bytes = store.get_verified(&segment.object, &segment.sha256).await?;
        last = Some((segment.object.clone(), bytes));
    }
    let last = match last {
        Some((path, bytes)) => last_row(path, bytes).await?,
        None => None,
    };
    Ok(Tail { end: walk.at(), last })
}

async fn last_row(path: String, bytes: bytes::Bytes) -> Result<Option<LastRow>, Error> {
    let (_, rows) = segment::read_apart(path, bytes).await?;
    Ok(rows.last().map(|row| LastRow {
        offset: row.offset,
        timestamp_ms: row.timestamp_ms,
        digest: row.digest,
    }))
}
