//! Any object store behind the four operations that everything here is made of.

mod config;
mod probe;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};

use crate::{Error, sha256};

pub use config::{Config, Kind};

/// How often a put is tried while the store contradicts itself; with the pauses this is 1.6 seconds.
const PUT_ATTEMPTS: u32 = 7;
/// The pause after the first contradiction; each next one is twice as long.
const FIRST_PAUSE_MS: u64 = 25;

/// An object store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    place: Arc<str>,
}

/// How a put-if-absent ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// The object has our bytes.
    Won,
    /// The object was there before, with these other bytes.
    Lost(Bytes),
}

impl Store {
    /// Opens the configured store and checks that it can be written and that its conditional put is honoured.
    ///
    /// # Errors
    /// [`Error::Unusable`] names the folder that cannot be written; [`Error::Unconditional`] a store without
    /// atomic put-if-absent.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let store = config.open()?;
        store.probe().await?;
        Ok(store)
    }

    /// A store over `objects`, unchecked; `place` names it in errors.
    pub fn over(objects: Arc<dyn ObjectStore>, place: &str) -> Self {
        Self { objects, place: place.into() }
    }

    /// The folder or address of this store.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Puts `bytes` at `path` unless an object is there.
    ///
    /// A reply may be lost or late, so "already exists" is not believed: the object is read back. If it is
    /// absent (some stores say so while another put is under way) the put is tried again; if it has our bytes
    /// we won; else another writer did.
    ///
    /// # Errors
    /// The store failed, or went on contradicting itself ([`Error::Unsettled`]). The put may have happened;
    /// to repeat it is safe.
    pub async fn put_if_absent(&self, path: &str, bytes: Bytes) -> Result<Put, Error> {
        let mut pause = Duration::from_millis(FIRST_PAUSE_MS);
        for attempt in 1..=PUT_ATTEMPTS {
            if self.create(path, bytes.clone()).await? {
                return Ok(Put::Won);
            }
            match self.get(path).await? {
                Some(found) if found == bytes => return Ok(Put::Won),
                Some(found) => return Ok(Put::Lost(found)),
                None => tracing::warn!(path, attempt, "said to exist already, but absent"),
            }
            if attempt < PUT_ATTEMPTS {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Err(Error::Unsettled { path: path.to_owned(), attempts: PUT_ATTEMPTS })
    }

    /// The object at `path`, if there is one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, Error> {
        let failed = |source| Error::Object { path: path.to_owned(), source };
        match self.objects.get(&location(path)?).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    /// The object at `path`, whose SHA-256 is `sha256` (hex).
    ///
    /// # Errors
    /// [`Error::Absent`]; [`Error::Damaged`] where the bytes have another hash; the store failed.
    pub async fn get_verified(&self, path: &str, sha256: &str) -> Result<Bytes, Error> {
        let bytes = self.get(path).await?.ok_or_else(|| Error::Absent { path: path.to_owned() })?;
        let found = sha256::hex_of(&bytes);
        if found == sha256 {
            return Ok(bytes);
        }
        Err(Error::Damaged { path: path.to_owned(), expected: sha256.to_owned(), found })
    }

    /// The paths of all objects under the folder `prefix`, sorted by bytes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let failed = |source| Error::Object { path: prefix.to_owned(), source };
        let found = self.objects.list(Some(&location(prefix)?));
        let mut paths: Vec<String> =
            found.map_ok(|meta| meta.location.into()).try_collect().await.map_err(failed)?;
        paths.sort_unstable();
        Ok(paths)
    }

    /// Whether there is an object at `path`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn exists(&self, path: &str) -> Result<bool, Error> {
        match self.objects.head(&location(path)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(Error::Object { path: path.to_owned(), source }),
        }
    }

    /// One conditional put: whether the store says that it happened.
    async fn create(&self, path: &str, bytes: Bytes) -> Result<bool, Error> {
        let payload = PutPayload::from_bytes(bytes);
        match self.objects.put_opts(&location(path)?, payload, PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(false)
            }
            Err(source) => Err(Error::Object { path: path.to_owned(), source }),
        }
    }

    async fn delete(&self, path: &str) -> Result<(), Error> {
        let deleted = self.objects.delete(&location(path)?).await;
        deleted.map_err(|source| Error::Object { path: path.to_owned(), source })
    }
}

fn location(path: &str) -> Result<Path, Error> {
    Path::parse(path).map_err(|error| Error::malformed(path, error))
}
