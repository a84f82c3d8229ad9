//! One attempt at a retrain: snapshot, comparison with the newest model, training, publication.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPool;
use registry::model::{Meta, Version};
use registry::snapshot::Manifest;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::interactions::Observations;
use crate::metrics::stage;
use crate::publish::{Ready, publish};
use crate::train::{Champion, Trained, Work, train};
use crate::triggers::Task;
use crate::{Error, Happening, Parts, champion, snapshot};

/// How an attempt ended.
pub(crate) enum Ended {
    Published { meta: Box<Meta>, won: bool },
    Unchanged { version: Version, data_snapshot_id: String },
    Refused { reason: String, numbers: BTreeMap<String, Value>, data_snapshot_id: String },
}

/// Makes a model, or finds that there is none to be made.
pub(crate) async fn once(parts: &Parts, pool: &Arc<ThreadPool>, task: &Task) -> Result<Ended, Error> {
    let mut durations_ms = BTreeMap::new();
    let mut took = |stage: &str, started: Instant| {
        parts.metrics.stage(stage, started.elapsed().as_secs_f64());
        durations_ms.insert(stage.to_owned(), started.elapsed().as_millis() as u64);
    };

    let started = Instant::now();
    let manifest = cut(parts, task).await?;
    took(stage::SNAPSHOT, started);
    let data_snapshot_id = manifest.data_snapshot_id.clone();
    let newest = champion::newest(&parts.store).await?;
    if let Some(meta) = newest.as_ref().filter(|_| !task.force)
        && is_unchanged(parts, &manifest, meta)?
    {
        tracing::info!(trigger_offset = task.offset, data_snapshot_id, version = %meta.version, "nothing is new");
        return Ok(Ended::Unchanged { version: meta.version, data_snapshot_id });
    }

    let started = Instant::now();
    let observations = snapshot::read(&parts.store, &manifest).await?;
    tracing::info!(
        trigger_offset = task.offset,
        data_snapshot_id,
        events = observations.len(),
        repeated = observations.repeated(),
        unusable = observations.unusable(),
        "snapshot read"
    );
    let champion = match &newest {
        Some(meta) => Some(champion::load(&parts.store, meta).await?),
        None => None,
    };
    took(stage::READ, started);

    let id = data_snapshot_id.clone();
    let candidate = match train_apart(parts, pool, task.force, id, observations, champion).await? {
        Trained::Model(candidate) => candidate,
        Trained::Refused { reason, numbers } => {
            let numbers_json = serde_json::to_string(&numbers).unwrap_or_default();
            tracing::warn!(
                trigger_offset = task.offset,
                data_snapshot_id,
                reason,
                numbers = numbers_json,
                "refused"
            );
            return Ok(Ended::Refused { reason, numbers, data_snapshot_id });
        }
    };
    candidate.durations_ms.iter().for_each(|(stage, ms)| parts.metrics.stage(stage, *ms as f64 / 1000.0));
    tracing::info!(
        trigger_offset = task.offset,
        data_snapshot_id,
        hr_at_10 = candidate.metrics.hr_at_10,
        ndcg_at_10 = candidate.metrics.ndcg_at_10,
        gate = candidate.gate_report.note,
        "trained"
    );

    durations_ms.extend(candidate.durations_ms.clone());
    let parent = newest.map(|meta| meta.version);
    let ready = Ready { manifest, candidate: *candidate, parent, durations_ms };
    let started = Instant::now();
    let (meta, won) = publish(parts, task, ready).await?;
    parts.metrics.stage(stage::PUBLISH, started.elapsed().as_secs_f64());
    Ok(Ended::Published { meta: Box::new(meta), won })
}

async fn cut(parts: &Parts, task: &Task) -> Result<Manifest, Error> {
    let at_most = parts.config.wait_for_ingestors.duration();
    for (partition, records) in snapshot::wait_for_ingestors(&parts.log, at_most).await? {
        tracing::warn!(%partition, records, "the ingestors have not passed these; the snapshot is cut without");
    }
    let manifest = snapshot::cut(&parts.log, &parts.store, (parts.now_ms)()).await?;
    let (id, rows) = (manifest.data_snapshot_id.clone(), manifest.totals.rows);
    tracing::info!(trigger_offset = task.offset, data_snapshot_id = id, rows, "snapshot cut");
    (parts.observe)(Happening::Snapshot { id, rows });
    Ok(manifest)
}

/// Whether a training would give the newest model again, bit for bit.
fn is_unchanged(parts: &Parts, manifest: &Manifest, newest: &Meta) -> Result<bool, Error> {
    Ok(newest.data_snapshot_id == manifest.data_snapshot_id
        && newest.kernel_version == als::KERNEL_VERSION as i32
        && champion::parameters_of(newest)? == parts.config.parameters)
}

/// Trains on threads of its own. A future that is dropped ends the training at its next half-iteration.
async fn train_apart(
    parts: &Parts,
    pool: &Arc<ThreadPool>,
    force: bool,
    data_snapshot_id: String,
    observations: Observations,
    champion: Option<Champion>,
) -> Result<Trained, Error> {
    let cancel = CancellationToken::new();
    let _cancels_when_dropped = cancel.clone().drop_guard();
    let version = champion.as_ref().map_or(Version::FIRST, |champion| champion.version.next()).to_string();
    let (pool, metrics, observe) = (pool.clone(), parts.metrics.clone(), parts.observe.clone());
    let (parameters, gate) = (parts.config.parameters, parts.config.gate);
    let trained = tokio::task::spawn_blocking(move || {
        let progress = |phase: &'static str, done: usize, total: usize| {
            metrics.fit_progress_ratio.set(done as f64 / total as f64);
            let version_hint = Some(version.clone());
            observe(Happening::Training { version_hint, phase, done: done as u32, total: total as u32 });
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let work = Work {
            data_snapshot_id: &data_snapshot_id,
            observations: &observations,
            parameters,
            gate,
            force,
            champion: champion.as_ref(),
        };
        pool.install(|| train(&work, &progress))
    });
    trained.await.unwrap_or_else(|panic| Err(Error::Threads(panic.to_string())))
}
