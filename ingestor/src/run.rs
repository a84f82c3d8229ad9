//! Which partitions are worked on: an ordinary loop over the group's events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kafka::{Decoder, GroupEvent, GroupOptions, Log, Member};
use prometheus::IntGauge;
use registry::Store;
use runtime::health::Check;
use runtime::{BuildIdentity, Health};
use schemas::{TopicPartition, group, topic};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{Config, Error, Metrics, cue, partition};

/// The group by which ingestors share partitions, and whose progress says how far they are.
pub const GROUP: &str = group::INGESTOR;

/// What the ingestor is made of.
pub struct Parts {
    /// Where events come from.
    pub log: Log,
    /// Where segments and snapshots go.
    pub store: Store,
    /// Reads what any schema in `avro-schemas` has written.
    pub decoder: Decoder,
    /// The section `[ingestor]`.
    pub config: Config,
    /// Which build this is.
    pub identity: BuildIdentity,
    /// The process's health; the ingestor keeps the check `ingestor`.
    pub health: Health,
    /// The ingestor's metrics.
    pub metrics: Metrics,
    /// The clock, Unix milliseconds.
    pub now_ms: fn() -> i64,
    /// Who is told what happens.
    pub observe: Observer,
}

/// Is told what happens, as it happens; it must not block.
pub type Observer = Arc<dyn Fn(Happening) + Send + Sync>;

/// What an ingestor does that people want to see.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A segment is in the chain.
    Ingested {
        /// Of this partition.
        tp: TopicPartition,
        /// How many records it holds.
        rows: u64,
        /// How many of them are dead letters.
        dead_letters: u64,
        /// Where the next one begins.
        next_offset: i64,
    },
    /// A snapshot was made.
    Snapshot {
        /// Its id.
        id: String,
        /// How many records it holds.
        rows: u64,
    },
    /// A partition was stopped by an error; the others go on.
    Stopped {
        /// Which one.
        tp: TopicPartition,
        /// Why.
        reason: String,
    },
}

/// Ingests the event topics' partitions that the group assigns, until `stop`; then drains and hands over.
///
/// # Errors
/// The group cannot be joined. What is wrong with one partition stops that partition, and health says so.
pub async fn run(parts: Parts, stop: CancellationToken) -> Result<(), Error> {
    let stopped = Arc::new(Stopped {
        check: parts.health.check("ingestor"),
        gauge: parts.metrics.stopped.clone(),
        reasons: Mutex::default(),
    });
    let member = parts.log.join(GROUP, &topic::EVENT_TOPICS, GroupOptions::default()).await?;
    stopped.change(|_| {});
    tracing::info!(git_sha = parts.identity.git_sha, member = member.name(), "ingestor started");
    Ingestor { parts: Arc::new(parts), stopped, workers: BTreeMap::new() }.run(member, &stop).await
}

struct Ingestor {
    parts: Arc<Parts>,
    stopped: Arc<Stopped>,
    workers: BTreeMap<TopicPartition, Worker>,
}

/// The partitions that were stopped by an error while they are ours, and why: health and metric follow them.
struct Stopped {
    check: Check,
    gauge: IntGauge,
    reasons: Mutex<BTreeMap<TopicPartition, String>>,
}

struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Ingestor {
    async fn run(mut self, mut member: Member, stop: &CancellationToken) -> Result<(), Error> {
        let every = self.parts.config.snapshot_every.duration();
        let mut cue = interval_at(tokio::time::Instant::now() + every, every);
        cue.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                event = member.next() => self.decide(event).await,
                _ = cue.tick(), if self.workers.contains_key(&cue::owner()) => self.snapshot().await,
            }
        }
        let all: Vec<_> = self.workers.keys().cloned().collect();
        self.let_go(&all).await;
        member.leave().await?;
        Ok(())
    }

    async fn decide(&mut self, event: Result<GroupEvent, kafka::Error>) {
        match event {
            Ok(GroupEvent::Assigned(partitions)) => partitions.into_iter().for_each(|tp| self.work_on(tp)),
            Ok(GroupEvent::Revoked(partitions)) => self.let_go(&partitions).await,
            Err(error) => {
                tracing::warn!(%error, "the group cannot be heard");
                tokio::time::sleep(self.parts.config.retry_after.duration()).await;
            }
        }
        self.parts.metrics.partitions.set(self.workers.len() as i64);
    }

    fn work_on(&mut self, tp: TopicPartition) {
        let stop = CancellationToken::new();
        let work = tokio::spawn(partition::ingest(self.parts.clone(), tp.clone(), stop.clone()));
        let (parts, stopped, own) = (self.parts.clone(), self.stopped.clone(), tp.clone());
        let task = tokio::spawn(async move {
            // A panic stops its partition as any error does.
            let ended = work.await.unwrap_or_else(|lost| Err(lost.into()));
            if let Err(error) = ended {
                stopped.add(&parts, own, &error);
            }
        });
        self.workers.insert(tp, Worker { stop, task });
    }

    /// Stops working on these partitions: what was gathered is put before this returns.
    async fn let_go(&mut self, partitions: &[TopicPartition]) {
        let workers: Vec<_> = partitions.iter().filter_map(|tp| self.workers.remove(tp)).collect();
        workers.iter().for_each(|worker| worker.stop.cancel());
        for worker in workers {
            if let Err(error) = worker.task.await {
                tracing::error!(%error, "a partition's task was lost");
            }
        }
        self.stopped.change(|reasons| reasons.retain(|tp, _| !partitions.contains(tp)));
    }

    async fn snapshot(&self) {
        let parts = &self.parts;
        match cue::snapshot(&parts.log, &parts.store, (parts.now_ms)()).await {
            Ok(None) => {}
            Ok(Some(manifest)) => {
                let (id, rows) = (manifest.data_snapshot_id, manifest.totals.rows);
                tracing::info!(data_snapshot_id = id, rows, "snapshot made");
                parts.metrics.snapshots.inc();
                (parts.observe)(Happening::Snapshot { id, rows });
            }
            Err(error) => tracing::error!(%error, "no snapshot could be made"),
        }
    }
}

impl Stopped {
    fn add(&self, parts: &Parts, tp: TopicPartition, error: &Error) {
        let reason = error.to_string();
        tracing::error!(partition = %tp, error = reason, "a partition is stopped");
        self.change(|reasons| drop(reasons.insert(tp.clone(), reason.clone())));
        (parts.observe)(Happening::Stopped { tp, reason });
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<TopicPartition, String>)) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut reasons);
        self.gauge.set(reasons.len() as i64);
        match reasons.iter().next() {
            None => self.check.ok(),
            Some((tp, reason)) => {
                self.check.failing(format!("{} partitions are stopped; {tp}: {reason}", reasons.len()));
            }
        }
    }
}
