//! Published models: an artifact under its hash, and `meta.json`, whose putting is the publication.

mod meta;
mod publish;
mod version;

use bytes::Bytes;

use crate::{Error, Store, json};

pub use meta::{Draft, Gate, Meta, Metrics, Verdict};
pub use publish::{Published, publish};
pub use version::Version;

/// The folder of all models.
const FOLDER: &str = "model_registry";

/// The versions that are published, the first one first.
///
/// # Errors
/// The store failed.
pub async fn versions(store: &Store) -> Result<Vec<Version>, Error> {
    let paths = store.list(FOLDER).await?;
    let mut versions: Vec<Version> = paths.iter().filter_map(|path| published_at(path)).collect();
    versions.sort_unstable();
    Ok(versions)
}

/// The greatest published version.
///
/// # Errors
/// The store failed.
pub async fn latest(store: &Store) -> Result<Option<Version>, Error> {
    Ok(versions(store).await?.pop())
}

/// The meta of a published version.
///
/// # Errors
/// [`Error::NoVersion`]; [`Error::Malformed`]; the store failed.
pub async fn meta(store: &Store, version: Version) -> Result<Meta, Error> {
    let path = meta_path(version);
    let bytes = store.get(&path).await?.ok_or(Error::NoVersion(version))?;
    read(&path, version, &bytes)
}

/// A published version: its meta, and its artifact with the hash that the meta names.
///
/// # Errors
/// [`Error::Damaged`] names the artifact, the hash expected and the hash found; as [`meta()`].
pub async fn load(store: &Store, version: Version) -> Result<(Meta, Bytes), Error> {
    let meta = meta(store, version).await?;
    let artifact =
        store.get_verified(&artifact_path(version, &meta.artifact_sha), &meta.artifact_sha).await?;
    Ok((meta, artifact))
}

fn read(path: &str, version: Version, bytes: &[u8]) -> Result<Meta, Error> {
    let meta: Meta = json::read(path, bytes)?;
    if meta.version == version {
        return Ok(meta);
    }
    Err(Error::malformed(path, format!("it is the meta of {}", meta.version)))
}

/// Where a version's artifact lives.
pub fn artifact_path(version: Version, artifact_sha: &str) -> String {
    format!("{FOLDER}/{version}/als/{artifact_sha}.safetensors")
}

/// Where a version's meta lives.
pub fn meta_path(version: Version) -> String {
    format!("{FOLDER}/{version}/meta.json")
}

fn published_at(path: &str) -> Option<Version> {
    path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix("/meta.json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_meta_makes_a_version() {
        let version: Version = "v0.10".parse().unwrap();
        assert_eq!(published_at(&meta_path(version)), Some(version));
        assert_eq!(published_at(&artifact_path(version, "ab")), None);
        assert_eq!(published_at("model_registry/v0.1/als/meta.json"), None);
    }
}
