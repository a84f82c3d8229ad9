//! What can be wrong with bytes.

use crate::Fingerprint;

/// Why a record could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The value is not there at all.
    #[error("no value: the record is a tombstone")]
    NoValue,
    /// The bytes begin like none of the formats that Matinee reads.
    #[error("{len} bytes that begin with {start:02x?} are not Avro single-object encoding (c3 01 ...)")]
    UnknownFormat {
        /// The first bytes, at most four.
        start: Vec<u8>,
        /// How many bytes there are.
        len: usize,
    },
    /// The bytes are in the Confluent wire format, which names its schema by an id of a schema registry.
    #[error(
        "the record is in the Confluent wire format (schema id {id}), and no schema registry is configured"
    )]
    NoSchemaRegistry {
        /// The schema's id in the registry.
        id: u32,
    },
    /// Nobody has told this codec about the writer's schema: look in `avro-schemas`.
    #[error("the writer's schema {0} is not known, and is not in avro-schemas")]
    UnknownFingerprint(Fingerprint),
    /// The bytes hold a record of another kind.
    #[error("expected a record {expected}, found {found}")]
    OtherRecord {
        /// The full name that was asked for.
        expected: String,
        /// The full name in the writer's schema.
        found: String,
    },
    /// The writer's schema cannot be read as ours, or the bytes are not what its schema says.
    #[error("not a {record}: {reason}")]
    Malformed {
        /// The name of the record that was asked for.
        record: &'static str,
        /// What Avro says.
        reason: String,
    },
    /// The record was read and bytes are left over.
    #[error("{left} bytes are left over after the {record}")]
    TrailingBytes {
        /// The name of the record that was asked for.
        record: &'static str,
        /// How many.
        left: usize,
    },
    /// A field is outside of its range.
    #[error(transparent)]
    OutOfRange(#[from] crate::OutOfRange),
    /// Text that should be an Avro schema is not.
    #[error("not an Avro schema: {0}")]
    BadSchema(String),
    /// The topic carries no events.
    #[error("{0} is not a topic of events")]
    NotAnEventTopic(String),
}
