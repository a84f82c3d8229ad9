//! The loop: who works, and on what.

use std::convert::Infallible;
use std::sync::Arc;

use kafka::{GroupOptions, Member};
use rayon::{ThreadPool, ThreadPoolBuilder};
use runtime::health::Check;
use schemas::topic;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::{Error, GROUP, Parts, retrain, triggers};

/// Serves triggers until `stop`. An error of the log or the store is said by the health check `trainer`, and the
/// work is taken up again; a retrain that fails is an outcome.
///
/// # Errors
/// A setting that cannot be worked with, or no threads: nothing was begun.
pub async fn run(parts: Parts, stop: CancellationToken) -> Result<(), Error> {
    parts.config.check()?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(parts.config.threads)
        .thread_name(|index| format!("trainer-{index}"))
        .build()
        .map_err(|error| Error::Threads(error.to_string()))?;
    let pool = Arc::new(pool);
    let check = parts.health.check("trainer");
    let mut member = None;
    loop {
        let error = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            ended = take_part(&parts, &pool, &mut member, &check) => match ended {
                Ok(never) => match never {},
                Err(error) => error,
            },
        };
        tracing::error!(%error, "the trainer cannot go on, and will try again");
        check.failing(error.to_string());
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(parts.config.retry_after.duration()) => {}
        }
    }
    match member {
        Some(member) => member.leave().await.or_else(|error| {
            tracing::warn!(%error, "could not leave the group; its session will time out");
            Ok(())
        }),
        None => Ok(()),
    }
}

/// Works while the group gives us the triggers, and waits while it does not.
async fn take_part(
    parts: &Parts,
    pool: &Arc<ThreadPool>,
    member: &mut Option<Member>,
    check: &Check,
) -> Result<Infallible, Error> {
    let member = match member {
        Some(member) => member,
        None => {
            let topics = [topic::RETRAIN_TRIGGERS];
            member.insert(parts.log.join(GROUP, &topics, GroupOptions::default()).await?)
        }
    };
    loop {
        let owns = member.assigned().any(|of| of.topic == topic::RETRAIN_TRIGGERS && of.partition == 0);
        if !owns {
            check.ok();
            let event = member.next().await?;
            tracing::info!(?event, "group of the trainers");
            continue;
        }
        tokio::select! {
            // Whatever the event, the work is put down before it is acknowledged.
            event = member.next() => tracing::info!(event = ?event?, "group of the trainers"),
            ended = work(parts, pool, check) => match ended? {},
        }
    }
}

/// Serves every trigger without an outcome, and waits for more.
async fn work(parts: &Parts, pool: &Arc<ThreadPool>, check: &Check) -> Result<Infallible, Error> {
    let mut desk = Desk::open(parts).await?;
    check.ok();
    loop {
        desk.history.catch_up().await?;
        desk.append_due().await?;
        let plan = triggers::plan(desk.history.triggers(), &desk.ended);
        desk.collapse(&plan.repeats).await?;
        let Some(task) = plan.task else {
            parts.metrics.pending.set(0);
            desk.wait().await?;
            continue;
        };
        parts.metrics.pending.set(task.offsets().len() as i64);
        retrain::serve(parts, pool, &desk.history, &task, &mut desk.ended).await?;
        desk.look_up_newest().await?;
    }
}
