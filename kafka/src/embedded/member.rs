//! The member's side of a group.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use schemas::TopicPartition;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::group::{self, Standing, Who};
use super::{Embedded, now_ms, wake::Subject, writer::Weight};
use crate::{Error, GroupEvent, GroupOptions};

#[derive(Debug)]
pub(crate) struct Member {
    log: Arc<Embedded>,
    who: Arc<Who>,
    heartbeat: Duration,
    /// The group's generation.
    generation: watch::Receiver<i64>,
    /// There is something to ask the group.
    due: bool,
    /// When the group was asked last.
    visited: Instant,
    /// What the member was told that it has.
    held: BTreeSet<TopicPartition>,
    /// What it was told that it loses, and has not acknowledged.
    revoked: Vec<TopicPartition>,
    _signs_of_life: AbortOnDropHandle<()>,
}

impl Member {
    pub(crate) async fn join(
        log: Arc<Embedded>,
        group: &str,
        topics: &[&str],
        options: GroupOptions,
    ) -> Result<Self, Error> {
        let session_timeout_ms = options.session_timeout_ms.unwrap_or(log.config.group_session_timeout_ms);
        let heartbeat_ms = options.heartbeat_ms.unwrap_or(log.config.group_heartbeat_ms);
        if heartbeat_ms == 0 || heartbeat_ms.saturating_mul(2) > session_timeout_ms {
            let group = group.to_owned();
            return Err(Error::BadHeartbeat { group, heartbeat_ms, session_timeout_ms });
        }
        let heartbeat = Duration::from_millis(heartbeat_ms);
        let who = Arc::new(Who {
            group: group.to_owned(),
            member: options.member.unwrap_or_else(made_up_name),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            session_ms: i64::try_from(session_timeout_ms).unwrap_or(i64::MAX),
        });
        let generation = log.wake.subscribe(Subject::Group(group.into()));
        let joining = who.clone();
        let join = move |batch: &mut super::batch::Batch<'_>| {
            let generation = group::join(batch.connection(), &joining, now_ms())?;
            batch.announce(&joining.group, generation);
            Ok(())
        };
        log.writer.write(Weight::default(), join).await?;
        let signs = tokio::spawn(give_signs_of_life(log.clone(), who.clone(), heartbeat));
        Ok(Self {
            log,
            who,
            heartbeat,
            generation,
            due: true,
            visited: Instant::now(),
            held: BTreeSet::new(),
            revoked: Vec::new(),
            _signs_of_life: AbortOnDropHandle::new(signs),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.who.member
    }

    pub(crate) fn assigned(&self) -> impl Iterator<Item = &TopicPartition> {
        self.held.iter()
    }

    pub(crate) async fn next(&mut self) -> Result<GroupEvent, Error> {
        loop {
            if self.due || !self.revoked.is_empty() {
                self.generation.mark_unchanged();
                let standing = self.visit().await?;
                self.due = false;
                self.visited = Instant::now();
                if let Some(event) = self.event(&standing) {
                    return Ok(event);
                }
            }
            self.something_due().await;
            self.due = true;
        }
    }

    /// Returns when the group has changed, or when it is time to see whether somebody has gone.
    async fn something_due(&mut self) {
        let _awaited = self.log.wake.wait();
        tokio::select! {
            _ = self.generation.changed() => {}
            () = tokio::time::sleep_until(self.visited + self.heartbeat) => {}
        }
    }

    async fn visit(&mut self) -> Result<Standing, Error> {
        let (who, held, released) = (self.who.clone(), self.held.clone(), self.revoked.clone());
        let visit = move |batch: &mut super::batch::Batch<'_>| {
            let standing = group::visit(batch.connection(), &who, &held, &released, now_ms())?;
            if let Some(generation) = standing.changed {
                batch.announce(&who.group, generation);
            }
            Ok(standing)
        };
        let standing = self.log.writer.write(Weight::default(), visit).await?;
        self.revoked.clear();
        Ok(standing)
    }

