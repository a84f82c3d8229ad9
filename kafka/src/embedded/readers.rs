//! The readers: a few connections, each used by one read at a time, off the runtime's threads.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{fault::Fault, file::LogFile};
use crate::Error;

/// The connections that nobody reads with now.
#[derive(Debug)]
pub(super) struct Readers {
    file: LogFile,
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: &LogFile, count: usize) -> Self {
        Self { file: file.clone(), idle: Arc::default(), free: Arc::new(Semaphore::new(count.max(1))) }
    }

    /// Looks into one short read transaction: one moment of the log.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.free.clone().acquire_owned().await.map_err(|_| self.file.closed())?;
        let (file, idle) = (self.file.clone(), self.idle.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = free.map_or_else(|| file.connect(), Ok)?;
            let found = one_moment(&connection, look);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            found.map_err(|fault| match fault {
                Fault::Refused(error) => error,
                Fault::Sql(error) => file.error(error),
            })
        });
        reading.await.map_err(|_| self.file.closed())?
    }
}

fn one_moment<T>(
    connection: &Connection,
    look: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let tx = connection.unchecked_transaction()?;
    let found = look(&tx)?;
    tx.commit()?;
    Ok(found)
}
