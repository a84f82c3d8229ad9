//! Whether the log is still the one that the chain was made of.

use kafka::{Log, Stored, Watermarks};
use registry::{LastRow, Tail, chain};
use schemas::TopicPartition;

use crate::Error;

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resume {
    /// From the end of the chain.
    GoOn,
    /// The chain is empty and the log begins later: say so in the chain, then go on from there.
    BeginAt(i64),
}

/// Compares the log's record before the chain's end with the last ingested one.
///
/// # Errors
/// [`Error::OtherLog`], [`Error::LogBehind`], [`Error::Gap`]: nothing may be added to the chain.
pub(crate) async fn check(log: &Log, partition: &TopicPartition, tail: &Tail) -> Result<Resume, Error> {
    let marks = log.watermarks(&partition.topic, partition.partition).await?;
    let before = match tail.last {
        Some(last) if (marks.low..marks.high).contains(&last.offset) => {
            log.read(&partition.topic, partition.partition, last.offset, 1, 1).await?.pop()
        }
        _ => None,
    };
    decide(partition, tail, marks, before.as_ref())
}

fn decide(
    partition: &TopicPartition,
    tail: &Tail,
    marks: Watermarks,
    before: Option<&Stored>,
) -> Result<Resume, Error> {
    let position = tail.end.next_offset;
    let Watermarks { low, high } = marks;
    if high < position {
        return Err(Error::LogBehind { partition: partition.clone(), high, position });
    }
    if let (Some(last), Some(record)) = (tail.last, before)
        && !is_the_same(&last, record)
    {
        return Err(Error::OtherLog { position: partition.at(last.offset) });
    }
    match position {
        0 if low > 0 => Ok(Resume::BeginAt(low)),
        _ if low > position => Err(Error::Gap { partition: partition.clone(), low, position }),
        _ => Ok(Resume::GoOn),
    }
}

fn is_the_same(last: &LastRow, record: &Stored) -> bool {
    record.offset == last.offset
        && record.timestamp_ms == last.timestamp_ms
        && chain::digest(record.key.as_deref(), record.value.as_deref()) == last.digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use registry::ChainPoint;

    fn partition() -> TopicPartition {
        TopicPartition::new("watch-events", 2)
    }

    fn record(offset: i64, value: &[u8]) -> Stored {
        Stored {
            topic: "watch-events".into(),
            partition: 2,
            offset,
            timestamp_ms: 5,
            key: None,
            value: Some(value.to_vec()),
            headers: Vec::new(),
        }
    }

    fn tail(offset: i64, value: &[u8]) -> Tail {
        let digest = chain::digest(None, Some(value));
        Tail {
            end: ChainPoint { next_offset: offset + 1, hash: [1; 32] },
            last: Some(LastRow { offset, timestamp_ms: 5, digest }),
        }
    }

    fn empty() -> Tail {
        Tail { end: ChainPoint::START, last: None }
    }

    fn marks(low: i64, high: i64) -> Watermarks {
        Watermarks { low, high }
    }

    #[test]
    fn the_same_log_goes_on() {
        let got = decide(&partition(), &tail(9, b"x"), marks(0, 20), Some(&record(9, b"x")));
        assert_eq!(got.unwrap(), Resume::GoOn);
        assert_eq!(decide(&partition(), &empty(), marks(0, 0), None).unwrap(), Resume::GoOn);
    }

    #[test]
    fn a_recreated_topic_is_never_spliced_on() {
        let other = decide(&partition(), &tail(9, b"x"), marks(0, 20), Some(&record(9, b"y")));
        assert!(matches!(other, Err(Error::OtherLog { position }) if position.offset == 9));
        let shorter = decide(&partition(), &tail(9, b"x"), marks(0, 4), None);
        assert!(matches!(shorter, Err(Error::LogBehind { high: 4, position: 10, .. })));
    }

    #[test]
    fn a_log_that_begins_later_is_said_in_the_chain_and_a_later_gap_is_not_skipped() {
        assert_eq!(decide(&partition(), &empty(), marks(7, 9), None).unwrap(), Resume::BeginAt(7));
        let gap = decide(&partition(), &tail(9, b"x"), marks(15, 20), None);
        assert!(matches!(gap, Err(Error::Gap { low: 15, position: 10, .. })));
    }
}