    /// Takes note of what the member is told.
    fn event(&mut self, standing: &Standing) -> Option<GroupEvent> {
        let event = news(&self.held, standing)?;
        match &event {
            GroupEvent::Assigned(gained) => self.held.extend(gained.iter().cloned()),
            GroupEvent::Revoked(lost) => {
                self.held.retain(|tp| !lost.contains(tp));
                // What others have already is not released a second time.
                self.revoked = lost.iter().filter(|tp| leaves(standing, tp)).cloned().collect();
            }
        }
        // There may be more to tell.
        self.due = true;
        Some(event)
    }

    pub(crate) async fn release(&mut self) -> Result<(), Error> {
        if !self.revoked.is_empty() {
            self.visit().await?;
            self.due = true;
        }
        Ok(())
    }

    pub(crate) async fn leave(self) -> Result<(), Error> {
        let Self { log, who, _signs_of_life, .. } = self;
        drop(_signs_of_life);
        let leave = move |batch: &mut super::batch::Batch<'_>| {
            let generation = group::leave(batch.connection(), &who)?;
            batch.announce(&who.group, generation);
            Ok(())
        };
        log.writer.write(Weight::default(), leave).await
    }
}

/// What a member that works on `held` has to be told first.
fn news(held: &BTreeSet<TopicPartition>, standing: &Standing) -> Option<GroupEvent> {
    // Who was taken out cannot know what others did meanwhile, even where a partition came back.
    let keeps = |tp: &TopicPartition| {
        !standing.rejoined && standing.leased.contains(tp) && standing.target.contains(tp)
    };
    let lost: Vec<_> = held.iter().filter(|tp| !keeps(tp)).cloned().collect();
    if !lost.is_empty() {
        return Some(GroupEvent::Revoked(lost));
    }
    let given = standing.leased.intersection(&standing.target);
    let gained: Vec<_> = given.filter(|tp| !held.contains(tp)).cloned().collect();
    (!gained.is_empty()).then_some(GroupEvent::Assigned(gained))
}

/// Whether the partition is still leased to the member, and should not be.
fn leaves(standing: &Standing, tp: &TopicPartition) -> bool {
    !standing.rejoined && standing.leased.contains(tp) && !standing.target.contains(tp)
}

async fn give_signs_of_life(log: Arc<Embedded>, who: Arc<Who>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let renewed = who.clone();
        let renew =
            move |batch: &mut super::batch::Batch<'_>| group::renew(batch.connection(), &renewed, now_ms());
        if let Err(error) = log.writer.write(Weight::default(), renew).await {
            tracing::warn!(group = who.group, member = who.member, %error, "no sign of life could be given");
        }
    }
}

/// Unique among the processes that share a file, which share a clock as well.
fn made_up_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{}-{count}", std::process::id(), now_ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(numbers: &[i32]) -> BTreeSet<TopicPartition> {
        numbers.iter().map(|number| TopicPartition::new("t", *number)).collect()
    }

    fn told(held: &[i32], leased: &[i32], target: &[i32], rejoined: bool) -> Option<GroupEvent> {
        let standing = Standing { rejoined, leased: all(leased), target: all(target), changed: None };
        news(&all(held), &standing)
    }

    #[test]
    fn losses_are_told_before_gains() {
        let list = |numbers: &[i32]| all(numbers).into_iter().collect::<Vec<_>>();
        assert_eq!(told(&[0], &[0], &[0], false), None);
        assert_eq!(told(&[], &[0, 1], &[0, 1], false), Some(GroupEvent::Assigned(list(&[0, 1]))));
        assert_eq!(told(&[0, 1], &[0, 1, 2], &[0, 2], false), Some(GroupEvent::Revoked(list(&[1]))));
        // Taken by others while the member was away.
        assert_eq!(told(&[0, 1], &[0], &[0], false), Some(GroupEvent::Revoked(list(&[1]))));
        assert_eq!(told(&[0, 1], &[0], &[0], true), Some(GroupEvent::Revoked(list(&[0, 1]))));
        // Leased, and to be given back before it was ever told.
        assert_eq!(told(&[], &[0], &[], false), None);
    }
}
