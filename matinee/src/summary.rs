//! What a demo did, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The summary of a demo; `--json FILE` holds exactly these keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Events that the audience put into the log, its past included.
    pub events_produced: u64,
    /// Events that are in segments.
    pub events_ingested: u64,
    /// Records that could not be used.
    pub dead_letters: u64,
    /// Ids of the snapshots that this run made, the first one first.
    pub snapshots: Vec<String>,
    /// The models that this run published, the first one first.
    pub models: Vec<Trained>,
    /// How often the recommender began to serve another model; the first one counts.
    pub swaps: u64,
    /// Requests by HTTP status; `error` is one without an answer.
    pub requests: BTreeMap<String, u64>,
    /// Latency of the answers as the audience saw it.
    pub latency_ms: LatencyMs,
    /// Provenance records that this run put on `reco-responses`, errors' included.
    pub reco_responses: u64,
    /// Answers that were computed again from the log and the registry: all that the folder holds.
    pub replay_checked: u64,
    /// Those that came out the same, bit for bit.
    pub replay_identical: u64,
    /// What the text says beside it.
    #[serde(skip)]
    pub folder: Folder,
}

/// What the data folder holds beside what this run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folder {
    /// The model that serves, whoever trained it.
    pub serving: Option<String>,
    /// Provenance records of earlier runs.
    pub records_before: u64,
    /// Records of errors, of every run: there is no answer to compute again.
    pub errors: u64,
}

/// A published model and how good it is beside the popular list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// `vX.Y`.
    pub version: String,
    /// Hit ratio at 10 on the held-out items.
    pub hr_at_10: f64,
    /// Normalised discounted cumulative gain at 10.
    pub ndcg_at_10: f64,
    /// The popular list's hit ratio.
    pub popularity_hr_at_10: f64,
    /// The popular list's gain.
    pub popularity_ndcg_at_10: f64,
}

/// Median and tail in milliseconds; null where nothing was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyMs {
    /// Half of the answers took at most this.
    pub p50: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
}

impl LatencyMs {
    /// Of latencies in milliseconds, in any order.
    pub fn of(latencies_ms: Vec<f64>) -> LatencyMs {
        let round = |ms: f64| Some((ms * 1000.0).round() / 1000.0);
        match stats::Latency::of(latencies_ms) {
            None => LatencyMs::default(),
            Some(latency) => {
                LatencyMs { p50: round(latency.p50), p95: round(latency.p95), p99: round(latency.p99) }
            }
        }
    }
}

impl fmt::Display for LatencyMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.p50, self.p95, self.p99) {
            (Some(p50), Some(p95), Some(p99)) => {
                write!(f, "p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms")
            }
            _ => f.write_str("no answers"),
        }
    }
}

impl fmt::Display for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: HR@10 {:.3}, NDCG@10 {:.3} (popularity {:.3}, {:.3})",
            self.version,
            self.hr_at_10,
            self.ndcg_at_10,
            self.popularity_hr_at_10,
            self.popularity_ndcg_at_10
        )
    }
}

/// `200: 12, 503: 1`.
pub(crate) fn counts(counts: &BTreeMap<String, u64>) -> String {
    match counts.is_empty() {
        true => "none".to_owned(),
        false => counts.iter().map(|(name, n)| format!("{name}: {n}")).collect::<Vec<_>>().join(", "),
    }
}

