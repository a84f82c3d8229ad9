//! How triggers ended.

use std::collections::BTreeMap;

use registry::model::Version;
use registry::outcome::{self, Ending, Outcome, Recorded};
use registry::{Error, sha256};

use crate::log::in_memory;

pub fn all() -> Vec<Outcome> {
    let results = [
        Ending::Published { version: Version::FIRST },
        Ending::Refused {
            reason: "worse than the champion".into(),
            numbers: BTreeMap::from([("hr_at_10".into(), 0.1.into())]),
        },
        Ending::Unchanged { version: Version::FIRST },
        Ending::Failed { error: "no data".into(), attempts: 3 },
        Ending::Collapsed { into: 9 },
    ];
    let outcome = |(trigger_offset, result): (usize, Ending)| Outcome {
        model_name: "als".into(),
        trigger_offset: trigger_offset as i64,
        trigger_id: format!("t-{trigger_offset}"),
        ts: 1_700_000_000_000,
        data_snapshot_id: matches!(result, Ending::Published { .. }).then(|| sha256::hex_of(b"snapshot")),
        result,
    };
    results.into_iter().enumerate().map(outcome).collect()
}

#[tokio::test]
async fn every_ending_is_recorded_once() {
    let store = in_memory();
    for outcome in all() {
        assert_eq!(outcome::put(&store, &outcome).await.unwrap(), Recorded::Won);
        assert_eq!(outcome::put(&store, &outcome).await.unwrap(), Recorded::Won);
        let other = Outcome { ts: 1, ..outcome.clone() };
        assert_eq!(outcome::put(&store, &other).await.unwrap(), Recorded::Lost(Box::new(outcome.clone())));
        assert_eq!(outcome::get(&store, "als", outcome.trigger_offset).await.unwrap(), Some(outcome));
    }
    assert_eq!(outcome::list(&store, "als", 0).await.unwrap(), all());
    assert_eq!(outcome::list(&store, "als", 3).await.unwrap(), all()[3..]);
    assert_eq!(outcome::list(&store, "other", 0).await.unwrap(), []);
    assert_eq!(outcome::get(&store, "als", 99).await.unwrap(), None);
    assert!(matches!(outcome::get(&store, "a/b", 0).await, Err(Error::Name { .. })));
}
