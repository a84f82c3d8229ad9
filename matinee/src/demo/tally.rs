//! What has happened so far, and how it is said: a fold of everything that the stack and the audience report.

use std::time::Duration;

use crate::audience::driver::{Answered, ERROR};
use crate::summary::{LatencyMs, Summary, Trained, count, counts};

/// Latencies that the live line looks at.
const RECENT: usize = 500;

/// Width of a full bar.
const BAR: usize = 24;

/// The demo so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub summary: Summary,
    training: Option<Training>,
    latencies_ms: Vec<f64>,
    served_by: std::collections::BTreeMap<String, u64>,
    answered: bool,
}

/// A fit that goes on.
#[derive(Clone, Debug, PartialEq)]
struct Training {
    what: String,
    done: u32,
    total: u32,
}

/// Something that people want to read when it happens.
pub(super) type Milestone = Option<String>;

impl Tally {
    /// So many events are in the log.
    pub fn produced(&mut self, events: u64) {
        self.summary.events_produced += events;
    }

    pub fn ingestor(&mut self, happening: &ingestor::Happening) -> Milestone {
        match happening {
            ingestor::Happening::Ingested { rows, dead_letters, .. } => {
                self.summary.events_ingested += rows;
                self.summary.dead_letters += dead_letters;
                None
            }
            ingestor::Happening::Snapshot { id, rows } => self.snapshot(id, *rows),
            ingestor::Happening::Stopped { tp, reason } => {
                Some(format!("ingestion of {tp} stopped: {reason}"))
            }
        }
    }

    pub fn trainer(&mut self, happening: &trainer::Happening) -> Milestone {
        if !matches!(happening, trainer::Happening::Training { .. }) {
            self.training = None;
        }
        match happening {
            trainer::Happening::Triggered { reason, .. } => Some(format!("a model is wanted: {reason}")),
            trainer::Happening::Snapshot { id, rows } => self.snapshot(id, *rows),
            trainer::Happening::Training { version_hint, phase, done, total } => {
                let what = format!("{} {phase}", version_hint.as_deref().unwrap_or("model"));
                self.training = Some(Training { what, done: *done, total: *total });
                None
            }
            trainer::Happening::Published { meta } => {
                let metrics = &meta.metrics;
                let trained = Trained {
                    version: meta.version.to_string(),
                    hr_at_10: metrics.hr_at_10,
                    ndcg_at_10: metrics.ndcg_at_10,
                    popularity_hr_at_10: metrics.popularity_hr_at_10,
                    popularity_ndcg_at_10: metrics.popularity_ndcg_at_10,
                };
                let said = format!("model trained and announced: {trained}");
                self.summary.models.push(trained);
                Some(said)
            }
            trainer::Happening::Refused { reason } => Some(format!("the gate held a model back: {reason}")),
            trainer::Happening::Unchanged { version } => Some(format!("nothing is new since {version}")),
            trainer::Happening::Failed { error } => Some(format!("a training failed: {error}")),
        }
    }

    fn snapshot(&mut self, id: &str, rows: u64) -> Milestone {
        if self.summary.snapshots.iter().any(|known| known == id) {
            return None;
        }
        self.summary.snapshots.push(id.to_owned());
        Some(format!("snapshot made: {} of {}", id.get(..12).unwrap_or(id), count(rows, "event")))
    }

    pub fn recommender(&mut self, happening: &recommender::Happening) -> Milestone {
        match happening {
            recommender::Happening::Loaded { .. } => None,
            recommender::Happening::Swapped { from, to } => {
                self.summary.swaps += 1;
                self.summary.folder.serving = Some(to.to_string());
                Some(match from {
                    None => format!("recommender serves {to}"),
                    Some(from) => format!("recommender hot-swapped from {from} to {to}"),
                })
            }
            recommender::Happening::RefusedModel { version, reason } => {
                Some(format!("recommender refused {version}: {reason}"))
            }
            recommender::Happening::Forwarded { records } => {
                self.summary.reco_responses += records;
                None
            }
        }
    }

    /// `since` is how long the demo has run.
    pub fn answered(&mut self, answered: &Answered, since: Duration) -> Milestone {
        *self.summary.requests.entry(answered.status.clone()).or_default() += 1;
        if answered.status != ERROR {
            self.latencies_ms.push(answered.latency_ms);
        }
        self.produced(answered.events);
        let list = answered.list.as_ref()?;
        *self.served_by.entry(list.served_by.clone()).or_default() += 1;
        let first = !std::mem::replace(&mut self.answered, true);
        first.then(|| {
            let (user_id, model) = (answered.user_id, &list.model);
            format!("first recommendation after {:.1} s: {model} for user {user_id}", since.as_secs_f64())
        })
    }

