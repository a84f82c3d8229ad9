//! Which partition a key belongs to: the same as in Kafka's Java client, in every home of the log.

/// The partition of `key` among `partitions` (at least 1): `toPositive(murmur2(key)) % partitions`.
///
/// # Panics
/// Never for a topic's count of partitions, which is at least 1.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// MurmurHash2, 32 bits, as `org.apache.kafka.common.utils.Utils.murmur2` computes it.
fn murmur2(data: &[u8]) -> i32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    // Java's length is an int and wraps alike.
    let mut hash = SEED ^ data.len() as u32;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        hash ^= tail.iter().rev().fold(0, |k, byte| (k << 8) | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^= hash >> 15;
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    // key, Utils.murmur2(key), Utils.toPositive(that) % 3, % 6, % 7: printed by a Java program that calls
    // org.apache.kafka:kafka-clients:4.1.0 on the UTF-8 bytes of each key.
    const JAVA: &[(&str, i32, i32, i32, i32)] = &[
        ("", 275_646_681, 0, 3, 2),
        ("a", -1_563_381_124, 1, 4, 5),
        ("ab", 316_155_434, 2, 2, 0),
        ("abc", 479_470_107, 0, 3, 4),
        ("abcd", -1_323_649_548, 2, 2, 5),
        ("abcde", 461_995_741, 1, 1, 4),
        ("0", 971_027_396, 2, 2, 3),
        ("1", -1_993_445_489, 0, 3, 2),
        ("2", 648_968_168, 2, 2, 2),
        ("7", -1_961_297_549, 0, 3, 1),
        ("10", 1_164_287_326, 1, 4, 6),
        ("21", -973_932_308, 0, 0, 3),
        ("42", 417_700_972, 1, 4, 3),
        ("99", 450_476_103, 0, 3, 0),
        ("100", 627_947_253, 0, 3, 3),
        ("255", -926_561_867, 0, 3, 2),
        ("1000", 15_042_646, 1, 4, 3),
        ("6040", -1_751_095_737, 2, 5, 3),
        ("9999", -289_709_352, 2, 2, 0),
        ("69878", -649_394_784, 2, 2, 6),
        ("138493", -1_942_287_675, 2, 5, 3),
        ("2147483647", -427_214_283, 2, 5, 3),
        ("-1", 1_531_782_027, 0, 3, 6),
        ("foobar", -790_332_482, 0, 0, 0),
        ("als", 1_682_745_724, 1, 4, 2),
        ("v0.1", 229_505_389, 1, 1, 1),
        ("a-little-bit-long-string", -985_981_536, 2, 2, 1),
        ("a-little-bit-longer-string", -1_486_304_829, 2, 5, 0),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971, 2, 5, 3),
        ("é", 186_971_271, 0, 3, 4),
        ("映画", 1_764_708_543, 0, 3, 3),
        ("c3f2a1", 1_815_750_016, 1, 4, 3),
    ];

    #[test]
    fn hash_and_partitions_are_those_of_the_java_client() {
        for &(key, hash, of_3, of_6, of_7) in JAVA {
            let bytes = key.as_bytes();
            assert_eq!(murmur2(bytes), hash, "{key:?}");
            assert_eq!(partition_of(bytes, 1), 0, "{key:?}");
            let partitions = [3, 6, 7].map(|n| partition_of(bytes, n));
            assert_eq!(partitions, [of_3, of_6, of_7], "{key:?}");
        }
    }

    #[test]
    fn bytes_over_127_are_unsigned_as_in_java() {
        // The same program, on these bytes.
        let bytes = [0xff, 0x80, 0x00, 0x7f, 0x81];
        assert_eq!((murmur2(&bytes), partition_of(&bytes, 6)), (1_851_890_160, 0));
    }
}
