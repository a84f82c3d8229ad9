//! Headers in one blob: for each, u32 length and name, u32 length and value; big-endian. None at all is NULL.

/// The column's value.
pub(super) fn encode(headers: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    if headers.is_empty() {
        return None;
    }
    let mut blob = Vec::with_capacity(headers.iter().map(|(name, value)| 8 + name.len() + value.len()).sum());
    for (name, value) in headers {
        for part in [name.as_bytes(), value] {
            // A record's limit is far below 4 GiB.
            blob.extend_from_slice(&(part.len() as u32).to_be_bytes());
            blob.extend_from_slice(part);
        }
    }
    Some(blob)
}

/// The headers, or `None` for a blob that nobody wrote.
pub(super) fn decode(mut blob: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut headers = Vec::new();
    while !blob.is_empty() {
        let name = String::from_utf8(part(&mut blob)?.to_vec()).ok()?;
        headers.push((name, part(&mut blob)?.to_vec()));
    }
    Some(headers)
}

fn part<'a>(blob: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *blob = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_format_is_this_forever() {
        let headers = [("a".to_owned(), vec![7, 8]), (String::new(), vec![])];
        let golden = [0, 0, 0, 1, b'a', 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(encode(&headers).as_deref(), Some(&golden[..]));
        assert_eq!(encode(&[]), None);
        assert_eq!(decode(&golden[..golden.len() - 1]), None);
    }

    proptest! {
        #[test]
        fn headers_come_back(headers: Vec<(String, Vec<u8>)>) {
            prop_assert_eq!(decode(&encode(&headers).unwrap_or_default()), Some(headers));
        }

        #[test]
        fn arbitrary_bytes_are_survived(blob: Vec<u8>) {
            let _ = decode(&blob);
        }
    }
}
