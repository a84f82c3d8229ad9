//! What topics there should be: `topics.toml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// One topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The topic's name.
    pub name: String,
    /// What the records' keys are, for people.
    #[serde(default)]
    pub key: String,
    /// What the records' values are, for people.
    #[serde(default)]
    pub value: String,
    /// How many partitions, at least 1.
    pub partitions: i32,
    /// The topic's settings as Apache Kafka names them. The embedded home keeps them and heeds
    /// `max.message.bytes`; it applies no retention today: every record stays.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
}

impl Declaration {
    /// A topic without settings of its own.
    pub fn new(name: impl Into<String>, partitions: i32) -> Self {
        let (key, value) = (String::new(), String::new());
        Self { name: name.into(), key, value, partitions, config: BTreeMap::new() }
    }

    /// Reads a file of `[[topic]]` tables.
    ///
    /// # Errors
    /// [`Error::BadTopics`] with the line, [`Error::BadDeclaration`] for what no log can hold.
    pub fn parse(text: &str) -> Result<Vec<Self>, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            topic: Vec<Declaration>,
        }
        let file: File = toml::from_str(text).map_err(|error| Error::BadTopics(error.to_string()))?;
        file.topic.iter().try_for_each(Self::check)?;
        Ok(file.topic)
    }

    /// Whether a log can hold the topic. Names are as in Kafka: 1 to 249 letters, digits, `.`, `_`, `-`.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let bad =
            |reason: &str| Err(Error::BadDeclaration { topic: self.name.clone(), reason: reason.to_owned() });
        if self.partitions < 1 {
            return bad("it needs at least one partition");
        }
        if !(1..=249).contains(&self.name.len()) || matches!(self.name.as_str(), "." | "..") {
            return bad("a name has 1 to 249 characters and is neither . nor ..");
        }
        if !self.name.chars().all(legal) {
            return bad("a name is made of ASCII letters, digits, dots, underscores and dashes");
        }
        match self.config.get(MAX_MESSAGE_BYTES).map(|bytes| bytes.parse::<usize>()) {
            Some(Err(_)) => bad("max.message.bytes is not a number of bytes"),
            _ => Ok(()),
        }
    }

    /// The topic's own limit of a record, if it has one.
    pub(crate) fn max_message_bytes(&self) -> Option<usize> {
        self.config.get(MAX_MESSAGE_BYTES)?.parse().ok()
    }

    /// What of this declaration is otherwise in the log.
    pub(crate) fn differences(&self, partitions: i32, config: &BTreeMap<String, String>) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut compare = |setting: &str, declared: Option<String>, found: Option<String>| {
            if declared != found {
                differences.push(Difference {
                    topic: self.name.clone(),
                    setting: setting.to_owned(),
                    declared,
                    found,
                });
            }
        };
        compare("partitions", Some(self.partitions.to_string()), Some(partitions.to_string()));
        let settings: std::collections::BTreeSet<_> = self.config.keys().chain(config.keys()).collect();
        for setting in settings {
            compare(setting, self.config.get(setting).cloned(), config.get(setting).cloned());
        }
        differences
    }
}

/// The setting that both homes heed.
pub(crate) const MAX_MESSAGE_BYTES: &str = "max.message.bytes";

/// The topics that `topics.toml` declares: all that Matinee uses.
pub fn declared() -> Vec<Declaration> {
    // The file is compiled in, and a test parses it.
    Declaration::parse(include_str!("../topics.toml")).unwrap_or_else(|error| panic!("topics.toml: {error}"))
}

/// A topic that is in the log otherwise than declared. Nobody changes it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The topic.
    pub topic: String,
    /// `partitions`, or a setting's name.
    pub setting: String,
    /// As declared; `None` is not declared.
    pub declared: Option<String>,
    /// As in the log; `None` is not set there.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
        let (declared, found) = (show(&self.declared), show(&self.found));
        write!(f, "topic {}: {} is {found} in the log, declared {declared}", self.topic, self.setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::topic;

    #[test]
    fn every_topic_of_the_contract_is_declared() {
        let found: Vec<_> = declared().into_iter().map(|topic| (topic.name, topic.partitions)).collect();
        let expected = [
            (topic::WATCH_EVENTS, 6),
            (topic::RATE_EVENTS, 6),
            (topic::CATALOG_UPDATES, 1),
            (topic::DEAD_LETTERS, 1),
            (topic::RETRAIN_TRIGGERS, 1),
            (topic::MODEL_UPDATES, 1),
            (topic::ROLLOUT_UPDATES, 1),
            (topic::RECO_RESPONSES, 6),
            (topic::AVRO_SCHEMAS, 1),
        ];
        assert_eq!(found, expected.map(|(name, partitions)| (name.to_owned(), partitions)));
    }

    #[test]
    fn only_reco_responses_go_with_time() {
        for topic in declared() {
            assert_eq!(topic.config["cleanup.policy"], "delete");
            let kept = topic.config["retention.ms"] == "-1" && topic.config["retention.bytes"] == "-1";
            assert_eq!(kept, topic.name != topic::RECO_RESPONSES, "{}", topic.name);
        }
    }

    #[test]
    fn what_no_log_can_hold_is_refused() {
        let parse = |text: &str| Declaration::parse(text).unwrap_err().to_string();
        assert!(parse("[[topic]]\nname = \"a\"\npartitions = 0").contains("at least one partition"));
        assert!(parse("[[topic]]\nname = \"a/b\"\npartitions = 1").contains("a/b"));
        assert!(parse("[[topic]]\nname = \"a\"\npartitions = 1\nsize = 1").contains("size"));
    }

    #[test]
    fn a_difference_names_topic_setting_and_both_values() {
        let mut declared = Declaration::new("t", 6);
        declared.config.insert("retention.ms".into(), "-1".into());
        let found: Vec<_> = declared.differences(3, &BTreeMap::new()).iter().map(|d| d.to_string()).collect();
        let expected = [
            "topic t: partitions is 3 in the log, declared 6",
            "topic t: retention.ms is not set in the log, declared -1",
        ];
        assert_eq!(found, expected);
        assert_eq!(declared.differences(6, &declared.config), []);
    }
}
