//! Durations as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A hundred years: whatever adds periods to each other or to the time now stays far from every overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A duration that is written `"30s"`, `"5m"` or `"1h 30m"` in the configuration. The longest is a hundred years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

impl Period {
    /// A period of whole milliseconds.
    pub const fn from_millis(ms: u64) -> Period {
        Period(Duration::from_millis(ms))
    }

    /// A period of whole seconds.
    pub const fn from_secs(s: u64) -> Period {
        Period(Duration::from_secs(s))
    }

    /// The standard library's duration.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Period {
    fn from(duration: Duration) -> Period {
        Period(duration)
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Duration {
        period.0
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Period, String> {
        let no_duration =
            |e: humantime::DurationError| format!("`{text}` is no duration such as \"30s\" or \"5m\": {e}");
        let duration = humantime::parse_duration(text).map_err(no_duration)?;
        if duration > LONGEST {
            return Err(format!("`{text}` is longer than a hundred years"));
        }
        Ok(Period(duration))
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_what_they_write() {
        for text in ["30s", "5m", "1h 30m", "250ms", "0s"] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), text);
            let json = serde_json::to_string(&period).unwrap();
            assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
        }
    }

    #[test]
    fn a_bare_number_is_refused_with_the_form() {
        let error = "30".parse::<Period>().unwrap_err();
        assert!(error.contains("\"30s\""), "{error}");
    }

    #[test]
    fn a_period_that_no_clock_outlives_is_refused() {
        let error = "1000years".parse::<Period>().unwrap_err();
        assert!(error.contains("a hundred years"), "{error}");
    }
}
