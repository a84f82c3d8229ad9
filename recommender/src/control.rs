//! The loop that hears announcements and rollout updates, and swaps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use kafka::{Follower, Stored};
use registry::model::Version;
use runtime::health::Check;
use schemas::{ModelUpdate, RolloutUpdate, topic};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::follow::{marks, next, record_of};
use crate::models::Cache;
use crate::rollout::{Rollout, Verdict};
use crate::service::{Happening, Shared, published_floor};
use crate::serving::Serving;
use crate::{Error, Loaded, load};

/// What others may know of the rollout: read by `/switch`, which writes updates and waits for them to come back.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The fold so far.
    pub(crate) rollout: Rollout,
    /// What is announced.
    pub(crate) announced: BTreeSet<Version>,
    /// The epoch that the loop has acted on last, -1 before the first time: from then on the model that it asks for
    /// serves, or cannot.
    pub(crate) settled_epoch: i64,
}

/// A wish to have a version at hand, before an update is written that names it.
pub(crate) type Wish = (Version, oneshot::Sender<Result<Arc<Loaded>, Error>>);

/// The loop's state.
pub(crate) struct Control {
    shared: Arc<Shared>,
    check: Check,
    known: watch::Sender<Known>,
    wishes: tokio::sync::mpsc::Receiver<Wish>,
    cache: Cache,
    refused: BTreeSet<Version>,
    models: Follower,
    rollouts: Follower,
}

impl Control {
    pub(crate) fn new(
        shared: Arc<Shared>,
        known: watch::Sender<Known>,
        wishes: tokio::sync::mpsc::Receiver<Wish>,
    ) -> Self {
        let follow = |topic| shared.parts.log.follow(topic, 0, 0);
        Self {
            check: shared.parts.health.check("model"),
            cache: Cache::new(shared.parts.config.cached_models),
            models: follow(topic::MODEL_UPDATES),
            rollouts: follow(topic::ROLLOUT_UPDATES),
            refused: BTreeSet::new(),
            shared,
            known,
            wishes,
        }
    }