    /// The live lines: what it is about, and how it stands. They are short: one that is wider than a terminal that
    /// became narrow would stay on it.
    pub fn lines(&self) -> [(&'static str, String); 7] {
        let Summary { events_produced, events_ingested, dead_letters, snapshots, models, .. } = &self.summary;
        let dead_letters = count(*dead_letters, "dead letter");
        let newest = models.last().map(|model| {
            let Trained { version, hr_at_10, popularity_hr_at_10, .. } = model;
            format!("; {version}: HR@10 {hr_at_10:.3} (popular {popularity_hr_at_10:.3})")
        });
        let snapshot = snapshots.last().map(|id| format!(", newest {}", id.get(..12).unwrap_or(id)));
        let recent = self.latencies_ms.len().saturating_sub(RECENT);
        let latency = LatencyMs::of(self.latencies_ms[recent..].to_vec());
        let serving = self.summary.folder.serving.as_deref().unwrap_or("no model yet");
        let swaps = count(self.summary.swaps, "swap");
        [
            ("events", format!("{events_produced} in, {events_ingested} ingested, {dead_letters}")),
            ("snapshots", format!("{} made{}", snapshots.len(), snapshot.unwrap_or_default())),
            ("models", format!("{} trained{}", models.len(), newest.unwrap_or_default())),
            ("requests", format!("{} | serving {serving}, {swaps}", counts(&self.summary.requests))),
            ("latency", latency.to_string()),
            ("served by", counts(&self.served_by)),
            ("provenance", format!("{} on reco-responses", count(self.summary.reco_responses, "record"))),
        ]
    }

    /// How far the fit is that goes on, if one does.
    pub fn training(&self) -> String {
        let Some(Training { what, done, total }) = &self.training else { return "nothing to do".to_owned() };
        let full = BAR * (*done).min(*total) as usize / (*total).max(1) as usize;
        format!("[{:<BAR$}] {what} {done}/{total}", "=".repeat(full))
    }

    /// The summary as it stands.
    pub fn summary(&self) -> Summary {
        Summary { latency_ms: LatencyMs::of(self.latencies_ms.clone()), ..self.summary.clone() }
    }
}

#[cfg(test)]
mod tests {
    use schemas::TopicPartition;

    use super::*;

    #[test]
    fn a_snapshot_counts_once_whoever_made_it() {
        let mut tally = Tally::default();
        let id = "0123456789abcdef".to_owned();
        let said = tally.trainer(&trainer::Happening::Snapshot { id: id.clone(), rows: 9 });
        assert_eq!(said.unwrap(), "snapshot made: 0123456789ab of 9 events");
        assert_eq!(tally.ingestor(&ingestor::Happening::Snapshot { id: id.clone(), rows: 9 }), None);
        assert_eq!(tally.summary().snapshots, [id]);
    }

    #[test]
    fn training_shows_until_something_comes_of_it() {
        let mut tally = Tally::default();
        let version_hint = Some("v0.2".to_owned());
        tally.trainer(&trainer::Happening::Training { version_hint, phase: "fit", done: 3, total: 30 });
        assert_eq!(tally.training, Some(Training { what: "v0.2 fit".into(), done: 3, total: 30 }));
        assert_eq!(tally.training(), "[==                      ] v0.2 fit 3/30");
        let said = tally.trainer(&trainer::Happening::Refused { reason: "worse".into() });
        assert_eq!((said.unwrap().as_str(), &tally.training), ("the gate held a model back: worse", &None));
    }

    #[test]
    fn the_live_lines_fit_into_sixty_columns() {
        let mut tally = Tally::default();
        tally.summary = Summary {
            events_produced: 123_456,
            events_ingested: 123_456,
            snapshots: vec!["0123456789abcdef".into()],
            models: vec![Trained { version: "v0.12".into(), ..Trained::default() }],
            swaps: 12,
            requests: [("200".to_owned(), 123_456), ("503".to_owned(), 12)].into(),
            ..tally.summary
        };
        tally.summary.folder.serving = Some("v0.12".into());
        tally.latencies_ms = vec![123.4];
        tally.served_by = ["als", "fold_in", "popular"].map(|name| (name.to_owned(), 99_999)).into();
        for (what, how) in tally.lines() {
            assert!("  ".len() + 11 + " ".len() + how.len() <= 60, "{what}: {how}");
        }
    }

    #[test]
    fn events_swaps_and_answers_add_up() {
        let mut tally = Tally::default();
        tally.produced(5);
        let tp = TopicPartition::new("rate-events", 0);
        tally.ingestor(&ingestor::Happening::Ingested { tp, rows: 4, dead_letters: 1, next_offset: 4 });
        let to = "v0.1".parse().unwrap();
        assert_eq!(
            tally.recommender(&recommender::Happening::Swapped { from: None, to }).unwrap(),
            "recommender serves v0.1"
        );
        tally.recommender(&recommender::Happening::Forwarded { records: 2 });
        let answered = |status: &str| Answered {
            user_id: 1,
            status: status.to_owned(),
            latency_ms: 4.0,
            list: None,
            events: 2,
        };
        tally.answered(&answered("503"), Duration::ZERO);
        tally.answered(&answered(ERROR), Duration::ZERO);
        let summary = tally.summary();
        assert_eq!((summary.events_produced, summary.events_ingested, summary.dead_letters), (9, 4, 1));
        assert_eq!((summary.swaps, summary.reco_responses), (1, 2));
        assert_eq!(summary.latency_ms.p50, Some(4.0));
        assert_eq!(tally.lines()[0].1, "9 in, 4 ingested, 1 dead letter");
    }
}
