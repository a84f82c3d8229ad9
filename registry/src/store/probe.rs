//! The check at start: is this store's put-if-absent honoured, and is it atomic?

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures::future::try_join_all;

use super::Store;
use crate::Error;

/// Kept for good, with the same bytes, so that any number of processes may start at once.
const KEPT: &str = "probe/conditional-put";
const KEPT_BYTES: &[u8] = b"Matinee checks here that a second put-if-absent leaves the first one's bytes.\n";
/// Writers that race for one new object.
const RACERS: u32 = 4;

impl Store {
    /// Checks that the store can be written, that a second put-if-absent is refused and changes nothing, and
    /// that of several at once exactly one is let through.
    ///
    /// # Errors
    /// [`Error::Unusable`] or [`Error::Unconditional`], naming the place.
    pub async fn probe(&self) -> Result<(), Error> {
        self.probe_second_put().await.map_err(|error| self.say(error))?;
        self.probe_race().await.map_err(|error| self.say(error))
    }

    async fn probe_second_put(&self) -> Result<(), Error> {
        self.create(KEPT, Bytes::from_static(KEPT_BYTES)).await?;
        if self.create(KEPT, Bytes::from_static(b"the second put was let through\n")).await? {
            return Err(self.unconditional(format!("a second put of {KEPT} was accepted")));
        }
        match self.get(KEPT).await? {
            Some(found) if found == KEPT_BYTES => Ok(()),
            Some(_) => Err(self.unconditional(format!("{KEPT} has other bytes than were put there first"))),
            None => Err(self.unconditional(format!("{KEPT} is said to exist already, and is absent"))),
        }
    }

    async fn probe_race(&self) -> Result<(), Error> {
        let path = race_path();
        let contend = |racer: u32| {
            let (store, path) = (self.clone(), path.clone());
            async move { Ok::<_, Error>(store.create(&path, bytes_of(racer)).await?.then_some(racer)) }
        };
        let said: Vec<Option<u32>> = try_join_all((0..RACERS).map(contend)).await?;
        let found = self.get(&path).await?;
        self.delete(&path).await?;
        match said.iter().flatten().collect::<Vec<_>>()[..] {
            [winner] if found == Some(bytes_of(*winner)) => Ok(()),
            [_] => Err(self.unconditional("a put was accepted and its bytes are not there".to_owned())),
            ref winners => {
                let problem =
                    format!("of {RACERS} puts of one object at once, {} were accepted", winners.len());
                Err(self.unconditional(problem))
            }
        }
    }

    fn unconditional(&self, problem: String) -> Error {
        Error::Unconditional { place: self.place.to_string(), problem }
    }

    /// At the start it is the store that fails, not one object of it: the place is what the operator knows.
    fn say(&self, error: Error) -> Error {
        match error {
            Error::Object { source, .. } => {
                Error::Unusable { place: self.place.to_string(), reason: innermost(&source) }
            }
            other => other,
        }
    }
}

/// A name that no other process uses. Nothing that is kept depends on it.
fn race_path() -> String {
    static RACES: AtomicU32 = AtomicU32::new(0);
    let now_ns = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let race = RACES.fetch_add(1, Ordering::Relaxed);
    format!("probe/race-{now_ns}-{}-{race}", std::process::id())
}

fn bytes_of(racer: u32) -> Bytes {
    Bytes::from(format!("racer {racer}\n"))
}

/// The last cause: what the system said, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
