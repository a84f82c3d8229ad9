//! The log's file: made, recognised, opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::Error;

/// `PRAGMA application_id` of every Matinee log: "MtnL".
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"MtnL");
/// `PRAGMA user_version`: the format in `schema.sql`.
const FORMAT: i32 = 1;

/// A file that is a log of our format.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    path: Arc<Path>,
    busy_timeout: Duration,
}

impl LogFile {
    /// Makes the file where there is none, and refuses one that is something else.
    pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<Self, Error> {
        let file = Self { path: path.into(), busy_timeout };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| file.unwritable(error.to_string()))?;
        }
        let mut connection = file.connect()?;
        if !file.recognise(&connection)? {
            file.make(&mut connection)?;
        }
        Ok(file)
    }

    /// Another connection. Every one may write, and waits for its turn.
    pub(super) fn connect(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        self.connect_with(flags).map_err(|error| self.error(error))
    }

    fn connect_with(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_handler(Some(patience(self.busy_timeout)))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    }

    /// Whether the file is a log already; `false` is an empty file.
    fn recognise(&self, connection: &Connection) -> Result<bool, Error> {
        let found = (|| {
            // One moment of the file: another process may be making it.
            let tx = connection.unchecked_transaction()?;
            let pragma = |name: &str| tx.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
            Ok((pragma("application_id")?, pragma("user_version")?, pragma("schema_version")?))
        })();
        match found.map_err(|error| self.error(error))? {
            (APPLICATION_ID, FORMAT, _) => Ok(true),
            (APPLICATION_ID, found, _) => {
                Err(Error::OtherFormat { path: self.path.to_path_buf(), found, expected: FORMAT })
            }
            (0, 0, 0) => Ok(false),
            _ => Err(self.not_a_log("it is another program's SQLite file")),
        }
    }

    fn make(&self, connection: &mut Connection) -> Result<(), Error> {
        self.enter_wal(connection)?;
        let made = (|| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have been first.
            if tx.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0))? == 0 {
                tx.execute_batch(include_str!("schema.sql"))?;
                tx.pragma_update(None, "user_version", FORMAT)?;
                tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            }
            tx.commit()
        })();
        made.map_err(|error| self.error(error))?;
        self.recognise(connection).map(drop)
    }

    /// SQLite does not ask the busy handler while two processes change the journal's mode at once.
    fn enter_wal(&self, connection: &Connection) -> Result<(), Error> {
        let mut wait = patience(self.busy_timeout);
        let mut tries = 0;
        loop {
            match connection
                .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
            {
                Ok(mode) if mode == "wal" => return Ok(()),
                Ok(mode) => {
                    return Err(self.unwritable(format!("its file system allows journal mode {mode} only")));
                }
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && wait(tries) => {
                    tries += 1;
                }
                Err(error) => return Err(self.error(error)),
            }
        }
    }

    /// What SQLite says, in the words of the log.
    pub(super) fn error(&self, error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Error::Busy { path: self.path.to_path_buf() },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                self.unwritable(error.to_string())
            }
            Some(ErrorCode::NotADatabase) => self.not_a_log("it is no SQLite file"),
            _ => Error::Storage { path: self.path.to_path_buf(), source: Arc::new(error) },
        }
    }

    /// The log's threads have ended.
    pub(super) fn closed(&self) -> Error {
        Error::Closed { path: self.path.to_path_buf() }
    }

    fn unwritable(&self, reason: String) -> Error {
        Error::Unwritable { path: PathBuf::from(&*self.path), reason }
    }

    fn not_a_log(&self, reason: &str) -> Error {
        Error::NotALog { path: self.path.to_path_buf(), reason: reason.to_owned() }
    }
}

/// Waits for another process's commit in steps that are short beside a commit. SQLite's own handler sleeps for
/// up to 100 ms at a time, and misses many gaps between the commits of a busy process.
fn patience(timeout: Duration) -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    move |tries| {
        if tries == 0 {
            since = Instant::now();
        }
        std::thread::sleep(Duration::from_micros(if tries < 50 { 100 } else { 1_000 }));
        since.elapsed() < timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<LogFile, Error> {
        LogFile::open(path, Duration::from_secs(5))
    }

    #[test]
    fn a_log_is_made_once_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/log.sqlite");
        for _ in 0..2 {
            let connection = open(&path).unwrap().connect().unwrap();
            let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
            assert_eq!((pragma("application_id"), pragma("user_version")), (Ok(APPLICATION_ID), Ok(FORMAT)));
            assert_eq!(pragma("synchronous"), Ok(2));
        }
    }

    #[test]
    fn many_may_make_it_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&path).map(drop))).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn another_format_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        open(&path).unwrap().connect().unwrap().pragma_update(None, "user_version", 9).unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error, Error::OtherFormat { found: 9, expected: 1, .. }), "{error}");
        let line = error.to_string();
        assert!(
            line.contains("log.sqlite") && line.contains("set log.path") && !line.contains('\n'),
            "{line}"
        );
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        let words =
            "These are words, and there are rather more of them than SQLite's header has bytes, ".repeat(3);
        std::fs::write(&text, &words).unwrap();
        assert!(matches!(open(&text), Err(Error::NotALog { .. })));
        assert_eq!(std::fs::read_to_string(&text).unwrap(), words);

        let other = folder.path().join("other.sqlite");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let before = std::fs::read(&other).unwrap();
        assert!(matches!(open(&other), Err(Error::NotALog { .. })));
        assert_eq!(std::fs::read(&other).unwrap(), before);
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for path in ["file/log.sqlite", ""] {
            let path = folder.path().join(path);
            let error = open(&path).unwrap_err();
            assert!(matches!(error, Error::Unwritable { .. }), "{error}");
            assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        }
    }
}
