//! The files of an outbox: claiming, recovering, reading.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::frame;
use crate::Error;

/// The format of the outbox's files.
const FORMAT: &str = "1";
/// More processes than this do not share a folder of outboxes.
const MAX_OUTBOXES: u32 = 64;

pub(super) fn failed(path: &Path, source: io::Error) -> Error {
    Error::Outbox { path: path.to_owned(), source }
}

/// The first outbox in `folder` that no process has, and the lock that keeps it.
pub(super) fn claim(folder: &Path) -> Result<(PathBuf, File), Error> {
    for number in 0..MAX_OUTBOXES {
        let outbox = folder.join(number.to_string());
        fs::create_dir_all(&outbox).map_err(|error| failed(&outbox, error))?;
        let path = outbox.join("lock");
        let lock = File::options().write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(|error| failed(&path, error))?;
        match lock.try_lock() {
            Ok(()) => return Ok((outbox, lock)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&path, error)),
        }
    }
    Err(failed(folder, io::Error::other(format!("all {MAX_OUTBOXES} outboxes are in use"))))
}

/// The outbox's files are of the format that this build reads; a new outbox is made so.
pub(super) fn check_format(outbox: &Path) -> Result<(), Error> {
    let path = outbox.join("format");
    match fs::read_to_string(&path) {
        Ok(text) if text.trim() == FORMAT => Ok(()),
        Ok(text) => Err(Error::OutboxFormat { path, found: text.trim().to_owned(), known: FORMAT }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(&path, FORMAT, true),
        Err(error) => Err(failed(&path, error)),
    }
}

/// The outbox's name, made with it.
pub(super) fn instance_id(outbox: &Path, new: impl FnOnce() -> String) -> Result<String, Error> {
    let path = outbox.join("instance");
    match fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&path, error)),
        _ => {
            let name = new();
            replace(&path, &name, true)?;
            Ok(name)
        }
    }
}

/// What an outbox holds when a process takes it.
pub(super) struct Left {
    pub(super) last_file: i64,
    pub(super) last_file_bytes: u64,
    pub(super) next_seq: i64,
    pub(super) pending_bytes: u64,
}

/// Finds the end of the records; half a frame at the end is cut off.
pub(super) fn recover(outbox: &Path) -> Result<Left, Error> {
    let firsts = record_files(outbox)?;
    let forwarded = forwarded(outbox)?;
    let mut left = Left {
        last_file: firsts.last().copied().unwrap_or(forwarded),
        last_file_bytes: 0,
        next_seq: forwarded,
        pending_bytes: 0,
    };
    for first in firsts {
        let path = records_path(outbox, first);
        let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
        let (mut rest, mut seq) = (&bytes[..], first);
        while let Some((held, after)) = frame::unwrap(rest) {
            if seq >= forwarded {
                left.pending_bytes += frame::bytes_of(held);
            }
            (rest, seq) = (after, seq + 1);
        }
        let sound_bytes = (bytes.len() - rest.len()) as u64;
        if !rest.is_empty() {
            cut_off(&path, first == left.last_file, sound_bytes, rest.len())?;
        }
        (left.last_file_bytes, left.next_seq) = (sound_bytes, seq);
    }
    if left.next_seq < forwarded {
        // The machine lost the end of a file whose records are on the topic: their numbers are taken.
        left = Left { last_file: forwarded, last_file_bytes: 0, next_seq: forwarded, pending_bytes: 0 };
    }
    Ok(left)
}

fn cut_off(path: &Path, is_last: bool, sound_bytes: u64, torn_bytes: usize) -> Result<(), Error> {
    if !is_last {
        return Err(Error::DamagedOutbox { path: path.to_owned(), at: sound_bytes });
    }
    tracing::warn!(path = %path.display(), torn_bytes, "half a record at the end of the outbox is cut off");
    let file = File::options().write(true).open(path).map_err(|error| failed(path, error))?;
    file.set_len(sound_bytes).map_err(|error| failed(path, error))
}

