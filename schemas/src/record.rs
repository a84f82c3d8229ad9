//! Rust records and the Avro schemas that they are written with.

use std::sync::LazyLock;

use apache_avro::{Schema, rabin::Rabin};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Fingerprint, ModelUpdate, Movie, RateEvent, RecoResponse, RetrainTrigger, RolloutUpdate, WatchEvent,
};

/// A schema that is part of this crate.
#[derive(Debug)]
pub struct Embedded {
    /// The record's name, without its namespace.
    pub name: &'static str,
    /// The `.avsc` file.
    pub json: &'static str,
    /// Names the schema on the wire and in `avro-schemas`.
    pub fingerprint: Fingerprint,
    pub(crate) schema: Schema,
}

impl Embedded {
    fn parse(name: &'static str, json: &'static str) -> Self {
        // The files are compiled in, and every one is parsed by a test.
        let schema = Schema::parse_str(json).unwrap_or_else(|error| panic!("avro/{name}.avsc: {error}"));
        let fingerprint = fingerprint_of(&schema);
        Self { name, json, fingerprint, schema }
    }
}

/// CRC-64-AVRO of the schema's Parsing Canonical Form.
pub(crate) fn fingerprint_of(schema: &Schema) -> Fingerprint {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(schema.fingerprint::<Rabin>().bytes) {
        *to = from;
    }
    Fingerprint(bytes)
}

/// A Rust record with an Avro schema beside it.
pub trait Record: Serialize + DeserializeOwned {
    /// The schema that this record is written with and read as.
    fn embedded() -> &'static Embedded;
}

macro_rules! records {
    ($($record:ident),+) => {
        $(impl Record for $record {
            fn embedded() -> &'static Embedded {
                static EMBEDDED: LazyLock<Embedded> = LazyLock::new(|| {
                    Embedded::parse(
                        stringify!($record),
                        include_str!(concat!("../avro/", stringify!($record), ".avsc")),
                    )
                });
                &EMBEDDED
            }
        })+

        /// Every schema of this crate.
        pub const EMBEDDED: &[fn() -> &'static Embedded] = &[$(<$record as Record>::embedded),+];
    };
}

records!(WatchEvent, RateEvent, Movie, RetrainTrigger, ModelUpdate, RolloutUpdate, RecoResponse);
