//! Members share partitions; a partition has one owner at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka::{Error, GroupEvent, GroupOptions, Log, Member};
use schemas::TopicPartition;

use crate::home::{DEADLINE, Home, soon};

fn named(name: &str) -> GroupOptions {
    GroupOptions { member: Some(name.to_owned()), ..GroupOptions::default() }
}

async fn join(log: &Log, name: &str) -> Member {
    log.join("g", &["t"], named(name)).await.unwrap()
}

fn numbers<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> Vec<i32> {
    partitions.into_iter().map(|tp| tp.partition).collect()
}

/// Lets the members listen until together they have `total` partitions, as evenly as can be.
async fn settle(members: &mut [&mut Member], total: usize) {
    let began = Instant::now();
    let even = |members: &[&mut Member]| {
        let counts: Vec<_> = members.iter().map(|member| member.assigned().count()).collect();
        counts.iter().sum::<usize>() == total
            && counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1
    };
    while !even(members) {
        assert!(began.elapsed() < DEADLINE, "the group does not settle");
        for member in members.iter_mut() {
            if let Ok(event) = tokio::time::timeout(Duration::from_millis(20), member.next()).await {
                event.unwrap();
            }
        }
        let all: Vec<_> = members.iter().flat_map(|member| member.assigned()).collect();
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), different.len(), "a partition has two owners: {all:?}");
    }
}

pub async fn one_member_has_all(home: &Home) {
    let log = home.with_topic(3).await;
    let mut member = join(&log, "a").await;
    let GroupEvent::Assigned(all) = soon(member.next()).await.unwrap() else { panic!("nothing was revoked") };
    assert_eq!(numbers(&all), [0, 1, 2]);
    assert_eq!((member.name(), numbers(member.assigned())), ("a", vec![0, 1, 2]));
    let quiet = tokio::time::timeout(Duration::from_millis(300), member.next()).await;
    assert!(quiet.is_err(), "nothing happens: {quiet:?}");
    let error = log.join("g", &["t", "nowhere"], named("b")).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownTopic { topic } if topic == "nowhere"), "{error}");
}

pub async fn two_members_share(home: &Home) {
    let (log, other_log) = (home.with_topic(5).await, home.open().await);
    let (mut a, mut b) = (join(&log, "a").await, join(&other_log, "b").await);
    settle(&mut [&mut a, &mut b], 5).await;
    let mut c = join(&log, "c").await;
    settle(&mut [&mut a, &mut b, &mut c], 5).await;
    // Another group has its own.
    let mut other = log.join("other", &["t"], named("a")).await.unwrap();
    settle(&mut [&mut other], 5).await;
}

pub async fn nothing_moves_before_it_is_released(home: &Home) {
    let log = home.with_topic(2).await;
    let mut a = join(&log, "a").await;
    soon(a.next()).await.unwrap();
    let mut b = join(&log, "b").await;
    let GroupEvent::Revoked(moving) = soon(a.next()).await.unwrap() else { panic!("a keeps all") };
    // a is still at work on it, for longer than a session: b has nothing.
    let waited = tokio::time::timeout(Duration::from_millis(3_500), b.next()).await;
    assert!(waited.is_err(), "b has it too early: {waited:?}");
    a.release().await.unwrap();
    assert_eq!(soon(b.next()).await.unwrap(), GroupEvent::Assigned(moving.clone()));
    assert_eq!((numbers(a.assigned()), numbers(b.assigned())), (vec![0], numbers(&moving)));
}

pub async fn leaving_frees_at_once(home: &Home) {
    let mut config = home.config.clone();
    config.group_session_timeout_ms = 3_600_000;
    let log = home.with_topic(4).await;
    let patient = Log::open(&config).await.unwrap();
    let (mut a, mut b) = (join(&patient, "a").await, join(&log, "b").await);
    settle(&mut [&mut a, &mut b], 4).await;
    a.leave().await.unwrap();
    settle(&mut [&mut b], 4).await;
}

pub async fn dropping_is_a_crash(home: &Home) {
    let log = home.with_topic(4).await;
    let (mut a, mut b) = (join(&log, "a").await, join(&log, "b").await);
    settle(&mut [&mut a, &mut b], 4).await;
    drop(a);
    let began = Instant::now();
    settle(&mut [&mut b], 4).await;
    assert!(began.elapsed() > Duration::from_millis(2_000), "its lease was not awaited");
}

pub async fn a_quiet_member_stays(home: &Home) {
    let log = home.with_topic(2).await;
    let (mut a, mut b) = (join(&log, "a").await, join(&log, "b").await);
    settle(&mut [&mut a, &mut b], 2).await;
    // Neither asks anything for longer than a session: they work.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    for member in [&mut a, &mut b] {
        let quiet = tokio::time::timeout(Duration::from_millis(100), member.next()).await;
        assert!(quiet.is_err(), "nothing happened: {quiet:?}");
    }
}

pub async fn a_name_is_taken_once(home: &Home) {
    let log = home.with_topic(1).await;
    let a = join(&log, "a").await;
    let error = log.join("g", &["t"], named("a")).await.unwrap_err();
    assert!(matches!(&error, Error::MemberExists { member, .. } if member == "a"), "{error}");
    a.leave().await.unwrap();
    join(&log, "a").await;
    let unnamed = [
        log.join("g", &["t"], GroupOptions::default()).await.unwrap(),
        log.join("g", &["t"], GroupOptions::default()).await.unwrap(),
    ];
    assert_ne!(unnamed[0].name(), unnamed[1].name());
}

pub async fn a_heartbeat_has_to_fit_its_session(home: &Home) {
    let log = home.with_topic(1).await;
    for heartbeat_ms in [0, 501] {
        let (session_timeout_ms, heartbeat_ms) = (Some(1_000), Some(heartbeat_ms));
        let options = GroupOptions { session_timeout_ms, heartbeat_ms, ..named("a") };
        let error = log.join("g", &["t"], options).await.unwrap_err();
        assert!(matches!(error, Error::BadHeartbeat { .. }), "{error}");
    }
}

pub async fn progress_is_what_was_published_last(home: &Home) {
    let log = home.with_topic(2).await;
    assert_eq!(log.progress("g").await.unwrap(), BTreeMap::new());
    let at = |partition| TopicPartition::new("t", partition);
    log.publish_progress("g", &[(at(0), 5), (at(1), 7)]).await.unwrap();
    log.publish_progress("g", &[(at(0), 6)]).await.unwrap();
    log.publish_progress("other", &[(at(0), 1)]).await.unwrap();
    let expected = BTreeMap::from([(at(0), 6), (at(1), 7)]);
    assert_eq!(log.progress("g").await.unwrap(), expected);
    assert_eq!(home.open().await.progress("g").await.unwrap(), expected);
}
