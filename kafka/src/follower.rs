//! Reading a partition and going on with what comes.

use crate::{Error, Stored, embedded};

/// A batch has no more records than this, unless told otherwise.
const MAX_RECORDS: usize = 1_000;
/// A batch has no more bytes than this, unless told otherwise; a single record may.
const MAX_BYTES: usize = 1024 * 1024;

/// Goes along one partition. It keeps its position in memory only: where to begin is kept by the caller, with
/// the data that the records produced.
#[derive(Debug)]
pub struct Follower {
    home: Home,
    max_records: usize,
    max_bytes: usize,
}

/// Following in each home of the log.
#[derive(Debug)]
enum Home {
    Embedded(embedded::Follower),
}

impl Follower {
    pub(crate) fn embedded(follower: embedded::Follower) -> Self {
        Self { home: Home::Embedded(follower), max_records: MAX_RECORDS, max_bytes: MAX_BYTES }
    }

    /// Limits what one call gives; there is always at least one record.
    #[must_use]
    pub fn limited(mut self, max_records: usize, max_bytes: usize) -> Self {
        (self.max_records, self.max_bytes) = (max_records, max_bytes);
        self
    }

    /// The offset of the next record to come.
    pub fn position(&self) -> i64 {
        match &self.home {
            Home::Embedded(follower) => follower.position(),
        }
    }

    /// Waits until there is at least one record, and gives what there is, in order.
    ///
    /// Cancel-safe: a call that was given up has taken nothing.
    ///
    /// # Errors
    /// The partition is not there ([`Error::UnknownTopic`], [`Error::UnknownPartition`]), the position is not
    /// in it ([`Error::OutOfRange`]), or the log cannot be read. The position stays.
    pub async fn next(&mut self) -> Result<Vec<Stored>, Error> {
        match &mut self.home {
            Home::Embedded(follower) => follower.next(self.max_records, self.max_bytes).await,
        }
    }
}