/// The first `instance_seq` of each file of records, ascending.
pub(super) fn record_files(outbox: &Path) -> Result<Vec<i64>, Error> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(outbox).map_err(|error| failed(outbox, error))? {
        let name = entry.map_err(|error| failed(outbox, error))?.file_name();
        let first: Option<i64> = name.to_str().and_then(|name| name.strip_suffix(".records")?.parse().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

pub(super) fn records_path(outbox: &Path, first: i64) -> PathBuf {
    outbox.join(format!("{first:020}.records"))
}

/// The `instance_seq` before which everything is on the topic.
fn forwarded(outbox: &Path) -> Result<i64, Error> {
    let path = outbox.join("forwarded");
    match fs::read_to_string(&path) {
        // After a crash of the machine; to forward once more is harmless.
        Ok(text) if text.trim().is_empty() => Ok(0),
        Ok(text) => text
            .trim()
            .parse()
            .map_err(|_| failed(&path, io::Error::new(io::ErrorKind::InvalidData, "not a number"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(failed(&path, error)),
    }
}

pub(super) fn set_forwarded(outbox: &Path, seq: i64, fsync: bool) -> Result<(), Error> {
    replace(&outbox.join("forwarded"), &seq.to_string(), fsync)
}

/// Readers see the old text or the new one, never a part.
fn replace(path: &Path, text: &str, fsync: bool) -> Result<(), Error> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if fsync { file.sync_all() } else { Ok(()) }
    });
    written.and_then(|()| fs::rename(&new, path)).map_err(|error| failed(path, error))?;
    if fsync { sync_folder(path) } else { Ok(()) }
}

/// A file's name is on the disk once its folder is.
pub(super) fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, error))
}

/// Reads the records that are not on the topic yet.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    outbox: PathBuf,
    /// The file that is read, and how far.
    file: i64,
    file_bytes: u64,
    seq: i64,
}

/// Records in order, and what they are.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Vec<u8>>,
    pub(super) next_seq: i64,
    pub(super) bytes: u64,
}

impl Reader {
    /// A reader that stands before the first record that is not on the topic.
    pub(super) fn new(outbox: &Path) -> Result<Self, Error> {
        let forwarded = forwarded(outbox)?;
        let first = record_files(outbox)?.into_iter().rfind(|first| *first <= forwarded);
        let file = first.unwrap_or(forwarded);
        let mut reader = Self { outbox: outbox.to_owned(), file, file_bytes: 0, seq: file };
        while reader.seq < forwarded {
            let skipped = reader.next_batch((forwarded - reader.seq) as usize)?;
            if skipped.records.is_empty() {
                break;
            }
        }
        Ok(reader)
    }

    /// The next records, at most `limit`, none where there are none yet.
    pub(super) fn next_batch(&mut self, limit: usize) -> Result<Batch, Error> {
        let mut batch = self.read_file(limit)?;
        if batch.records.is_empty()
            && let Some(next) = record_files(&self.outbox)?.into_iter().find(|first| *first > self.file)
            && next == self.seq
        {
            (self.file, self.file_bytes) = (next, 0);
            batch = self.read_file(limit)?;
        }
        batch.next_seq = self.seq;
        Ok(batch)
    }

    fn read_file(&mut self, limit: usize) -> Result<Batch, Error> {
        use std::io::{Read, Seek, SeekFrom};
        let path = records_path(&self.outbox, self.file);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Batch::default()),
            opened => opened.map_err(|error| failed(&path, error))?,
        };
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.file_bytes))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(|error| failed(&path, error))?;
        let mut batch = Batch::default();
        let mut rest = &bytes[..];
        while let Some((held, after)) = frame::unwrap(rest).filter(|_| batch.records.len() < limit) {
            batch.bytes += frame::bytes_of(held);
            batch.records.push(held.to_vec());
            rest = after;
        }
        self.file_bytes += batch.bytes;
        self.seq += batch.records.len() as i64;
        Ok(batch)
    }
}
