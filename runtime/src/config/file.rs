//! A TOML file as settings with their lines.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{Given, Origin, Raw};
use crate::Error;

/// Reads `path`; `None` when it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Given>>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => settings(path, &text).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => {
            let origin = Origin::File { path: path.to_owned(), line: 1 };
            Err(Error::Syntax { origin, why: format!("cannot be read: {why}") })
        }
    }
}

fn settings(path: &Path, text: &str) -> Result<Vec<Given>, Error> {
    let reader = Reader { path, text };
    let table = DeTable::parse(text).map_err(|e| Error::Syntax {
        origin: reader.origin(e.span().map_or(0, |span| span.start)),
        why: e.message().to_owned(),
    })?;
    let mut given = Vec::new();
    for (section, value) in table.get_ref() {
        let at = reader.origin(section.span().start);
        reader.collect(section, value, &at, &mut Vec::new(), &mut given)?;
    }
    Ok(given)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn origin(&self, byte: usize) -> Origin {
        let before = self.text.as_bytes().get(..byte).unwrap_or(self.text.as_bytes());
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        Origin::File { path: self.path.to_owned(), line }
    }

    /// One setting a leaf; an empty table is a leaf too, so that its name is checked.
    fn collect(
        &self,
        name: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        section: &Origin,
        key: &mut Vec<String>,
        given: &mut Vec<Given>,
    ) -> Result<(), Error> {
        key.push(name.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => {
                for (name, value) in inner {
                    self.collect(name, value, section, key, given)?;
                }
            }
            _ => given.push(Given {
                key: key.clone(),
                raw: Raw::Typed(self.json(key, value)?),
                origin: self.origin(name.span().start),
                section_origin: section.clone(),
            }),
        }
        key.pop();
        Ok(())
    }

    fn json(&self, key: &[String], value: &Spanned<DeValue<'_>>) -> Result<Value, Error> {
        let wrong = |why: &str| Error::Value {
            key: key.join("."),
            origin: self.origin(value.span().start),
            why: why.to_owned(),
        };
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Datetime(time) => Value::from(time.to_string()),
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
                .map(Value::from)
                .map_err(|_| wrong("a whole number beyond 64 bits"))?,
            DeValue::Float(x) => match x.as_str().parse::<f64>() {
                Ok(x) if x.is_finite() => Value::from(x),
                _ => return Err(wrong(&format!("{} is not a finite number", x.as_str()))),
            },
            DeValue::Array(items) => {
                items.iter().map(|item| self.json(key, item)).collect::<Result<_, _>>()?
            }
            DeValue::Table(table) => table
                .iter()
                .map(|(name, value)| Ok((name.get_ref().to_string(), self.json(key, value)?)))
                .collect::<Result<Map<_, _>, Error>>()?
                .into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_knows_its_line() {
        let text = "[log]\npath = 'a'\n\n[log.topics]\nwatch = 6\n[store]\n";
        let found: Vec<String> = settings(Path::new("m.toml"), text)
            .unwrap()
            .iter()
            .map(|g| format!("{} @ {}", g.name(), g.origin))
            .collect();
        let mut expected =
            ["log.path @ m.toml line 2", "log.topics.watch @ m.toml line 5", "store @ m.toml line 6"];
        expected.sort_unstable();
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_syntax_error_names_file_and_line_and_not_the_text() {
        let error = settings(Path::new("m.toml"), "[log]\ntoken = \"hunter2\n").unwrap_err().to_string();
        assert!(error.starts_with("m.toml line 2: "), "{error}");
        assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
    }
}
