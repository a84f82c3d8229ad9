//! The section `[recommender]` of the configuration.

use std::path::PathBuf;

use runtime::config::{Period, Secret};
use serde::{Deserialize, Serialize};

/// What a recommender serves, and within which limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The model's name in announcements and rollout updates.
    pub model_name: String,
    /// How many loaded models are kept, so that going back to one is instant.
    pub cached_models: usize,
    /// How many of the latest answers `/trace` can show.
    pub kept_traces: usize,
    /// The folder of the outboxes, relative to the data folder; none is `outbox` there.
    pub outbox: Option<PathBuf>,
    /// Whether an answer waits until its record is on the disk (a crash of the machine loses none) or only until
    /// it is with the system (a crash of the process loses none).
    pub outbox_fsync: bool,
    /// What may wait in the outbox to be forwarded; beyond it requests are refused, for no answer goes without
    /// its record.
    pub outbox_bytes: u64,
    /// How long a change of the rollout waits until it is read back.
    pub switch_timeout: Period,
    /// How long to wait after a failure of the log or the store before trying again.
    pub retry_after: Period,
    /// How long what waits in the outbox is still forwarded at the end.
    pub drain: Period,
    /// With it writes are allowed from anywhere (`Authorization: Bearer ...`); without it only from this machine.
    pub token: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model_name: "movies".to_owned(),
            cached_models: 4,
            kept_traces: 50_000,
            outbox: None,
            outbox_fsync: false,
            outbox_bytes: 1024 * 1024 * 1024,
            switch_timeout: Period::from_secs(5),
            retry_after: Period::from_secs(1),
            drain: Period::from_secs(5),
            token: None,
        }
    }
}

impl Config {
    /// Whether a recommender can work with it.
    ///
    /// # Errors
    /// The first key that it cannot work with, and why.
    pub fn check(&self) -> Result<(), String> {
        let zero = Period::default();
        let wrong = [
            (self.retry_after == zero, "retry_after is 0: a failure would be tried again without a pause"),
            (self.switch_timeout == zero, "switch_timeout is 0: no switch could be read back"),
            (self.outbox_bytes == 0, "outbox_bytes is 0: no answer could be recorded"),
            (self.model_name.is_empty(), "model_name is empty"),
        ];
        wrong.iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, why)| Err((*why).to_owned()))
    }

    /// The same with the outbox's path made absolute by the data folder.
    #[must_use]
    pub fn within(mut self, data: &std::path::Path) -> Self {
        let folder = self.outbox.take().unwrap_or_else(|| PathBuf::from("outbox"));
        self.outbox = Some(data.join(folder));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work_and_a_pause_of_nothing_does_not() {
        Config::default().check().unwrap();
        let hasty = Config { retry_after: Period::default(), ..Config::default() };
        assert!(hasty.check().unwrap_err().starts_with("retry_after"));
    }
}