/// `1 swap`, `2 swaps`.
pub(crate) fn count(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { events_produced, events_ingested, folder, .. } = self;
        let dead_letters = count(self.dead_letters, "dead letter");
        writeln!(f, "events      {events_produced} produced, {events_ingested} ingested, {dead_letters}")?;
        writeln!(f, "snapshots   {} made", self.snapshots.len())?;
        for id in &self.snapshots {
            writeln!(f, "            {id}")?;
        }
        let serving = folder.serving.as_deref().unwrap_or("none");
        writeln!(f, "models      {} trained, {serving} serves", self.models.len())?;
        for model in &self.models {
            writeln!(f, "            {model}")?;
        }
        writeln!(f, "swaps       {}", self.swaps)?;
        writeln!(f, "requests    {}", counts(&self.requests))?;
        writeln!(f, "latency     {}", self.latency_ms)?;
        write!(f, "provenance  {}", count(self.reco_responses, "record"))?;
        if folder.records_before > 0 {
            write!(f, " of this run, {} of earlier runs", folder.records_before)?;
        }
        writeln!(f)?;
        write!(f, "replay      {} of {} answers identical", self.replay_identical, self.replay_checked)?;
        if folder.records_before > 0 {
            write!(f, ", those of earlier runs included")?;
        }
        match folder.errors {
            0 => Ok(()),
            1 => write!(f, " (1 error has nothing to recompute)"),
            errors => write!(f, " ({errors} errors have nothing to recompute)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let model =
            Trained { version: "v0.1".into(), hr_at_10: 0.2371, ndcg_at_10: 0.131, ..Trained::default() };
        Summary {
            events_produced: 9,
            snapshots: vec!["ab".into()],
            models: vec![model],
            requests: [("200".to_owned(), 7), ("error".to_owned(), 1)].into(),
            latency_ms: LatencyMs::of((0..=100).map(f64::from).collect()),
            replay_checked: 7,
            replay_identical: 7,
            ..Summary::default()
        }
    }

    #[test]
    fn the_json_has_exactly_these_keys() {
        let json = serde_json::to_value(summary()).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let sorted = |mut keys: Vec<&str>| -> Vec<String> {
            keys.sort_unstable();
            keys.into_iter().map(str::to_owned).collect()
        };
        let expected = sorted(vec![
            "events_produced",
            "events_ingested",
            "dead_letters",
            "snapshots",
            "models",
            "swaps",
            "requests",
            "latency_ms",
            "reco_responses",
            "replay_checked",
            "replay_identical",
        ]);
        let mut found = keys(&json);
        found.sort();
        assert_eq!(found, expected);
        let mut found = keys(&json["models"][0]);
        found.sort();
        let expected =
            sorted(vec!["version", "hr_at_10", "ndcg_at_10", "popularity_hr_at_10", "popularity_ndcg_at_10"]);
        assert_eq!(found, expected);
        assert_eq!(json["latency_ms"], serde_json::json!({"p50": 50.0, "p95": 95.0, "p99": 99.0}));
        assert_eq!(json["requests"]["200"], 7);
    }

    #[test]
    fn without_an_answer_there_is_no_latency() {
        let json = serde_json::to_value(Summary::default()).unwrap();
        assert!(json["latency_ms"]["p50"].is_null());
        assert!(Summary::default().to_string().contains("latency     no answers"));
    }

    #[test]
    fn the_text_says_it_in_lines() {
        let text = summary().to_string();
        assert!(text.contains("requests    200: 7, error: 1\n"), "{text}");
        assert!(text.contains("v0.1: HR@10 0.237, NDCG@10 0.131 (popularity 0.000, 0.000)"), "{text}");
        assert!(text.contains("models      1 trained, none serves\n"), "{text}");
        assert!(text.ends_with("replay      7 of 7 answers identical"), "{text}");
    }

    #[test]
    fn the_text_tells_this_run_from_the_folder() {
        let folder = Folder { serving: Some("v0.2".into()), records_before: 4, errors: 2 };
        let text = Summary { folder, models: Vec::new(), reco_responses: 5, ..summary() }.to_string();
        assert!(text.contains("models      0 trained, v0.2 serves\n"), "{text}");
        assert!(text.contains("provenance  5 records of this run, 4 of earlier runs\n"), "{text}");
        let replay =
            "7 of 7 answers identical, those of earlier runs included (2 errors have nothing to recompute)";
        assert!(text.ends_with(replay), "{text}");
    }
}
