//! The triggers that there are, and new ones.

use std::collections::{BTreeMap, BTreeSet};

use kafka::{DecodeError, Decoder, Log, Record, Stored, publish_schemas};
use schemas::{Codec, Position, RetrainTrigger, topic};

use crate::{Error, Parts};

/// Records that are read at once.
const BATCH_RECORDS: usize = 1_000;
/// Bytes that are read at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// Appends a trigger; it is durable when this returns. Its schema is in `avro-schemas` before it.
///
/// # Errors
/// The log cannot be written.
pub async fn trigger(log: &Log, codec: &Codec, trigger: &RetrainTrigger) -> Result<Position, Error> {
    let topic = topic::RETRAIN_TRIGGERS;
    let value = codec.encode(trigger).map_err(|source| Error::Record { topic, source })?;
    publish_schemas(log, trigger.ts).await?;
    let record = Record::new(trigger.model_name.as_str(), value, trigger.ts);
    Ok(log.append(topic, record).await?)
}

/// All triggers of one model, as they are in `retrain-triggers`.
pub(crate) struct History {
    log: Log,
    decoder: Decoder,
    model_name: String,
    next_offset: i64,
    triggers: BTreeMap<i64, RetrainTrigger>,
    ids: BTreeSet<String>,
}

impl History {
    /// Begins at the earliest trigger.
    pub(crate) async fn open(parts: &Parts) -> Result<Self, Error> {
        let next_offset = parts.log.watermarks(topic::RETRAIN_TRIGGERS, 0).await?.low;
        Ok(Self {
            log: parts.log.clone(),
            decoder: parts.decoder.clone(),
            model_name: parts.config.model_name.clone(),
            next_offset,
            triggers: BTreeMap::new(),
            ids: BTreeSet::new(),
        })
    }

    /// The triggers by offset.
    pub(crate) fn triggers(&self) -> &BTreeMap<i64, RetrainTrigger> {
        &self.triggers
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }

    /// Reads all that is there now.
    pub(crate) async fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            let from = self.next_offset;
            let read = self.log.read(topic::RETRAIN_TRIGGERS, 0, from, BATCH_RECORDS, BATCH_BYTES).await?;
            if read.is_empty() {
                return Ok(());
            }
            for record in read {
                self.take(record).await?;
            }
        }
    }

    /// Waits for another trigger. Given up, it has taken nothing.
    pub(crate) async fn another(&self) -> Result<(), Error> {
        self.log.follow(topic::RETRAIN_TRIGGERS, 0, self.next_offset).next().await?;
        Ok(())
    }

    async fn take(&mut self, record: Stored) -> Result<(), Error> {
        let (offset, position) = (record.offset, record.position());
        let value = record.value.unwrap_or_default();
        match self.decoder.decode::<RetrainTrigger>(&value).await {
            Ok(trigger) if trigger.model_name == self.model_name => {
                self.ids.insert(trigger.trigger_id.clone());
                self.triggers.insert(offset, trigger);
            }
            Ok(trigger) => tracing::info!(%position, trigger.model_name, "a trigger of another model"),
            Err(DecodeError::Undecodable(error)) => {
                tracing::warn!(%position, %error, "passed over: not a trigger")
            }
            Err(DecodeError::Log(error)) => return Err(error.into()),
        }
        self.next_offset = offset + 1;
        Ok(())
    }
}
