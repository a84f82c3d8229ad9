//! The section `[trainer]`.

use std::fmt;
use std::str::FromStr;

use runtime::config::Period;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// When models are made, of what, and how good they must be: the section `[trainer]` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The model whose triggers are served; one registry holds one model name.
    pub model_name: String,
    /// `"24h"`: one model a slot, slots being counted from 1970-01-01 UTC; or `"off"`.
    pub schedule: Schedule,
    /// A new model after so many events that the newest model has not seen; none is never.
    pub retrain_events: Option<u64>,
    /// How often schedule and events are looked at.
    pub check_every: Period,
    /// How long a retrain waits for the ingestors to reach the log's end before it cuts the snapshot.
    pub wait_for_ingestors: Period,
    /// How often a retrain is tried before its trigger counts as failed.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub retry_after: Period,
    /// Threads that fit; 0 is one for each processor. They have no influence on a model's bytes.
    pub threads: usize,
    /// What a fit is told.
    pub parameters: Parameters,
    /// How good a model must be.
    pub gate: Gate,
}

/// Hyper-parameters: [`als::Parameters`] as people write them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// Length of a user's and of a movie's vector, 1 to 1024.
    pub factors: usize,
    /// Rounds of solving all movies and then all users, 1 to 1000.
    pub iterations: usize,
    /// Added to the diagonal of every row's system. Above 0.
    pub regularization: f64,
    /// Confidence that a strength of 1 adds.
    pub alpha: f64,
    /// A rating from here on is a liking.
    pub liked_rating: f64,
    /// Strength that each point above `liked_rating` adds.
    pub rating_gain: f64,
    /// Without a rating, a progress from here on is a liking.
    pub liked_progress: f64,
    /// Seed of the random start.
    pub seed: u64,
}

/// What the gate asks of a model. See [`crate::gate`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// With so many users who have done something after the champion's snapshot, the champion's own artifact is
    /// compared on them; with fewer, its parameters are fitted again.
    pub min_users: usize,
    /// The share of the champion's HR@10 and NDCG@10 that a candidate may lack.
    pub margin: f64,
    /// So many standard errors of the difference are allowed on top of the margin.
    pub standard_errors: f64,
    /// The first model's snapshot has at least so many users.
    pub bootstrap_min_users: usize,
    /// The first model's snapshot has at least so many (user, movie) pairs.
    pub bootstrap_min_interactions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model_name: "movies".to_owned(),
            schedule: Schedule::Every(Period::from_secs(24 * 60 * 60)),
            retrain_events: None,
            check_every: Period::from_secs(5),
            wait_for_ingestors: Period::from_secs(30),
            attempts: 3,
            retry_after: Period::from_secs(1),
            threads: 0,
            parameters: Parameters::default(),
            gate: Gate::default(),
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        als::Parameters::default().into()
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            min_users: 100,
            margin: 0.05,
            standard_errors: 1.0,
            bootstrap_min_users: 10,
            bootstrap_min_interactions: 100,
        }
    }
}

impl From<als::Parameters> for Parameters {
    fn from(parameters: als::Parameters) -> Self {
        let als::Parameters { factors, iterations, regularization, weighting, seed } = parameters;
        let als::Weighting { alpha, liked_rating, rating_gain, liked_progress } = weighting;
        let regularization = f64::from(regularization);
        Self { factors, iterations, regularization, alpha, liked_rating, rating_gain, liked_progress, seed }
    }
}

impl From<Parameters> for als::Parameters {
    fn from(parameters: Parameters) -> Self {
        let Parameters { factors, iterations, regularization, alpha, seed, .. } = parameters;
        let Parameters { liked_rating, rating_gain, liked_progress, .. } = parameters;
        let weighting = als::Weighting { alpha, liked_rating, rating_gain, liked_progress };
        Self { factors, iterations, regularization: regularization as f32, weighting, seed }
    }
}

impl Config {
    /// Refuses what no trainer can work with, naming the key.
    ///
    /// # Errors
    /// The first such key.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |key: &'static str, reason: String| Err(Error::Config { key, reason });
        if let Err(error) = als::Parameters::from(self.parameters).check() {
            return refuse("parameters", error.to_string());
        }
        if let Err(error) = registry::model::check_name(&self.model_name) {
            return refuse("model_name", error.to_string());
        }
        if self.attempts == 0 {
            return refuse("attempts", "0: a retrain is tried at least once".to_owned());
        }
        for (key, period) in [("check_every", self.check_every), ("retry_after", self.retry_after)] {
            if period.duration().is_zero() {
                return refuse(key, "it takes longer than no time".to_owned());
            }
        }
        if self.retrain_events == Some(0) {
            return refuse("retrain_events", "0 events are always there: name a number above 0".to_owned());
        }
        if !(0.0..1.0).contains(&self.gate.margin) {
            return refuse("gate.margin", format!("{} is not a share, 0 up to 1", self.gate.margin));
        }
        if !(self.gate.standard_errors >= 0.0 && self.gate.standard_errors.is_finite()) {
            let reason = format!("{} is not a number from 0 on", self.gate.standard_errors);
            return refuse("gate.standard_errors", reason);
        }
        Ok(())
    }
}

/// Whether and how often a model is made because its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Never.
    Off,
    /// Once in each period.
    Every(Period),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Off => f.write_str("off"),
            Schedule::Every(period) => period.fmt(f),
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Schedule::Off);
        }
        let period: Period = text.parse().map_err(|error| format!("{error}; or write \"off\""))?;
        if period.duration().as_millis() < 1000 {
            return Err(format!("a schedule of {period} is shorter than a second"));
        }
        Ok(Schedule::Every(period))
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_reads_what_it_writes() {
        let config = Config { schedule: Schedule::Off, retrain_events: Some(5), ..Config::default() };
        let json = serde_json::to_value(&config).unwrap();
        assert_eq!((&json["schedule"], &json["check_every"]), (&"off".into(), &"5s".into()));
        assert_eq!(serde_json::from_value::<Config>(json).unwrap(), config);
        assert_eq!(Config::default().schedule.to_string(), "1day");
    }

    #[test]
    fn parameters_are_the_kernels() {
        let kernel = als::Parameters::default();
        assert_eq!(als::Parameters::from(Parameters::default()), kernel);
    }

    #[test]
    fn what_no_trainer_can_work_with_is_named() {
        let sound = Config::default;
        let says = |config: Config| config.check().unwrap_err().to_string();
        sound().check().unwrap();
        assert!(says(Config { attempts: 0, ..sound() }).contains("trainer.attempts"));
        let at_once = Period::default();
        assert!(says(Config { check_every: at_once, ..sound() }).contains("trainer.check_every"));
        assert!(says(Config { retry_after: at_once, ..sound() }).contains("trainer.retry_after"));
        let model_name = "a/b".to_owned();
        assert!(says(Config { model_name, ..sound() }).contains("trainer.model_name"));
        assert!(says(Config { retrain_events: Some(0), ..sound() }).contains("trainer.retrain_events"));
        let parameters = Parameters { factors: 0, ..Parameters::default() };
        assert!(says(Config { parameters, ..sound() }).contains("factors"));
        let gate = Gate { margin: f64::NAN, ..Gate::default() };
        assert!(says(Config { gate, ..sound() }).contains("trainer.gate.margin"));
        assert!("5".parse::<Schedule>().unwrap_err().contains("\"off\""));
        assert!("0s".parse::<Schedule>().is_err());
    }
}
