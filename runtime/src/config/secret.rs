//! Values that are never shown.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::given::Origin;
use super::section::find;
use crate::Error;

/// What stands for a secret wherever settings are shown; nobody's secret.
pub const MASK: &str = "***";
const FILE_SUFFIX: &str = "_file";

/// A password or token. Printed, logged or serialised it is `***`, or empty when it is empty; its default is
/// empty. In the configuration it is given as a string, or as `<key>_file`, the path of a file that holds it
/// (line ends after it are cut).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { MASK }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// Through a value of any type, so that the error for a wrong one does not repeat it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Secret(text)),
            _ => Err(serde::de::Error::custom("a secret is a string")),
        }
    }
}

/// For `a.token_file`, where the section has `a.token` and no `a.token_file`: the path `a.token`.
pub(super) fn named_by_file(default: &Value, path: &[String]) -> Option<Vec<String>> {
    let (last, parents) = path.split_last()?;
    let mut stem = parents.to_vec();
    stem.push(last.strip_suffix(FILE_SUFFIX)?.to_owned());
    (find(default, path).is_none() && find(default, &stem).is_some()).then_some(stem)
}

/// The secret in the file that `origin` named.
pub(super) fn read(path: &str, origin: &Origin) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Err(unreadable(path, origin, io::Error::other("it is empty"))),
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(why) => Err(unreadable(path, origin, why)),
    }
}

fn unreadable(path: &str, origin: &Origin, why: io::Error) -> Error {
    Error::Unreadable { path: PathBuf::from(path), origin: origin.clone(), why }
}

/// Whether a value that was written out is a secret's.
pub(super) fn is_masked(value: &Value) -> bool {
    value.as_str() == Some(MASK)
}
