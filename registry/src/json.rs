//! JSON objects: pretty on the way out; on the way in their format comes first, and errors have the path.

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Error;

/// The value as the bytes of the object at `path`.
pub(crate) fn write<T: Serialize>(path: &str, value: &T) -> Result<Bytes, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::malformed(path, error))?;
    bytes.push(b'\n');
    Ok(bytes.into())
}

/// The value in the bytes of the object at `path`, which must name the format that this build knows: of another one
/// nothing else is looked at.
pub(crate) fn read<T: DeserializeOwned>(path: &str, bytes: &[u8], known: u32) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let parsed = |error| Error::malformed(path, error);
    let Format { format } = serde_json::from_slice(bytes).map_err(parsed)?;
    if format != known {
        return Err(Error::Format { path: path.to_owned(), found: format.to_string(), known });
    }
    serde_json::from_slice(bytes).map_err(parsed)
}
