//! From the outbox onto `reco-responses`, at least once and in order.

use std::sync::Arc;
use std::time::Duration;

use kafka::{Log, Record};
use schemas::{RecoResponse, topic};
use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::files::{Batch, Reader};
use crate::service::{Happening, Observer};
use crate::{Config, Error, Metrics};

/// One append takes at most so many records.
const BATCH_RECORDS: usize = 1_000;

/// Forwards until `stop` and then what is left, for at most `config.drain`.
///
/// # Errors
/// The outbox cannot be read.
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
        forwarder.drain(retry_after, &stop).await?;
        tokio::select! {
            () = stop.cancelled() => {}
            () = forwarder.outbox.written.notified() => {}
        }
    }
    let never = CancellationToken::new();
    let last = forwarder.drain(retry_after, &never);
    match tokio::time::timeout(config.drain.duration(), last).await {
        Ok(drained) => drained,
        Err(_) => {
            let pending_bytes = forwarder.outbox.pending_bytes();
            tracing::warn!(pending_bytes, "records stay in the outbox; the next start forwards them");
            Ok(())
        }
    }
}

struct Forwarder {
    outbox: Arc<Outbox>,
    reader: Reader,
    log: Log,
    metrics: Metrics,
    observe: Observer,
}

impl Forwarder {
    /// Forwards all that is there.
    async fn drain(&mut self, retry_after: Duration, stop: &CancellationToken) -> Result<(), Error> {
        loop {
            let batch = self.reader.next_batch(BATCH_RECORDS)?;
            if batch.records.is_empty() {
                return Ok(());
            }
            let records =
                batch.records.iter().map(|bytes| self.record(bytes)).collect::<Result<Vec<_>, _>>()?;
            while let Err(error) = self.log.append_all(topic::RECO_RESPONSES, records.clone()).await {
                tracing::warn!(%error, records = records.len(), "reco-responses cannot be reached");
                tokio::select! {
                    () = stop.cancelled() => {
                        // The same records once more: the reader has gone past them.
                        self.reader = Reader::new(&self.outbox.folder)?;
                        return Ok(());
                    }
                    () = tokio::time::sleep(retry_after) => {}
                }
            }
            self.done(&batch)?;
        }
    }

    fn record(&self, bytes: &[u8]) -> Result<Record, Error> {
        let response: RecoResponse = self.outbox.codec.decode(bytes)?;
        let key = (response.user_id >= 0).then(|| response.user_id.to_string().into_bytes());
        Ok(Record { key, value: Some(bytes.to_vec()), headers: Vec::new(), timestamp_ms: response.ts })
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
