//! How far the import of one file has come.
//!
//! The file is known by what it holds, so it is the same import from wherever it lies, and a changed file is
//! another import; the rows that both have are the same events, for an event's id is made of its row. Only rows
//! that the log has acknowledged are counted, after it has: a crash may append up to one batch a second time.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use schemas::Position;
use serde::{Deserialize, Serialize};

use super::Error;

/// The format of a progress file that this build writes and reads.
pub(super) const FORMAT: u32 = 1;

/// Progress as it lies in `imports/<sha256>.json` of the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The format of this file.
    pub format: u32,
    /// The file's name, for people.
    pub file: String,
    /// SHA-256 of the file's bytes, lower-case hex.
    pub sha256: String,
    /// Rows of the file.
    pub rows: u64,
    /// Rows that are in the log.
    pub rows_done: u64,
    /// The last of them in the log: whether this is the log that they went into.
    pub last: Option<Landmark>,
}

/// A record that is known to be in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Landmark {
    /// Where it is.
    pub position: Position,
    /// SHA-256 of its value, lower-case hex.
    pub value_sha256: String,
}

/// The folder of all imports, held by one process at a time.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The system takes the lock away when the file is closed.
    _lock: File,
}

impl Folder {
    /// `imports` in the data folder.
    pub fn hold(data: &Path) -> Result<Folder, Error> {
        let path = data.join("imports");
        fs::create_dir_all(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        let lock_path = path.join("lock");
        let lock =
            File::create(&lock_path).map_err(|source| Error::File { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { path, _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Held { path: lock_path }),
            Err(fs::TryLockError::Error(source)) => Err(Error::File { path: lock_path, source }),
        }
    }

    /// What is known of the file with this hash.
    pub fn read(&self, sha256: &str) -> Result<Option<Progress>, Error> {
        let path = self.file(sha256);
        match fs::read(&path) {
            Ok(bytes) => parsed(&bytes).map(Some).map_err(|reason| Error::Progress { path, reason }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    /// Replaces it whole: a crash leaves the old one or the new one.
    pub fn write(&self, progress: &Progress) -> Result<(), Error> {
        let path = self.file(&progress.sha256);
        let fresh = path.with_extension("new");
        let written = || {
            let mut file = File::create(&fresh)?;
            file.write_all(&serde_json::to_vec_pretty(progress)?)?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.path)?.sync_all()
        };
        written().map_err(|source| Error::File { path: path.clone(), source })
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.path.join(format!("{sha256}.json"))
    }
}

/// Of another format nothing else is looked at.
fn parsed(bytes: &[u8]) -> Result<Progress, String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if format != FORMAT {
        return Err(format!("it has format {format}, this build reads format {FORMAT}"));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use schemas::TopicPartition;

    use super::*;

    #[test]
    fn progress_is_read_back_and_replaced_whole() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::hold(data.path()).unwrap();
        assert_eq!(folder.read("ab").unwrap(), None);
        let position = TopicPartition::new("rate-events", 2).at(7);
        let last = Some(Landmark { position, value_sha256: "cd".to_owned() });
        let (file, sha256) = ("ratings.csv".to_owned(), "ab".to_owned());
        let mut progress = Progress { format: FORMAT, file, sha256, rows: 9, rows_done: 4, last };
        folder.write(&progress).unwrap();
        progress.rows_done = 9;
        folder.write(&progress).unwrap();
        assert_eq!(folder.read("ab").unwrap(), Some(progress));
        let names: Vec<_> = fs::read_dir(data.path().join("imports")).unwrap().collect();
        assert_eq!(names.len(), 2, "the progress and the lock");
    }

    #[test]
    fn what_is_no_progress_is_said() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::hold(data.path()).unwrap();
        for (text, says) in [("{", "EOF"), ("{}", "`format`"), ("{\"format\": 2}", "reads format 1")] {
            fs::write(folder.file("ab"), text).unwrap();
            let error = folder.read("ab").unwrap_err().to_string();
            assert!(error.contains("imports/ab.json does not hold") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn two_imports_at_once_are_refused() {
        let data = tempfile::tempdir().unwrap();
        let held = Folder::hold(data.path()).unwrap();
        assert!(matches!(Folder::hold(data.path()), Err(Error::Held { .. })));
        drop(held);
        assert!(Folder::hold(data.path()).is_ok());
    }
}
