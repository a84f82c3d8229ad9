//! Log lines on stderr: text for people, JSON for machines.

use std::io::{self, IsTerminal};

use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, fmt};

use crate::Error;

/// The section `[telemetry]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// How a line looks.
    pub log_format: LogFormat,
    /// A level (`error`, `warn`, `info`, `debug`, `trace`, `off`) or filter directives by crate
    /// (`info,recommender=debug`).
    pub log_level: String,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Text,
    /// One JSON object a line, the event's fields beside `timestamp`, `level`, `target` and `message`.
    Json,
}

impl Default for Config {
    fn default() -> Config {
        Config { log_format: LogFormat::Text, log_level: "info".to_owned() }
    }
}

impl Config {
    /// Refuses what [`init`] would refuse.
    ///
    /// # Errors
    /// [`Error::LogLevel`].
    pub fn check(&self) -> Result<(), Error> {
        filter(&self.log_level).map(drop)
    }
}

/// Starts logging for the process.
///
/// # Errors
/// When `log_level` is not a level or filter, or when logging was started before.
pub fn init(config: &Config) -> Result<(), Error> {
    let ansi = io::stderr().is_terminal();
    let subscriber = subscriber(config, ansi, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|e| Error::Telemetry(e.to_string()))
}

fn subscriber<W>(config: &Config, ansi: bool, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, Error>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt().with_env_filter(filter(&config.log_level)?).with_writer(writer);
    Ok(match config.log_format {
        LogFormat::Text => Box::new(lines.with_ansi(ansi).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_span_list(false).finish()),
    })
}

fn filter(directives: &str) -> Result<EnvFilter, Error> {
    EnvFilter::builder()
        .parse(directives)
        .map_err(|e| Error::LogLevel { directives: directives.to_owned(), why: e.to_string() })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is logged while `f` runs.
    fn logged(config: &Config, f: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (shared, made) = (lines.clone(), move || Shared(lines.clone()));
        tracing::subscriber::with_default(subscriber(config, false, made).unwrap(), f);
        String::from_utf8(shared.lock().unwrap().clone()).unwrap()
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn json_is_one_flat_object_a_line() {
        let config = Config { log_format: LogFormat::Json, log_level: "info".to_owned() };
        let text = logged(&config, || {
            tracing::info!(user_id = 7, status = 200, "answered");
            tracing::debug!("not shown");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"answered".into()));
        assert_eq!((&line["user_id"], &line["status"]), (&7.into(), &200.into()));
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn text_is_for_people() {
        let text = logged(&Config::default(), || tracing::warn!(port = 8080, "slow"));
        assert!(text.contains("WARN") && text.ends_with("slow port=8080\n"), "{text}");
    }

    #[test]
    fn levels_and_directives_are_taken_and_nonsense_is_not() {
        for good in ["info", "off", "warn,recommender=debug"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        let error = filter("recommender=loud").unwrap_err().to_string();
        assert!(error.contains("recommender=loud"), "{error}");
        let config = Config { log_level: "recommender=loud".to_owned(), ..Config::default() };
        assert_eq!(config.check().unwrap_err().to_string(), error);
    }
}
