//! `MATINEE__SECTION__KEY=value`: the environment as settings.

use std::ffi::OsString;

use super::given::{Given, Origin, Raw};
use crate::Error;

const PREFIX: &str = "MATINEE";
const SEPARATOR: &str = "__";

/// The settings among the variables, ordered by name. One underscore belongs to a name, two part them; upper and
/// lower case are the same.
pub(super) fn settings(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<Given>, Error> {
    let mut given = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter_map(|(name, value)| Some((key(&name)?, name, value)))
        .map(|(key, name, value)| setting(key, name, value))
        .collect::<Result<Vec<_>, _>>()?;
    given.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(given)
}

fn key(name: &str) -> Option<Vec<String>> {
    let (prefix, rest) = name.split_once(SEPARATOR)?;
    prefix.eq_ignore_ascii_case(PREFIX).then(|| rest.split(SEPARATOR).map(str::to_ascii_lowercase).collect())
}

fn setting(key: Vec<String>, name: String, value: OsString) -> Result<Given, Error> {
    let wrong = |key: &[String], name: &str, why: &str| Error::Value {
        key: key.join("."),
        origin: Origin::Environment { name: name.to_owned() },
        why: why.to_owned(),
    };
    if key.len() < 2 || key.iter().any(String::is_empty) {
        return Err(wrong(&key, &name, "names no key; the form is MATINEE__SECTION__KEY"));
    }
    match value.into_string() {
        Ok(text) => {
            let origin = Origin::Environment { name };
            Ok(Given { key, raw: Raw::Text(text), section_origin: origin.clone(), origin })
        }
        Err(_) => Err(wrong(&key, &name, "the value is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Result<Vec<String>, Error> {
        let variables = names.iter().map(|name| (OsString::from(name), OsString::from("x")));
        settings(variables).map(|given| given.iter().map(Given::name).collect())
    }

    #[test]
    fn two_underscores_part_and_one_does_not() {
        let names = [
            "MATINEE__STORE__ROOT_PATH",
            "matinee__Log__kafka__acks",
            "MATINEE_DATA",
            "PATH",
            "MATINEES__A__B",
        ];
        assert_eq!(keys(&names).unwrap(), ["log.kafka.acks", "store.root_path"]);
    }

    #[test]
    fn a_variable_without_a_key_is_refused_by_name() {
        let error = keys(&["MATINEE__LOG"]).unwrap_err().to_string();
        assert!(error.contains("MATINEE__LOG") && error.contains("names no key"), "{error}");
        assert!(keys(&["MATINEE__LOG____PATH"]).is_err());
    }
}
