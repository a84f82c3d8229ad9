//! From settings to a typed section.
//!
//! A key is known if the section, once read with it, still has it when written out. So structs, options and free
//! maps (a client library's properties) need no declaration. Text from the environment takes the type of its key:
//! it is tried as a string first, then as a TOML value.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::given::{Given, Raw};
use super::nearest::nearest;
use super::secret;
use super::words::plain;
use crate::Error;

/// A setting whose value has its type. `path` is where it goes, which for a secret's file is not its key.
struct Fitted<'a> {
    given: &'a Given,
    path: Vec<String>,
    value: Value,
    from_file: bool,
}

pub(super) fn read<T>(name: &str, given: &[&Given]) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned + Default,
{
    let default = written(name, &T::default())?;
    let fitted = given.iter().map(|g| fit::<T>(&default, g)).collect::<Result<Vec<_>, _>>()?;
    let mut merged = default.clone();
    fitted.iter().for_each(|f| place(&mut merged, &f.path, &f.value));
    let section: T = match serde_json::from_value(merged) {
        Ok(section) => section,
        Err(why) => return Err(blame::<T>(name, &default, &fitted, &why)),
    };
    let effective = written(name, &section)?;
    match fitted.iter().find(|f| !is_known(&effective, f)) {
        None => Ok(section),
        Some(f) => Err(unknown(name, &[&default, &effective], f)),
    }
}

fn written<T: Serialize>(name: &str, section: &T) -> Result<Value, Error> {
    serde_json::to_value(section)
        .map_err(|e| Error::Section { section: name.to_owned(), why: format!("cannot be written out: {e}") })
}

fn fit<'a, T: DeserializeOwned>(default: &Value, given: &'a Given) -> Result<Fitted<'a>, Error> {
    let path = given.path().to_vec();
    let text = match &given.raw {
        Raw::Typed(value) => value.as_str(),
        Raw::Text(text) => Some(text.as_str()),
    };
    if let (Some(stem), Some(text)) = (secret::named_by_file(default, &path), text) {
        let value = Value::from(secret::read(text, &given.origin)?);
        return Ok(Fitted { given, path: stem, value, from_file: true });
    }
    let value = match &given.raw {
        Raw::Typed(value) => value.clone(),
        Raw::Text(text) => typed::<T>(default, &path, text),
    };
    Ok(Fitted { given, path, value, from_file: false })
}

fn typed<T: DeserializeOwned>(default: &Value, path: &[String], text: &str) -> Value {
    let string = Value::from(text);
    let parsed = toml_value(text);
    if alone::<T>(default, path, &string).is_ok() { string } else { parsed.unwrap_or(string) }
}

fn toml_value(text: &str) -> Option<Value> {
    let value: toml::Value =
        toml::from_str::<toml::Table>(&format!("value = {text}")).ok()?.remove("value")?;
    let is_finite = value.as_float().is_none_or(f64::is_finite);
    // Without this `nan` would be null, which is what is not set.
    is_finite.then(|| serde_json::to_value(value).ok())?
}

/// Whether the default section takes this one value.
fn alone<T: DeserializeOwned>(default: &Value, path: &[String], value: &Value) -> serde_json::Result<T> {
    let mut section = default.clone();
    place(&mut section, path, value);
    serde_json::from_value(section)
}

fn place(target: &mut Value, path: &[String], value: &Value) {
    if let Some((head, rest)) = path.split_first() {
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        place(&mut target[head], rest, value);
    } else if let (Value::Object(target), Value::Object(value)) = (&mut *target, value) {
        for (key, value) in value {
            place(target.entry(key).or_insert(Value::Null), &[], value);
        }
    } else {
        *target = value.clone();
    }
}

/// The setting that does not fit even alone. What a file held is not repeated: it may be a secret.
fn blame<T: DeserializeOwned>(
    name: &str,
    default: &Value,
    fitted: &[Fitted<'_>],
    together: &serde_json::Error,
) -> Error {
    for f in fitted {
        if let Err(why) = alone::<T>(default, &f.path, &f.value) {
            let why = why.to_string();
            return if f.from_file || why.starts_with("unknown field") {
                unknown(name, &[default], f)
            } else {
                Error::Value { key: f.given.name(), origin: f.given.origin.clone(), why: plain(&why) }
            };
        }
    }
    Error::Section { section: name.to_owned(), why: plain(&together.to_string()) }
}

fn is_known(effective: &Value, fitted: &Fitted<'_>) -> bool {
    match find(effective, &fitted.path) {
        None => false,
        Some(value) => !fitted.from_file || secret::is_masked(value),
    }
}

pub(super) fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.as_object()?.get(key))
}

fn unknown(name: &str, sections: &[&Value], fitted: &Fitted<'_>) -> Error {
    let mut known = Vec::new();
    sections.iter().for_each(|section| leaves(name, section, &mut known));
    let key = fitted.given.name();
    let others = known.iter().map(String::as_str).filter(|k| *k != key);
    Error::UnknownKey { nearest: nearest(&key, others), origin: fitted.given.origin.clone(), key }
}

fn leaves(name: &str, value: &Value, known: &mut Vec<String>) {
    match value {
        Value::Object(table) if !table.is_empty() => {
            table.iter().for_each(|(key, value)| leaves(&format!("{name}.{key}"), value, known));
        }
        _ => known.push(name.to_owned()),
    }
}
