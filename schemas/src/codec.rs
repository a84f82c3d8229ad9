//! Records to bytes and back.

use std::collections::HashMap;
use std::sync::Once;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, from_value};

use crate::record::{Embedded, fingerprint_of};
use crate::{EMBEDDED, Error, Fingerprint, Record, wire};

/// No record is longer; a length in hostile bytes that says otherwise is refused before memory is taken.
const MAX_ALLOCATION_BYTES: usize = 16 * 1024 * 1024;

/// Encodes records with the embedded schemas, and decodes what any schema that it knows has written.
#[derive(Debug, Clone)]
pub struct Codec {
    known: HashMap<Fingerprint, Writer>,
}

/// Who wrote the bytes.
#[derive(Debug, Clone)]
enum Writer {
    /// A schema of this crate.
    Embedded(&'static Embedded),
    /// A schema from elsewhere: `avro-schemas`.
    Learned(Box<Schema>),
}

impl Default for Codec {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec {
    /// A codec that knows the embedded schemas.
    pub fn new() -> Self {
        static LIMIT: Once = Once::new();
        LIMIT.call_once(|| {
            apache_avro::util::max_allocation_bytes(MAX_ALLOCATION_BYTES);
        });
        let known = EMBEDDED.iter().map(|embedded| embedded());
        Self { known: known.map(|embedded| (embedded.fingerprint, Writer::Embedded(embedded))).collect() }
    }

    /// Whether records of this writer can be decoded.
    pub fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains_key(&fingerprint)
    }

    /// Learns a writer's schema, so that its records can be decoded.
    ///
    /// # Errors
    /// The text is not an Avro schema of a record.
    pub fn learn(&mut self, schema_json: &str) -> Result<Fingerprint, Error> {
        let schema = Schema::parse_str(schema_json).map_err(|error| Error::BadSchema(error.to_string()))?;
        if !matches!(schema, Schema::Record(_)) {
            return Err(Error::BadSchema("it is not a record".to_owned()));
        }
        let fingerprint = fingerprint_of(&schema);
        self.known.entry(fingerprint).or_insert_with(|| Writer::Learned(Box::new(schema)));
        Ok(fingerprint)
    }

    /// The record in Avro single-object encoding.
    ///
    /// # Errors
    /// The Rust record does not fit its schema.
    pub fn encode<R: Record>(&self, record: &R) -> Result<Vec<u8>, Error> {
        let embedded = R::embedded();
        let malformed = |error: apache_avro::Error| malformed(embedded, &error);
        let mut bytes = wire::begin(embedded.fingerprint);
        let writer = GenericDatumWriter::builder(&embedded.schema).build().map_err(malformed)?;
        writer.write_ser(&mut bytes, record).map_err(malformed)?;
        Ok(bytes)
    }

    /// The record in `bytes`, resolved from the writer's schema to ours.
    ///
    /// # Errors
    /// [`Error::UnknownFingerprint`] where the writer's schema has to be learnt first; anything else is final.
    pub fn decode<R: Record>(&self, bytes: &[u8]) -> Result<R, Error> {
        let (fingerprint, mut datum) = wire::split(bytes)?;
        let ours = R::embedded();
        let writer = self.known.get(&fingerprint).ok_or(Error::UnknownFingerprint(fingerprint))?;
        let record = match writer {
            Writer::Embedded(theirs) if theirs.fingerprint == ours.fingerprint => {
                read_ours(ours, &mut datum)?
            }
            Writer::Embedded(theirs) => read_resolved(ours, &theirs.schema, &mut datum)?,
            Writer::Learned(theirs) => read_resolved(ours, theirs, &mut datum)?,
        };
        match datum.len() {
            0 => Ok(record),
            left => Err(Error::TrailingBytes { record: ours.name, left }),
        }
    }
}

/// The writer has our schema: straight into the Rust record.
fn read_ours<R: Record>(ours: &'static Embedded, datum: &mut &[u8]) -> Result<R, Error> {
    let malformed = |error: apache_avro::Error| malformed(ours, &error);
    let reader = GenericDatumReader::builder(&ours.schema).build().map_err(malformed)?;
    reader.read_deser(datum).map_err(malformed)
}

/// The writer has another schema: by Avro's schema resolution.
fn read_resolved<R: Record>(ours: &'static Embedded, theirs: &Schema, datum: &mut &[u8]) -> Result<R, Error> {
    let name = |schema: &Schema| schema.name().map_or_else(String::new, ToString::to_string);
    // The library resolves by fields alone; the specification wants the names to be the same.
    if name(theirs) != name(&ours.schema) {
        return Err(Error::OtherRecord { expected: name(&ours.schema), found: name(theirs) });
    }
    let malformed = |error: apache_avro::Error| malformed(ours, &error);
    let reader =
        GenericDatumReader::builder(theirs).reader_schema(&ours.schema).build().map_err(malformed)?;
    let value = reader.read_value(datum).map_err(malformed)?;
    from_value(&value).map_err(malformed)
}

fn malformed(embedded: &'static Embedded, error: &apache_avro::Error) -> Error {
    Error::Malformed { record: embedded.name, reason: error.to_string() }
}
