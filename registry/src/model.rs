//! Published models: an artifact under its hash, and `meta.json`, whose putting is the publication.

mod meta;
mod publish;
mod version;

use bytes::Bytes;

use crate::error::checked_name;
use crate::{Error, Store, json};

pub use meta::{Draft, FORMAT, GateReport, Meta, Metrics, Verdict};
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

/// The meta of a published version.
///
/// # Errors
/// [`Error::NoVersion`]; [`Error::Malformed`], [`Error::Format`]; the store failed.
pub async fn meta(store: &Store, version: Version) -> Result<Meta, Error> {
    let path = meta_path(version);
    let bytes = store.get(&path).await?.ok_or(Error::NoVersion(version))?;
    read(&path, version, &bytes)
}

/// The meta of a published version, or none where this build cannot read it, which is logged: one version that is
/// damaged, or that a later build wrote, must not stand in the way of the others.
///
/// # Errors
/// As [`meta()`], but for what is [unreadable](Error::is_unreadable).
pub async fn readable_meta(store: &Store, version: Version) -> Result<Option<Meta>, Error> {
    readable(version, meta(store, version).await)
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

/// Refuses a model name that no registry can hold.
///
/// # Errors
/// [`Error::Name`].
pub fn check_name(model_name: &str) -> Result<(), Error> {
    checked_name("model name", model_name).map(drop)
}

fn readable(version: Version, read: Result<Meta, Error>) -> Result<Option<Meta>, Error> {
    match read {
        Err(error) if error.is_unreadable() => {
            tracing::warn!(%version, %error, "passed over: this version cannot be read");
            Ok(None)
        }
        read => read.map(Some),
    }
}

fn read(path: &str, version: Version, bytes: &[u8]) -> Result<Meta, Error> {
    let meta: Meta = json::read(path, bytes, FORMAT)?;
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
