//! What can go wrong, with the coordinates of where it did.

use schemas::{Position, TopicPartition};

use crate::model::Version;

/// An error of the registry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be opened, read or written at all.
    #[error("{place}: not usable as an object store: {reason}")]
    Unusable {
        /// The folder or address.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Put-if-absent is what every guarantee stands on; this store lacks it.
    #[error("{place}: this store does not honour conditional puts: {problem}")]
    Unconditional {
        /// The folder or address.
        place: String,
        /// What was seen.
        problem: String,
    },
    /// One operation on one object failed.
    #[error("{path}: {source}")]
    Object {
        /// The object.
        path: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// The object is not there.
    #[error("{path}: there is no such object")]
    Absent {
        /// The object.
        path: String,
    },
    /// The store went on saying that the object exists, and that it does not.
    #[error("{path}: said {attempts} times to exist already, and was absent each time it was read")]
    Unsettled {
        /// The object.
        path: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The bytes are not those that were published.
    #[error("{path}: damaged: its SHA-256 is {found}, expected {expected}")]
    Damaged {
        /// The object.
        path: String,
        /// The SHA-256 that was published, hex.
        expected: String,
        /// The SHA-256 of what was read, hex.
        found: String,
    },
    /// The bytes do not make sense.
    #[error("{path}: {problem}")]
    Malformed {
        /// The object.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Written by a later version.
    #[error("{path}: written in format {found}, this build reads format {known}: use a newer matinee")]
    Format {
        /// The object.
        path: String,
        /// The format that the object names.
        found: String,
        /// The format that this build reads.
        known: u32,
    },
    /// A record that cannot be put into a segment.
    #[error("{position}: {problem}")]
    Row {
        /// The record.
        position: Position,
        /// What is wrong with it.
        problem: String,
    },
    /// The segments of a partition do not make one chain.
    #[error("{partition}: the segment chain is broken at offset {offset}: {problem}")]
    Chain {
        /// The partition.
        partition: TopicPartition,
        /// Where the chain should go on.
        offset: i64,
        /// What was found instead.
        problem: String,
    },
    /// A cut would fall behind a snapshot that exists.
    #[error("{partition}: the cut ends at offset {cut}, behind snapshot {newest} that ends at {newest_end}")]
    Behind {
        /// The partition.
        partition: TopicPartition,
        /// Where the cut ends.
        cut: i64,
        /// The newest snapshot's id.
        newest: String,
        /// Where that one ends.
        newest_end: i64,
    },
    /// A name that cannot be part of a path.
    #[error("{what} {name:?}: use 1 to 249 of A-Z a-z 0-9 . _ - and neither \".\" nor \"..\"")]
    Name {
        /// What is named.
        what: &'static str,
        /// The name as it was given.
        name: String,
    },
    /// A text that names no snapshot.
    #[error("{0:?} is not a snapshot id: 64 digits 0-9 a-f")]
    SnapshotId(String),
    /// A text that names no version.
    #[error("{0:?} is not a model version: vX.Y, such as v0.1")]
    Version(String),
    /// There is no such version.
    #[error("model {0} does not exist")]
    NoVersion(Version),
    /// Meta that could not be read back as it was written.
    #[error("meta of model {model_name}: {problem}")]
    Meta {
        /// The model.
        model_name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One registry holds one model name.
    #[error("this registry holds model {held}, not {given}: give each model name a store of its own")]
    OtherModel {
        /// The name that the registry's models have.
        held: String,
        /// The name that was to be published.
        given: String,
    },
}

impl Error {
    /// Whether the object is there and this build makes nothing of its bytes: to read it again does not help, to pass
    /// it over may. The store itself is not to blame.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::Format { .. })
    }

    /// Whether the same may succeed later: the store did not answer, or not as it should. What is wrong with an object
    /// stays wrong.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Object { .. } | Self::Unsettled { .. } | Self::Unusable { .. })
    }

    /// An object whose bytes make no sense.
    pub(crate) fn malformed(path: &str, problem: impl ToString) -> Self {
        Self::Malformed { path: path.to_owned(), problem: problem.to_string() }
    }
}

/// A part of a path that comes from outside: a topic or a model name.
pub(crate) fn checked_name<'a>(what: &'static str, name: &'a str) -> Result<&'a str, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let fits = (1..=249).contains(&name.len()) && name.bytes().all(plain) && name != "." && name != "..";
    if fits { Ok(name) } else { Err(Error::Name { what, name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bytes_that_make_no_sense_are_passed_over() {
        let path = || "a".to_owned();
        let format = Error::Format { path: path(), found: "2".into(), known: 1 };
        assert!(format.is_unreadable() && Error::malformed("a", "EOF").is_unreadable());
        let source = object_store::Error::Generic { store: "test", source: "timed out".into() };
        for error in [Error::Object { path: path(), source }, Error::Absent { path: path() }] {
            assert!(!error.is_unreadable(), "{error}");
        }
    }

    #[test]
    fn a_name_is_never_a_path() {
        for good in ["als", "watch-events", "a.b_c-9"] {
            assert_eq!(checked_name("topic", good).unwrap(), good);
        }
        for bad in ["", ".", "..", "a/b", "../x", "a b", "a\n", "é", &"x".repeat(250)] {
            assert!(matches!(checked_name("topic", bad), Err(Error::Name { .. })), "{bad:?}");
        }
    }
}
