//! One setting as somebody gave it, and where.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment {
        /// The variable's name as it was written.
        name: String,
    },
    /// An option of the command line.
    CommandLine {
        /// The option, such as `--port`.
        option: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(f, "{} line {line}", path.display()),
            Origin::Environment { name } => write!(f, "environment variable {name}"),
            Origin::CommandLine { option } => write!(f, "option {option}"),
        }
    }
}

/// A value before its type is known.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    /// From TOML or the program: typed.
    Typed(Value),
    /// From the environment: text, whose type is the key's.
    Text(String),
}

/// One setting.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Section first; never empty.
    pub key: Vec<String>,
    pub raw: Raw,
    pub origin: Origin,
    /// Where its section begins.
    pub section_origin: Origin,
}

impl Given {
    pub fn section(&self) -> &str {
        self.key.first().map_or("", String::as_str)
    }

    /// The key below its section.
    pub fn path(&self) -> &[String] {
        self.key.get(1..).unwrap_or_default()
    }

    pub fn name(&self) -> String {
        self.key.join(".")
    }
}
