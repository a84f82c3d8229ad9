//! The demo, as a newcomer runs it.

use serde_json::Value;

use crate::stack::{matinee, succeeds};

#[test]
fn the_demo_shows_the_whole_loop_and_its_summary_has_every_number() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("summary.json");
    let arguments =
        ["demo", "--port", "0", "--duration", "25s", "--users", "200", "--json", file.to_str().unwrap()];
    let mut command = matinee(&data.path().join("data"), &arguments);
    // The demo's own settings: none of a story's.
    for name in
        ["MATINEE__TRAINER__SCHEDULE", "MATINEE__TRAINER__CHECK_EVERY", "MATINEE__INGESTOR__SEGMENT_AGE"]
    {
        command.env_remove(name);
    }
    succeeds(&mut command);

    let summary: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let number = |name: &str| summary[name].as_u64().unwrap_or_else(|| panic!("{name}: {summary}"));
    assert!(number("events_produced") > 1_000, "{summary}");
    assert_eq!(number("events_ingested"), number("events_produced"), "{summary}");
    assert_eq!(number("dead_letters"), 0);
    assert!(!summary["snapshots"].as_array().unwrap().is_empty());
    let models = summary["models"].as_array().unwrap();
    assert!(!models.is_empty(), "{summary}");
    for model in models {
        let value = |name: &str| model[name].as_f64().unwrap();
        assert!(value("hr_at_10") > value("popularity_hr_at_10"), "{model}");
        assert!(value("ndcg_at_10") > value("popularity_ndcg_at_10"), "{model}");
    }
    assert!(number("swaps") >= 1);
    let requests = summary["requests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["200"], "{summary}");
    for quantile in ["p50", "p95", "p99"] {
        assert!(summary["latency_ms"][quantile].as_f64().unwrap() > 0.0);
    }
    assert_eq!(number("reco_responses"), requests["200"].as_u64().unwrap());
    assert!(number("replay_checked") > 0);
    assert_eq!(number("replay_identical"), number("replay_checked"), "{summary}");
}
