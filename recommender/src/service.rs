//! The recommender as a whole: what it is made of, and the tasks that keep it going.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use kafka::{Decoder, Log};
use registry::Store;
use registry::model::{self, Version};
use runtime::{BuildIdentity, Health};
use schemas::{TopicPartition, topic};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::control::{Control, Known, Wish};
use crate::follow::{CatchUp, patiently};
use crate::live::{LiveStore, Offsets};
use crate::outbox::{self, Outbox};
use crate::rollout::Rollout;
use crate::serving::Pointer;
use crate::trace::Traces;
use crate::{Catalogue, Config, Error, Metrics, follow, http};

/// So many wishes for versions may wait.
const WISHES: usize = 16;

/// What a recommender is made of.
pub struct Parts {
    /// Where events and announcements come from, and answers' records go.
    pub log: Log,
    /// Where models are.
    pub store: Store,
    /// Reads what any schema in `avro-schemas` has written.
    pub decoder: Decoder,
    /// The section `[recommender]`, with its outbox made absolute.
    pub config: Config,
    /// Which build this is.
    pub identity: BuildIdentity,
    /// The process's health; the recommender keeps the checks `model`, `live` and `outbox`.
    pub health: Health,
    /// The recommender's metrics.
    pub metrics: Metrics,
    /// The clock, Unix milliseconds.
    pub now_ms: fn() -> i64,
    /// Makes names for requests, updates and the outbox.
    pub new_id: fn() -> String,
    /// Who is told what happens.
    pub observe: Observer,
}

/// Is told what happens, as it happens; it must not block.
pub type Observer = Arc<dyn Fn(Happening) + Send + Sync>;

/// What a recommender does that people want to see.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A model was fetched and found good.
    Loaded {
        /// Which version.
        version: Version,
    },
    /// Another model serves.
    Swapped {
        /// The one before; none was the first.
        from: Option<Version>,
        /// The one from now on.
        to: Version,
    },
    /// A model is bad; what serves goes on serving.
    RefusedModel {
        /// Which version.
        version: Version,
        /// Why.
        reason: String,
    },
    /// Records of answers are on `reco-responses`.
    Forwarded {
        /// How many.
        records: u64,
    },
}

/// What the tasks and the requests share.
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) serving: Pointer,
    pub(crate) live: LiveStore,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) traces: Traces,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) known: watch::Receiver<Known>,
    pub(crate) wishes: mpsc::Sender<Wish>,
}

/// A recommender that is ready to run.
pub struct Service {
    shared: Arc<Shared>,
    control: Control,
    partitions: [i32; 2],
    response_partitions: i32,
}

impl Service {
    /// Takes an outbox and looks the topics up.
    ///
    /// # Errors
    /// The outbox cannot be used, or a topic is not there.
    pub async fn new(parts: Parts) -> Result<Self, Error> {
        let topics = parts.log.topics().await?;
        let count = |name: &str| {
            let found = topics.iter().find(|(topic, _)| topic == name);
            found.map(|(_, partitions)| *partitions).ok_or_else(|| Error::NoTopic(name.to_owned()))
        };
        let partitions = [count(topic::EVENT_TOPICS[0])?, count(topic::EVENT_TOPICS[1])?];
        let response_partitions = count(topic::RECO_RESPONSES)?;
        let config = &parts.config;
        let folder = config.outbox.as_deref().ok_or(Error::NoOutbox)?;
        let outbox = Outbox::open(folder, config.outbox_fsync, config.outbox_bytes, parts.new_id)?;
        let rollout = Rollout::new(&config.model_name);
        let (known, heard) = watch::channel(Known { rollout, announced: BTreeSet::new(), settled_epoch: -1 });
        let (wish, wishes) = mpsc::channel(WISHES);
        let shared = Arc::new(Shared {
            live: LiveStore::new(partitions),
            traces: Traces::new(config.kept_traces),
            serving: Pointer::default(),
            catalogue: RwLock::default(),
            outbox,
            known: heard,
            wishes: wish,
            parts,
        });
        let control = Control::new(shared.clone(), known, wishes);
        Ok(Self { shared, control, partitions, response_partitions })
    }

