//! The segments of a partition, one after the other.

use std::collections::BTreeSet;

use bytes::Bytes;
use schemas::TopicPartition;

use super::header::{folder_of, path_at};
use super::{Header, broken};
use crate::{ChainPoint, Error, Store};

/// A walk along the segment chain of one partition.
///
/// The folder is listed first: whatever is in it then had everything before it in the store already, so
/// what the walk does not come by is a hole or an overlap, and never a writer that was quicker.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    store: &'a Store,
    partition: &'a TopicPartition,
    at: ChainPoint,
    /// First offsets that were listed and have not been come by.
    ahead: BTreeSet<i64>,
}

/// One segment of a walk.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) header: Header,
    pub(crate) bytes: Bytes,
}

impl<'a> Walk<'a> {
    /// A walk from `at` to the chain's end.
    pub(crate) async fn from(
        store: &'a Store,
        partition: &'a TopicPartition,
        at: ChainPoint,
    ) -> Result<Self, Error> {
        let listed = store.list(&folder_of(partition)?).await?;
        let ahead = listed.iter().filter_map(|path| first_offset_in(path));
        let ahead = ahead.filter(|first| *first >= at.next_offset).collect();
        Ok(Self { store, partition, at, ahead })
    }

    /// How far the walk has come.
    pub(crate) fn at(&self) -> ChainPoint {
        self.at
    }

    /// The next segment; none at the chain's end. Its rows are not looked at.
    pub(crate) async fn next(&mut self) -> Result<Option<Link>, Error> {
        let path = path_at(self.partition, self.at.next_offset)?;
        let Some(bytes) = self.store.get(&path).await? else {
            return match self.ahead.first() {
                None => Ok(None),
                Some(first) => Err(self.broken(format!("no segment begins here, and one begins at {first}"))),
            };
        };
        let header = Header::read(&path, &bytes)?;
        if header.partition != *self.partition || header.start != self.at {
            return Err(self.broken(format!("{path} does not go on from the segment before it")));
        }
        self.ahead.remove(&self.at.next_offset);
        if let Some(first) = self.ahead.first().filter(|first| **first < header.end.next_offset) {
            return Err(self.broken(format!("{path} reaches beyond {first}, where another segment begins")));
        }
        self.at = header.end;
        Ok(Some(Link { path, header, bytes }))
    }

    fn broken(&self, problem: String) -> Error {
        broken(self.partition, self.at.next_offset, problem)
    }
}

/// The first offset that a segment's name says; anything else in the folder is none of ours.
fn first_offset_in(path: &str) -> Option<i64> {
    let digits = path.rsplit('/').next()?.strip_suffix(".parquet")?;
    if digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twenty_digits_are_a_segment() {
        assert_eq!(first_offset_in("a/b/00000000000000000012.parquet"), Some(12));
        for other in
            ["a/b/12.parquet", "a/00000000000000000012.parquet#1", "a/0000000000000000001x.parquet", ""]
        {
            assert_eq!(first_offset_in(other), None);
        }
    }
}
