//! An event that nobody can read stops nothing.

use kafka::{DeadLetter, Record};
use schemas::topic;

use crate::people::{catalogue, rated, watch_theirs};
use crate::stack::{Stack, all, events_in, newest_manifest};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_goes_to_the_dead_letters_with_its_coordinates() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::up(data.path()).await;
    catalogue(&stack.log).await;
    watch_theirs(&stack.log, 1, 31, 8).await;

    let poison = [
        (topic::WATCH_EVENTS, Record::new("7", "{\"user_id\": 7}", 5), "not Avro single-object encoding"),
        (topic::RATE_EVENTS, rated(7, 100, 11.0), "rating is 11, outside of 0.5..=5"),
        (topic::RATE_EVENTS, rated(-7, 100, 4.0), "user_id is -7"),
        (
            topic::WATCH_EVENTS,
            rated(7, 100, 4.0),
            "expected a record mlprod.WatchEvent, found mlprod.RateEvent",
        ),
        (topic::WATCH_EVENTS, Record { key: Some(b"7".to_vec()), ..Record::default() }, "tombstone"),
    ];
    let mut expected = Vec::new();
    for (name, record, reason) in poison {
        let position = stack.log.append(name, record.clone()).await.unwrap();
        expected.push((position, record, reason));
    }
    watch_theirs(&stack.log, 31, 61, 8).await;
    stack.retrain("first").await;
    stack.serves("v0.1").await;

    let letters: Vec<DeadLetter> = all(&stack.log, topic::DEAD_LETTERS)
        .await
        .iter()
        .map(|r| DeadLetter::from_stored(r).unwrap())
        .collect();
    assert_eq!(letters.len(), expected.len());
    for (position, record, reason) in expected {
        let letter = letters.iter().find(|letter| letter.source == position).unwrap();
        assert!(letter.error.contains(reason), "{}: {}", position, letter.error);
        assert_eq!((&letter.record.key, &letter.record.value), (&record.key, &record.value));
    }

    // They are in the chain all the same, and counted.
    assert_eq!(newest_manifest(data.path())["totals"]["rows"], events_in(&stack.log).await);
    let metrics = stack.metrics().await;
    let counted = |topic| format!("ingestor_events_total{{outcome=\"dead_letter\",topic=\"{topic}\"}}");
    assert!(metrics.contains(&format!("{} 3", counted("watch-events"))), "{metrics}");
    assert!(metrics.contains(&format!("{} 2", counted("rate-events"))), "{metrics}");
    assert_eq!(stack.get("/readyz").await.0, 200);
    stack.stop();
}