    /// Every route but `/metrics`, which shows whatever registries the process has.
    pub fn router(&self) -> Router {
        http::router(self.shared.clone())
    }

    /// Ends once [`Service::run`] has read what is announced and tried to load what should serve: from then on a request
    /// without a model is answered so because there is none.
    pub fn has_looked(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut known = self.shared.known.clone();
        async move { drop(known.wait_for(|known| known.settled_epoch >= 0).await) }
    }

    /// Keeps the recommender going until `stop`; then forwards what is left in the outbox.
    ///
    /// # Errors
    /// The first task that failed.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let shared = self.shared.clone();
        let parts = &shared.parts;
        tracing::info!(
            git_sha = parts.identity.git_sha,
            instance_id = shared.outbox.instance_id,
            "recommender started"
        );
        let Some(floor) = patiently(&shared, &stop, || published_floor(&parts.store)).await? else {
            return Ok(());
        };
        let followers = self.partitions.iter().sum::<i32>() as usize + 1;
        let caught_up = Arc::new(CatchUp::new(followers, parts.health.check("live")));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(keep_watch(shared.clone(), stop.clone()));
        for (name, count) in topic::EVENT_TOPICS.iter().zip(self.partitions) {
            for partition in 0..count {
                let tp = TopicPartition::new(*name, partition);
                let from = floor.get(&tp).copied().unwrap_or(0);
                tasks.spawn(follow::events(shared.clone(), tp, from, caught_up.clone(), stop.clone()));
            }
        }
        tasks.spawn(follow::catalogue(shared.clone(), caught_up.clone(), stop.clone()));
        let back = (parts.config.kept_traces as i64) / i64::from(self.response_partitions.max(1));
        for partition in 0..self.response_partitions {
            tasks.spawn(follow::responses(shared.clone(), partition, back, stop.clone()));
        }
        tasks.spawn(self.control.run(stop.clone()));
        tasks.spawn(outbox::forward(
            shared.outbox.clone(),
            parts.log.clone(),
            parts.config.clone(),
            parts.metrics.clone(),
            parts.observe.clone(),
            stop.clone(),
        ));
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// Brings up to date, every second, what is a function of the clock: uptime, health, the outbox's check.
async fn keep_watch(shared: Arc<Shared>, stop: CancellationToken) -> Result<(), Error> {
    let (parts, check) = (&shared.parts, shared.parts.health.check("outbox"));
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = second.tick() => {}
        }
        match shared.outbox.pending_bytes() {
            bytes if bytes > parts.config.outbox_bytes => {
                check.failing(format!(
                    "{bytes} bytes wait to be forwarded, the limit is {}",
                    parts.config.outbox_bytes
                ));
            }
            _ => check.ok(),
        }
        parts.metrics.refresh(parts.health.report(Instant::now()).is_ready());
    }
}

/// The lowest position that any published version has not seen: whichever of them the rollout asks for, its live
/// events are at hand.
///
/// A version whose meta cannot be read cannot serve either, and does not count.
pub(crate) async fn published_floor(store: &Store) -> Result<Offsets, Error> {
    let mut all = Vec::new();
    for version in model::versions(store).await? {
        let meta = match model::meta(store, version).await.map_err(Error::from) {
            Ok(meta) => meta,
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::error!(%version, %error, "the model is passed over");
                continue;
            }
        };
        let offsets = meta.offsets.iter().map(|p| (TopicPartition::new(&p.topic, p.partition), p.offset));
        all.push(offsets.collect::<Offsets>());
    }
    Ok(follow::floor(&all))
}

impl Shared {
    /// What `/healthz` and `/readyz` say beside the checks.
    pub(crate) fn health_fields(&self) -> Map<String, Value> {
        let serving = self.serving.read();
        let version = serving.map(|serving| serving.version().to_string());
        let mut fields = Map::new();
        fields.insert("model_name".to_owned(), self.parts.config.model_name.clone().into());
        fields.insert("model_version".to_owned(), version.into());
        fields
    }
}
