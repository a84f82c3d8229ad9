//! What names a snapshot.

use std::fmt::Write as _;

use super::Part;
use crate::sha256;

/// The `data_snapshot_id`: lower-case hex SHA-256 over the lines
/// `topic\tpartition\tfirst\tnext\tchain value hex\n`, sorted by the topic's bytes, then the partition's number.
pub fn id(partitions: &[Part]) -> String {
    let mut sorted: Vec<&Part> = partitions.iter().collect();
    sorted.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut lines = String::new();
    for Part { topic, partition, first, next, chain, .. } in sorted {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{topic}\t{partition}\t{first}\t{next}\t{}", sha256::to_hex(chain));
    }
    sha256::hex_of(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChainPoint;

    fn part(topic: &str, partition: i32, next: i64) -> Part {
        let mut part = Part::empty(&schemas::TopicPartition::new(topic, partition));
        part.next = next;
        part
    }

    #[test]
    fn golden_value() {
        let mut watched = part("watch-events", 0, 1);
        watched.chain = ChainPoint::START.record(0, 5, &[7; 32]).hash;
        assert_eq!(
            id(&[part("rate-events", 0, 0), watched]),
            "8e7a81e6dbe44859583eb397a73ad7d24d55a3856f9b4a750dfc352932f91150"
        );
    }

    #[test]
    fn the_order_of_the_parts_does_not_matter_and_numbers_sort_as_numbers() {
        let (a, b, c) = (part("t", 2, 0), part("t", 10, 0), part("a", 11, 0));
        assert_eq!(id(&[a.clone(), b.clone(), c.clone()]), id(&[c, b, a]));
    }

    #[test]
    fn another_end_is_another_id() {
        assert_ne!(id(&[part("t", 0, 1)]), id(&[part("t", 0, 2)]));
    }
}
