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
