//! What a snapshot is made of.

use schemas::{Position, TopicPartition};
use serde::{Deserialize, Serialize};

use crate::segment::Header;
use crate::{ChainPoint, Error, sha256};

/// The format that this build writes and reads.
pub const FORMAT: u32 = 1;

/// The object `snapshots/<data_snapshot_id>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of this object.
    pub format: u32,
    /// The snapshot's id ([`super::id()`]).
    pub data_snapshot_id: String,
    /// When it was first cut: RFC 3339, UTC, milliseconds.
    pub created_at: String,
    /// Every declared partition, sorted by the topic's bytes, then the partition's number.
    pub partitions: Vec<Part>,
    /// The sums over the partitions.
    pub totals: Totals,
}

/// One partition of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The first offset: 0, where every chain begins.
    pub first: i64,
    /// The first offset that is not in the snapshot.
    pub next: i64,
    /// The chain's value at `next`, hex.
    #[serde(with = "sha256::as_hex")]
    pub chain: [u8; 32],
    /// The segments from `first` to `next`, one after the other.
    pub segments: Vec<SegmentRef>,
}

/// One segment of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    /// The object's path in the store.
    pub object: String,
    /// The SHA-256 of its bytes, hex.
    pub sha256: String,
    /// The length of the object.
    pub bytes: u64,
    /// The number of records; none make a gap.
    pub rows: u64,
    /// The first offset.
    pub first: i64,
    /// The last record's offset + 1.
    pub next: i64,
    /// The chain's value at `first`, hex.
    #[serde(with = "sha256::as_hex")]
    pub chain_start: [u8; 32],
    /// The chain's value at `next`, hex.
    #[serde(with = "sha256::as_hex")]
    pub chain_end: [u8; 32],
    /// The earliest timestamp of the log in it, Unix milliseconds.
    pub min_ts: Option<i64>,
    /// The latest timestamp of the log in it, Unix milliseconds.
    pub max_ts: Option<i64>,
}

/// The sums over a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Partitions.
    pub partitions: u64,
    /// Segments.
    pub segments: u64,
    /// Records, those that could not be used among them.
    pub rows: u64,
    /// The length of the segments' objects.
    pub bytes: u64,
}

impl Manifest {
    /// The manifest of `partitions`, which are sorted.
    pub(super) fn of(partitions: Vec<Part>, created_at: String) -> Self {
        let data_snapshot_id = super::id(&partitions);
        let totals = Totals::of(&partitions);
        Self { format: FORMAT, data_snapshot_id, created_at, partitions, totals }
    }

    /// The first offset of every partition that is not in the snapshot: where live events begin.
    pub fn next_offsets(&self) -> Vec<Position> {
        self.partitions.iter().map(|part| part.topic_partition().at(part.next)).collect()
    }

    /// The part of one partition, if it is in the snapshot.
    pub fn part(&self, partition: &TopicPartition) -> Option<&Part> {
        self.partitions.iter().find(|part| part.key() == (partition.topic.as_bytes(), partition.partition))
    }

    /// Whether everything in it fits together.
    pub(super) fn check(&self, path: &str) -> Result<(), Error> {
        if !self.partitions.is_sorted_by(|a, b| a.key() < b.key()) {
            return Err(Error::malformed(path, "its partitions are not in order"));
        }
        self.partitions.iter().try_for_each(|part| part.check(path))?;
        if self.totals != Totals::of(&self.partitions) {
            return Err(Error::malformed(path, "its totals are not those of its segments"));
        }
        Ok(())
    }
}

impl Part {
    /// A partition without a record.
    pub(super) fn empty(partition: &TopicPartition) -> Self {
        let TopicPartition { topic, partition } = partition.clone();
        let ChainPoint { next_offset, hash } = ChainPoint::START;
        Self { topic, partition, first: next_offset, next: next_offset, chain: hash, segments: Vec::new() }
    }

    /// The partition.
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.partition)
    }

    /// Where the partition's chain was cut.
    pub fn end(&self) -> ChainPoint {
        ChainPoint { next_offset: self.next, hash: self.chain }
    }

    pub(super) fn key(&self) -> (&[u8], i32) {
        (self.topic.as_bytes(), self.partition)
    }

    /// Adds the segment that goes on from the end.
    pub(super) fn push(&mut self, segment: SegmentRef) {
        (self.next, self.chain) = (segment.next, segment.chain_end);
        self.segments.push(segment);
    }

    fn check(&self, path: &str) -> Result<(), Error> {
        let mut at = ChainPoint::START;
        for segment in &self.segments {
            if segment.start() != at {
                let problem = format!("{} does not go on from the segment before it", segment.object);
                return Err(Error::malformed(path, problem));
            }
            at = segment.end();
        }
        if (self.first, self.end()) == (0, at) {
            return Ok(());
        }
        let name = self.topic_partition();
        Err(Error::malformed(path, format!("the segments of {name} do not make its chain")))
    }
}

impl SegmentRef {
    pub(super) fn of(object: String, bytes: &[u8], header: &Header) -> Self {
        Self {
            object,
            sha256: sha256::hex_of(bytes),
            bytes: bytes.len() as u64,
            rows: header.rows,
            first: header.start.next_offset,
            next: header.end.next_offset,
            chain_start: header.start.hash,
            chain_end: header.end.hash,
            min_ts: header.min_timestamp_ms,
            max_ts: header.max_timestamp_ms,
        }
    }

    /// The chain before it.
    pub fn start(&self) -> ChainPoint {
        ChainPoint { next_offset: self.first, hash: self.chain_start }
    }

    /// The chain after it.
    pub fn end(&self) -> ChainPoint {
        ChainPoint { next_offset: self.next, hash: self.chain_end }
    }
}

impl Totals {
    fn of(partitions: &[Part]) -> Self {
        let segments = || partitions.iter().flat_map(|part| &part.segments);
        Self {
            partitions: partitions.len() as u64,
            segments: segments().count() as u64,
            rows: segments().map(|segment| segment.rows).sum(),
            bytes: segments().map(|segment| segment.bytes).sum(),
        }
    }
}
