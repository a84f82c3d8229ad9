//! The ingestor on a real log and a real store: the chain is the truth, whoever runs and however often.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ingestor::{Config, Happening, Metrics, Parts};
use kafka::{Decoder, Log, Record, declared, publish_schemas};
use registry::{Store, snapshot};
use runtime::config::Period;
use runtime::{BuildIdentity, Health};
use schemas::{Codec, WatchEvent, topic};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Ingestor {
    health: Health,
    happened: Arc<Mutex<Vec<Happening>>>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ingestor::Error>>,
}

impl Ingestor {
    fn start(log: &Log, store: &Store) -> Self {
        let (health, happened) = (Health::new(Instant::now()), Arc::<Mutex<Vec<Happening>>>::default());
        let seen = happened.clone();
        let parts = Parts {
            log: log.clone(),
            store: store.clone(),
            decoder: Decoder::new(log),
            config: Config {
                segment_records: 7,
                segment_age: Period::from_millis(20),
                snapshot_every: Period::from_millis(50),
                ..Config::default()
            },
            identity: BuildIdentity::new(None),
            health: health.clone(),
            metrics: Metrics::new(&prometheus::Registry::new()).unwrap(),
            now_ms: || 1_800_000_000_000,
            observe: Arc::new(move |happening| seen.lock().unwrap().push(happening)),
        };
        let stop = CancellationToken::new();
        Self { health, happened, task: tokio::spawn(ingestor::run(parts, stop.clone())), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

async fn open(folder: &Path, log_file: &str) -> (Log, Store) {
    let log = Log::open(&kafka::Config::embedded(folder.join(log_file))).await.unwrap();
    log.declare(&declared()).await.unwrap();
    publish_schemas(&log, 0).await.unwrap();
    (log, Store::open(&registry::Config::local(folder.join("objects"))).await.unwrap())
}

async fn watch(log: &Log, users: std::ops::Range<i32>) {
    let records = users.map(|user_id| {
        let event_id = format!("w-{user_id}");
        let event = WatchEvent { event_id, ts: 1, user_id, movie_id: 1, progress: 0.5, request_id: None };
        Record::new(user_id.to_string(), Codec::new().encode(&event).unwrap(), 1)
    });
    log.append_all(topic::WATCH_EVENTS, records.collect()).await.unwrap();
}

/// Waits until the newest snapshot holds so many records.
async fn snapshot_of(store: &Store, rows: u64) -> snapshot::Manifest {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(manifest) = snapshot::latest(store).await.unwrap()
            && manifest.totals.rows == rows
        {
            return manifest;
        }
        assert!(Instant::now() < deadline, "no snapshot of {rows} records");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_chain_ends_and_a_cue_makes_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = open(folder.path(), "log.sqlite").await;
    let first = Ingestor::start(&log, &store);
    watch(&log, 0..100).await;
    snapshot_of(&store, 100).await;
    first.stop().await;

    watch(&log, 100..150).await;
    let second = Ingestor::start(&log, &store);
    watch(&log, 150..170).await;
    let manifest = snapshot_of(&store, 170).await;
    second.stop().await;

    let mut rows = snapshot::rows(&store, &manifest);
    let mut events = Vec::new();
    while let Some(batch) = rows.next_segment().await.unwrap() {
        events.extend(batch.rows.into_iter().map(|row| row.event.unwrap().user_id()));
    }
    events.sort_unstable();
    assert_eq!(events, (0..170).collect::<Vec<_>>());
    let progress = log.progress(ingestor::GROUP).await.unwrap();
    assert_eq!(progress.values().sum::<i64>(), 170);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ingestors_that_cut_elsewhere_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = open(folder.path(), "log.sqlite").await;
    let (one, two) = (Ingestor::start(&log, &store), Ingestor::start(&log, &store));
    for round in 0..10 {
        watch(&log, round * 30..(round + 1) * 30).await;
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    snapshot_of(&store, 300).await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_made_anew_is_never_spliced_on() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = open(folder.path(), "log.sqlite").await;
    let first = Ingestor::start(&log, &store);
    watch(&log, 0..60).await;
    snapshot_of(&store, 60).await;
    first.stop().await;

    let (other, store) = open(folder.path(), "another.sqlite").await;
    watch(&other, 1_000..1_100).await;
    let second = Ingestor::start(&other, &store);
    let deadline = Instant::now() + Duration::from_secs(20);
    let stopped = || {
        let happened = second.happened.lock().unwrap();
        happened.iter().filter(|happening| matches!(happening, Happening::Stopped { .. })).count()
    };
    while stopped() < 6 {
        assert!(Instant::now() < deadline, "{} partitions were stopped", stopped());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!second.health.report(Instant::now()).is_ready());
    assert_eq!(snapshot::latest(&store).await.unwrap().unwrap().totals.rows, 60);
    second.stop().await;
}
