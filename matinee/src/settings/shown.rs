//! The settings as `matinee config` prints them: a `matinee.toml` that gives the same settings again.

use std::path::{Path, PathBuf};

use runtime::Error;
use runtime::config::{Effective, Layers};
use serde_json::Value;

use super::{MASK, Settings};

/// The settings for people and programs.
#[derive(Clone, Debug)]
pub struct Shown {
    data: PathBuf,
    sections: Effective,
}

impl Shown {
    /// Of settings that were read from `layers`: paths as they were given there, or their defaults, relative to the
    /// data folder. Joined with it they would be joined once more when they are read back.
    ///
    /// # Errors
    /// A section cannot be written out.
    pub fn of(settings: &Settings, layers: &Layers) -> Result<Shown, Error> {
        let nowhere = Path::new("");
        let mut sections = Effective::default();
        sections.add("log", &layers.section::<kafka::Config>("log")?.within(nowhere))?;
        sections.add("store", &layers.section::<registry::Config>("store")?.within(nowhere))?;
        sections.add("telemetry", &settings.telemetry)?;
        sections.add("listener", &settings.listener)?;
        sections.add("ingestor", &settings.ingestor)?;
        sections.add("trainer", &settings.trainer)?;
        let recommender = layers.section::<recommender::Config>("recommender")?;
        sections.add("recommender", &recommender.within(nowhere))?;
        Ok(Shown { data: settings.data.clone(), sections })
    }

    /// As JSON; a secret that is set is `***`, what is not set is null.
    pub fn json(self) -> Value {
        self.sections.json()
    }

    /// As a `matinee.toml`. A secret that is set is named in a comment: what stands for it must not be taken for it.
    ///
    /// # Errors
    /// A value has no form in TOML.
    pub fn toml(self) -> Result<String, Error> {
        let mut text = format!("# Paths are relative to the data folder, {:?}.\n", self.data);
        let (mut all, mut secrets) = (self.sections.json(), Vec::new());
        take_secrets(&mut all, "", &mut secrets);
        for key in secrets {
            text += &format!(
                "# {key} is set and not shown: give it again, or the file that holds it as {key}_file.\n"
            );
        }
        let mut sections = Effective::default();
        for (name, section) in all.as_object().into_iter().flatten() {
            sections.add(name, section)?;
        }
        Ok(format!("{text}\n{}", sections.toml()?))
    }
}

/// Takes away what stands for a secret, and names its keys.
fn take_secrets(value: &mut Value, key: &str, secrets: &mut Vec<String>) {
    let Value::Object(table) = value else { return };
    let within = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    table.retain(|name, value| {
        let is_secret = value.as_str() == Some(MASK);
        if is_secret {
            secrets.push(within(name));
        }
        !is_secret
    });
    table.iter_mut().for_each(|(name, value)| take_secrets(value, &within(name), secrets));
}

#[cfg(test)]
mod tests {
    use super::super::SECTIONS;
    use super::*;

    const DATA: &str = "somewhere";

    fn read(text: &str) -> (Settings, Shown) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let layers = Layers::load(Some(file.path()), []).unwrap();
        let settings = Settings::read(&layers, Path::new(DATA)).unwrap();
        let shown = Shown::of(&settings, &layers).unwrap();
        (settings, shown)
    }

    #[test]
    fn every_section_is_shown() {
        let json = read("").1.json();
        let mut sections: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = SECTIONS;
        sections.sort_unstable();
        known.sort_unstable();
        assert_eq!(sections, known);
    }

    #[test]
    fn what_is_shown_gives_the_same_settings_again() {
        let given =
            "[log]\npath = \"a/b.sqlite\"\n[store]\npath = \"/far/away\"\n[trainer]\nretrain_events = 9\n";
        for text in ["", given] {
            let (before, shown) = read(text);
            let (after, again) = read(&shown.clone().toml().unwrap());
            assert_eq!(again.json(), shown.json());
            assert_eq!(format!("{after:?}"), format!("{before:?}"));
        }
        let (settings, shown) = read("");
        assert_eq!(settings.log.path.as_deref(), Some(Path::new("somewhere/log.sqlite")));
        let json = shown.json();
        assert_eq!((&json["log"]["path"], &json["store"]["path"]), (&"log.sqlite".into(), &"objects".into()));
    }

    #[test]
    fn a_secret_is_named_and_not_shown() {
        let (_, shown) = read("[recommender]\ntoken = \"hunter2\"\n");
        let text = shown.clone().toml().unwrap();
        assert!(text.contains("# recommender.token is set and not shown"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains(MASK), "{text}");
        assert!(read(&text).0.recommender.token.is_none());
        assert_eq!(shown.json()["recommender"]["token"], MASK);
    }
}
