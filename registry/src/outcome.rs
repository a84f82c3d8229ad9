//! How every retrain trigger ended.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::checked_name;
use crate::model::Version;
use crate::{Error, Put, Store, json};

/// The format of outcomes that this build writes and reads.
pub const FORMAT: u32 = 1;

/// The folder of all outcomes.
const FOLDER: &str = "outcomes";

/// The object `outcomes/<model_name>/<trigger_offset, 20 digits>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The format of this object: [`FORMAT`].
    pub format: u32,
    /// The model's name.
    pub model_name: String,
    /// The trigger's offset in `retrain-triggers`.
    pub trigger_offset: i64,
    /// The trigger's id.
    pub trigger_id: String,
    /// When it ended, Unix milliseconds.
    pub ts: i64,
    /// The snapshot that was trained on, if it came to that.
    pub data_snapshot_id: Option<String>,
    /// How it ended.
    pub result: Ending,
}

/// How a trigger ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Ending {
    /// A model was published.
    Published {
        /// Its version.
        version: Version,
    },
    /// The gate held the model back.
    Refused {
        /// Why.
        reason: String,
        /// The numbers of the comparison.
        numbers: BTreeMap<String, Value>,
    },
    /// There was nothing to train on that a published model has not seen.
    Unchanged {
        /// That model.
        version: Version,
    },
    /// It could not be done.
    Failed {
        /// The last attempt's error.
        error: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Another trigger answers for this one.
    Collapsed {
        /// That one's offset.
        into: i64,
    },
    /// An ending of a later version, kept as it is.
    #[serde(untagged)]
    Other(BTreeMap<String, Value>),
}

/// How the recording of an outcome ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// It is ours.
    Won,
    /// The trigger had ended before, like this.
    Lost(Box<Outcome>),
}

/// Records how a trigger ended, if nobody has.
///
/// # Errors
/// [`Error::Name`]; what [`Store::put_if_absent`] and [`get`] give. To repeat it is safe.
pub async fn put(store: &Store, outcome: &Outcome) -> Result<Recorded, Error> {
    let path = path_of(&outcome.model_name, outcome.trigger_offset)?;
    match store.put_if_absent(&path, json::write(&path, outcome)?).await? {
        Put::Won => Ok(Recorded::Won),
        Put::Lost(theirs) => Ok(Recorded::Lost(Box::new(json::read(&path, &theirs, FORMAT)?))),
    }
}

/// How the trigger at an offset ended, if it has.
///
/// # Errors
/// [`Error::Name`], [`Error::Malformed`], [`Error::Format`]; the store failed.
pub async fn get(store: &Store, model_name: &str, trigger_offset: i64) -> Result<Option<Outcome>, Error> {
    let path = path_of(model_name, trigger_offset)?;
    store.get(&path).await?.map(|bytes| json::read(&path, &bytes, FORMAT)).transpose()
}

/// The offsets of the triggers that have ended, however they did: an outcome that this build cannot read is one too.
///
/// # Errors
/// [`Error::Name`]; the store failed.
pub async fn ended(store: &Store, model_name: &str) -> Result<BTreeSet<i64>, Error> {
    let folder = folder_of(model_name)?;
    let paths = store.list(&folder).await?;
    Ok(paths.iter().filter_map(|path| offset_in(&folder, path)).collect())
}

fn folder_of(model_name: &str) -> Result<String, Error> {
    Ok(format!("{FOLDER}/{}", checked_name("model name", model_name)?))
}

fn path_of(model_name: &str, trigger_offset: i64) -> Result<String, Error> {
    Ok(format!("{}/{trigger_offset:020}.json", folder_of(model_name)?))
}

fn offset_in(folder: &str, path: &str) -> Option<i64> {
    path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_as_operators_expect() {
        let outcome = Outcome {
            format: FORMAT,
            model_name: "als".into(),
            trigger_offset: 3,
            trigger_id: "t".into(),
            ts: 5,
            data_snapshot_id: None,
            result: Ending::Published { version: Version::FIRST },
        };
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(
            text,
            r#"{"format":1,"model_name":"als","trigger_offset":3,"trigger_id":"t","ts":5,"data_snapshot_id":null,"result":{"kind":"published","version":"v0.1"}}"#
        );
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
    }

    #[test]
    fn an_ending_of_a_later_version_is_kept_as_it_is() {
        let later = r#"{"kind":"postponed","until":7}"#;
        let ending: Ending = serde_json::from_str(later).unwrap();
        assert!(matches!(&ending, Ending::Other(named) if named["until"] == 7), "{ending:?}");
        assert_eq!(serde_json::to_string(&ending).unwrap(), later);
    }

    #[test]
    fn paths_sort_by_offset_and_strangers_are_passed_over() {
        assert_eq!(path_of("als", 12).unwrap(), "outcomes/als/00000000000000000012.json");
        assert_eq!(offset_in("outcomes/als", "outcomes/als/00000000000000000012.json"), Some(12));
        assert_eq!(offset_in("outcomes/als", "outcomes/als/notes.json"), None);
        assert!(matches!(path_of("../als", 12), Err(Error::Name { .. })));
    }
}
