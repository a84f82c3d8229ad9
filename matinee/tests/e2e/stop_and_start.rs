//! Stopped, killed, and started again in the middle.

use std::collections::BTreeSet;

use schemas::{RecoResponse, topic};

use crate::people::{catalogue, watch_theirs};
use crate::stack::{Stack, decoded, events_in, newest_manifest};

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_no_event_doubles_none_and_forgets_no_answer() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::up(data.path()).await;
    catalogue(&stack.log).await;
    watch_theirs(&stack.log, 1, 61, 10).await;
    stack.retrain("first").await;
    stack.serves("v0.1").await;

    // Killed while events come in and answers go out.
    let log = stack.log.clone();
    let coming = tokio::spawn(async move {
        for user in 100..160 {
            watch_theirs(&log, user, user + 1, 5).await;
        }
    });
    let mut answered = BTreeSet::new();
    for user in 0..40 {
        let (status, body) = stack.get(&format!("/recommend/{user}")).await;
        assert_eq!(status, 200);
        answered.insert(body["provenance"]["request_id"].as_str().unwrap().to_owned());
    }
    stack.kill();
    coming.await.unwrap();

    // The model serves at once; everything that was acknowledged is ingested, once.
    let stack = Stack::up(data.path()).await;
    stack.serves("v0.1").await;
    stack.retrain("second").await;
    stack.serves("v0.2").await;
    let manifest = newest_manifest(data.path());
    assert_eq!(manifest["totals"]["rows"], events_in(&stack.log).await);

    // Every answer that left has its record, and the numbers have no hole.
    stack.get("/recommend/1").await;
    stack
        .until("the records are forwarded", async |stack: &Stack| {
            decoded::<RecoResponse>(&stack.log, topic::RECO_RESPONSES).await.len() > 40
        })
        .await;
    let records = decoded::<RecoResponse>(&stack.log, topic::RECO_RESPONSES).await;
    let recorded: BTreeSet<String> = records.iter().map(|record| record.request_id.clone()).collect();
    assert!(answered.is_subset(&recorded));
    let instances: BTreeSet<&str> = records.iter().map(|record| record.instance_id.as_str()).collect();
    assert_eq!(instances.len(), 1);
    let numbers: BTreeSet<i64> = records.iter().map(|record| record.instance_seq).collect();
    assert_eq!(numbers.len() as i64, numbers.last().unwrap() + 1, "a hole in {numbers:?}");

    // A graceful stop drains, and what was decided stays decided.
    stack.get("/switch?model=v0.1").await;
    stack.stop();
    let stack = Stack::up(data.path()).await;
    stack.serves("v0.1").await;
    stack.stop();
}
