//! What came of the audience's requests.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The status of a request that got no answer at all.
pub const ERROR: &str = "error";

/// One request of the audience, and what came of it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Who asked.
    pub user_id: i32,
    /// The HTTP status, or [`ERROR`].
    pub status: String,
    /// From the time when it was due to the whole answer.
    pub latency_ms: f64,
    /// The list, where there is one.
    pub list: Option<List>,
    /// The events that followed, which are in the log.
    pub events: u64,
}

/// The parts of an answer that the audience looks at.
#[derive(Clone, Debug, Deserialize)]
pub struct List {
    /// `vX.Y`.
    pub model: String,
    /// Movie ids, best first.
    pub items: Vec<i32>,
    /// `A` or `B` where an experiment runs.
    pub variant: Option<String>,
    /// `als`, `fold_in` or `popular`.
    pub served_by: String,
    pub(super) provenance: Provenance,
}

/// The part of the provenance that an event names.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Provenance {
    pub request_id: String,
}

/// All requests and what came of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Requests by status.
    pub requests: BTreeMap<String, u64>,
    /// Of every answer, in milliseconds.
    pub latencies_ms: Vec<f64>,
    /// Answers with a list by variant; `none` outside of experiments.
    pub variants: BTreeMap<String, u64>,
    /// Answers with a list by where their scores come from.
    pub served_by: BTreeMap<String, u64>,
    /// Answers with a list by model.
    pub models: BTreeMap<String, u64>,
    /// Events that are in the log.
    pub events_produced: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// Counts one more.
    pub(super) fn count(&mut self, answered: &Answered) {
        let one_more = |counts: &mut BTreeMap<String, u64>, name: &str| {
            *counts.entry(name.to_owned()).or_default() += 1;
        };
        one_more(&mut self.requests, &answered.status);
        if answered.status != ERROR {
            self.latencies_ms.push(answered.latency_ms);
        }
        if let Some(list) = &answered.list {
            one_more(&mut self.variants, list.variant.as_deref().unwrap_or("none"));
            one_more(&mut self.served_by, &list.served_by);
            one_more(&mut self.models, &list.model);
        }
        self.events_produced += answered.events;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn answered(status: &str, list: Option<&str>) -> Answered {
        let list = list.map(|json| serde_json::from_str(json).unwrap());
        Answered { user_id: 1, status: status.to_owned(), latency_ms: 2.0, list, events: 1 }
    }

    #[test]
    fn an_answer_is_counted_by_all_that_it_is() {
        let mut report = Report::default();
        let body = r#"{"user_id": 1, "model": "v0.1", "items": [3], "recommendations": [], "variant": null,
                       "served_by": "als", "provenance": {"request_id": "r", "latency_ms": 1}}"#;
        report.count(&answered("200", Some(body)));
        report.count(&answered("503", None));
        report.count(&answered(ERROR, None));
        let one = |name: &str| BTreeMap::from([(name.to_owned(), 1)]);
        assert_eq!(report.requests, [one("200"), one("503"), one(ERROR)].into_iter().flatten().collect());
        assert_eq!(
            (report.variants, report.served_by, report.models),
            (one("none"), one("als"), one("v0.1"))
        );
        assert_eq!((report.latencies_ms.len(), report.events_produced), (2, 3));
    }
}
