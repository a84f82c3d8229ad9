//! Followers wait, wake, and miss nothing.

use std::time::Duration;

use kafka::{Error, Follower};

use crate::home::{Home, record, soon, text};

/// The next `count` values.
pub async fn take(follower: &mut Follower, count: usize) -> Vec<String> {
    let mut values = Vec::new();
    while values.len() < count {
        values.extend(soon(follower.next()).await.unwrap().iter().map(text));
    }
    values
}

pub async fn a_follower_waits_and_wakes(home: &Home) {
    let log = home.with_topic(2).await;
    let mut follower = log.follow("t", 0, 0);
    let waited = tokio::time::timeout(Duration::from_millis(100), follower.next()).await;
    assert!(waited.is_err(), "there is nothing yet: {waited:?}");
    for n in 0..50 {
        // "21" and "foobar" are keys of partition 0 of 2, "1" is one of partition 1.
        log.append("t", record("1", "elsewhere")).await.unwrap();
        let writer = log.clone();
        let appended = tokio::spawn(async move { writer.append("t", record("21", n)).await.unwrap() });
        assert_eq!(take(&mut follower, 1).await, [n.to_string()]);
        assert_eq!(appended.await.unwrap().offset + 1, follower.position());
    }
}

pub async fn a_follower_reads_from_the_middle(home: &Home) {
    let log = home.with_topic(1).await;
    log.append_all("t", (0..100).map(|n| record("k", n)).collect()).await.unwrap();
    let mut follower = log.follow("t", 0, 40).limited(7, 1 << 20);
    assert_eq!(soon(follower.next()).await.unwrap().len(), 7);
    let rest = take(&mut follower, 53).await;
    assert_eq!((rest.first().unwrap().as_str(), rest.last().unwrap().as_str()), ("47", "99"));
    assert_eq!(follower.position(), 100);
    log.append("t", record("k", 100)).await.unwrap();
    assert_eq!(take(&mut follower, 1).await, ["100"]);
}

pub async fn giving_up_takes_nothing(home: &Home) {
    let log = home.with_topic(1).await;
    let mut follower = log.follow("t", 0, 0).limited(1, 1 << 20);
    let writer = log.clone();
    let writing = tokio::spawn(async move {
        for n in 0..200 {
            writer.append("t", record("k", n)).await.unwrap();
        }
    });
    let (mut values, mut given_up) = (Vec::new(), 0_u32);
    while values.len() < 200 {
        // From nothing at all up to a millisecond: some calls end at once, some in the middle.
        let patience = Duration::from_micros(u64::from(given_up % 10) * 100);
        match tokio::time::timeout(patience, follower.next()).await {
            Ok(records) => values.extend(records.unwrap().iter().map(text)),
            Err(_) => given_up += 1,
        }
    }
    writing.await.unwrap();
    assert!(values.iter().cloned().eq((0..200).map(|n| n.to_string())), "{values:?}");
    assert!(given_up > 0);
}

pub async fn many_followers_see_the_same(home: &Home) {
    let log = home.with_topic(1).await;
    let followers: Vec<_> = (0..20)
        .map(|_| {
            let mut follower = log.follow("t", 0, 0);
            tokio::spawn(async move { take(&mut follower, 100).await })
        })
        .collect();
    for n in 0..100 {
        log.append("t", record("k", n)).await.unwrap();
    }
    for follower in followers {
        assert!(follower.await.unwrap().into_iter().eq((0..100).map(|n| n.to_string())));
    }
}

pub async fn what_is_wrong_is_said_at_once(home: &Home) {
    let log = home.with_topic(1).await;
    let error = soon(log.follow("nowhere", 0, 0).next()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownTopic { .. }), "{error}");
    let mut beyond = log.follow("t", 0, 1);
    let error = soon(beyond.next()).await.unwrap_err();
    assert!(matches!(error, Error::OutOfRange { offset: 1, low: 0, high: 0, .. }), "{error}");
    // It goes on when the log has come so far.
    log.append_all("t", vec![record("k", 0), record("k", 1)]).await.unwrap();
    assert_eq!(take(&mut beyond, 1).await, ["1"]);
}
