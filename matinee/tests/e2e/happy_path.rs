//! From an event to a recommendation to its provenance.

use schemas::{ModelUpdate, topic};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::people::{catalogue, shelf, watch_theirs, watched};
use crate::stack::{Stack, all, decoded, matinee, newest_manifest, open_log, prints_json};

#[tokio::test(flavor = "multi_thread")]
async fn what_people_watch_comes_back_as_what_they_might_like_and_can_be_computed_again() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::up(data.path()).await;
    assert_eq!(stack.get("/readyz").await.0, 503);

    catalogue(&stack.log).await;
    let events = watch_theirs(&stack.log, 1, 61, 12).await;
    stack.retrain("first").await;
    stack.serves("v0.1").await;

    // Everybody gets their kind, with titles, and nothing that they have seen.
    for user_id in [2, 3] {
        let (status, body) = stack.get(&format!("/recommend/{user_id}?k=5")).await;
        assert_eq!((status, &body["served_by"]), (200, &"als".into()));
        let kind = if shelf(user_id) == 100 { "Comedy" } else { "Drama" };
        for item in body["recommendations"].as_array().unwrap() {
            assert!(item["title"].as_str().unwrap().starts_with(kind), "{user_id}: {item}");
        }
    }

    // A new user is a stranger until the first watch.
    assert_eq!(stack.get("/recommend/999").await.1["served_by"], "popular");
    stack.log.append(topic::WATCH_EVENTS, watched(999, 204, 5)).await.unwrap();
    stack
        .until("the first watch is folded in", async |stack: &Stack| {
            stack.get("/recommend/999").await.1["served_by"] == "fold_in"
        })
        .await;
    let (_, body) = stack.get("/recommend/999?k=5").await;
    assert!(body["items"].as_array().unwrap().iter().all(|id| *id != 204));
    assert!(body["recommendations"][0]["title"].as_str().unwrap().starts_with("Drama"));

    // The answer can be traced, and the announcement says what the registry says.
    let request_id = body["provenance"]["request_id"].as_str().unwrap();
    let (status, trace) = stack.get(&format!("/trace/{request_id}")).await;
    assert_eq!((status, &trace["trace"]["movie_ids"]), (200, &body["items"]));
    let update = decoded::<ModelUpdate>(&stack.log, topic::MODEL_UPDATES).await.remove(0);
    assert_eq!(body["provenance"]["artifact_sha"], *update.artifact_sha);
    assert_eq!(update.triggers, [0]);

    // The snapshot holds every event, and its id can be computed from the log alone.
    let manifest = newest_manifest(data.path());
    assert_eq!(manifest["data_snapshot_id"], *update.data_snapshot_id);
    assert_eq!(manifest["totals"]["rows"], events);
    assert_eq!(id_from_the_log(data.path(), &manifest).await, update.data_snapshot_id);

    stack.stop();
    let replayed = prints_json(&mut matinee(data.path(), &["replay", "--verify", "--json"]));
    assert!(replayed["checked"].as_u64().unwrap() >= 5, "{replayed}");
    assert_eq!(replayed["identical"], replayed["checked"], "{replayed}");
}

/// The id of the stretch of log that a manifest names, by the definition: slow, and from the log alone.
async fn id_from_the_log(data: &std::path::Path, manifest: &Value) -> String {
    let log = open_log(data).await;
    let mut lines = Vec::new();
    for part in manifest["partitions"].as_array().unwrap() {
        let (name, partition) = (part["topic"].as_str().unwrap(), part["partition"].as_i64().unwrap());
        let next = part["next"].as_i64().unwrap();
        let mut chain = [0u8; 32];
        for record in all(&log, name).await {
            if i64::from(record.partition) == partition && record.offset < next {
                let mut digest = Sha256::new();
                for field in [&record.key, &record.value] {
                    let length = field.as_ref().map_or(-1, |bytes| bytes.len() as i32);
                    digest.update(length.to_be_bytes());
                    digest.update(field.as_deref().unwrap_or_default());
                }
                let mut link = Sha256::new();
                link.update(chain);
                link.update((record.offset as u64).to_be_bytes());
                link.update(record.timestamp_ms.to_be_bytes());
                link.update(digest.finalize());
                chain = link.finalize().into();
            }
        }
        lines.push((
            name.to_owned(),
            partition,
            format!("{name}\t{partition}\t0\t{next}\t{}\n", hex(&chain)),
        ));
    }
    lines.sort();
    hex(&Sha256::digest(lines.into_iter().map(|line| line.2).collect::<String>()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
