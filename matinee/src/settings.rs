//! All sections of `matinee.toml`, read together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use runtime::config::{Effective, Layers};
use runtime::{Error, listener, telemetry};

/// The sections that there are. A service's own binary knows them all and reads those that it needs.
pub const SECTIONS: [&str; 7] =
    ["log", "store", "telemetry", "listener", "ingestor", "trainer", "recommender"];

/// The effective settings of a whole stack.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data folder, which every relative path of the settings is relative to.
    pub data: PathBuf,
    /// `[log]`
    pub log: kafka::Config,
    /// `[store]`
    pub store: registry::Config,
    /// `[telemetry]`
    pub telemetry: telemetry::Config,
    /// `[listener]`
    pub listener: listener::Config,
    /// `[ingestor]`
    pub ingestor: ingestor::Config,
    /// `[trainer]`
    pub trainer: trainer::Config,
    /// `[recommender]`
    pub recommender: recommender::Config,
}

/// The configuration file and the environment of this process.
///
/// # Errors
/// The file cannot be read or is not TOML, or a variable names no key.
pub fn layers(file: Option<&Path>) -> Result<Layers, Error> {
    Layers::load(file, environment())
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

impl Settings {
    /// Reads every section.
    ///
    /// # Errors
    /// What is unknown, with the nearest name that is known; or of the wrong type. Each with where it was given. Then
    /// what a section cannot work with, with its key, so that no command begins with it.
    pub fn read(layers: &Layers, data: &Path) -> Result<Settings, Error> {
        layers.check_sections(&SECTIONS)?;
        let settings = Settings {
            data: data.to_owned(),
            log: layers.section::<kafka::Config>("log")?.within(data),
            store: layers.section::<registry::Config>("store")?.within(data),
            telemetry: layers.section("telemetry")?,
            listener: layers.section("listener")?,
            ingestor: layers.section("ingestor")?,
            trainer: layers.section("trainer")?,
            recommender: layers.section::<recommender::Config>("recommender")?.within(data),
        };
        settings.check_sections()?;
        settings.check_together()?;
        Ok(settings)
    }

    /// What each section says of itself.
    fn check_sections(&self) -> Result<(), Error> {
        self.telemetry.check()?;
        section("log", self.log.check())?;
        section("ingestor", self.ingestor.check())?;
        section("trainer", self.trainer.check())?;
        section("recommender", self.recommender.check())
    }

    /// What each section alone cannot know.
    fn check_together(&self) -> Result<(), Error> {
        let (trained, served) = (&self.trainer.model_name, &self.recommender.model_name);
        let why = format!(
            "model_name is `{served}`, and trainer.model_name is `{trained}`: one registry holds one"
        );
        match trained == served {
            true => Ok(()),
            false => Err(Error::Section { section: "recommender".to_owned(), why }),
        }
    }

    /// The settings as they are shown: secrets are masked by their types.
    ///
    /// # Errors
    /// A section cannot be written out.
    pub fn effective(&self) -> Result<Effective, Error> {
        let mut effective = Effective::default();
        effective.add("log", &self.log)?;
        effective.add("store", &self.store)?;
        effective.add("telemetry", &self.telemetry)?;
        effective.add("listener", &self.listener)?;
        effective.add("ingestor", &self.ingestor)?;
        effective.add("trainer", &self.trainer)?;
        effective.add("recommender", &self.recommender)?;
        Ok(effective)
    }
}

fn section(name: &str, checked: Result<(), impl ToString>) -> Result<(), Error> {
    checked.map_err(|why| Error::Section { section: name.to_owned(), why: why.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)]) -> Result<Settings, Error> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let file = tempfile::NamedTempFile::new().unwrap();
        Settings::read(&Layers::load(Some(file.path()), environment)?, Path::new("somewhere"))
    }

    #[test]
    fn defaults_are_within_the_data_folder() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.log.path.as_deref(), Some(Path::new("somewhere/log.sqlite")));
        assert_eq!((settings.listener.host.as_str(), settings.listener.port), ("127.0.0.1", 8080));
    }

    #[test]
    fn what_is_unknown_is_refused_with_the_nearest() {
        let error = read(&[("MATINEE__TRAINR__THREADS", "1")]).unwrap_err().to_string();
        assert!(error.contains("[trainer]"), "{error}");
        let error = read(&[("MATINEE__TRAINER__THREDS", "1")]).unwrap_err().to_string();
        assert!(error.contains("`trainer.threads`"), "{error}");
    }

    #[test]
    fn what_a_section_cannot_work_with_is_refused_with_its_key() {
        for (variable, value, says) in [
            ("MATINEE__TELEMETRY__LOG_LEVEL", "a=loud", "telemetry.log_level"),
            ("MATINEE__LOG__READERS", "0", "log.readers"),
            ("MATINEE__LOG__MAX_RECORD_BYTES", "2097152", "topic dead-letters"),
            ("MATINEE__INGESTOR__SNAPSHOT_EVERY", "0s", "ingestor.snapshot_every"),
            ("MATINEE__TRAINER__PARAMETERS__FACTORS", "0", "trainer.parameters"),
            ("MATINEE__TRAINER__ATTEMPTS", "0", "trainer.attempts"),
            ("MATINEE__LISTENER__DRAIN", "1000years", "a hundred years"),
        ] {
            let error = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn the_stack_serves_the_model_that_it_trains() {
        let error = read(&[("MATINEE__TRAINER__MODEL_NAME", "films")]).unwrap_err().to_string();
        assert!(error.contains("trainer.model_name is `films`"), "{error}");
    }

    #[test]
    fn every_section_is_shown_and_reads_back() {
        let shown = read(&[]).unwrap().effective().unwrap();
        let json = shown.clone().json();
        let mut sections: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        sections.sort_unstable();
        let mut known = SECTIONS;
        known.sort_unstable();
        assert_eq!(sections, known);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), shown.toml().unwrap()).unwrap();
        let again = Settings::read(&Layers::load(Some(file.path()), []).unwrap(), Path::new("")).unwrap();
        assert_eq!(again.effective().unwrap().json(), json);
    }
}
