//! The records of answers until they are on `reco-responses`.
//!
//! A record is written to a file before its answer leaves, so a crash of the process loses none, and forwarded
//! by a task of its own, so a log that cannot be reached delays no answer. The outbox has a name (`instance_id`)
//! and numbers its records without a hole (`instance_seq`): what is missing on the topic can be proven. A crash
//! while forwarding may repeat records, with the same numbers.
//!
//! | file | holds |
//! | --- | --- |
//! | `lock` | nothing; locked while a process has the outbox |
//! | `format` | the format of these files: `1` |
//! | `instance` | the outbox's name |
//! | `<first instance_seq, 20 digits>.records` | frames ([`frame`]), in order |
//! | `forwarded` | the `instance_seq` before which everything is on the topic |

mod files;
mod forward;
mod frame;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use schemas::{Codec, RecoResponse};
use tokio::sync::Notify;

use crate::Error;
use files::{failed, records_path};

pub(crate) use forward::forward;

/// A file of records is closed, and later removed whole, at this size.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// One process's outbox.
#[derive(Debug)]
pub(crate) struct Outbox {
    folder: PathBuf,
    /// The outbox's name.
    pub(crate) instance_id: String,
    fsync: bool,
    limit_bytes: u64,
    codec: Codec,
    state: Mutex<State>,
    written: Notify,
    _lock: File,
}

#[derive(Debug)]
struct State {
    file: File,
    file_bytes: u64,
    next_seq: i64,
    pending_bytes: u64,
}

impl Outbox {
    /// Takes the first outbox in `folder` that no process has, or makes one with the name `new_instance_id`. What a
    /// crash left half-written at its end is cut off: its answer never left.
    ///
    /// # Errors
    /// The folder cannot be made or written, or a file is damaged before its end.
    pub(crate) fn open(
        folder: &Path,
        fsync: bool,
        limit_bytes: u64,
        new_instance_id: impl FnOnce() -> String,
    ) -> Result<Arc<Self>, Error> {
        let (folder, lock) = files::claim(folder)?;
        files::check_format(&folder)?;
        let instance_id = files::instance_id(&folder, new_instance_id)?;
        let left = files::recover(&folder)?;
        let path = records_path(&folder, left.last_file);
        let file = append_to(&path, fsync)?;
        let state = State {
            file,
            file_bytes: left.last_file_bytes,
            next_seq: left.next_seq,
            pending_bytes: left.pending_bytes,
        };
        Ok(Arc::new(Self {
            folder,
            instance_id,
            fsync,
            limit_bytes,
            codec: Codec::new(),
            state: Mutex::new(state),
            written: Notify::new(),
            _lock: lock,
        }))
    }

