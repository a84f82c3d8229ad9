//! What may go wrong inside of a transaction.

use crate::Error;

/// Two kinds that must not be mixed up.
#[derive(Debug)]
pub(super) enum Fault {
    /// The request makes no sense. Nothing of it was written, and others in the transaction go on.
    Refused(Error),
    /// SQLite failed: the whole transaction goes back.
    Sql(rusqlite::Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}
