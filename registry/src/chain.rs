//! The hash chain over the records of one partition.
//!
//! ```text
//! d = SHA-256(i32 len(key) || key || i32 len(value) || value)        length -1 for null
//! h = SHA-256(h_before || u64 offset || i64 timestamp_ms || d)       a record
//! h = SHA-256(h_before || u64 first || u64 next || "gap")            a stretch without records
//! ```
//!
//! Integers are big-endian; a chain starts at offset 0 with 32 zero bytes. A record's input is 80 bytes and a
//! gap's is 51, so neither can pass for the other. A gap is said only where the log begins later than the chain
//! goes, or where an operator accepted a loss; offsets that hold no record (Kafka's markers) are simply not there.

use sha2::{Digest as _, Sha256};

/// The end of a gap's input.
const GAP: &[u8] = b"gap";

/// A place in a partition's chain: everything before `next_offset`, as one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPoint {
    /// The first offset that is not in the chain yet.
    pub next_offset: i64,
    /// The chain's value.
    pub hash: [u8; 32],
}

impl ChainPoint {
    /// Where every chain begins.
    pub const START: ChainPoint = ChainPoint { next_offset: 0, hash: [0; 32] };

    /// The chain after the record at `offset`, which is not before `next_offset`.
    pub fn record(self, offset: i64, timestamp_ms: i64, digest: &[u8; 32]) -> ChainPoint {
        debug_assert!(offset >= self.next_offset);
        let hash = Sha256::new()
            .chain_update(self.hash)
            .chain_update(offset.to_be_bytes())
            .chain_update(timestamp_ms.to_be_bytes())
            .chain_update(digest)
            .finalize();
        ChainPoint { next_offset: offset + 1, hash: hash.into() }
    }

    /// The chain after a gap from here up to `next_offset`.
    pub fn gap(self, next_offset: i64) -> ChainPoint {
        debug_assert!(next_offset > self.next_offset);
        let hash = Sha256::new()
            .chain_update(self.hash)
            .chain_update(self.next_offset.to_be_bytes())
            .chain_update(next_offset.to_be_bytes())
            .chain_update(GAP)
            .finalize();
        ChainPoint { next_offset, hash: hash.into() }
    }
}

/// The digest `d` of a record's key and value.
pub fn digest(key: Option<&[u8]>, value: Option<&[u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [key, value] {
        match part {
            // A record is far below 2 GiB; what is longer could not have come from a log.
            Some(bytes) => hash = hash.chain_update((bytes.len() as i32).to_be_bytes()).chain_update(bytes),
            None => hash = hash.chain_update((-1i32).to_be_bytes()),
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sha256;

    /// The definition, byte by byte, without a helper of the implementation.
    fn slow_digest(key: Option<&[u8]>, value: Option<&[u8]>) -> [u8; 32] {
        let mut input = Vec::new();
        for part in [key, value] {
            let length: i64 = part.map_or(-1, |bytes| bytes.len() as i64);
            input.extend((0..4).rev().map(|byte| (length >> (8 * byte)) as u8));
            input.extend(part.unwrap_or_default());
        }
        sha256::of(&input)
    }

    fn slow_record(before: [u8; 32], offset: u64, timestamp_ms: i64, digest: [u8; 32]) -> [u8; 32] {
        let mut input = before.to_vec();
        input.extend((0..8).rev().map(|byte| (offset >> (8 * byte)) as u8));
        input.extend((0..8).rev().map(|byte| (timestamp_ms >> (8 * byte)) as u8));
        input.extend(digest);
        assert_eq!(input.len(), 80);
        sha256::of(&input)
    }

    #[test]
    fn null_is_not_empty_and_lengths_part_key_from_value() {
        let all = [
            digest(None, None),
            digest(Some(b""), None),
            digest(None, Some(b"")),
            digest(Some(b""), Some(b"")),
            digest(Some(b"ab"), Some(b"c")),
            digest(Some(b"a"), Some(b"bc")),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn golden_values() {
        let d = digest(Some(b"7"), Some(b"value"));
        let one = ChainPoint::START.record(0, 1_700_000_000_000, &d);
        let two = one.record(2, -1, &digest(None, None));
        let gap = two.gap(10);
        let found = [d, one.hash, two.hash, gap.hash].map(|hash| sha256::to_hex(&hash));
        assert_eq!(
            found,
            [
                "9d8c1b3f3bd07fbc662a1c6d2c38b3e3460443a322cd139495070241cf6d6255",
                "d7bd356b333167a6921838f7472e356859a7a9852f3ba58106c90fc59988f58c",
                "22602e11eab937c80531c84373d82790039a77fae33de1973252c66f442b8aa0",
                "f8730831b34c349ab9a38a78dc1eb1a2b533473a4cfb85e5c5a70cd6761ef8d8",
            ]
        );
        assert_eq!((one.next_offset, two.next_offset, gap.next_offset), (1, 3, 10));
    }

    proptest! {
        #[test]
        fn as_the_slow_reference_says(
            records in prop::collection::vec(
                (any::<Option<Vec<u8>>>(), any::<Option<Vec<u8>>>(), any::<i64>(), 1u64..1000), 0..20)
        ) {
            let (mut fast, mut slow, mut next) = (ChainPoint::START, [0; 32], 0u64);
            for (key, value, timestamp_ms, step) in records {
                let offset = next + step - 1;
                let d = digest(key.as_deref(), value.as_deref());
                prop_assert_eq!(d, slow_digest(key.as_deref(), value.as_deref()));
                fast = fast.record(offset as i64, timestamp_ms, &d);
                slow = slow_record(slow, offset, timestamp_ms, d);
                next = offset + 1;
                prop_assert_eq!(fast, ChainPoint { next_offset: next as i64, hash: slow });
            }
        }
    }
}
