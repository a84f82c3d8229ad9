//! The writer: one thread that takes what is queued into one transaction and answers after its commit.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::batch::{Batch, News, Topics};
use super::{fault::Fault, file::LogFile, wake::Wake};
use crate::{Config, Error};

/// What a request weighs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// The way to the writer's thread, which ends with it.
#[derive(Debug)]
pub(super) struct Writer {
    file: LogFile,
    queue: mpsc::Sender<Job>,
    /// Bytes that may wait.
    room: Arc<Semaphore>,
    room_bytes: usize,
}

impl Writer {
    pub(super) fn start(config: &Config, file: &LogFile, wake: Arc<Wake>) -> Result<Self, Error> {
        let (queue, jobs) = mpsc::channel(config.queue_appends.max(1));
        let room_bytes = config.queue_bytes.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let thread = Thread {
            connection: file.connect()?,
            file: file.clone(),
            topics: Topics::new(config.max_record_bytes),
            commit: Weight { records: config.commit_records, bytes: config.commit_bytes },
            wake,
        };
        super::spawn("log-writer", move || thread.run(jobs))?;
        Ok(Self { file: file.clone(), queue, room: Arc::new(Semaphore::new(room_bytes)), room_bytes })
    }

    /// Does the work inside of the writer's next transaction, and answers when that is on disk.
    ///
    /// A caller that goes away does not take back what it has asked for.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        weight: Weight,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let closed = || self.file.closed();
        // Whoever needs more room than there is waits for all of it.
        let bytes = u32::try_from(weight.bytes.min(self.room_bytes)).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(bytes).await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { work: Some(work), result: None, reply });
        self.queue.send(Job { weight, request, _room: room }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// A request in the queue.
struct Job {
    weight: Weight,
    request: Box<dyn Step>,
    _room: OwnedSemaphorePermit,
}

/// A request without the type of its answer.
trait Step: Send {
    fn run(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()>;
    fn settle(self: Box<Self>, committed: Result<(), Error>);
}

struct Request<T, F> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send, F: FnOnce(&mut Batch<'_>) -> Result<T, Fault> + Send> Step for Request<T, F> {
    fn run(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()> {
        match self.work.take().map(|work| work(batch)) {
            Some(Ok(answer)) => self.result = Some(Ok(answer)),
            Some(Err(Fault::Refused(error))) => self.result = Some(Err(error)),
            Some(Err(Fault::Sql(error))) => return Err(error),
            None => {}
        }
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<(), Error>) {
        let Self { result, reply, .. } = *self;
        let answer = match committed {
            Ok(()) => result,
            Err(error) => Some(Err(error)),
        };
        // Whoever asked may be gone: then nobody wants to know.
        if let Some(answer) = answer {
            drop(reply.send(answer));
        }
    }
}

struct Thread {
    connection: Connection,
    file: LogFile,
    topics: Topics,
    commit: Weight,
    wake: Arc<Wake>,
}

impl Thread {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut taken = first.weight;
            let mut batch = vec![first];
            while taken.records < self.commit.records && taken.bytes < self.commit.bytes {
                let Ok(job) = jobs.try_recv() else { break };
                taken.records += job.weight.records;
                taken.bytes += job.weight.bytes;
                batch.push(job);
            }
            self.group_commit(batch);
        }
    }

    fn group_commit(&mut self, mut jobs: Vec<Job>) {
        let outcome = self.transact(&mut jobs).map_err(|error| self.file.error(error));
        if let Err(error) = &outcome {
            tracing::warn!(%error, requests = jobs.len(), "the log could not commit");
            self.topics.forget();
        }
        let committed = outcome.as_ref().map(drop).map_err(Error::clone);
        for job in jobs {
            job.request.settle(committed.clone());
        }
        if let Ok(news) = outcome {
            self.wake.tell(&news);
        }
    }

    fn transact(&mut self, jobs: &mut [Job]) -> rusqlite::Result<News> {
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&tx, &mut self.topics);
        for job in jobs {
            job.request.run(&mut batch)?;
        }
        let news = batch.finish()?;
        tx.commit()?;
        Ok(news)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Declaration, Error, Log, Record};

    #[tokio::test]
    async fn everybody_in_a_commit_that_fails_is_told_and_the_writer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let log = Log::open(&Config::embedded(&path)).await.unwrap();
        log.declare(&[Declaration::new("t", 1)]).await.unwrap();
        let append = || {
            let log = log.clone();
            tokio::spawn(async move { log.append("t", Record::new("k", "v", 0)).await })
        };
        append().await.unwrap().unwrap();

        let vandal = rusqlite::Connection::open(&path).unwrap();
        let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON partitions BEGIN SELECT RAISE(ABORT, 'no'); END";
        vandal.execute_batch(refuse).unwrap();
        for waiter in (0..20).map(|_| append()).collect::<Vec<_>>() {
            let error = waiter.await.unwrap().unwrap_err();
            assert!(matches!(&error, Error::Storage { path: found, .. } if *found == path), "{error}");
        }

        vandal.execute_batch("DROP TRIGGER refuse").unwrap();
        assert_eq!(append().await.unwrap().unwrap().offset, 1);
        assert_eq!(log.watermarks("t", 0).await.unwrap().high, 2);
    }

    #[tokio::test]
    async fn a_process_that_holds_the_log_for_too_long_is_named_as_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let config = Config { busy_timeout_ms: 50, ..Config::embedded(&path) };
        let log = Log::open(&config).await.unwrap();
        let holder = rusqlite::Connection::open(&path).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = log.declare(&[Declaration::new("t", 1)]).await.unwrap_err();
        assert!(matches!(error, Error::Busy { .. }), "{error}");
        holder.execute_batch("ROLLBACK").unwrap();
        log.declare(&[Declaration::new("t", 1)]).await.unwrap();
    }
}
