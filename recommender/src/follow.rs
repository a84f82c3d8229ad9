//! The loops that keep live events, catalogue and traces up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use kafka::{DecodeError, Stored, Watermarks};
use runtime::health::Check;
use schemas::{Codec, Event, Movie, RecoResponse, Record, TopicPartition, topic};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::live::Offsets;
use crate::service::Shared;

/// Whether the followers have come to where the log ended when they started: before that a recommender knows less
/// than it did before its restart, and is not ready.
#[derive(Debug)]
pub(crate) struct CatchUp {
    left: AtomicUsize,
    check: Check,
}

/// One follower on its way.
pub(crate) struct Runner {
    caught_up: Arc<CatchUp>,
    goal: Option<i64>,
}

impl CatchUp {
    pub(crate) fn new(followers: usize, check: Check) -> Self {
        check.failing("catching up with the log");
        Self { left: AtomicUsize::new(followers), check }
    }

    fn runner(self: &Arc<Self>, goal: i64) -> Runner {
        Runner { caught_up: self.clone(), goal: Some(goal) }
    }
}

impl Runner {
    fn at(&mut self, position: i64) {
        if self.goal.is_none_or(|goal| position < goal) {
            return;
        }
        self.goal = None;
        if self.caught_up.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.caught_up.check.ok();
        }
    }
}

/// Follows one partition of an event topic into the live store.
///
/// # Errors
/// The position is not in the log any more.
pub(crate) async fn events(
    shared: Arc<Shared>,
    tp: TopicPartition,
    from: i64,
    caught_up: Arc<CatchUp>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let Some(goal) = marks(&shared, &tp.topic, tp.partition, &stop).await? else { return Ok(()) };
    let mut follower = shared.parts.log.follow(&tp.topic, tp.partition, from);
    let mut runner = caught_up.runner(goal.high);
    runner.at(from);
    while let Some(records) = next(&mut follower, &shared, &stop).await? {
        let mut events = Vec::with_capacity(records.len());
        for record in &records {
            events.extend(event(&shared, record).await.map(|event| (record.offset, event)));
        }
        shared.live.apply(&tp, events, follower.position());
        runner.at(follower.position());
        let (users, kept) = shared.live.size();
        shared.parts.metrics.live_users.set(users as i64);
        shared.parts.metrics.live_events.set(kept as i64);
    }
    Ok(())
}

/// What cannot be used is the ingestor's dead letter; here it only says nothing.
async fn event(shared: &Shared, record: &Stored) -> Option<Event> {
    let value = record.value.as_deref();
    decoded(shared, record, |codec| Event::decode(codec, &record.topic, value)).await
}

/// What the record says; `None`, logged and counted, where nothing can be made of it. A log that does not give a
/// writer's schema for a while is waited for: a reader that goes on without it would see less than replay.
pub(crate) async fn decoded<T>(
    shared: &Shared,
    record: &Stored,
    decode: impl Fn(&Codec) -> Result<T, schemas::Error>,
) -> Option<T> {
    loop {
        let error = match shared.parts.decoder.decode_with(&decode).await {
            Ok(decoded) => return Some(decoded),
            Err(DecodeError::Log(error)) => error,
            Err(DecodeError::Undecodable(error)) => {
                tracing::warn!(position = %record.position(), %error, "a record cannot be used");
                shared.parts.metrics.undecodable.with_label_values(&[&record.topic]).inc();
                return None;
            }
        };
        tracing::warn!(position = %record.position(), %error, "the writer's schema cannot be looked up");
        tokio::time::sleep(shared.parts.config.retry_after.duration()).await;
    }
}

/// The record that a topic of one kind of record holds here.
pub(crate) async fn record_of<R: Record>(shared: &Shared, record: &Stored) -> Option<R> {
    let value = record.value.as_deref();
    decoded(shared, record, |codec| codec.decode(value.ok_or(schemas::Error::NoValue)?)).await
}

/// Follows the catalogue.
///
/// # Errors
/// The topic is not there.
pub(crate) async fn catalogue(
    shared: Arc<Shared>,
    caught_up: Arc<CatchUp>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let Some(marks) = marks(&shared, topic::CATALOG_UPDATES, 0, &stop).await? else { return Ok(()) };
    let mut follower = shared.parts.log.follow(topic::CATALOG_UPDATES, 0, marks.low);
    let mut runner = caught_up.runner(marks.high);
    runner.at(marks.low);
    while let Some(records) = next(&mut follower, &shared, &stop).await? {
        let mut movies = Vec::with_capacity(records.len());
        for record in &records {
            movies.push((record.offset, record_of::<Movie>(&shared, record).await));
        }
        let mut catalogue = shared.catalogue.write().unwrap_or_else(PoisonError::into_inner);
        movies.into_iter().for_each(|(offset, movie)| catalogue.apply(offset, movie));
        shared.parts.metrics.catalogue_movies.set(catalogue.len() as i64);
        runner.at(follower.position());
    }
    Ok(())
}

