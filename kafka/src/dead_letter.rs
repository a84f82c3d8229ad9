//! Records that could not be used, kept with the reason.

use schemas::{Position, TopicPartition, topic};

use crate::{Error, Log, Record, Stored};

/// Header: the topic that the record came from.
pub const SOURCE_TOPIC: &str = "source.topic";
/// Header: the partition that it came from, ASCII decimal.
pub const SOURCE_PARTITION: &str = "source.partition";
/// Header: its offset there, ASCII decimal.
pub const SOURCE_OFFSET: &str = "source.offset";
/// Header: why it could not be used, UTF-8.
pub const ERROR: &str = "error";

/// What a dead letter's headers may add to a record, [`MAX_ERROR_BYTES`] among it.
pub(crate) const HEADERS_BYTES: usize = 8 * 1024;

/// A longer reason is cut.
const MAX_ERROR_BYTES: usize = 4096;

/// A record of `dead-letters`: key, value, timestamp and headers as they came, and four headers before those.
///
/// There is at least one for each record that could not be used; readers go by [`DeadLetter::source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the record was.
    pub source: Position,
    /// Why it could not be used.
    pub error: String,
    /// The record, as it came.
    pub record: Record,
}

impl DeadLetter {
    /// The letter for a record that could not be used.
    pub fn of(stored: &Stored, error: &str) -> Self {
        let mut end = error.len().min(MAX_ERROR_BYTES);
        while !error.is_char_boundary(end) {
            end -= 1;
        }
        let record = Record {
            key: stored.key.clone(),
            value: stored.value.clone(),
            headers: stored.headers.clone(),
            timestamp_ms: stored.timestamp_ms,
        };
        Self { source: stored.position(), error: error[..end].to_owned(), record }
    }

    /// Appends the letter for a record that could not be used. It is durable when this returns.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub async fn send(log: &Log, stored: &Stored, error: &str) -> Result<Position, Error> {
        log.append(topic::DEAD_LETTERS, Self::of(stored, error).into_record()).await
    }

    /// The record for `dead-letters`.
    pub fn into_record(self) -> Record {
        let Self { source, error, mut record } = self;
        let ours = [
            (SOURCE_TOPIC, source.topic),
            (SOURCE_PARTITION, source.partition.to_string()),
            (SOURCE_OFFSET, source.offset.to_string()),
            (ERROR, error),
        ];
        // Ours are first: a dead letter that dies again has them twice.
        let ours = ours.map(|(name, value)| (name.to_owned(), value.into_bytes()));
        record.headers.splice(0..0, ours);
        record
    }

    /// Reads a record of `dead-letters`.
    ///
    /// # Errors
    /// [`Error::BadRecord`]: its first four headers are not those of a dead letter.
    pub fn from_stored(stored: &Stored) -> Result<Self, Error> {
        let bad = |reason: String| Error::BadRecord {
            partition: stored.topic_partition(),
            offset: stored.offset,
            what: "dead letter",
            reason,
        };
        let header = |at: usize, name: &str| {
            let value = stored.headers.get(at).filter(|(found, _)| found == name).map(|(_, value)| value);
            let text = value.and_then(|value| std::str::from_utf8(value).ok());
            text.ok_or_else(|| bad(format!("header {at} is not {name}")))
        };
        let number = |at: usize, name: &str| {
            header(at, name)?.parse::<i64>().map_err(|_| bad(format!("{name} is not a number")))
        };
        let partition = i32::try_from(number(1, SOURCE_PARTITION)?)
            .map_err(|_| bad(format!("{SOURCE_PARTITION} is not a partition")))?;
        let source = TopicPartition::new(header(0, SOURCE_TOPIC)?, partition).at(number(2, SOURCE_OFFSET)?);
        let record = Record {
            key: stored.key.clone(),
            value: stored.value.clone(),
            headers: stored.headers[4..].to_vec(),
            timestamp_ms: stored.timestamp_ms,
        };
        Ok(Self { source, error: header(3, ERROR)?.to_owned(), record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(topic: &str, record: Record) -> Stored {
        let Record { key, value, headers, timestamp_ms } = record;
        Stored { topic: topic.into(), partition: 3, offset: 17, timestamp_ms, key, value, headers }
    }

    #[test]
    fn the_headers_are_these() {
        let letter = DeadLetter::of(&at("watch-events", Record::new("k", "v", 5)), "no such movie");
        let headers: Vec<_> = letter
            .into_record()
            .headers
            .into_iter()
            .map(|(name, value)| format!("{name}={}", String::from_utf8(value).unwrap()))
            .collect();
        let expected =
            ["source.topic=watch-events", "source.partition=3", "source.offset=17", "error=no such movie"];
        assert_eq!(headers, expected);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let letter =
            DeadLetter::of(&at("t", Record::default()), &format!("a{}", "é".repeat(MAX_ERROR_BYTES)));
        assert_eq!(letter.error.len(), MAX_ERROR_BYTES - 1);
    }

    #[test]
    fn another_record_is_refused_with_its_place() {
        let error = DeadLetter::from_stored(&at("dead-letters", Record::new("k", "v", 5))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "record dead-letters/3@17 is not a dead letter: header 1 is not source.partition"
        );
    }

    proptest! {
        #[test]
        fn a_letter_comes_back(
            key: Option<Vec<u8>>,
            value: Option<Vec<u8>>,
            headers: Vec<(String, Vec<u8>)>,
            timestamp_ms: i64,
            error in ".{0,40}",
        ) {
            let letter = DeadLetter::of(&at("t", Record { key, value, headers, timestamp_ms }), &error);
            // It may die a second time.
            let again = DeadLetter::of(&at("dead-letters", letter.clone().into_record()), "again");
            let again = DeadLetter::from_stored(&at("dead-letters", again.into_record())).unwrap();
            prop_assert_eq!(DeadLetter::from_stored(&at("dead-letters", again.record)).unwrap(), letter);
        }
    }
}
