//! The section `[ingestor]` of the configuration.

use runtime::config::Period;
use serde::{Deserialize, Serialize};

/// When segments and snapshots are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// A segment holds at most so many records.
    pub segment_records: usize,
    /// A segment is cut once it holds so many bytes of keys and values.
    pub segment_bytes: usize,
    /// A segment is cut once its first record has waited for so long.
    pub segment_age: Period,
    /// A snapshot is made so often, if something is new; the trainer makes its own before each run.
    pub snapshot_every: Period,
    /// How long to wait after a failure before trying again.
    pub retry_after: Period,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            segment_records: 50_000,
            segment_bytes: 16 * 1024 * 1024,
            segment_age: Period::from_secs(5),
            snapshot_every: Period::from_secs(300),
            retry_after: Period::from_secs(1),
        }
    }
}

impl Config {
    /// Refuses what no ingestor can work with, naming the key.
    ///
    /// # Errors
    /// The first such key.
    pub fn check(&self) -> Result<(), String> {
        let periods = [
            ("segment_age", self.segment_age),
            ("snapshot_every", self.snapshot_every),
            ("retry_after", self.retry_after),
        ];
        let sizes = [("segment_records", self.segment_records), ("segment_bytes", self.segment_bytes)];
        if let Some((key, _)) = periods.into_iter().find(|(_, period)| period.duration().is_zero()) {
            return Err(format!("ingestor.{key}: it takes longer than no time"));
        }
        if let Some((key, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(format!("ingestor.{key}: 0 is too few: at least 1"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_ingestor_can_work_with_is_named() {
        let sound = Config::default;
        sound().check().unwrap();
        let says = |config: Config, key: &str| {
            let error = config.check().unwrap_err();
            assert!(error.starts_with(&format!("ingestor.{key}: ")), "{error}");
        };
        let at_once = Period::default();
        says(Config { segment_age: at_once, ..sound() }, "segment_age");
        says(Config { snapshot_every: at_once, ..sound() }, "snapshot_every");
        says(Config { retry_after: at_once, ..sound() }, "retry_after");
        says(Config { segment_records: 0, ..sound() }, "segment_records");
        says(Config { segment_bytes: 0, ..sound() }, "segment_bytes");
    }
}
