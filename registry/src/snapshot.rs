//! A cut through the chains of all partitions: which events a model was made of.
//!
//! The id is the SHA-256 of where every partition's chain was cut and what its value was there. It names the
//! events and nothing else: however the segments were cut and whoever wrote them, the same stretch of log gives
//! the same id.

mod cut;
mod id;
mod manifest;
mod reader;

use crate::{Error, Store, json, sha256};

pub use cut::cut;
pub use id::id;
pub use manifest::{FORMAT, Manifest, Part, SegmentRef, Totals};
pub use reader::{Batch, Rows, rows};

/// The folder that records when each snapshot was made.
const BY_TIME: &str = "snapshots/by-time";

/// One line of the list of snapshots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// When it was made, Unix milliseconds.
    pub at_ms: i64,
    /// The snapshot's `data_snapshot_id`.
    pub id: String,
}

/// All snapshots, the oldest first.
///
/// # Errors
/// The store failed.
pub async fn list(store: &Store) -> Result<Vec<Made>, Error> {
    let paths = store.list(BY_TIME).await?;
    let mut all: Vec<Made> = paths.iter().filter_map(|path| made_in(path)).collect();
    all.sort();
    Ok(all)
}

/// The newest snapshot, if there is one.
///
/// # Errors
/// As [`load`].
pub async fn latest(store: &Store) -> Result<Option<Manifest>, Error> {
    match list(store).await?.pop() {
        Some(newest) => load(store, &newest.id).await.map(Some),
        None => Ok(None),
    }
}

/// The manifest of a snapshot, checked: its segments are contiguous and its id is that of its partitions.
///
/// # Errors
/// [`Error::SnapshotId`], [`Error::Absent`], [`Error::Damaged`], [`Error::Format`], [`Error::Malformed`].
pub async fn load(store: &Store, id: &str) -> Result<Manifest, Error> {
    let path = path_of(id)?;
    let bytes = store.get(&path).await?.ok_or_else(|| Error::Absent { path: path.clone() })?;
    read(&path, id, &bytes)
}

/// The manifest in `bytes`, which is that of `id`.
fn read(path: &str, id: &str, bytes: &[u8]) -> Result<Manifest, Error> {
    let manifest: Manifest = json::read(path, bytes, FORMAT)?;
    manifest.check(path)?;
    let found = self::id(&manifest.partitions);
    if found != id || manifest.data_snapshot_id != id {
        return Err(Error::Damaged { path: path.to_owned(), expected: id.to_owned(), found });
    }
    Ok(manifest)
}

fn path_of(id: &str) -> Result<String, Error> {
    sha256::from_hex(id).ok_or_else(|| Error::SnapshotId(id.to_owned()))?;
    Ok(format!("snapshots/{id}.json"))
}

fn made_path(made: &Made) -> String {
    format!("{BY_TIME}/{:013}-{}", made.at_ms, made.id)
}

fn made_in(path: &str) -> Option<Made> {
    let (at_ms, id) = path.rsplit('/').next()?.split_once('-')?;
    sha256::from_hex(id)?;
    Some(Made { at_ms: at_ms.parse().ok()?, id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_numbers_and_strangers_are_passed_over() {
        let id = sha256::hex_of(b"");
        let made = Made { at_ms: 1_700_000_000_000, id: id.clone() };
        assert_eq!(made_path(&made), format!("snapshots/by-time/1700000000000-{id}"));
        assert_eq!(made_in(&made_path(&made)), Some(made));
        assert_eq!(made_in(&made_path(&Made { at_ms: 5, id: id.clone() })).map(|made| made.at_ms), Some(5));
        assert_eq!(made_in("snapshots/by-time/17-abc"), None);
        assert_eq!(made_in("snapshots/by-time/README"), None);
    }

    #[test]
    fn an_id_is_never_a_path() {
        for bad in ["", "../../x", "ABC", &"A".repeat(64)] {
            assert!(matches!(path_of(bad), Err(Error::SnapshotId(_))), "{bad:?}");
        }
    }
}
