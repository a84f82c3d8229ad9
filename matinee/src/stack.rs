//! The whole stack in one process: the log, the store, three services, one listener.
//!
//! It ends in the order in which work flows backwards: first no more requests, then the records of the answers onto
//! `reco-responses`, then the trainer, then the ingestor with what came in until then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use kafka::{Decoder, Log};
use prometheus::Registry;
use registry::Store;
use runtime::{BuildIdentity, Health, Listener, Tasks, metrics};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock::now_ms;
use crate::open_log;
use crate::settings::Settings;

/// How long the parts may take to end, beside the listener and the outbox, which have their own times.
const DRAIN: Duration = Duration::from_secs(15);

/// How long the first requests wait at most until models have been looked for.
const DOOR: Duration = Duration::from_secs(5);

/// Who is told what happens in each service.
#[derive(Clone)]
pub struct Observers {
    /// In the ingestor.
    pub ingestor: ingestor::Observer,
    /// In the trainer.
    pub trainer: trainer::Observer,
    /// In the recommender.
    pub recommender: recommender::Observer,
}

impl Observers {
    /// Nobody; the services log what happens anyway.
    pub fn none() -> Observers {
        Observers { ingestor: Arc::new(|_| {}), trainer: Arc::new(|_| {}), recommender: Arc::new(|_| {}) }
    }
}

/// A stack that runs.
#[derive(Debug)]
pub struct Stack {
    /// Where it listens.
    pub url: String,
    /// Its log.
    pub log: Log,
    /// Its object store.
    pub store: Store,
    /// Reads the log's records.
    pub decoder: Decoder,
    stop: CancellationToken,
    supervised: JoinHandle<Result<(), runtime::Error>>,
}

impl Stack {
    /// Starts everything. It runs until `stop` is cancelled; a part that fails cancels it.
    ///
    /// # Errors
    /// The address is taken, or the log or the store cannot be opened: one line that names it.
    pub async fn start(settings: &Settings, observers: Observers, stop: CancellationToken) -> Result<Stack> {
        let listener = Listener::bind(&settings.listener.host, settings.listener.port).await?;
        let url = listener.url();
        std::fs::create_dir_all(&settings.data)
            .with_context(|| format!("data folder {} cannot be made", settings.data.display()))?;
        let log = open_log(settings).await?;
        let store = Store::open(&settings.store).await?;
        let decoder = Decoder::new(&log);
        let parts = Parts {
            settings,
            log: &log,
            store: &store,
            decoder: &decoder,
            health: Health::new(Instant::now()),
        };

        let registries = [(); 3].map(|()| Registry::new());
        let [ingesting, training, recommending] = &registries;
        let recommender = parts.recommender(recommending, observers.recommender).await?;
        let (trainer, ingestor) =
            (parts.trainer(training, observers.trainer)?, parts.ingestor(ingesting, observers.ingestor)?);
        let router = recommender.router().merge(metrics::route(registries.to_vec()));

        let mut stages = Stages::default();
        let drain = settings.listener.drain.duration();
        let looked = recommender.has_looked();
        stages.add("http", |stop| serve(listener, router, looked, stop, drain));
        stages.add("recommender", |stop| async move { Ok(recommender.run(stop).await?) });
        stages.add("trainer", |stop| async move { Ok(trainer::run(trainer, stop).await?) });
        stages.add("ingestor", |stop| async move { Ok(ingestor::run(ingestor, stop).await?) });
        let deadline = drain + settings.recommender.drain.duration() + DRAIN;
        let supervised = tokio::spawn(stages.supervise(stop.clone(), deadline));
        Ok(Stack { url, log, store, decoder, stop, supervised })
    }

    /// Waits until the stack has ended.
    ///
    /// # Errors
    /// The first part that failed, or those that did not end in time.
    pub async fn wait(self) -> Result<()> {
        Ok(self.supervised.await.context("the stack was lost")??)
    }

    /// Ends it, and waits until it has.
    ///
    /// # Errors
    /// As [`Stack::wait`].
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.wait().await
    }
}

