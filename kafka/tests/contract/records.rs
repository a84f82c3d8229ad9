//! Records come back as they went in.

use kafka::{DeadLetter, Error, Record, declared};

use crate::home::{Home, record};

pub async fn all_parts_come_back(home: &Home) {
    let log = home.with_topic(1).await;
    let headers = vec![
        ("twice".to_owned(), b"one".to_vec()),
        ("twice".to_owned(), b"two".to_vec()),
        ("empty".to_owned(), vec![]),
        ("bytes".to_owned(), vec![0, 0xff, 0x80]),
        ("naïve 映画".to_owned(), vec![1]),
    ];
    let all_bytes: Vec<u8> = (0..=255).collect();
    for timestamp_ms in [0, 1, 1_700_000_000_123, 253_402_300_799_999] {
        let sent = Record {
            key: Some(all_bytes.clone()),
            value: Some(all_bytes.clone()),
            headers: headers.clone(),
            timestamp_ms,
        };
        let position = log.append("t", sent.clone()).await.unwrap();
        let stored = log.read("t", 0, position.offset, 1, 1).await.unwrap().remove(0);
        assert_eq!(stored.header("twice"), Some(&b"one"[..]));
        let came = Record {
            key: stored.key,
            value: stored.value,
            headers: stored.headers,
            timestamp_ms: stored.timestamp_ms,
        };
        assert_eq!(came, sent);
    }
}

pub async fn null_and_empty_are_different(home: &Home) {
    let log = home.with_topic(1).await;
    let parts = [None, Some(vec![]), Some(vec![0])];
    let pairs: Vec<_> = parts.iter().flat_map(|key| parts.iter().map(move |value| (key, value))).collect();
    for (key, value) in &pairs {
        let record = Record { key: (*key).clone(), value: (*value).clone(), ..Record::default() };
        log.append("t", record).await.unwrap();
    }
    let stored = log.read("t", 0, 0, 100, 1 << 20).await.unwrap();
    assert_eq!(stored.len(), pairs.len());
    for (stored, (key, value)) in stored.iter().zip(pairs) {
        assert_eq!((&stored.key, &stored.value, stored.headers.len()), (key, value, 0));
    }
}

pub async fn a_large_record_passes(home: &Home) {
    let log = home.with_topic(1).await;
    let value: Vec<u8> = (0..900_000_u32).map(|n| (n % 251) as u8).collect();
    for n in 0..3 {
        let sent = Record::new(n.to_string(), value.clone(), n);
        let position = log.append("t", sent).await.unwrap();
        let stored = log.read("t", 0, position.offset, 10, 100).await.unwrap();
        assert_eq!(stored.len(), 1);
        assert!(stored[0].value.as_deref() == Some(&value), "the value is another");
    }
}

pub async fn a_larger_one_is_refused(home: &Home) {
    let log = home.with_topic(1).await;
    let large = Record::new("k", vec![7; home.config.max_record_bytes], 0);
    let error = log.append("t", large.clone()).await.unwrap_err();
    assert!(matches!(&error, Error::RecordTooLarge { topic, .. } if topic == "t"), "{error}");
    // Nor does anything come with it.
    assert!(log.append_all("t", vec![record("k", "v"), large]).await.is_err());
    assert_eq!(log.watermarks("t", 0).await.unwrap().high, 0);
}

pub async fn dead_letters_hold_the_largest_record(home: &Home) {
    let log = home.with_topic(1).await;
    log.declare(&declared()).await.unwrap();
    let largest = Record::new("k", vec![7; home.config.max_record_bytes - 1], 5);
    log.append("t", largest.clone()).await.unwrap();
    let stored = log.read("t", 0, 0, 1, 1).await.unwrap().remove(0);
    let position = DeadLetter::send(&log, &stored, &"why ".repeat(10_000)).await.unwrap();
    let letter = log.read("dead-letters", 0, position.offset, 1, 1).await.unwrap().remove(0);
    let letter = DeadLetter::from_stored(&letter).unwrap();
    assert_eq!((letter.source, letter.record), (stored.position(), largest));
}
