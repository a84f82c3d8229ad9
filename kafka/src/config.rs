//! The section `[log]` of the configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where the log lives and how much it takes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The kind of log.
    pub home: HomeKind,
    /// The embedded log's file, relative to the data folder; `None` is `log.sqlite` there.
    pub path: Option<PathBuf>,
    /// The largest record (key, value and headers), unless its topic says otherwise by `max.message.bytes`:
    /// that of `dead-letters` should stay 8 KiB above this, for the headers that a dead letter gains.
    pub max_record_bytes: usize,
    /// How many appends may wait for the writer; one more waits for its turn to wait.
    pub queue_appends: usize,
    /// How many bytes of records may wait for the writer.
    pub queue_bytes: usize,
    /// A commit takes no further append once it holds so many records.
    pub commit_records: usize,
    /// A commit takes no further append once it holds so many bytes.
    pub commit_bytes: usize,
    /// How long one process waits for another that is writing.
    pub busy_timeout_ms: u64,
    /// How often a log that somebody follows looks for other processes' commits.
    pub poll_ms: u64,
    /// How many reads go on at once; each has a connection.
    pub readers: usize,
    /// A member of a group that was not heard of for so long has left: at least two heartbeats.
    pub group_session_timeout_ms: u64,
    /// How often a member is heard of.
    pub group_heartbeat_ms: u64,
}

/// The kind of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HomeKind {
    /// One SQLite file, shared by the processes of one machine.
    #[default]
    Embedded,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            home: HomeKind::Embedded,
            path: None,
            max_record_bytes: 1024 * 1024,
            queue_appends: 4096,
            queue_bytes: 64 * 1024 * 1024,
            commit_records: 10_000,
            commit_bytes: 16 * 1024 * 1024,
            busy_timeout_ms: 10_000,
            poll_ms: 10,
            readers: 4,
            group_session_timeout_ms: 6_000,
            group_heartbeat_ms: 1_000,
        }
    }
}

impl Config {
    /// An embedded log in this file.
    pub fn embedded(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    /// The same with the path made absolute by the data folder: what [`crate::Log::open`] wants.
    pub fn within(mut self, data: &Path) -> Self {
        let file = self.path.take().unwrap_or_else(|| PathBuf::from("log.sqlite"));
        self.path = Some(data.join(file));
        self
    }

    pub(crate) fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_in_the_data_folder_unless_it_is_elsewhere() {
        let within = |path: Option<&str>| {
            let config = Config { path: path.map(PathBuf::from), ..Config::default() };
            config.within(Path::new("data")).path.unwrap()
        };
        assert_eq!(within(None), Path::new("data/log.sqlite"));
        assert_eq!(within(Some("a.db")), Path::new("data/a.db"));
        assert_eq!(within(Some("/elsewhere/a.db")), Path::new("/elsewhere/a.db"));
    }

    #[test]
    fn every_key_is_in_the_serialised_default() {
        let json = serde_json::to_value(Config::default()).unwrap();
        assert_eq!(json["home"], "embedded");
        assert!(json.as_object().unwrap().contains_key("path"));
        assert_eq!(serde_json::from_value::<Config>(json).unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_home_names_the_known_ones() {
        let error = toml::from_str::<Config>("home = \"cloud\"").unwrap_err().to_string();
        assert!(error.contains("cloud") && error.contains("embedded"), "{error}");
    }
}
