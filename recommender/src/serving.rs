//! The one value behind an atomic pointer that requests read.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use registry::model::Version;
use schemas::Strategy;

use crate::Loaded;

/// What serves: swapped whole, never changed.
#[derive(Debug)]
pub(crate) struct Serving {
    /// The model.
    pub(crate) loaded: Arc<Loaded>,
    /// The rollout's epoch that it serves under.
    pub(crate) epoch: i64,
    /// The rollout's strategy.
    pub(crate) strategy: Strategy,
}

impl Serving {
    pub(crate) fn version(&self) -> Version {
        self.loaded.meta.version
    }
}

/// The pointer. A request reads it once, and keeps what it read until it is answered.
#[derive(Debug, Default)]
pub(crate) struct Pointer(ArcSwapOption<Serving>);

impl Pointer {
    pub(crate) fn read(&self) -> Option<Arc<Serving>> {
        self.0.load_full()
    }

    /// Puts the new value in its place and gives the old one.
    pub(crate) fn swap(&self, serving: Serving) -> Option<Arc<Serving>> {
        self.0.swap(Some(Arc::new(serving)))
    }
}
