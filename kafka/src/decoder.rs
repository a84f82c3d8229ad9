//! Decoding what writers of any build have written.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use schemas::{Codec, Fingerprint};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::{Error, Log, schema_topic};

/// How long a reader waits for a schema to appear.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a schema that did not appear is taken to be missing without another look.
const MEMORY: Duration = Duration::from_secs(60);
/// So many missing schemas are remembered; one more forgets the oldest.
const MAX_MISSING: usize = 1024;
/// With so many missing schemas remembered, nobody waits: one look at the topic has to do.
const MAX_WAITS: usize = 4;

/// Decodes records, and looks up writers' schemas in `avro-schemas` where they are not known. Clones share what
/// they have learnt.
///
/// A writer appends its schema before its first record, so a look is enough in general, and the wait of at most
/// 5 s is for topics that become visible at different times. So that bytes which only look like records do not
/// stop a stream, a fingerprint that was not found is remembered for a minute (the latest 1024), and while four
/// or more are remembered nobody waits.
#[derive(Debug, Clone)]
pub struct Decoder {
    log: Log,
    codec: Arc<RwLock<Codec>>,
    lookup: Arc<Mutex<Lookup>>,
}

/// How far the topic was read, and what was not there.
#[derive(Debug, Default)]
struct Lookup {
    position: Option<i64>,
    missing: VecDeque<(Fingerprint, Instant)>,
}

/// Why a record could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not such a record, and never will be.
    #[error(transparent)]
    Undecodable(#[from] schemas::Error),
    /// The log could not be read: nothing is known about the bytes.
    #[error(transparent)]
    Log(#[from] Error),
}

impl Decoder {
    /// A decoder that knows the schemas of this build.
    pub fn new(log: &Log) -> Self {
        let codec = Arc::new(RwLock::new(Codec::new()));
        Self { log: log.clone(), codec, lookup: Arc::default() }
    }

    /// The record in `bytes`.
    ///
    /// # Errors
    /// [`DecodeError::Undecodable`] is for dead letters; after [`DecodeError::Log`] try again.
    pub async fn decode<R: schemas::Record>(&self, bytes: &[u8]) -> Result<R, DecodeError> {
        self.decode_with(|codec| codec.decode(bytes)).await
    }

    /// What `decode` makes of a codec; it is asked again when the schema that it misses has been learnt.
    ///
    /// For what is not one record, as `Event::decode` of a topic.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub async fn decode_with<T>(
        &self,
        decode: impl Fn(&Codec) -> Result<T, schemas::Error>,
    ) -> Result<T, DecodeError> {
        let now = || decode(&self.codec.read().unwrap_or_else(PoisonError::into_inner));
        match now() {
            Err(schemas::Error::UnknownFingerprint(fingerprint)) => {
                self.look_up(fingerprint).await?;
                Ok(now()?)
            }
            known => Ok(known?),
        }
    }

    /// Learns the schema if it is in the topic, or comes in time.
    async fn look_up(&self, fingerprint: Fingerprint) -> Result<(), Error> {
        let mut lookup = self.lookup.lock().await;
        let began = Instant::now();
        lookup.forget(began);
        if self.knows(fingerprint) || lookup.is_missing(fingerprint) {
            return Ok(());
        }
        while self.learn_more(&mut lookup).await? && !self.knows(fingerprint) {}
        if !self.knows(fingerprint) && lookup.missing.len() < MAX_WAITS {
            self.wait_for(fingerprint, &mut lookup, began + PATIENCE).await?;
        }
        if !self.knows(fingerprint) {
            lookup.remember(fingerprint, began);
        }
        Ok(())
    }

    /// Learns what comes until it is this one or the time is over.
    async fn wait_for(&self, wanted: Fingerprint, lookup: &mut Lookup, until: Instant) -> Result<(), Error> {
        let position = lookup.position.unwrap_or_default();
        let mut follower = self.log.follow(schemas::topic::AVRO_SCHEMAS, 0, position);
        while !self.knows(wanted) {
            let Ok(records) = timeout_at(until, follower.next()).await else { break };
            self.learn(&records?);
            lookup.position = Some(follower.position());
        }
        Ok(())
    }

    /// Learns what the topic has next; `false` at its end.
    async fn learn_more(&self, lookup: &mut Lookup) -> Result<bool, Error> {
        let position = match lookup.position {
            Some(position) => position,
            None => self.log.watermarks(schemas::topic::AVRO_SCHEMAS, 0).await?.low,
        };
        let records = schema_topic::read(&self.log, position).await?;
        self.learn(&records);
        lookup.position = Some(records.last().map_or(position, |last| last.offset + 1));
        Ok(!records.is_empty())
    }

    fn learn(&self, records: &[crate::Stored]) {
        let mut codec = self.codec.write().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            schema_topic::learn(&mut codec, record);
        }
    }

    fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.codec.read().unwrap_or_else(PoisonError::into_inner).knows(fingerprint)
    }
}

impl Lookup {
    fn is_missing(&self, fingerprint: Fingerprint) -> bool {
        self.missing.iter().any(|(missing, _)| *missing == fingerprint)
    }

    fn remember(&mut self, fingerprint: Fingerprint, now: Instant) {
        self.missing.truncate(MAX_MISSING - 1);
        self.missing.push_front((fingerprint, now));
    }

    fn forget(&mut self, now: Instant) {
        self.missing.retain(|(_, since)| now.duration_since(*since) < MEMORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_remembered_for_a_while_and_in_bounds() {
        let (mut lookup, begin) = (Lookup::default(), Instant::now());
        let nth = |n: u64| Fingerprint(n.to_be_bytes());
        for n in 0..2_000 {
            lookup.remember(nth(n), begin + Duration::from_millis(n));
        }
        assert_eq!(lookup.missing.len(), MAX_MISSING);
        assert!(lookup.is_missing(nth(1_999)) && !lookup.is_missing(nth(0)));
        lookup.forget(begin + MEMORY + Duration::from_millis(1_998));
        assert_eq!(lookup.missing.len(), 1);
    }
}