/// Serves; the first requests after a restart wait at the door until the models have been looked for, rather than be
/// told that there is none.
async fn serve(
    listener: Listener,
    router: Router,
    looked: impl Future<Output = ()>,
    stop: CancellationToken,
    drain: Duration,
) -> Result<()> {
    tokio::select! {
        () = looked => {}
        () = stop.cancelled() => {}
        () = tokio::time::sleep(DOOR) => {}
    }
    Ok(listener.serve(router, stop, drain).await?)
}

/// What the services' parts are made of.
struct Parts<'a> {
    settings: &'a Settings,
    log: &'a Log,
    store: &'a Store,
    decoder: &'a Decoder,
    health: Health,
}

impl Parts<'_> {
    fn identity(&self) -> BuildIdentity {
        BuildIdentity::new(std::env::var(BuildIdentity::IMAGE_DIGEST_VARIABLE).ok())
    }

    fn ingestor(&self, registry: &Registry, observe: ingestor::Observer) -> Result<ingestor::Parts> {
        Ok(ingestor::Parts {
            log: self.log.clone(),
            store: self.store.clone(),
            decoder: self.decoder.clone(),
            config: self.settings.ingestor.clone(),
            identity: self.identity(),
            health: self.health.clone(),
            metrics: ingestor::Metrics::new(registry)?,
            now_ms,
            observe,
        })
    }

    fn trainer(&self, registry: &Registry, observe: trainer::Observer) -> Result<trainer::Parts> {
        Ok(trainer::Parts {
            log: self.log.clone(),
            store: self.store.clone(),
            decoder: self.decoder.clone(),
            config: self.settings.trainer.clone(),
            identity: self.identity(),
            health: self.health.clone(),
            metrics: trainer::Metrics::new(registry)?,
            now_ms,
            observe,
        })
    }

    async fn recommender(
        &self,
        registry: &Registry,
        observe: recommender::Observer,
    ) -> Result<recommender::Service> {
        let parts = recommender::Parts {
            log: self.log.clone(),
            store: self.store.clone(),
            decoder: self.decoder.clone(),
            config: self.settings.recommender.clone(),
            identity: self.identity(),
            health: self.health.clone(),
            metrics: recommender::Metrics::new(registry)?,
            now_ms,
            new_id: || uuid::Uuid::new_v4().to_string(),
            observe,
        };
        Ok(recommender::Service::new(parts).await?)
    }
}

/// Tasks that end one after the other.
#[derive(Default)]
struct Stages {
    tasks: Tasks,
    /// For each one: what tells it to end, and what says that it has.
    order: Vec<(CancellationToken, CancellationToken)>,
}

impl Stages {
    fn add<F>(&mut self, name: &str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let (task, guard): (F, DropGuard) = (task(stop.clone()), ended.clone().drop_guard());
        self.tasks.spawn(name, async move {
            let _ended = guard;
            task.await
        });
        self.order.push((stop, ended));
    }

    /// Runs them until `stop` is cancelled or one fails, which cancels it; then ends them in order.
    async fn supervise(mut self, stop: CancellationToken, deadline: Duration) -> Result<(), runtime::Error> {
        let (order, told) = (self.order, stop.clone());
        self.tasks.spawn("the order of ending", async move {
            told.cancelled().await;
            for (stop, ended) in order {
                stop.cancel();
                ended.cancelled().await;
            }
            Ok::<(), anyhow::Error>(())
        });
        self.tasks.supervise(&stop, deadline).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn stages_end_one_after_the_other() {
        let ends = Arc::new(Mutex::new(Vec::new()));
        let mut stages = Stages::default();
        for (name, pause_ms) in [("first", 30), ("second", 10), ("third", 0)] {
            let ends = ends.clone();
            stages.add(name, |stop| async move {
                stop.cancelled().await;
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                ends.lock().unwrap().push(name);
                Ok(())
            });
        }
        let stop = CancellationToken::new();
        stop.cancel();
        stages.supervise(stop, Duration::from_secs(5)).await.unwrap();
        assert_eq!(*ends.lock().unwrap(), ["first", "second", "third"]);
    }

    #[tokio::test]
    async fn a_stage_that_fails_ends_them_all() {
        let mut stages = Stages::default();
        stages.add("good", |stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        stages.add("bad", |_| async { anyhow::bail!("no disk") });
        let stop = CancellationToken::new();
        let error = stages.supervise(stop.clone(), Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.to_string(), "bad failed: no disk");
        assert!(stop.is_cancelled());
    }
}
