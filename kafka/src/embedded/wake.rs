//! Who waits for what: followers for the next offset of a partition, members for the next generation of a group.
//!
//! Commits of this process tell them at once. Commits of other processes are seen by one thread, which looks at
//! `PRAGMA data_version` every few milliseconds while somebody waits, and sleeps while nobody does.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;

use super::batch::News;
use super::file::LogFile;
use crate::Error;

/// What cannot be read now is not asked for a hundred times a second.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Something that only grows and that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// The next offset of topic and partition.
    Partition(Arc<str>, i32),
    /// The generation of a group.
    Group(Arc<str>),
}

/// Shared by all who wait on one log.
#[derive(Debug, Default)]
pub(super) struct Wake {
    subjects: Mutex<HashMap<Subject, watch::Sender<i64>>>,
    waiting: Mutex<Waiting>,
    somebody: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    count: usize,
    closed: bool,
}

impl Wake {
    /// From now on every growth is seen. Subscribe first, then look, then wait: nothing slips between.
    pub(super) fn subscribe(&self, subject: Subject) -> watch::Receiver<i64> {
        lock(&self.subjects).entry(subject).or_insert_with(|| watch::Sender::new(-1)).subscribe()
    }

    /// While the guard lives, other processes' commits are looked for.
    pub(super) fn wait(&self) -> Awaited<'_> {
        lock(&self.waiting).count += 1;
        self.somebody.notify_one();
        Awaited(self)
    }

    /// Tells what a commit has changed.
    pub(super) fn tell(&self, news: &News) {
        for (topic, partition, next_offset) in &news.ends {
            self.grow(&Subject::Partition(topic.clone(), *partition), *next_offset);
        }
        for (group, generation) in &news.generations {
            self.grow(&Subject::Group(group.as_str().into()), *generation);
        }
    }

    fn grow(&self, subject: &Subject, to: i64) {
        if let Some(sender) = lock(&self.subjects).get(subject) {
            sender.send_if_modified(|value| {
                let grows = *value < to;
                *value = to.max(*value);
                grows
            });
        }
    }

    /// Starts the thread that looks for other processes' commits; it ends with [`Wake::close`].
    pub(super) fn start(self: &Arc<Self>, file: &LogFile, every: Duration) -> Result<(), Error> {
        let (wake, connection) = (self.clone(), file.connect()?);
        super::spawn("log-wake", move || wake.look_out(&connection, every))
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.somebody.notify_one();
    }

    fn look_out(&self, connection: &Connection, every: Duration) {
        let mut seen = 0;
        while self.somebody_waits() {
            let pause = match self.look(connection, &mut seen) {
                Ok(()) => every,
                Err(error) => {
                    tracing::warn!(%error, "cannot see other processes' commits to the log");
                    every.max(AFTER_ERROR)
                }
            };
            std::thread::sleep(pause);
        }
    }

    fn somebody_waits(&self) -> bool {
        let idle = |waiting: &mut Waiting| waiting.count == 0 && !waiting.closed;
        let waiting = self.somebody.wait_while(lock(&self.waiting), idle);
        !waiting.unwrap_or_else(PoisonError::into_inner).closed
    }

    fn look(&self, connection: &Connection, seen: &mut i64) -> rusqlite::Result<()> {
        let version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if version == *seen {
            return Ok(());
        }
        let news = News { ends: ends(connection)?, generations: generations(connection)? };
        self.tell(&news);
        *seen = version;
        Ok(())
    }
}

fn ends(connection: &Connection) -> rusqlite::Result<Vec<(Arc<str>, i32, i64)>> {
    let mut select = connection.prepare_cached(
        "SELECT name, partition, next_offset FROM partitions JOIN topics ON topics.id = partitions.topic",
    )?;
    select.query_map([], |row| Ok((row.get::<_, Arc<str>>(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn generations(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut select = connection.prepare_cached("SELECT name, generation FROM groups")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Somebody waits.
#[derive(Debug)]
pub(super) struct Awaited<'a>(&'a Wake);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        lock(&self.0.waiting).count -= 1;
    }
}

/// What a panicking thread held is a map or a count: whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
