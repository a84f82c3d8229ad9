//! Appends are durable, in order, and without holes.

use std::collections::BTreeMap;

use kafka::{Error, Record, Watermarks, partition_of};

use crate::home::{Home, everything, record, text};

pub async fn offsets_count_up_in_each_partition(home: &Home) {
    let log = home.with_topic(3).await;
    let mut next = BTreeMap::new();
    for n in 0..60 {
        let key = format!("user-{n}");
        let position = log.append("t", record(&key, n)).await.unwrap();
        assert_eq!((position.topic.as_str(), position.partition), ("t", partition_of(key.as_bytes(), 3)));
        let expected = next.entry(position.partition).or_insert(0);
        assert_eq!(position.offset, *expected);
        *expected += 1;
    }
    for partition in 0..3 {
        let high = next.get(&partition).copied().unwrap_or(0);
        assert_eq!(log.watermarks("t", partition).await.unwrap(), Watermarks { low: 0, high });
    }
}

pub async fn what_was_acknowledged_is_there_after_opening_again(home: &Home) {
    for round in 0..3 {
        let log = home.with_topic(1).await;
        for n in 0..10 {
            let position = log.append("t", record("k", round * 10 + n)).await.unwrap();
            assert_eq!(position.offset, i64::from(round * 10 + n));
        }
        drop(log);
        let found: Vec<_> = everything(&home.open().await, 0).await.iter().map(text).collect();
        let expected: Vec<_> = (0..(round + 1) * 10).map(|n| n.to_string()).collect();
        assert_eq!(found, expected);
    }
}

pub async fn concurrent_appends_leave_no_hole(home: &Home) {
    let log = home.with_topic(2).await;
    let writers: Vec<_> = (0..20)
        .map(|writer| {
            let log = log.clone();
            tokio::spawn(async move {
                for n in 0..25 {
                    log.append("t", record(&writer.to_string(), format!("{writer}:{n}"))).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for partition in 0..2 {
        for (at, stored) in everything(&log, partition).await.iter().enumerate() {
            assert_eq!(stored.offset, at as i64);
            let value = text(stored);
            let (writer, n) = value.split_once(':').unwrap();
            seen.entry(writer.to_owned()).or_default().push(n.parse().unwrap());
        }
    }
    // All is there once, and each writer's records are in the order in which it wrote them.
    assert_eq!(seen.len(), 20);
    assert!(seen.values().all(|numbers| numbers.iter().copied().eq(0..25)), "{seen:?}");
}

pub async fn append_all_keeps_the_order(home: &Home) {
    let log = home.with_topic(2).await;
    assert_eq!(log.append_all("t", vec![]).await.unwrap(), []);
    let records = (0..1_000).map(|n| record(&(n % 7).to_string(), n)).collect();
    let positions = log.append_all("t", records).await.unwrap();
    for (n, position) in positions.iter().enumerate() {
        let stored = &log.read("t", position.partition, position.offset, 1, 1).await.unwrap()[0];
        assert_eq!((stored.position(), text(stored)), (position.clone(), n.to_string()));
    }
    let numbers =
        everything(&log, 1).await.iter().map(|stored| text(stored).parse().unwrap()).collect::<Vec<i32>>();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

pub async fn null_keys_take_turns(home: &Home) {
    let log = home.with_topic(3).await;
    let mut counts = [0; 3];
    for _ in 0..9 {
        let position = log.append("t", Record { value: Some(vec![1]), ..Record::default() }).await.unwrap();
        counts[position.partition as usize] += 1;
    }
    assert_eq!(counts, [3; 3]);
}

pub async fn keys_go_where_the_java_client_sends_them(home: &Home) {
    let log = home.with_topic(6).await;
    // As in the table beside `partition_of`.
    for (key, partition) in
        [("0", 2), ("1", 3), ("7", 3), ("21", 0), ("6040", 5), ("a", 4), ("é", 3), ("", 3)]
    {
        assert_eq!(log.append("t", record(key, "")).await.unwrap().partition, partition, "{key:?}");
    }
}

pub async fn an_unknown_topic_is_named(home: &Home) {
    let log = home.with_topic(1).await;
    let error = log.append("nowhere", record("k", "v")).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownTopic { topic } if topic == "nowhere"), "{error}");
    // Nobody else is harmed.
    assert_eq!(log.append("t", record("k", "v")).await.unwrap().offset, 0);
}
