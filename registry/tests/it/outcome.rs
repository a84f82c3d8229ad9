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
        format: outcome::FORMAT,
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
    assert_eq!(outcome::ended(&store, "als").await.unwrap(), (0..5).collect());
    assert!(outcome::ended(&store, "other").await.unwrap().is_empty());
    assert_eq!(outcome::get(&store, "als", 99).await.unwrap(), None);
    assert!(matches!(outcome::get(&store, "a/b", 0).await, Err(Error::Name { .. })));
}

#[tokio::test]
async fn what_a_later_build_wrote_has_ended() {
    let store = in_memory();
    let text = |format: u32, kind: &str| {
        format!(
            r#"{{"format":{format},"model_name":"als","trigger_offset":7,"trigger_id":"t","ts":1,"data_snapshot_id":null,"result":{{"kind":"{kind}"}}}}"#
        )
    };
    for (offset, text) in [(7, text(1, "postponed")), (8, text(2, "postponed")), (9, "{".to_owned())] {
        store.put_if_absent(&format!("outcomes/als/{offset:020}.json"), text.into()).await.unwrap();
    }
    assert_eq!(outcome::ended(&store, "als").await.unwrap(), [7, 8, 9].into());
    let read = outcome::get(&store, "als", 7).await.unwrap().unwrap();
    assert!(matches!(read.result, Ending::Other(_)), "{read:?}");
    let error = outcome::get(&store, "als", 8).await.unwrap_err().to_string();
    let says = "outcomes/als/00000000000000000008.json: written in format 2, this build reads format 1";
    assert!(error.starts_with(says), "{error}");
}
