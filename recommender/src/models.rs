//! Which bytes are a model that may serve, and the few that are at hand.

use std::sync::Arc;

use als::Model;
use registry::model::{Meta, Version};
use registry::{Store, model};
use schemas::TopicPartition;

use crate::Error;
use crate::live::Offsets;

/// A model that was fetched, hashed, checked against its meta, warmed and probed.
#[derive(Debug)]
pub struct Loaded {
    /// What its `meta.json` says.
    pub meta: Meta,
    /// What it computes.
    pub model: Model,
    /// The first offsets of the event topics that it has not seen.
    pub(crate) offsets: Offsets,
}

/// Fetches a version, and lets it pass only if it is what its meta says and can answer.
///
/// # Errors
/// There is no such version, its bytes are not those that were published, or it is not a model that this build
/// can serve.
pub async fn load(store: &Store, version: Version) -> Result<Loaded, Error> {
    let (meta, bytes) = model::load(store, version).await?;
    let model = tokio::task::spawn_blocking(move || Model::from_bytes(&bytes))
        .await?
        .map_err(|error| Error::BadModel { version, reason: error.to_string() })?;
    check(&meta, &model).map_err(|reason| Error::BadModel { version, reason })?;
    let offsets = meta.offsets.iter().map(|p| (TopicPartition::new(&p.topic, p.partition), p.offset));
    Ok(Loaded { offsets: offsets.collect(), meta, model })
}

/// The model against its meta, and a question to it. Shapes and ids were checked when it was read.
///
/// A model that another `kernel_version` has trained may serve: its factors are numbers like any others, and the
/// record of an answer names the arithmetic that made the answer.
fn check(meta: &Meta, model: &Model) -> Result<(), String> {
    let compared = [
        ("factors", model.parameters().factors as u64, u64::from(meta.metrics.factors)),
        ("users", model.users().len() as u64, meta.metrics.users),
        ("movies", model.movies().len() as u64, meta.metrics.movies),
        ("interactions", model.interactions().len() as u64, meta.metrics.interactions),
    ];
    if let Some((what, found, said)) = compared.into_iter().find(|(_, found, said)| found != said) {
        return Err(format!("it has {found} {what}, its meta says {said}"));
    }
    model.probe().map_err(|error| error.to_string())
}

/// The models used last, so that going back to one is instant.
#[derive(Debug)]
pub(crate) struct Cache {
    capacity: usize,
    models: Vec<Arc<Loaded>>,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), models: Vec::new() }
    }

    /// The version, if it is at hand; it is then the one used last.
    pub(crate) fn get(&mut self, version: Version) -> Option<Arc<Loaded>> {
        let at = self.models.iter().position(|model| model.meta.version == version)?;
        let model = self.models.remove(at);
        self.models.push(model.clone());
        Some(model)
    }

    /// Keeps a model, and lets the one go that was not used for the longest time.
    pub(crate) fn put(&mut self, model: Arc<Loaded>) {
        self.models.retain(|kept| kept.meta.version != model.meta.version);
        self.models.push(model);
        if self.models.len() > self.capacity {
            self.models.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::loaded;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_model_that_was_not_used_for_the_longest_time_goes() {
        let mut cache = Cache::new(2);
        cache.put(Arc::new(loaded("v0.1")));
        cache.put(Arc::new(loaded("v0.2")));
        assert!(cache.get(version("v0.1")).is_some());
        cache.put(Arc::new(loaded("v0.3")));
        assert!(cache.get(version("v0.2")).is_none());
        assert!(cache.get(version("v0.1")).is_some());
    }

    #[test]
    fn a_model_that_is_not_what_its_meta_says_does_not_pass() {
        let good = loaded("v0.1");
        check(&good.meta, &good.model).unwrap();
        let mut other = good.meta.clone();
        other.metrics.factors += 1;
        assert!(check(&other, &good.model).unwrap_err().contains("factors"));
    }
}
