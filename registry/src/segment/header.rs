//! What a segment says of itself, in its file's key-value metadata.

use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader};
use schemas::TopicPartition;

use super::{FOLDER, FORMAT};
use crate::error::checked_name;
use crate::{ChainPoint, Error, sha256};

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The partition.
    pub partition: TopicPartition,
    /// The chain before it; `start.next_offset` is its first offset.
    pub start: ChainPoint,
    /// The chain after it; `end.next_offset` is its last record's offset + 1.
    pub end: ChainPoint,
    /// The number of records; none make a gap.
    pub rows: u64,
    /// The earliest timestamp of a record.
    pub min_timestamp_ms: Option<i64>,
    /// The latest timestamp of a record.
    pub max_timestamp_ms: Option<i64>,
}

impl Header {
    /// Where the segment lives in the store.
    ///
    /// # Errors
    /// [`Error::Name`]: the topic cannot be part of a path.
    pub fn path(&self) -> Result<String, Error> {
        path_at(&self.partition, self.start.next_offset)
    }

    /// Whether it says that there are no records.
    pub fn is_gap(&self) -> bool {
        self.rows == 0
    }

    /// The header of the file `bytes`; `path` names it in errors. The rows are not looked at.
    ///
    /// # Errors
    /// [`Error::Format`]: written by a later version; [`Error::Malformed`]: not a segment.
    pub fn read(path: &str, bytes: &bytes::Bytes) -> Result<Self, Error> {
        let file = ParquetMetaDataReader::new().parse_and_finish(bytes);
        Self::of(path, &file.map_err(|error| Error::malformed(path, error))?)
    }

    pub(super) fn of(path: &str, file: &ParquetMetaData) -> Result<Self, Error> {
        let pairs = Pairs { path, pairs: file.file_metadata().key_value_metadata() };
        let format = pairs.text("segment")?;
        if format != FORMAT.to_string() {
            return Err(Error::Format { path: path.into(), found: format.into(), known: FORMAT });
        }
        let point = |offset, hash| {
            Ok::<_, Error>(ChainPoint { next_offset: pairs.number(offset)?, hash: pairs.hash(hash)? })
        };
        let topic = checked_name("topic", pairs.text("topic")?)?;
        let rows = file.file_metadata().num_rows();
        let header = Self {
            partition: TopicPartition::new(topic, pairs.number("partition")?),
            start: point("first_offset", "chain_start")?,
            end: point("next_offset", "chain_end")?,
            rows: u64::try_from(rows).map_err(|error| Error::malformed(path, error))?,
            min_timestamp_ms: pairs.number_if("min_timestamp_ms", rows > 0)?,
            max_timestamp_ms: pairs.number_if("max_timestamp_ms", rows > 0)?,
        };
        if header.start.next_offset < 0 || header.end.next_offset <= header.start.next_offset {
            return Err(Error::malformed(path, "it ends before it begins"));
        }
        Ok(header)
    }

    pub(super) fn to_pairs(&self) -> Vec<KeyValue> {
        let mut pairs = vec![
            pair("segment", FORMAT),
            pair("topic", &self.partition.topic),
            pair("partition", self.partition.partition),
            pair("first_offset", self.start.next_offset),
            pair("next_offset", self.end.next_offset),
            pair("chain_start", sha256::to_hex(&self.start.hash)),
            pair("chain_end", sha256::to_hex(&self.end.hash)),
        ];
        pairs.extend(self.min_timestamp_ms.map(|time| pair("min_timestamp_ms", time)));
        pairs.extend(self.max_timestamp_ms.map(|time| pair("max_timestamp_ms", time)));
        pairs
    }
}

/// The folder of a partition's segments.
pub(super) fn folder_of(partition: &TopicPartition) -> Result<String, Error> {
    let topic = checked_name("topic", &partition.topic)?;
    Ok(format!("{FOLDER}/{topic}/{}", partition.partition))
}

/// The one object that may hold the chain from `first_offset` on.
pub(super) fn path_at(partition: &TopicPartition, first_offset: i64) -> Result<String, Error> {
    Ok(format!("{}/{first_offset:020}.parquet", folder_of(partition)?))
}

fn pair(key: &str, value: impl ToString) -> KeyValue {
    KeyValue::new(format!("matinee.{key}"), value.to_string())
}

struct Pairs<'a> {
    path: &'a str,
    pairs: Option<&'a Vec<KeyValue>>,
}

impl<'a> Pairs<'a> {
    fn text(&self, key: &str) -> Result<&'a str, Error> {
        let named = |pair: &&KeyValue| pair.key.strip_prefix("matinee.") == Some(key);
        let found = self.pairs.and_then(|pairs| pairs.iter().find(named));
        found
            .and_then(|pair| pair.value.as_deref())
            .ok_or_else(|| Error::malformed(self.path, format!("not a segment: it lacks matinee.{key}")))
    }

    fn number<N: std::str::FromStr>(&self, key: &str) -> Result<N, Error> {
        let text = self.text(key)?;
        text.parse().map_err(|_| self.bad(key, text))
    }

    fn number_if(&self, key: &str, there: bool) -> Result<Option<i64>, Error> {
        there.then(|| self.number(key)).transpose()
    }

    fn hash(&self, key: &str) -> Result<[u8; 32], Error> {
        let text = self.text(key)?;
        sha256::from_hex(text).ok_or_else(|| self.bad(key, text))
    }

    fn bad(&self, key: &str, text: &str) -> Error {
        Error::malformed(self.path, format!("matinee.{key} is {text:?}"))
    }
}
