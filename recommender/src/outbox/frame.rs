//! A record in a file: `u32` length and `u32` CRC-32 of the bytes, big-endian, then the bytes.

/// The length and the checksum.
const HEAD_BYTES: usize = 8;

/// The bytes as a frame.
pub(crate) fn wrap(bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD_BYTES + bytes.len());
    frame.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32fast::hash(bytes).to_be_bytes());
    frame.extend_from_slice(bytes);
    frame
}

/// The first frame of `bytes`: what it holds, and what comes after. `None` where there is no whole, sound one.
pub(crate) fn unwrap(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>()?;
    let [a, b, c, d, crc @ ..] = *head;
    let (held, after) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
    (crc32fast::hash(held) == u32::from_be_bytes(crc)).then_some((held, after))
}

/// How many bytes the frame of `held` takes.
pub(crate) fn bytes_of(held: &[u8]) -> u64 {
    (HEAD_BYTES + held.len()) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_wrapped_comes_out(one: Vec<u8>, two: Vec<u8>) {
            let both = [wrap(&one), wrap(&two)].concat();
            let (first, rest) = unwrap(&both).unwrap();
            prop_assert_eq!(first, &one[..]);
            prop_assert_eq!(unwrap(rest).unwrap(), (&two[..], &[][..]));
        }

        #[test]
        fn a_torn_or_changed_frame_is_none(held in proptest::collection::vec(any::<u8>(), 1..50), at: usize, flip in 1u8..) {
            let frame = wrap(&held);
            prop_assert_eq!(unwrap(&frame[..at % frame.len()]), None);
            let mut changed = frame.clone();
            changed[4 + at % (frame.len() - 4)] ^= flip;
            prop_assert_eq!(unwrap(&changed), None);
        }
    }
}