    /// Hears and swaps until `stop`.
    ///
    /// # Errors
    /// A control topic is not there, or a position of it is lost.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        self.check.failing("no model yet");
        self.catch_up(&stop).await?;
        let retry_after = self.shared.parts.config.retry_after.duration();
        let mut again = !self.settle().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                records = next(&mut self.models, &self.shared, &stop) => {
                    self.announced(records?.unwrap_or_default()).await;
                }
                records = next(&mut self.rollouts, &self.shared, &stop) => {
                    self.updated(records?.unwrap_or_default()).await;
                }
                Some((version, reply)) = self.wishes.recv() => {
                    drop(reply.send(self.fetch(version).await));
                    continue;
                }
                () = tokio::time::sleep(retry_after), if again => {}
            }
            again = !self.settle().await;
        }
    }

    /// Reads what is there before anything is decided: a restart must not serve for a moment what it should not.
    async fn catch_up(&mut self, stop: &CancellationToken) -> Result<(), Error> {
        let shared = self.shared.clone();
        let announced = marks(&shared, topic::MODEL_UPDATES, 0, stop).await?.map_or(0, |marks| marks.high);
        let updated = marks(&shared, topic::ROLLOUT_UPDATES, 0, stop).await?.map_or(0, |marks| marks.high);
        while self.models.position() < announced {
            let Some(records) = next(&mut self.models, &shared, stop).await? else { return Ok(()) };
            self.announced(records).await;
        }
        while self.rollouts.position() < updated {
            let Some(records) = next(&mut self.rollouts, &shared, stop).await? else { return Ok(()) };
            self.updated(records).await;
        }
        Ok(())
    }

    async fn announced(&mut self, records: Vec<Stored>) {
        for record in records {
            let Some(update) = record_of::<ModelUpdate>(&self.shared, &record).await else { continue };
            if update.model_name != self.shared.parts.config.model_name {
                continue;
            }
            match update.model_version.parse::<Version>() {
                Ok(version) => self.known.send_modify(|known| {
                    known.announced.insert(version);
                }),
                Err(_) => tracing::warn!(version = update.model_version, "an announcement of no version"),
            }
        }
    }

    async fn updated(&mut self, records: Vec<Stored>) {
        for record in records {
            let Some(update) = record_of::<RolloutUpdate>(&self.shared, &record).await else { continue };
            self.known.send_modify(|known| match known.rollout.apply(&update) {
                Some(Verdict::Applied { epoch }) => {
                    let (actor, reason) = (&update.actor, &update.reason);
                    tracing::info!(epoch, primary = update.primary, actor, reason, "the rollout changed");
                }
                Some(verdict) => {
                    tracing::warn!(
                        update_id = update.update_id,
                        ?verdict,
                        "a rollout update changed nothing"
                    );
                }
                None => {}
            });
        }
    }

    /// Serves the best version that the rollout allows and that loads. `false` where waiting may help.
    async fn settle(&mut self) -> bool {
        let Known { rollout, announced, .. } = self.known.borrow().clone();
        let candidates: Vec<Version> = rollout.candidates(&announced, &self.refused).collect();
        let mut settled = true;
        for version in candidates {
            if self.serves(version, &rollout) {
                break;
            }
            match self.fetch(version).await {
                Ok(loaded) => {
                    if self.swap(loaded, &rollout).is_none() {
                        self.forget().await;
                    }
                    break;
                }
                Err(error) if error.is_transient() => {
                    tracing::warn!(%version, %error, "the model cannot be fetched yet");
                    settled = false;
                    break;
                }
                // The next candidate may do; if there is none, what serves goes on serving.
                Err(_) => {}
            }
        }
        self.known.send_modify(|known| known.settled_epoch = rollout.epoch);
        settled
    }

    fn serves(&self, version: Version, rollout: &Rollout) -> bool {
        let current = self.shared.serving.read();
        current.is_some_and(|current| current.version() == version && current.epoch == rollout.epoch)
    }

    /// The model, at hand or loaded now; one that is bad is refused, until somebody asks for it by name and it is good.
    async fn fetch(&mut self, version: Version) -> Result<Arc<Loaded>, Error> {
        if let Some(loaded) = self.cache.get(version) {
            return Ok(loaded);
        }
        let began = Instant::now();
        let loaded = load(&self.shared.parts.store, version).await;
        self.shared.parts.metrics.load_seconds.observe(began.elapsed().as_secs_f64());
        match loaded {
            Ok(loaded) => {
                let loaded = Arc::new(loaded);
                self.cache.put(loaded.clone());
                // It was bad once and has been mended.
                self.refused.remove(&version);
                (self.shared.parts.observe)(Happening::Loaded { version });
                Ok(loaded)
            }
            Err(error) => {
                if !error.is_transient() {
                    self.refuse(version, &error);
                }
                Err(error)
            }
        }
    }

    fn refuse(&mut self, version: Version, error: &Error) {
        let reason = error.to_string();
        let serving = self.shared.serving.read().map(|serving| serving.version().to_string());
        match &serving {
            Some(serving) => tracing::error!(%version, error = reason, serving, "the model is refused"),
            None => {
                tracing::error!(%version, error = reason, "the model is refused, and there is none to serve");
                self.check.failing(format!("{version} is refused: {reason}"));
            }
        }
        // Anybody may ask for any version: only those that were announced have a series of their own.
        let is_announced = self.known.borrow().announced.contains(&version);
        let to = if is_announced { version.to_string() } else { "unknown".to_owned() };
        let labels = [serving.as_deref().unwrap_or(""), &to, "refused"];
        self.shared.parts.metrics.switches.with_label_values(&labels).inc();
        if is_announced {
            self.refused.insert(version);
        }
        (self.shared.parts.observe)(Happening::RefusedModel { version, reason });
    }

    /// With the first model, the events that it and all later ones have seen need not be kept any more.
    async fn forget(&self) {
        match published_floor(&self.shared.parts.store).await {
            Ok(floor) => self.shared.live.forget_below(&floor),
            Err(error) => tracing::warn!(%error, "live events that no model needs are kept"),
        }
    }

    /// Puts the model in its place; gives the version that served before.
    fn swap(&mut self, loaded: Arc<Loaded>, rollout: &Rollout) -> Option<Version> {
        let to = loaded.meta.version;
        let meta = loaded.meta.clone();
        let serving = Serving { loaded, epoch: rollout.epoch, strategy: rollout.strategy };
        let before = self.shared.serving.swap(serving).map(|serving| serving.loaded.meta.clone());
        self.check.ok();
        let from = before.as_ref().map(|meta| meta.version);
        if from == Some(to) {
            return from;
        }
        tracing::info!(from = from.map(|v| v.to_string()), %to, data_snapshot_id = meta.data_snapshot_id, "swapped");
        let metrics = &self.shared.parts.metrics;
        metrics.version_info.reset();
        let labels = [&meta.model_name, &to.to_string(), &meta.git_sha, &meta.data_snapshot_id];
        metrics.version_info.with_label_values(&labels).set(1.0);
        let from_label = from.map_or_else(String::new, |version| version.to_string());
        metrics.switches.with_label_values(&[from_label.as_str(), &to.to_string(), "ok"]).inc();
        (self.shared.parts.observe)(Happening::Swapped { from, to });
        from
    }
}
