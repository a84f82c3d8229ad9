//! `model-updates`: what was published.

use std::collections::BTreeSet;

use kafka::{DecodeError, Record, publish_schemas};
use registry::model::Meta;
use schemas::{Codec, ModelUpdate, topic};

use crate::{Error, Parts};

/// Records that are read at once.
const BATCH_RECORDS: usize = 1_000;
/// Bytes that are read at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// Announces a published model.
pub(crate) async fn announce(parts: &Parts, meta: &Meta) -> Result<(), Error> {
    let update = update_of(meta, (parts.now_ms)());
    let topic = topic::MODEL_UPDATES;
    let value = Codec::new().encode(&update).map_err(|source| Error::Record { topic, source })?;
    publish_schemas(&parts.log, update.ts).await?;
    let record = Record::new(meta.model_name.as_str(), value, update.ts);
    let position = parts.log.append(topic, record).await?;
    tracing::info!(version = %meta.version, %position, "announced");
    Ok(())
}

/// The versions that were announced.
pub(crate) async fn announced(parts: &Parts) -> Result<BTreeSet<String>, Error> {
    let mut versions = BTreeSet::new();
    let mut from = parts.log.watermarks(topic::MODEL_UPDATES, 0).await?.low;
    loop {
        let records = parts.log.read(topic::MODEL_UPDATES, 0, from, BATCH_RECORDS, BATCH_BYTES).await?;
        let Some(last) = records.last() else { return Ok(versions) };
        from = last.offset + 1;
        for record in &records {
            let value = record.value.as_deref().unwrap_or_default();
            match parts.decoder.decode::<ModelUpdate>(value).await {
                Ok(update) if update.model_name == parts.config.model_name => {
                    versions.insert(update.model_version);
                }
                Ok(_) => {}
                Err(DecodeError::Log(error)) => return Err(error.into()),
                Err(DecodeError::Undecodable(error)) => {
                    tracing::warn!(position = %record.position(), %error, "passed over: not a ModelUpdate");
                }
            }
        }
    }
}

fn update_of(meta: &Meta, ts: i64) -> ModelUpdate {
    ModelUpdate {
        ts,
        model_name: meta.model_name.clone(),
        model_version: meta.version.to_string(),
        artifact_sha: meta.artifact_sha.clone(),
        data_snapshot_id: meta.data_snapshot_id.clone(),
        git_sha: meta.git_sha.clone(),
        parent: meta.parent.map(|parent| parent.to_string()),
        triggers: meta.triggers.clone(),
        hr_at_10: meta.metrics.hr_at_10,
        ndcg_at_10: meta.metrics.ndcg_at_10,
    }
}
