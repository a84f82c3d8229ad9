//! All sections of `matinee.toml`, read together.

mod shown;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use runtime::config::{Layers, MASK};
use runtime::{listener, telemetry};

pub use shown::Shown;

/// The sections that there are. A service's own binary knows them all and reads those that it needs.
pub const SECTIONS: [&str; 7] =
    ["log", "store", "telemetry", "listener", "ingestor", "trainer", "recommender"];

/// Why a command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] runtime::Error),
    /// What is there is no folder, or cannot be looked at.
    #[error("data folder {path} cannot be used: {why}")]
    DataFolder {
        /// The folder as it was named.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

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
pub fn layers(file: Option<&Path>) -> Result<Layers, runtime::Error> {
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
    /// what a section cannot work with, with its key, so that no command begins with it. At last a data folder that
    /// is none; one that is not there yet is sound.
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
        check_folder(data)?;
        Ok(settings)
    }

    /// What each section says of itself.
    fn check_sections(&self) -> Result<(), runtime::Error> {
        self.telemetry.check()?;
        section("log", self.log.check())?;
        section("ingestor", self.ingestor.check())?;
        section("trainer", self.trainer.check())?;
        section("recommender", self.recommender.check())?;
        // Whoever takes a masked configuration for one that can be given back would open the door to everybody.
        match &self.recommender.token {
            Some(token) if token.reveal() == MASK => section(
                "recommender",
                Err(format!("token is `{MASK}`, which only stands for one: give the token, or a token_file")),
            ),
            _ => Ok(()),
        }
    }

    /// What each section alone cannot know.
    fn check_together(&self) -> Result<(), runtime::Error> {
        let (trained, served) = (&self.trainer.model_name, &self.recommender.model_name);
        let why = format!(
            "model_name is `{served}`, and trainer.model_name is `{trained}`: one registry holds one"
        );
        match trained == served {
            true => Ok(()),
            false => Err(runtime::Error::Section { section: "recommender".to_owned(), why }),
        }
    }
}

fn section(name: &str, checked: Result<(), impl ToString>) -> Result<(), runtime::Error> {
    checked.map_err(|why| runtime::Error::Section { section: name.to_owned(), why: why.to_string() })
}

fn check_folder(data: &Path) -> Result<(), Error> {
    let wrong = |why: String| Err(Error::DataFolder { path: data.to_owned(), why });
    match std::fs::metadata(data) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) if found.is_file() => wrong("it is a file".to_owned()),
        Ok(_) => wrong("it is no folder".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => wrong(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)]) -> Result<Settings, Error> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let file = tempfile::NamedTempFile::new().unwrap();
        let layers = Layers::load(Some(file.path()), environment)?;
        Settings::read(&layers, Path::new("somewhere"))
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
    fn what_stands_for_a_secret_is_none() {
        let error = read(&[("MATINEE__RECOMMENDER__TOKEN", "***")]).unwrap_err().to_string();
        assert!(error.contains("[recommender]: token is `***`, which only stands for one"), "{error}");
    }

    #[test]
    fn a_data_folder_that_is_none_is_refused_and_one_that_is_not_there_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("afile");
        std::fs::write(&file, "").unwrap();
        check_folder(folder.path()).unwrap();
        check_folder(&folder.path().join("not/yet")).unwrap();
        let error = |path: &Path| check_folder(path).unwrap_err().to_string();
        assert_eq!(error(&file), format!("data folder {} cannot be used: it is a file", file.display()));
        assert!(error(&file.join("below")).contains("below cannot be used: Not a directory"));
    }
}
