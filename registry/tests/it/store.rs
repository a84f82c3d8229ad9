//! Put-if-absent, and the check at start.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use registry::{Config, Error, Put, Store, sha256};

use crate::faulty::{Fault, Faulty};

async fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&Config::local(folder.path().join("store"))).await.unwrap()
}

fn faulty(fault: Fault) -> Store {
    Store::over(Arc::new(Faulty::new(fault)), "faulty")
}

#[tokio::test]
async fn the_first_put_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
    assert_eq!(store.put_if_absent("a/b", first.clone()).await.unwrap(), Put::Won);
    assert_eq!(store.put_if_absent("a/b", second).await.unwrap(), Put::Lost(first.clone()));
    // The same bytes are ours, whoever put them.
    assert_eq!(store.put_if_absent("a/b", first.clone()).await.unwrap(), Put::Won);
    assert_eq!(store.get("a/b").await.unwrap(), Some(first));
    assert_eq!(store.get("a/c").await.unwrap(), None);
    assert!(store.exists("a/b").await.unwrap() && !store.exists("a/c").await.unwrap());
    store.put_if_absent("a/a", Bytes::new()).await.unwrap();
    assert_eq!(store.list("a").await.unwrap(), ["a/a", "a/b"]);
    assert_eq!(store.list("none").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_is_damaged_is_named_with_both_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let sha = sha256::hex_of(b"whole");
    store.put_if_absent("a/b", Bytes::from_static(b"whole")).await.unwrap();
    assert_eq!(store.get_verified("a/b", &sha).await.unwrap(), "whole");
    std::fs::write(folder.path().join("store/a/b"), "who").unwrap();
    let error = store.get_verified("a/b", &sha).await.unwrap_err().to_string();
    assert_eq!(error, format!("a/b: damaged: its SHA-256 is {}, expected {sha}", sha256::hex_of(b"who")));
    let absent = store.get_verified("a/none", &sha).await.unwrap_err();
    assert_eq!(absent.to_string(), "a/none: there is no such object");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for round in 0..20 {
        let path = format!("race/{round}");
        let puts = (0..32).map(|writer| {
            let (store, path) = (store.clone(), path.clone());
            tokio::spawn(async move { store.put_if_absent(&path, Bytes::from(format!("{writer}"))).await })
        });
        let ends: Vec<Put> = join_all(puts).await.into_iter().map(|end| end.unwrap().unwrap()).collect();
        let winner = ends.iter().position(|end| *end == Put::Won).unwrap();
        let theirs = Bytes::from(format!("{winner}"));
        assert_eq!(ends.iter().filter(|end| **end == Put::Won).count(), 1);
        assert_eq!(ends.iter().filter(|end| **end == Put::Lost(theirs.clone())).count(), 31);
        assert_eq!(store.get(&path).await.unwrap(), Some(theirs));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_store_at_once_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::local(folder.path());
    for _ in 0..3 {
        let opened = join_all((0..8).map(|_| {
            let config = config.clone();
            tokio::spawn(async move { Store::open(&config).await })
        }));
        opened.await.into_iter().for_each(|store| drop(store.unwrap().unwrap()));
    }
    let store = Store::open(&config).await.unwrap();
    assert_eq!(store.list("probe").await.unwrap(), ["probe/conditional-put"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let blocked = folder.path().join("blocked");
    std::fs::create_dir(&blocked).unwrap();
    std::fs::write(blocked.join("probe"), "").unwrap();
    for path in [file.clone(), file.join("below"), blocked] {
        let error = Store::open(&Config::local(&path)).await.unwrap_err().to_string();
        let start = format!("{}: not usable as an object store: ", path.display());
        assert!(error.starts_with(&start) && error.len() > start.len() && !error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_said_with_the_cause() {
    let error = faulty(Fault::ReadOnly).probe().await.unwrap_err();
    assert_eq!(error.to_string(), "faulty: not usable as an object store: read-only file system");
}

#[tokio::test]
async fn a_store_that_overwrites_is_refused() {
    let error = faulty(Fault::Overwrites).probe().await.unwrap_err();
    assert!(matches!(error, Error::Unconditional { .. }), "{error}");
}

#[tokio::test]
async fn a_put_whose_reply_was_lost_is_won() {
    let store = faulty(Fault::LosesReplies);
    assert_eq!(store.put_if_absent("a", Bytes::from_static(b"1")).await.unwrap(), Put::Won);
    assert_eq!(store.put_if_absent("a", Bytes::from_static(b"2")).await.unwrap(), Put::Lost("1".into()));
}

#[tokio::test]
async fn what_exists_and_is_absent_is_tried_again_but_not_for_ever() {
    let store = faulty(Fault::SaysItExists(2));
    assert_eq!(store.put_if_absent("a", Bytes::from_static(b"1")).await.unwrap(), Put::Won);
    let never = faulty(Fault::SaysItExists(u32::MAX));
    let error = never.put_if_absent("a", Bytes::from_static(b"1")).await.unwrap_err();
    assert!(matches!(error, Error::Unsettled { .. }), "{error}");
}

#[tokio::test]
async fn a_path_does_not_leave_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    assert!(store.get("../outside").await.is_err());
    assert!(store.put_if_absent("a/../../b", Bytes::new()).await.is_err());
}

#[test]
fn the_section_is_read_and_the_folder_is_in_the_data_folder_unless_it_is_elsewhere() {
    let read = |text: &str| serde_json::from_str::<Config>(text);
    let within = |text: &str| read(text).unwrap().within(Path::new("data")).path.unwrap();
    assert_eq!(within("{}"), Path::new("data/objects"));
    assert_eq!(within(r#"{"path": "x"}"#), Path::new("data/x"));
    assert_eq!(within(r#"{"path": "/x"}"#), Path::new("/x"));
    assert_eq!(read(r#"{"path": "x"}"#).unwrap(), Config::local("x"));
    assert_eq!(read(r#"{"kind": "local", "path": "x"}"#).unwrap(), Config::local("x"));
    assert!(read(r#"{"kind": "s3", "path": "x"}"#).is_err());
}