    /// Writes the record, with the outbox's name and its number put in. It is with the system, or on the disk where
    /// the configuration asks for that, when this returns.
    ///
    /// # Errors
    /// The record cannot be written, or too much waits already: the answer must not leave.
    pub(crate) fn write(&self, mut record: RecoResponse) -> Result<RecoResponse, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.pending_bytes > self.limit_bytes {
            return Err(Error::OutboxFull { bytes: state.pending_bytes, limit: self.limit_bytes });
        }
        record.instance_id.clone_from(&self.instance_id);
        record.instance_seq = state.next_seq;
        let frame = frame::wrap(&self.codec.encode(&record)?);
        if state.file_bytes >= FILE_BYTES {
            self.begin_file(&mut state)?;
        }
        self.append(&mut state, &frame)?;
        state.next_seq += 1;
        drop(state);
        self.written.notify_one();
        Ok(record)
    }

    fn append(&self, state: &mut State, frame: &[u8]) -> Result<(), Error> {
        let written = state.file.write_all(frame);
        let written = written.and_then(|()| if self.fsync { state.file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            // A full disk may have taken a part: nothing may follow half a frame.
            let path = self.folder.clone();
            state.file.set_len(state.file_bytes).map_err(|error| failed(&path, error))?;
            return Err(failed(&path, error));
        }
        state.file_bytes += frame.len() as u64;
        state.pending_bytes += frame.len() as u64;
        Ok(())
    }

    fn begin_file(&self, state: &mut State) -> Result<(), Error> {
        state.file = append_to(&records_path(&self.folder, state.next_seq), self.fsync)?;
        state.file_bytes = 0;
        Ok(())
    }

    /// How many bytes wait to be forwarded.
    pub(crate) fn pending_bytes(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).pending_bytes
    }

    /// The number of the next record.
    fn next_seq(&self) -> i64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).next_seq
    }

    /// The records before `seq` are on the topic: says so, and removes the files that hold only such.
    fn forwarded(&self, seq: i64, bytes: u64) -> Result<(), Error> {
        files::set_forwarded(&self.folder, seq, self.fsync)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pending_bytes = state.pending_bytes.saturating_sub(bytes);
        drop(state);
        let firsts = files::record_files(&self.folder)?;
        for pair in firsts.windows(2).filter(|pair| pair[1] <= seq) {
            let path = records_path(&self.folder, pair[0]);
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

/// Opens a file of records, and makes it where there is none.
fn append_to(path: &Path, fsync: bool) -> Result<File, Error> {
    let file = File::options().append(true).create(true).open(path).map_err(|error| failed(path, error))?;
    if fsync {
        files::sync_folder(path)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::testing::response;

    fn open(folder: &Path) -> Arc<Outbox> {
        Outbox::open(folder, false, u64::MAX, || "i-1".to_owned()).unwrap()
    }

    fn seqs(outbox: &Outbox) -> Vec<i64> {
        let mut reader = files::Reader::new(&outbox.folder).unwrap();
        let batch = reader.next_batch(usize::MAX).unwrap();
        let records = batch.records.iter().map(|bytes| outbox.codec.decode::<RecoResponse>(bytes).unwrap());
        records.map(|record| record.instance_seq).collect()
    }

    #[test]
    fn numbers_go_on_without_a_hole_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path());
        first.write(response("a")).unwrap();
        first.write(response("b")).unwrap();
        drop(first);
        let second = open(folder.path());
        let record = second.write(response("c")).unwrap();
        assert_eq!((record.instance_id.as_str(), record.instance_seq), ("i-1", 2));
        assert_eq!(seqs(&second), [0, 1, 2]);
    }

    #[test]
    fn half_a_record_at_the_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = open(folder.path());
        outbox.write(response("a")).unwrap();
        let path = records_path(&outbox.folder, 0);
        drop(outbox);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(&[0, 0, 1, 0, 9, 9]);
        fs::write(&path, bytes).unwrap();
        let outbox = open(folder.path());
        assert_eq!(outbox.write(response("b")).unwrap().instance_seq, 1);
        assert_eq!(seqs(&outbox), [0, 1]);
    }

    #[test]
    fn an_outbox_of_another_format_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = open(folder.path());
        outbox.write(response("a")).unwrap();
        let path = outbox.folder.join("format");
        drop(outbox);
        fs::write(&path, "2").unwrap();
        let refused = Outbox::open(folder.path(), false, u64::MAX, || "i-2".to_owned());
        assert!(matches!(refused, Err(Error::OutboxFormat { found, .. }) if found == "2"));
    }

    #[test]
    fn two_processes_do_not_share_an_outbox() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (open(folder.path()), open(folder.path()));
        assert_ne!(one.folder, two.folder);
    }

    #[test]
    fn what_was_forwarded_is_not_read_again_and_numbers_survive_it() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = open(folder.path());
        outbox.write(response("a")).unwrap();
        outbox.forwarded(1, 0).unwrap();
        drop(outbox);
        let outbox = open(folder.path());
        assert_eq!(seqs(&outbox), [] as [i64; 0]);
        assert_eq!(outbox.pending_bytes(), 0);
        assert_eq!(outbox.write(response("b")).unwrap().instance_seq, 1);
    }

    #[test]
    fn numbers_that_are_on_the_topic_are_not_used_again_when_the_machine_lost_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = open(folder.path());
        for id in ["a", "b", "c"] {
            outbox.write(response(id)).unwrap();
        }
        outbox.forwarded(3, 0).unwrap();
        File::options().write(true).open(records_path(&outbox.folder, 0)).unwrap().set_len(9).unwrap();
        drop(outbox);
        let outbox = open(folder.path());
        assert_eq!(outbox.write(response("d")).unwrap().instance_seq, 3);
        assert_eq!(seqs(&outbox), [3]);
    }

    #[test]
    fn a_full_outbox_refuses_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path(), false, 10, || "i".to_owned()).unwrap();
        outbox.write(response("a")).unwrap();
        assert!(matches!(outbox.write(response("b")), Err(Error::OutboxFull { limit: 10, .. })));
    }
}
