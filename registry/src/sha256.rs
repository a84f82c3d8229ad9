//! SHA-256, and its lower-case hex.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes`.
pub fn of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The SHA-256 of `bytes` in lower-case hex.
pub fn hex_of(bytes: &[u8]) -> String {
    to_hex(&of(bytes))
}

/// A hash in lower-case hex: 64 digits.
pub fn to_hex(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash that 64 lower-case hex digits name; anything else is none.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(hash)
}

/// Upper case is refused, so that every hash has one spelling.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// `[u8; 32]` as hex in JSON: `#[serde(with = "crate::sha256::as_hex")]`.
pub(crate) mod as_hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_hex(hash))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_hex(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a SHA-256 in hex")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_example() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex_of(b"abc"), expected);
        assert_eq!(from_hex(expected), Some(of(b"abc")));
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hex = hex_of(b"abc");
        assert_eq!(from_hex(&hex.to_uppercase()), None);
        assert_eq!(from_hex(&hex[1..]), None);
        assert_eq!(from_hex(&hex.replace('b', "g")), None);
    }
}
