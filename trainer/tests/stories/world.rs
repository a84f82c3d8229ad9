//! A log, a store, people who watch, and an ingestor that works when it is told to.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use kafka::{Declaration, Decoder, Log, Record, publish_schemas};
use registry::model::{self, Meta, Version};
use registry::outcome::{self, Ending, Outcome};
use registry::segment::{Published, Row, Segment};
use registry::{Store, tail};
use runtime::config::Period;
use runtime::{BuildIdentity, Health};
use schemas::{
    Cause, Codec, Event, ModelUpdate, RateEvent, RetrainTrigger, TopicPartition, WatchEvent, topic,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trainer::{Config, Error, Gate, Happening, Metrics, Parameters, Parts, Schedule};

pub const MODEL: &str = "movies";
const EVENT_PARTITIONS: i32 = 2;
const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub dir: TempDir,
    pub log: Log,
    pub store: Store,
    pub config: Config,
    pub health: Health,
    pub prometheus: prometheus::Registry,
    pub happenings: Arc<Mutex<Vec<Happening>>>,
}

pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// As a crash does it: without a word.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64
}

pub fn config() -> Config {
    Config {
        schedule: Schedule::Off,
        check_every: Period::from_millis(20),
        wait_for_ingestors: Period::from_millis(200),
        retry_after: Period::from_millis(5),
        parameters: Parameters { factors: 8, iterations: 4, regularization: 1.0, ..Parameters::default() },
        gate: Gate {
            bootstrap_min_users: 5,
            bootstrap_min_interactions: 20,
            min_users: 10,
            ..Gate::default()
        },
        ..Config::default()
    }
}