/// Follows one partition of `reco-responses` into the traces, from so far back that they are full after a restart,
/// and with the answers of other instances.
///
/// # Errors
/// The topic is not there.
pub(crate) async fn responses(
    shared: Arc<Shared>,
    partition: i32,
    back: i64,
    stop: CancellationToken,
) -> Result<(), Error> {
    let Some(marks) = marks(&shared, topic::RECO_RESPONSES, partition, &stop).await? else { return Ok(()) };
    let from = marks.low.max(marks.high - back);
    let mut follower = shared.parts.log.follow(topic::RECO_RESPONSES, partition, from);
    while let Some(records) = next(&mut follower, &shared, &stop).await? {
        for record in records {
            if let Some(response) = record_of::<RecoResponse>(&shared, &record).await {
                shared.traces.put(response, (shared.parts.now_ms)());
            }
        }
    }
    Ok(())
}

/// The next records; `None` at the end. A log that cannot be read for a while is waited for.
pub(crate) async fn next(
    follower: &mut kafka::Follower,
    shared: &Shared,
    stop: &CancellationToken,
) -> Result<Option<Vec<Stored>>, Error> {
    loop {
        let next = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            next = follower.next() => next.map_err(Error::from),
        };
        match next {
            Err(error) if error.is_transient() => pause(shared, stop, &error).await,
            next => return next.map(Some),
        }
    }
}

/// Where a partition begins and ends now; `None` at the end. A log that cannot be read for a while is waited for.
pub(crate) async fn marks(
    shared: &Shared,
    topic: &str,
    partition: i32,
    stop: &CancellationToken,
) -> Result<Option<Watermarks>, Error> {
    let log = &shared.parts.log;
    patiently(shared, stop, || async move { Ok(log.watermarks(topic, partition).await?) }).await
}

/// Does it again for as long as waiting may help; `None` at the end.
pub(crate) async fn patiently<T, F>(
    shared: &Shared,
    stop: &CancellationToken,
    attempt: impl Fn() -> F,
) -> Result<Option<T>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    while !stop.is_cancelled() {
        match attempt().await {
            Err(error) if error.is_transient() => pause(shared, stop, &error).await,
            done => return done.map(Some),
        }
    }
    Ok(None)
}

async fn pause(shared: &Shared, stop: &CancellationToken, error: &Error) {
    tracing::warn!(%error, "trying again");
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(shared.parts.config.retry_after.duration()) => {}
    }
}

/// Where to begin: the lowest position that any published version has not seen. A version that does not know a
/// partition has seen nothing of it.
pub(crate) fn floor(versions: &[Offsets]) -> Offsets {
    let partitions: BTreeSet<&TopicPartition> = versions.iter().flat_map(BTreeMap::keys).collect();
    let lowest = |tp: &TopicPartition| versions.iter().map(|seen| seen.get(tp).copied().unwrap_or(0)).min();
    partitions.into_iter().map(|tp| (tp.clone(), lowest(tp).unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_when_the_last_one_has_come_to_its_goal() {
        let health = runtime::Health::new(std::time::Instant::now());
        let caught_up = Arc::new(CatchUp::new(2, health.check("live")));
        let (mut one, mut two) = (caught_up.runner(0), caught_up.runner(5));
        let is_ready = || health.report(std::time::Instant::now()).is_ready();
        one.at(0);
        one.at(1);
        two.at(4);
        assert!(!is_ready());
        two.at(9);
        assert!(is_ready());
    }

    #[test]
    fn events_are_followed_from_where_the_oldest_version_ends() {
        let tp = |partition| TopicPartition::new("watch-events", partition);
        let old = Offsets::from([(tp(0), 9), (tp(1), 3)]);
        let new = Offsets::from([(tp(0), 5), (tp(1), 8), (tp(2), 4)]);
        assert_eq!(floor(&[old, new]), Offsets::from([(tp(0), 5), (tp(1), 3), (tp(2), 0)]));
    }
}
