//! `vX.Y`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A model's version. Compares as numbers: v0.10 comes after v0.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// X.
    pub major: u32,
    /// Y.
    pub minor: u32,
}

impl Version {
    /// The first one: v0.1.
    pub const FIRST: Version = Version { major: 0, minor: 1 };

    /// The one after this.
    pub fn next(self) -> Version {
        Version { minor: self.minor.saturating_add(1), ..self }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = Error;

    /// Every version has one spelling, so that nothing but a version can name a path.
    fn from_str(text: &str) -> Result<Self, Error> {
        let numbers = text.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
        let parsed = numbers.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        parsed
            .map(|(major, minor)| Version { major, minor })
            .filter(|version| version.to_string() == text)
            .ok_or_else(|| Error::Version(text.to_owned()))
    }
}

impl TryFrom<String> for Version {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let parsed = |text: &str| text.parse::<Version>().unwrap();
        assert!(parsed("v0.10") > parsed("v0.9"));
        assert!(parsed("v1.0") > parsed("v0.99"));
        assert_eq!(Version::FIRST.next(), parsed("v0.2"));
        assert_eq!(serde_json::to_string(&parsed("v0.10")).unwrap(), "\"v0.10\"");
        assert_eq!(serde_json::from_str::<Version>("\"v3.0\"").unwrap(), parsed("v3.0"));
    }

    #[test]
    fn garbage_and_paths_are_refused() {
        let garbage = [
            "",
            "v",
            "v1",
            "1.0",
            "v1.",
            "v.1",
            "v01.0",
            "v1.00",
            "v+1.0",
            "v1.0.0",
            "v1.0/..",
            "../v1.0",
            "V1.0",
            " v1.0",
            "v1.0 ",
            "v1.-1",
            "v4294967296.0",
            "latest",
            "v٣.0",
        ];
        for text in garbage {
            assert!(matches!(text.parse::<Version>(), Err(Error::Version(_))), "{text:?}");
        }
        assert!(serde_json::from_str::<Version>("\"v1\"").is_err());
    }
}