impl World {
    pub async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let mut log = kafka::Config::embedded(dir.path().join("log.sqlite"));
        log.group_session_timeout_ms = 500;
        log.group_heartbeat_ms = 50;
        let log = Log::open(&log).await.unwrap();
        let mut topics = vec![Declaration::new(topic::AVRO_SCHEMAS, 1)];
        topics.extend(topic::EVENT_TOPICS.map(|name| Declaration::new(name, EVENT_PARTITIONS)));
        topics.extend([topic::RETRAIN_TRIGGERS, topic::MODEL_UPDATES].map(|name| Declaration::new(name, 1)));
        log.declare(&topics).await.unwrap();
        let store = Store::open(&registry::Config::local(dir.path().join("objects"))).await.unwrap();
        let (health, prometheus) = (Health::new(Instant::now()), prometheus::Registry::new());
        World { dir, log, store, config: config(), health, prometheus, happenings: Arc::default() }
    }

    pub fn parts(&self, metrics: Metrics) -> Parts {
        let happenings = self.happenings.clone();
        Parts {
            log: self.log.clone(),
            store: self.store.clone(),
            decoder: Decoder::new(&self.log),
            config: self.config.clone(),
            identity: BuildIdentity::new(None),
            health: self.health.clone(),
            metrics,
            now_ms,
            observe: Arc::new(move |happening| happenings.lock().unwrap().push(happening)),
        }
    }

    /// A trainer; its metrics are in a registry of their own unless it is the first.
    pub fn start(&self) -> Running {
        let metrics = Metrics::new(&self.prometheus);
        let metrics = metrics.unwrap_or_else(|_| Metrics::new(&prometheus::Registry::new()).unwrap());
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(trainer::run(self.parts(metrics), stop.clone())), stop }
    }

    pub async fn append(&self, events: impl IntoIterator<Item = Event>) {
        publish_schemas(&self.log, 0).await.unwrap();
        let codec = Codec::new();
        let (mut watched, mut rated) = (Vec::new(), Vec::new());
        for event in events {
            let key = event.user_id().to_string();
            match event {
                Event::Watch(event) => {
                    watched.push(Record::new(key, codec.encode(&event).unwrap(), event.ts))
                }
                Event::Rate(event) => rated.push(Record::new(key, codec.encode(&event).unwrap(), event.ts)),
            }
        }
        self.log.append_all(topic::WATCH_EVENTS, watched).await.unwrap();
        self.log.append_all(topic::RATE_EVENTS, rated).await.unwrap();
    }

    /// Ingests all that is in the log, in segments of so many records.
    pub async fn ingest(&self, segment_rows: usize) {
        let codec = Codec::new();
        let mut progress = Vec::new();
        for topic in topic::EVENT_TOPICS {
            for partition in (0..EVENT_PARTITIONS).map(|number| TopicPartition::new(topic, number)) {
                let mut end = tail(&self.store, &partition).await.unwrap().end;
                loop {
                    let from = end.next_offset;
                    let read = self.log.read(topic, partition.partition, from, segment_rows, 1 << 20);
                    let records = read.await.unwrap();
                    if records.is_empty() {
                        break;
                    }
                    let rows: Vec<Row> = records.into_iter().map(|record| row_of(&codec, record)).collect();
                    let segment = Segment::build(&partition, end, &rows).unwrap();
                    end = segment.header.end;
                    let published = registry::segment::publish(&self.store, &segment).await.unwrap();
                    assert_eq!(published, Published::Won);
                }
                progress.push((partition, end.next_offset));
            }
        }
        self.log.publish_progress(schemas::group::INGESTOR, &progress).await.unwrap();
    }

    /// An operator's wish.
    pub async fn ask(&self, trigger_id: &str, force: bool) -> i64 {
        let trigger = RetrainTrigger {
            trigger_id: trigger_id.to_owned(),
            ts: now_ms(),
            model_name: MODEL.to_owned(),
            cause: Cause::Operator,
            reason: "a story".to_owned(),
            actor: "somebody".to_owned(),
            force,
        };
        trainer::trigger(&self.log, &Codec::new(), &trigger).await.unwrap().offset
    }

    /// How the trigger ends, once it has.
    pub async fn outcome(&self, offset: i64) -> Outcome {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(outcome) = outcome::get(&self.store, MODEL, offset).await.unwrap() {
                return outcome;
            }
            assert!(Instant::now() < until, "no outcome of {offset}: {:?}", self.happenings.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn ending(&self, offset: i64) -> Ending {
        self.outcome(offset).await.result
    }

    pub async fn meta(&self, version: &str) -> Meta {
        model::meta(&self.store, version.parse().unwrap()).await.unwrap()
    }

    pub async fn versions(&self) -> Vec<String> {
        let versions = model::versions(&self.store).await.unwrap();
        versions.iter().map(Version::to_string).collect()
    }

    /// The versions on `model-updates`, once there are so many.
    pub async fn announced(&self, count: usize) -> Vec<ModelUpdate> {
        let until = Instant::now() + PATIENCE;
        loop {
            let records = self.log.read(topic::MODEL_UPDATES, 0, 0, 1000, 1 << 20).await.unwrap();
            if records.len() >= count {
                let decode = |value: &[u8]| Codec::new().decode(value).unwrap();
                return records.iter().map(|record| decode(record.value.as_deref().unwrap())).collect();
            }
            assert!(Instant::now() < until, "{} of {count} announced", records.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub fn published(version: &str) -> Ending {
    Ending::Published { version: version.parse().unwrap() }
}

fn row_of(codec: &Codec, record: kafka::Stored) -> Row {
    let decoded = Event::decode(codec, &record.topic, record.value.as_deref());
    let row = Row::new(record.offset, record.timestamp_ms, record.key, record.value);
    match decoded {
        Ok(event) => Row { event: Some(event), ..row },
        Err(error) => Row { error: Some(error.to_string()), ..row },
    }
}

/// Two kinds of people: each watches, and now and then rates, movies of their own kind. The same `round` gives
/// the same events, ever.
pub fn people(users: i32, round: i32) -> Vec<Event> {
    let mut events = Vec::new();
    let mut state = 88_172_645_463_325_252u64 + round as u64;
    let mut draw = |below: i32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as i32 % below
    };
    for user_id in 1..=users {
        for n in 0..6 {
            let movie_id = 1 + 2 * draw(15) + user_id % 2;
            let ts = 1_000_000 * i64::from(round) + 1000 * i64::from(n) + i64::from(user_id);
            let event_id = format!("{round}-{user_id}-{n}");
            events.push(match n % 3 {
                2 => {
                    Event::Rate(RateEvent { event_id, ts, user_id, movie_id, rating: 4.5, request_id: None })
                }
                _ => Event::Watch(WatchEvent {
                    event_id,
                    ts,
                    user_id,
                    movie_id,
                    progress: 0.9,
                    request_id: None,
                }),
            });
        }
    }
    events
}
