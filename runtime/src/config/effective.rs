//! The values that hold in the end, for `matinee config`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Error;

/// Sections with their effective values; secrets are masked by their type.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    sections: Map<String, Value>,
}

impl Effective {
    /// Adds a section as it was read.
    ///
    /// # Errors
    /// When the section cannot be written out.
    pub fn add<T: Serialize>(&mut self, name: &str, section: &T) -> Result<(), Error> {
        let value = serde_json::to_value(section).map_err(|e| failed(name, &e))?;
        self.sections.insert(name.to_owned(), value);
        Ok(())
    }

    /// As one JSON object; what is not set is null.
    pub fn json(self) -> Value {
        Value::Object(self.sections)
    }

    /// As a `matinee.toml`; what is not set is left out.
    ///
    /// # Errors
    /// When a value has no form in TOML (an integer beyond 63 bits).
    pub fn toml(self) -> Result<String, Error> {
        toml::to_string(&without_nulls(self.json())).map_err(|e| failed("toml", &e))
    }
}

fn failed(section: &str, why: &dyn std::error::Error) -> Error {
    Error::Section { section: section.to_owned(), why: format!("cannot be written out: {why}") }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(table) => table
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}
