//! The section `[store]`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::Error;

/// Where the objects are: the section `[store]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The kind of store.
    pub kind: Kind,
    /// The folder of a local store, relative to the data folder; none is `objects` there. It is made where it is
    /// missing.
    pub path: Option<PathBuf>,
}

/// The kinds of store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A local folder, synced to disk at every put.
    #[default]
    Local,
}

impl Config {
    /// A local folder.
    pub fn local(path: impl Into<PathBuf>) -> Self {
        Self { kind: Kind::Local, path: Some(path.into()) }
    }

    /// The same with the folder made absolute by the data folder: what [`Store::open`] wants.
    #[must_use]
    pub fn within(mut self, data: &Path) -> Self {
        let folder = self.path.take().unwrap_or_else(|| PathBuf::from("objects"));
        self.path = Some(data.join(folder));
        self
    }

    pub(super) fn open(&self) -> Result<Store, Error> {
        match self.kind {
            Kind::Local => match &self.path {
                Some(path) => open_folder(path),
                None => Err(Error::Unusable {
                    place: "[store]".to_owned(),
                    reason: "store.path is not set".to_owned(),
                }),
            },
        }
    }
}

fn open_folder(path: &Path) -> Result<Store, Error> {
    let place = path.display().to_string();
    let unusable = |reason: String| Error::Unusable { place: place.clone(), reason };
    std::fs::create_dir_all(path).map_err(|error| unusable(error.to_string()))?;
    let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| unusable(error.to_string()))?;
    // Without it a put is only in memory when it returns, and progress would be published ahead of the data.
    Ok(Store::over(Arc::new(folder.with_fsync(true)), &place))
}
