//! One trigger, from its attempts to its outcome.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPool;
use registry::outcome::{self, Ending, Outcome};

use crate::attempt::{Ended, once};
use crate::history::History;
use crate::publish::{outcomes_of, record};
use crate::triggers::Task;
use crate::{Error, Happening, Parts, announce, repair};

/// Serves the task: trains at most `attempts` times, and records how its triggers ended. An error of this function
/// means that the outcome could not be recorded; then nothing is lost, and it is done again.
pub(crate) async fn serve(
    parts: &Parts,
    pool: &Arc<ThreadPool>,
    history: &History,
    task: &Task,
    ended: &mut BTreeSet<i64>,
) -> Result<(), Error> {
    let trigger = &task.trigger;
    tracing::info!(trigger_offset = task.offset, trigger_id = trigger.trigger_id, cause = ?trigger.cause,
        reason = trigger.reason, force = task.force, collapsed = ?task.collapsed, "serving a trigger");
    (parts.observe)(Happening::Triggered {
        offset: task.offset,
        cause: trigger.cause,
        reason: trigger.reason.clone(),
    });
    let started = Instant::now();
    let result = with_attempts(parts, pool, task).await;
    parts.metrics.duration_seconds.observe(started.elapsed().as_secs_f64());
    parts.metrics.fit_progress_ratio.set(0.0);
    match result {
        Ok(Ended::Published { meta, won }) => {
            record(parts, outcomes_of(&meta, history.triggers(), (parts.now_ms)()), ended).await?;
            if won {
                announce::announce(parts, &meta).await?;
            } else {
                // Whoever published it may not have lived to announce it.
                repair::repair(parts, history, ended).await?;
            }
            note_success(parts, "published");
            parts.metrics.show(&meta.metrics);
            (parts.observe)(Happening::Published { meta });
        }
        Ok(Ended::Unchanged { version, data_snapshot_id }) => {
            end(parts, task, Ending::Unchanged { version }, Some(data_snapshot_id), ended).await?;
            note_success(parts, "unchanged");
            (parts.observe)(Happening::Unchanged { version });
        }
        Ok(Ended::Refused { reason, numbers, data_snapshot_id }) => {
            let ending = Ending::Refused { reason: reason.clone(), numbers };
            end(parts, task, ending, Some(data_snapshot_id), ended).await?;
            parts.metrics.runs.with_label_values(&["refused"]).inc();
            (parts.observe)(Happening::Refused { reason });
        }
        Err(error) => {
            let error = error.to_string();
            let ending = Ending::Failed { error: error.clone(), attempts: parts.config.attempts };
            end(parts, task, ending, None, ended).await?;
            parts.metrics.runs.with_label_values(&["failed"]).inc();
            (parts.observe)(Happening::Failed { error });
        }
    }
    Ok(())
}

fn note_success(parts: &Parts, outcome: &str) {
    parts.metrics.runs.with_label_values(&[outcome]).inc();
    parts.metrics.last_success_seconds.set((parts.now_ms)() as f64 / 1000.0);
}

/// Records an ending other than publication: the collapsed triggers first, so that none of them is served anew.
async fn end(
    parts: &Parts,
    task: &Task,
    ending: Ending,
    data_snapshot_id: Option<String>,
    ended: &mut BTreeSet<i64>,
) -> Result<(), Error> {
    let of = |trigger_offset: i64, trigger_id: &String, result: Ending| Outcome {
        format: outcome::FORMAT,
        model_name: parts.config.model_name.clone(),
        trigger_offset,
        trigger_id: trigger_id.clone(),
        ts: (parts.now_ms)(),
        data_snapshot_id: data_snapshot_id.clone(),
        result,
    };
    let into = task.offset;
    let collapsed = task.collapsed.iter().map(|(offset, id)| of(*offset, id, Ending::Collapsed { into }));
    let outcomes = collapsed.chain([of(task.offset, &task.trigger.trigger_id, ending)]).collect();
    record(parts, outcomes, ended).await
}

async fn with_attempts(parts: &Parts, pool: &Arc<ThreadPool>, task: &Task) -> Result<Ended, Error> {
    let mut pause = parts.config.retry_after.duration();
    let mut attempt = 1;
    loop {
        let error = match once(parts, pool, task).await {
            Ok(ended) => return Ok(ended),
            Err(error) => error,
        };
        parts.metrics.failed_attempts.inc();
        let attempts = parts.config.attempts;
        if attempt >= attempts {
            tracing::error!(trigger_offset = task.offset, attempt, attempts, %error, "the retrain failed");
            return Err(error);
        }
        tracing::warn!(trigger_offset = task.offset, attempt, attempts, ?pause, %error, "an attempt failed");
        tokio::time::sleep(pause).await;
        (attempt, pause) = (attempt + 1, pause.saturating_mul(2));
    }
}
