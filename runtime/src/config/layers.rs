//! The layers of settings, lowest first, and the sections read from them.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::given::{Given, Origin, Raw};
use super::{environment, file, nearest, section};
use crate::Error;

/// The file that is read when none is named; it may be absent.
pub const DEFAULT_FILE: &str = "matinee.toml";

/// What the file, the environment and the command line say, before anybody asks for a section.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Later ones override earlier ones.
    given: Vec<Given>,
}

impl Layers {
    /// Reads the file and the environment (`std::env::vars_os()`).
    ///
    /// # Errors
    /// When `file` is named and cannot be read (without one, [`DEFAULT_FILE`] may be absent), when it is not TOML,
    /// or when a variable with the prefix names no key.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Layers, Error> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let mut given = match (file::read(path)?, file) {
            (Some(given), _) => given,
            (None, None) => Vec::new(),
            (None, Some(path)) => return Err(missing(path)),
        };
        given.extend(environment::settings(environment)?);
        Ok(Layers { given })
    }

    /// Puts an option of the command line above everything: `set("--port", "listen.port", 0)`.
    pub fn set(&mut self, option: &str, key: &str, value: impl Into<Value>) {
        let given = self.command_line(option, key, value.into());
        self.given.push(given);
    }

    /// Puts a default that the command decides below file and environment, above the section's own default:
    /// `suppose("--data", "log.path", "matinee-data/log.db")`.
    pub fn suppose(&mut self, option: &str, key: &str, value: impl Into<Value>) {
        let given = self.command_line(option, key, value.into());
        self.given.insert(0, given);
    }

    fn command_line(&self, option: &str, key: &str, value: Value) -> Given {
        let origin = Origin::CommandLine { option: option.to_owned() };
        let section_origin = origin.clone();
        let key = key.split('.').map(str::to_owned).collect();
        Given { key, raw: Raw::Typed(value), origin, section_origin }
    }

    /// The section `name`: its default with everything that was given laid over it. Lists are replaced as a
    /// whole, tables key by key. For a key `k` that is a [`Secret`](super::Secret), `k_file` names a file that
    /// holds it.
    ///
    /// # Errors
    /// An unknown key or a value of the wrong type, with its full name and where it was given.
    pub fn section<T: Serialize + DeserializeOwned + Default>(&self, name: &str) -> Result<T, Error> {
        let given: Vec<&Given> = self.given.iter().filter(|g| g.section() == name).collect();
        section::read(name, &given)
    }

    /// Refuses every section that is not among the `known`.
    ///
    /// # Errors
    /// The first unknown section, with the nearest known one.
    pub fn check_sections(&self, known: &[&str]) -> Result<(), Error> {
        match self.given.iter().find(|g| !known.contains(&g.section())) {
            None => Ok(()),
            Some(given) => Err(Error::UnknownSection {
                section: given.section().to_owned(),
                origin: given.section_origin.clone(),
                nearest: nearest::nearest(given.section(), known.iter().copied()),
            }),
        }
    }
}

fn missing(path: &Path) -> Error {
    Error::Unreadable {
        path: PathBuf::from(path),
        origin: Origin::CommandLine { option: "--config".to_owned() },
        why: io::Error::new(io::ErrorKind::NotFound, "there is no such file"),
    }
}
