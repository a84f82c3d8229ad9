//! The section `[log]` of the configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemas::topic;
use serde::{Deserialize, Serialize};

use crate::dead_letter::HEADERS_BYTES;
use crate::{Error, declared};

/// Nothing here takes longer than a day.
const MOST_MS: u64 = 24 * 60 * 60 * 1000;
/// More appends than anybody's memory holds.
const MOST_APPENDS: usize = 1 << 24;

/// Where the log lives and how much it takes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The kind of log.
    pub home: HomeKind,
    /// The embedded log's file, relative to the data folder; `None` is `log.sqlite` there.
    pub path: Option<PathBuf>,
    /// The largest record (key, value and headers), unless its topic says otherwise by `max.message.bytes`:
    /// that of `dead-letters` is at least 8 KiB above this, for the headers that a dead letter gains.
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

    /// Refuses what no log can work with, naming the key.
    ///
    /// # Errors
    /// [`Error::BadConfig`]: the first such key.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |key: &'static str, reason: String| Err(Error::BadConfig { key, reason });
        let at_least_one = [
            ("max_record_bytes", self.max_record_bytes),
            ("queue_appends", self.queue_appends),
            ("queue_bytes", self.queue_bytes),
            ("commit_records", self.commit_records),
            ("commit_bytes", self.commit_bytes),
            ("readers", self.readers),
        ];
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return refuse(key, "0 is too few: at least 1".to_owned());
        }
        if self.queue_appends > MOST_APPENDS {
            return refuse("queue_appends", format!("{} is over {MOST_APPENDS}", self.queue_appends));
        }
        let times = [
            ("busy_timeout_ms", self.busy_timeout_ms),
            ("poll_ms", self.poll_ms),
            ("group_session_timeout_ms", self.group_session_timeout_ms),
            ("group_heartbeat_ms", self.group_heartbeat_ms),
        ];
        if let Some((key, ms)) = times.into_iter().find(|(_, ms)| !(1..=MOST_MS).contains(ms)) {
            return refuse(key, format!("{ms} is not between 1 and {MOST_MS}, a day"));
        }
        let (heartbeat_ms, session_ms) = (self.group_heartbeat_ms, self.group_session_timeout_ms);
        if heartbeat_ms * 2 > session_ms {
            let reason = format!(
                "{heartbeat_ms} is more than half of log.group_session_timeout_ms, which is {session_ms}: a member \
                 would be taken for gone between two signs of life"
            );
            return refuse("group_heartbeat_ms", reason);
        }
        self.check_dead_letters()
    }

    /// A record that was taken must fit into `dead-letters` too, or it would stop its partition.
    fn check_dead_letters(&self) -> Result<(), Error> {
        let letters = declared().into_iter().find(|topic| topic.name == topic::DEAD_LETTERS);
        let Some(limit) = letters.and_then(|topic| topic.max_message_bytes()) else { return Ok(()) };
        let most = limit.saturating_sub(HEADERS_BYTES);
        if self.max_record_bytes <= most {
            return Ok(());
        }
        let reason = format!(
            "{} is too much beside max.message.bytes of topic dead-letters, which is {limit}: a dead letter is a record \
             with up to {HEADERS_BYTES} bytes of headers more, so at most {most}",
            self.max_record_bytes
        );
        Err(Error::BadConfig { key: "max_record_bytes", reason })
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
    fn what_no_log_can_work_with_is_named() {
        let sound = Config::default;
        sound().check().unwrap();
        let says = |config: Config, what: &str| {
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        says(Config { readers: 0, ..sound() }, "log.readers: 0 is too few");
        says(Config { queue_appends: 0, ..sound() }, "log.queue_appends");
        says(Config { queue_appends: usize::MAX, ..sound() }, "log.queue_appends");
        says(Config { queue_bytes: 0, ..sound() }, "log.queue_bytes");
        says(Config { commit_records: 0, ..sound() }, "log.commit_records");
        says(Config { poll_ms: 0, ..sound() }, "log.poll_ms");
        says(Config { busy_timeout_ms: u64::MAX, ..sound() }, "log.busy_timeout_ms");
        says(Config { group_heartbeat_ms: 3_001, ..sound() }, "log.group_session_timeout_ms, which is 6000");
    }

    #[test]
    fn a_record_leaves_room_for_the_headers_of_its_dead_letter() {
        let most = 2 * 1024 * 1024 - HEADERS_BYTES;
        Config { max_record_bytes: most, ..Config::default() }.check().unwrap();
        let error =
            Config { max_record_bytes: most + 1, ..Config::default() }.check().unwrap_err().to_string();
        let both =
            ["log.max_record_bytes: 2088961", "max.message.bytes of topic dead-letters, which is 2097152"];
        assert!(both.iter().all(|part| error.contains(part)), "{error}");
    }

    #[test]
    fn an_unknown_home_names_the_known_ones() {
        let error = toml::from_str::<Config>("home = \"cloud\"").unwrap_err().to_string();
        assert!(error.contains("cloud") && error.contains("embedded"), "{error}");
    }
}
