//! A recommender on a fresh log and a fresh store, as a test uses it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use als::{Feedback, Interactions, Parameters};
use kafka::{Config as LogConfig, Decoder, Log, Record, declared, publish_schemas};
use prometheus::Registry;
use recommender::{Config, Metrics, Parts, Service};
use registry::model::{self, Draft, GateReport, Meta, Verdict};
use registry::{Config as StoreConfig, Store};
use runtime::{BuildIdentity, Health, Listener};
use schemas::{Codec, ModelUpdate, Movie, Position, RecoResponse, WatchEvent, topic};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A recommender, its log and its store.
pub struct Recommender {
    pub url: String,
    pub log: Log,
    pub store: Store,
    pub registry: Registry,
    client: reqwest::Client,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

fn now_ms() -> i64 {
    1_800_000_000_000
}

fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("id-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

impl Recommender {
    /// One that runs on what is in `folder`.
    pub async fn start(folder: &Path) -> Self {
        Self::start_with(folder, Config::default()).await
    }

    pub async fn start_with(folder: &Path, config: Config) -> Self {
        let log = Log::open(&LogConfig::embedded(folder.join("log.sqlite"))).await.unwrap();
        log.declare(&declared()).await.unwrap();
        publish_schemas(&log, now_ms()).await.unwrap();
        let store = Store::open(&StoreConfig::local(folder.join("objects"))).await.unwrap();
        let registry = Registry::new();
        let parts = Parts {
            log: log.clone(),
            store: store.clone(),
            decoder: Decoder::new(&log),
            config: config.within(folder),
            identity: BuildIdentity::new(None),
            health: Health::new(Instant::now()),
            metrics: Metrics::new(&registry).unwrap(),
            now_ms,
            new_id,
            observe: Arc::new(|_| {}),
        };
        let service = Service::new(parts).await.unwrap();
        let listener = Listener::bind("127.0.0.1", 0).await.unwrap();
        let (url, router, stop) = (listener.url(), service.router(), CancellationToken::new());
        let drain = Duration::from_secs(5);
        let (serving, running) = (stop.clone(), stop.clone());
        let tasks = vec![
            tokio::spawn(async move { listener.serve(router, serving, drain).await.unwrap() }),
            tokio::spawn(async move { service.run(running).await.unwrap() }),
        ];
        Self { url, log, store, registry, client: reqwest::Client::new(), stop, tasks }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }

    /// Status and body of a GET.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Status of a POST without a body.
    pub async fn post(&self, path: &str) -> u16 {
        self.client.post(format!("{}{path}", self.url)).send().await.unwrap().status().as_u16()
    }

    /// The whole response of a GET.
    pub async fn response(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Publishes and announces a model in which users 1 to 20 are in two camps, and gives its meta.
    pub async fn publish(&self, trigger: i64) -> Meta {
        let meta = publish(&self.log, &self.store, trigger).await;
        announce(&self.log, &meta).await;
        meta
    }

    /// Waits until this version serves.
    pub async fn serves(&self, version: &str) {
        self.until(version, async |r: &Self| r.get("/readyz").await.1["model_version"] == *version).await;
    }

    /// Waits until something is so, for ten seconds.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "not within 10 s: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn watch(&self, user_id: i32, movie_id: i32) -> Position {
        let event = WatchEvent {
            event_id: format!("w-{user_id}-{movie_id}"),
            ts: now_ms(),
            user_id,
            movie_id,
            progress: 1.0,
            request_id: None,
        };
        let value = Codec::new().encode(&event).unwrap();
        self.log.append(topic::WATCH_EVENTS, Record::new(user_id.to_string(), value, now_ms())).await.unwrap()
    }

    pub async fn add_movie(&self, movie_id: i32, title: &str, available: bool) {
        let movie = Movie { movie_id, ts: 0, title: title.to_owned(), genres: Vec::new(), available };
        let value = Codec::new().encode(&movie).unwrap();
        let record = Record::new(movie_id.to_string(), value, now_ms());
        self.log.append(topic::CATALOG_UPDATES, record).await.unwrap();
    }

    /// Every record on `reco-responses`, once `count` are there.
    pub async fn responses(&self, count: usize) -> Vec<RecoResponse> {
        let mut found = Vec::new();
        for _ in 0..1_000 {
            found = all_responses(&self.log).await;
            if found.len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(found.len(), count, "records on reco-responses");
        found
    }
}

async fn all_responses(log: &Log) -> Vec<RecoResponse> {
    let mut all = Vec::new();
    for partition in 0..6 {
        let records = log.read(topic::RECO_RESPONSES, partition, 0, 10_000, usize::MAX).await.unwrap();
        for record in records {
            let response: RecoResponse = Codec::new().decode(&record.value.unwrap()).unwrap();
            let key = record.key.map(|key| String::from_utf8(key).unwrap());
            assert_eq!(key, (response.user_id >= 0).then(|| response.user_id.to_string()));
            all.push(response);
        }
    }
    all.sort_by_key(|response| response.instance_seq);
    all
}

/// Publishes a model whose snapshot ends where the event topics end now.
pub async fn publish(log: &Log, store: &Store, trigger: i64) -> Meta {
    let watched = Feedback { progress: Some(1.0), rating: None };
    let pairs = (1..=20).flat_map(|user| (0..12).map(move |movie| (user, movie)));
    let seen = pairs.filter(|(user, movie)| user % 2 == movie % 2 && (user + movie) % 5 != 0);
    let rows = seen.map(|(user, movie)| (user, 100 + movie, watched.clone()));
    let interactions = Arc::new(Interactions::new(rows).unwrap());
    let parameters = Parameters { factors: 8, iterations: 5, seed: trigger as u64, ..Parameters::default() };
    let fitted = als::fit(interactions, &parameters, &|_| std::ops::ControlFlow::Continue(())).unwrap();
    let mut offsets = Vec::new();
    for name in topic::EVENT_TOPICS {
        for partition in 0..6 {
            let offset = log.watermarks(name, partition).await.unwrap().high;
            offsets.push(Position { topic: name.to_owned(), partition, offset });
        }
    }
    let draft = Draft {
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        model_name: "movies".to_owned(),
        git_sha: "trained-by".to_owned(),
        data_snapshot_id: "5".repeat(64),
        metrics: model::Metrics {
            hr_at_10: 0.5,
            ndcg_at_10: 0.25,
            coverage: 1.0,
            popularity_hr_at_10: 0.1,
            popularity_ndcg_at_10: 0.05,
            factors: 8,
            iterations: 5,
            regularization: 10.0,
            users: 20,
            movies: 12,
            interactions: fitted.interactions().len() as u64,
            evaluated_users: 20,
            extra: Default::default(),
        },
        kernel_version: als::KERNEL_VERSION as i32,
        offsets,
        triggers: vec![trigger],
        parent: None,
        gate: Verdict::Bootstrap,
        gate_report: GateReport { note: "first".to_owned(), numbers: Default::default() },
        durations_ms: Default::default(),
        parameters: Default::default(),
    };
    model::publish(store, fitted.to_bytes().unwrap().into(), draft).await.unwrap().meta
}

pub async fn announce(log: &Log, meta: &Meta) {
    let update = ModelUpdate {
        ts: now_ms(),
        model_name: meta.model_name.clone(),
        model_version: meta.version.to_string(),
        artifact_sha: meta.artifact_sha.clone(),
        data_snapshot_id: meta.data_snapshot_id.clone(),
        git_sha: meta.git_sha.clone(),
        parent: None,
        triggers: meta.triggers.clone(),
        hr_at_10: meta.metrics.hr_at_10,
        ndcg_at_10: meta.metrics.ndcg_at_10,
    };
    let value = Codec::new().encode(&update).unwrap();
    log.append(topic::MODEL_UPDATES, Record::new("movies", value, now_ms())).await.unwrap();
}
