//! How bytes begin: Avro single-object encoding now, the Confluent wire format by its door.

use std::fmt;

use crate::Error;

/// Avro single-object encoding, version 1
/// (<https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding>).
const SINGLE_OBJECT: [u8; 2] = [0xC3, 0x01];
/// The Confluent wire format's magic byte, followed by a 4-byte big-endian schema id.
const CONFLUENT: u8 = 0x00;

/// CRC-64-AVRO of a schema's Parsing Canonical Form, as its eight bytes stand on the wire (little-endian).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 8]);

impl Fingerprint {
    /// Parses what [`fmt::Display`] prints: 16 hex digits.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        if hex.len() != 16 || !hex.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A new value that begins with the header for `fingerprint`.
pub(crate) fn begin(fingerprint: Fingerprint) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(96);
    bytes.extend_from_slice(&SINGLE_OBJECT);
    bytes.extend_from_slice(&fingerprint.0);
    bytes
}

/// The writer's schema and the Avro datum after the header.
pub(crate) fn split(bytes: &[u8]) -> Result<(Fingerprint, &[u8]), Error> {
    if let Some((head, datum)) = bytes.split_first_chunk::<10>()
        && head[..2] == SINGLE_OBJECT
    {
        let [_, _, fingerprint @ ..] = *head;
        return Ok((Fingerprint(fingerprint), datum));
    }
    match bytes {
        [CONFLUENT, a, b, c, d, ..] => {
            Err(Error::NoSchemaRegistry { id: u32::from_be_bytes([*a, *b, *c, *d]) })
        }
        _ => Err(Error::UnknownFormat { start: bytes.iter().take(4).copied().collect(), len: bytes.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_its_hex() {
        let fingerprint = Fingerprint([0, 1, 0x7f, 0x80, 0xff, 5, 6, 7]);
        assert_eq!(fingerprint.to_string(), "00017f80ff050607");
        assert_eq!(Fingerprint::from_hex("00017f80ff050607"), Some(fingerprint));
        assert_eq!(Fingerprint::from_hex("00017f80ff05060"), None);
        assert_eq!(Fingerprint::from_hex("zz017f80ff050607"), None);
    }

    #[test]
    fn what_was_begun_can_be_split() {
        let fingerprint = Fingerprint([9; 8]);
        let mut bytes = begin(fingerprint);
        bytes.extend_from_slice(b"datum");
        assert_eq!(split(&bytes).unwrap(), (fingerprint, &b"datum"[..]));
    }

    #[test]
    fn other_beginnings_are_told_apart() {
        assert!(matches!(split(&[0, 0, 0, 1, 2, 9]), Err(Error::NoSchemaRegistry { id: 258 })));
        assert!(matches!(split(b"{\"user_id\": 1}"), Err(Error::UnknownFormat { len: 14, .. })));
        assert!(matches!(split(&[0xC3, 0x01, 1]), Err(Error::UnknownFormat { len: 3, .. })));
        assert!(matches!(split(&[]), Err(Error::UnknownFormat { len: 0, .. })));
    }
}
