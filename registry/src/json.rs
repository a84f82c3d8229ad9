//! JSON objects: pretty on the way out, with the path in the error on the way in.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// The value as the bytes of the object at `path`.
pub(crate) fn write<T: Serialize>(path: &str, value: &T) -> Result<Bytes, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::malformed(path, error))?;
    bytes.push(b'\n');
    Ok(bytes.into())
}

/// The value in the bytes of the object at `path`.
pub(crate) fn read<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::malformed(path, error))
}
