//! The topic `avro-schemas`: every writer's schemas, by fingerprint.

use std::collections::BTreeSet;

use schemas::{Codec, Fingerprint, topic};

use crate::{Error, Log, Record, Stored};

/// Appends the schemas of this build that are not in `avro-schemas` yet. A writer calls this before its first
/// record. Two that begin at once may append the same schema twice, which means the same.
///
/// Returns the fingerprints that were appended.
///
/// # Errors
/// As [`Log::append_all`] and [`Log::read`].
pub async fn publish_schemas(log: &Log, now_ms: i64) -> Result<Vec<Fingerprint>, Error> {
    let mut there = BTreeSet::new();
    let mut position = log.watermarks(topic::AVRO_SCHEMAS, 0).await?.low;
    loop {
        let records = read(log, position).await?;
        let Some(last) = records.last() else { break };
        position = last.offset + 1;
        there.extend(records.iter().filter_map(fingerprint_of));
    }
    let embedded = schemas::EMBEDDED.iter().map(|embedded| embedded());
    let missing: Vec<_> = embedded.filter(|schema| !there.contains(&schema.fingerprint)).collect();
    let record =
        |schema: &&schemas::Embedded| Record::new(schema.fingerprint.to_string(), schema.json, now_ms);
    if !missing.is_empty() {
        log.append_all(topic::AVRO_SCHEMAS, missing.iter().map(record).collect()).await?;
    }
    Ok(missing.iter().map(|schema| schema.fingerprint).collect())
}

/// The next records of the topic, from `position` on.
pub(crate) async fn read(log: &Log, position: i64) -> Result<Vec<Stored>, Error> {
    log.read(topic::AVRO_SCHEMAS, 0, position, 1_000, 1024 * 1024).await
}

/// Teaches the codec the schema of a record of the topic. One that is no schema is passed over: whoever wrote
/// it, the schemas after it count.
pub(crate) fn learn(codec: &mut Codec, stored: &Stored) {
    let text = stored.value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
    let reason = match text.map(|json| codec.learn(json)) {
        Some(Ok(found)) if Some(found) == fingerprint_of(stored) => return,
        Some(Ok(found)) => format!("its fingerprint is {found}"),
        Some(Err(error)) => error.to_string(),
        None => "it is not text".to_owned(),
    };
    tracing::warn!(position = %stored.position(), reason, "a record of avro-schemas is not what its key says");
}

fn fingerprint_of(stored: &Stored) -> Option<Fingerprint> {
    Fingerprint::from_hex(std::str::from_utf8(stored.key.as_deref()?).ok()?)
}
