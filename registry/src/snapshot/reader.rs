//! The records of a snapshot, in order.

use std::collections::VecDeque;

use schemas::TopicPartition;

use super::{Manifest, SegmentRef};
use crate::segment::{self, Row};
use crate::{Error, Store};

/// The records of a snapshot in (topic bytes, partition, offset) order, one segment in memory at a time.
#[derive(Debug)]
pub struct Rows {
    store: Store,
    ahead: VecDeque<(TopicPartition, SegmentRef)>,
}

/// The records of one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Their partition.
    pub partition: TopicPartition,
    /// The object that they came from.
    pub object: String,
    /// The records, in the order of their offsets; none in a gap.
    pub rows: Vec<Row>,
}

/// The records of the snapshot. Nothing is read before [`Rows::next_segment`].
pub fn rows(store: &Store, manifest: &Manifest) -> Rows {
    let segments = manifest.partitions.iter().flat_map(|part| {
        let partition = part.topic_partition();
        part.segments.iter().map(move |segment| (partition.clone(), segment.clone()))
    });
    Rows { store: store.clone(), ahead: segments.collect() }
}

impl Rows {
    /// Segments that have not been read.
    pub fn segments_left(&self) -> usize {
        self.ahead.len()
    }

    /// The next segment's records, verified; none after the last. After an error it goes on with the next one.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Damaged`], [`Error::Format`], [`Error::Malformed`], [`Error::Row`],
    /// [`Error::Chain`]; the store failed.
    pub async fn next_segment(&mut self) -> Result<Option<Batch>, Error> {
        let Some((partition, segment)) = self.ahead.pop_front() else { return Ok(None) };
        let bytes = self.store.get_verified(&segment.object, &segment.sha256).await?;
        let (header, rows) = segment::read_apart(segment.object.clone(), bytes).await?;
        let as_named = header.partition == partition
            && (header.start, header.end) == (segment.start(), segment.end())
            && header.rows == segment.rows;
        if !as_named {
            return Err(Error::malformed(&segment.object, "it is not the segment that the manifest names"));
        }
        Ok(Some(Batch { partition, object: segment.object, rows }))
    }
}
