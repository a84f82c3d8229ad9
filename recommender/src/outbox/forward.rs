//! From the outbox onto `reco-responses`, at least once and in order.

use std::sync::Arc;

use kafka::{Log, Record};
use schemas::{RecoResponse, topic};
use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::files::{Batch, Reader};
use crate::service::{Happening, Observer};
use crate::{Config, Error, Metrics};

/// One append takes at most so many records.
const BATCH_RECORDS: usize = 1_000;

/// Forwards until `stop` and then what is left, for at most `config.drain`. What cannot be read or written for a while
/// is tried again: answers go on leaving until the outbox is full.
///
/// # Errors
/// The outbox cannot be read at the start.
pub(crate) async fn forward(
    outbox: Arc<Outbox>,
    log: Log,
    config: Config,
    metrics: Metrics,
    observe: Observer,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut forwarder = Forwarder { reader: Reader::new(&outbox.folder)?, outbox, log, metrics, observe };
    let retry_after = config.retry_after.duration();
    while !stop.is_cancelled() {
        let again = forwarder.drain_or_say().await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = forwarder.outbox.written.notified(), if !again => {}
            () = tokio::time::sleep(retry_after), if again => {}
        }
    }
    let last = async {
        while forwarder.drain_or_say().await {
            tokio::time::sleep(retry_after).await;
        }
    };
    if tokio::time::timeout(config.drain.duration(), last).await.is_err() {
        let pending_bytes = forwarder.outbox.pending_bytes();
        tracing::warn!(pending_bytes, "records stay in the outbox; the next start forwards them");
    }
    Ok(())
}

struct Forwarder {
    outbox: Arc<Outbox>,
    reader: Reader,
    log: Log,
    metrics: Metrics,
    observe: Observer,
}

impl Forwarder {
    /// Forwards all that is there; `true` where that has to be tried again.
    async fn drain_or_say(&mut self) -> bool {
        let Err(error) = self.drain().await else { return false };
        tracing::warn!(%error, pending_bytes = self.outbox.pending_bytes(), "records wait in the outbox");
        true
    }

    async fn drain(&mut self) -> Result<(), Error> {
        loop {
            // The reader goes on only past what is on the topic.
            let mut reader = self.reader.clone();
            let batch = reader.next_batch(BATCH_RECORDS)?;
            if batch.records.is_empty() {
                return Ok(());
            }
            let records = batch.records.iter().map(|bytes| self.record(bytes)).collect();
            self.log.append_all(topic::RECO_RESPONSES, records).await?;
            self.reader = reader;
            self.done(&batch)?;
        }
    }

    /// As the topic has it: by user, at the time of the answer. A record of a build that this one cannot read goes as it
    /// is, without a key.
    fn record(&self, bytes: &[u8]) -> Record {
        let (key, timestamp_ms) = match self.outbox.codec.decode::<RecoResponse>(bytes) {
            Ok(response) => {
                let key = (response.user_id >= 0).then(|| response.user_id.to_string().into_bytes());
                (key, response.ts)
            }
            Err(error) => {
                tracing::warn!(%error, "a record of another build is forwarded as it is");
                (None, 0)
            }
        };
        Record { key, value: Some(bytes.to_vec()), headers: Vec::new(), timestamp_ms }
    }

    fn done(&self, batch: &Batch) -> Result<(), Error> {
        self.outbox.forwarded(batch.next_seq, batch.bytes)?;
        debug_assert!(batch.next_seq <= self.outbox.next_seq());
        self.metrics.outbox_forwarded.inc_by(batch.records.len() as u64);
        self.metrics.outbox_pending_bytes.set(self.outbox.pending_bytes() as i64);
        (self.observe)(Happening::Forwarded { records: batch.records.len() as u64 });
        Ok(())
    }
}
