//! Coordinates in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One partition of one topic. Sorted by the topic's bytes, then by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }

    /// The record of this partition at `offset`.
    pub fn at(&self, offset: i64) -> Position {
        Position { topic: self.topic.clone(), partition: self.partition, offset }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// The place of one record in the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The topic's name.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
    /// The record's offset in the partition.
    pub offset: i64,
}

impl Position {
    /// The partition that this position is in.
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.partition)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.topic, self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_sort_as_numbers_within_a_topic() {
        let mut all =
            [TopicPartition::new("b", 10), TopicPartition::new("b", 9), TopicPartition::new("a", 11)];
        all.sort();
        assert_eq!(all.map(|tp| tp.to_string()), ["a/11", "b/9", "b/10"]);
    }

    #[test]
    fn a_position_reads_as_operators_write_it() {
        let position = TopicPartition::new("watch-events", 3).at(17);
        assert_eq!(position.to_string(), "watch-events/3@17");
        assert_eq!(position.topic_partition(), TopicPartition::new("watch-events", 3));
    }
}
