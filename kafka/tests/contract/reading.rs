//! Reads: limits, watermarks, time, and many records.

use kafka::{Error, Record, partition_of};

use crate::home::{Home, everything, record, soon, text};

pub async fn limits_hold_and_one_record_always_comes(home: &Home) {
    let log = home.with_topic(1).await;
    for _ in 0..10 {
        log.append("t", Record::new("k", [7; 99], 0)).await.unwrap();
    }
    let count = async |from, records, bytes| log.read("t", 0, from, records, bytes).await.unwrap().len();
    assert_eq!(count(0, 100, 1 << 20).await, 10);
    assert_eq!(count(0, 3, 1 << 20).await, 3);
    assert_eq!(count(8, 3, 1 << 20).await, 2);
    assert_eq!(count(0, 100, 499).await, 4);
    assert_eq!(count(0, 100, 500).await, 5);
    assert_eq!(count(0, 0, 0).await, 1);
}

pub async fn the_end_is_empty_and_beyond_it_is_an_error(home: &Home) {
    let log = home.with_topic(1).await;
    for high in 0..3 {
        assert_eq!(log.read("t", 0, high, 10, 10).await.unwrap(), []);
        for wrong in [-1, high + 1, i64::MAX] {
            let error = log.read("t", 0, wrong, 10, 10).await.unwrap_err();
            let expected =
                format!("offset {wrong} of t/0 is out of range: the log has 0 up to, not including, {high}");
            assert_eq!(error.to_string(), expected);
        }
        log.append("t", record("k", high)).await.unwrap();
    }
}

pub async fn unknown_places_are_named(home: &Home) {
    let log = home.with_topic(2).await;
    for partition in [-1, 2] {
        let error = log.watermarks("t", partition).await.unwrap_err();
        assert!(matches!(&error, Error::UnknownPartition { partitions: 2, .. }), "{error}");
        assert!(log.read("t", partition, 0, 1, 1).await.is_err());
        assert!(log.offset_at("t", partition, 0).await.is_err());
    }
    let error = log.read("nowhere", 0, 0, 1, 1).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownTopic { topic } if topic == "nowhere"), "{error}");
}

pub async fn the_offset_at_a_time_is_the_first_at_or_after(home: &Home) {
    let log = home.with_topic(1).await;
    assert_eq!(log.offset_at("t", 0, 0).await.unwrap(), None);
    // Timestamps come in any order, with long stretches of one value.
    let timestamp_ms = |n: i64| if n % 500 == 0 { n * 10 } else { (n * 7_919) % 1_000 };
    let timestamps: Vec<_> = (0..5_000).map(timestamp_ms).collect();
    let records = timestamps.iter().map(|ms| Record::new("k", "", *ms)).collect();
    log.append_all("t", records).await.unwrap();
    for asked_ms in [-1, 0, 1, 500, 999, 1_000, 4_999, 5_000, 5_001, 20_000, 44_999, 45_000, 45_001, i64::MAX]
    {
        let expected = timestamps.iter().position(|ms| *ms >= asked_ms).map(|at| at as i64);
        assert_eq!(log.offset_at("t", 0, asked_ms).await.unwrap(), expected, "{asked_ms}");
    }
}

pub async fn a_hundred_thousand_records_come_back_in_order(home: &Home) {
    let log = home.with_topic(4).await;
    for batch in 0..10 {
        let numbers = batch * 10_000..(batch + 1) * 10_000;
        log.append_all("t", numbers.map(|n| record(&n.to_string(), n)).collect()).await.unwrap();
    }
    for partition in 0..4 {
        let expected =
            (0..100_000).map(|n: i32| n.to_string()).filter(|n| partition_of(n.as_bytes(), 4) == partition);
        let expected: Vec<_> = expected.collect();
        let found = soon(everything(&log, partition)).await;
        assert!(found.iter().map(text).eq(expected.iter().cloned()), "partition {partition} is another");
        assert!(found.iter().enumerate().all(|(at, stored)| stored.offset == at as i64));
    }
}
