//! The named tasks of a process: the first failure stops all, and a drain says who did not finish.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Error;

type Failure = Box<dyn StdError + Send + Sync>;
type Ended = Result<(Id, Result<(), Failure>), JoinError>;

/// The tasks that make up a process. Dropping it aborts them.
#[derive(Debug, Default)]
pub struct Tasks {
    set: JoinSet<Result<(), Failure>>,
    names: HashMap<Id, String>,
}

impl Tasks {
    /// None yet.
    pub fn new() -> Tasks {
        Tasks::default()
    }

    /// Starts a task. It should watch the stop token and end with `Ok` after it; `anyhow::Error` and any error
    /// type of a crate are taken.
    pub fn spawn<E>(&mut self, name: &str, task: impl Future<Output = Result<(), E>> + Send + 'static)
    where
        E: Into<Failure> + 'static,
    {
        let handle = self.set.spawn(async move { task.await.map_err(Into::into) });
        self.names.insert(handle.id(), name.to_owned());
    }

    /// Waits until `stop` is cancelled or a task fails, which cancels `stop`; then gives the others until
    /// `deadline` to end. A task that ends well, before or after, is let go.
    ///
    /// # Errors
    /// The first failure or panic, else the names of those that did not end in time.
    pub async fn supervise(mut self, stop: &CancellationToken, deadline: Duration) -> Result<(), Error> {
        let running = self.run(stop).await;
        stop.cancel();
        let drained = self.drain(deadline).await;
        running.and(drained)
    }

    async fn run(&mut self, stop: &CancellationToken) -> Result<(), Error> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                ended = self.set.join_next_with_id() => match ended {
                    None => return Ok(()),
                    Some(ended) => self.end(ended)?,
                },
            }
        }
    }

    async fn drain(&mut self, deadline: Duration) -> Result<(), Error> {
        let until = Instant::now() + deadline;
        let mut first = Ok(());
        loop {
            match tokio::time::timeout_at(until, self.set.join_next_with_id()).await {
                Ok(None) => return first,
                Ok(Some(ended)) => first = first.and(self.end(ended)),
                Err(_) => return first.and(Err(self.unfinished(deadline))),
            }
        }
    }

    fn unfinished(&mut self, deadline: Duration) -> Error {
        let mut tasks: Vec<String> = self.names.values().cloned().collect();
        tasks.sort();
        self.set.abort_all();
        tracing::error!(tasks = tasks.join(", "), "not finished in time; aborted");
        Error::Undrained { tasks, deadline: humantime::format_duration(deadline) }
    }

    fn end(&mut self, ended: Ended) -> Result<(), Error> {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let task = self.names.remove(&id).unwrap_or_default();
        let error = match ended {
            Ok((_, Ok(()))) => return Ok(()),
            Ok((_, Err(why))) => Error::Task { task, why: causes(why.as_ref()) },
            Err(join) => Error::Panic { task, why: panic_message(join) },
        };
        tracing::error!(%error, "a task ended");
        Err(error)
    }
}

/// An error and its causes in one line; a cause that its effect already says is not repeated.
fn causes(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        next = cause.source();
    }
    line
}

fn panic_message(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "without a message".to_owned(),
        },
        Err(_) => "it was aborted".to_owned(),
    }
}
