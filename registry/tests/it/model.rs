//! Models: published once, loaded verified.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::join_all;
use registry::model::{self, Draft, GateReport, Metrics, Verdict, Version};
use registry::{Config, Error, Store, sha256};

use crate::log::{in_memory, watched};

pub fn draft(triggers: &[i64]) -> Draft {
    Draft {
        created_at: "2026-01-02T03:04:05Z".into(),
        model_name: "als".into(),
        git_sha: "abc".into(),
        data_snapshot_id: sha256::hex_of(b"snapshot"),
        metrics: Metrics {
            hr_at_10: 0.1,
            ndcg_at_10: 0.05,
            coverage: 0.3,
            popularity_hr_at_10: 0.04,
            popularity_ndcg_at_10: 0.02,
            factors: 64,
            iterations: 15,
            regularization: 0.01,
            users: 610,
            movies: 9724,
            interactions: 100_836,
            evaluated_users: 610,
            extra: BTreeMap::from([("median_rank".into(), 412.5.into())]),
        },
        kernel_version: 1,
        offsets: vec![watched(0).at(17)],
        triggers: triggers.to_vec(),
        parent: None,
        gate: Verdict::Bootstrap,
        gate_report: GateReport {
            note: "there is no champion".into(),
            numbers: BTreeMap::from([("minimum_hr_at_10".into(), 0.01.into())]),
        },
        durations_ms: BTreeMap::from([("fit".into(), 1200)]),
        parameters: BTreeMap::from([("alpha".into(), 40.0.into())]),
    }
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn artifact(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

#[tokio::test]
async fn versions_follow_one_another_as_numbers() {
    let store = in_memory();
    for number in 1..=11 {
        let published = model::publish(&store, artifact("same"), draft(&[number])).await.unwrap();
        assert!(published.won);
        assert_eq!(published.version(), Version { major: 0, minor: number as u32 });
    }
    let versions = model::versions(&store).await.unwrap();
    assert_eq!(versions.last(), Some(&version("v0.11")));
    assert_eq!((versions[0], versions[8], versions[9]), (version("v0.1"), version("v0.9"), version("v0.10")));
}

#[tokio::test]
async fn a_model_comes_back_with_its_meta() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let published = model::publish(&store, artifact("bytes"), draft(&[5])).await.unwrap();
    let (meta, bytes) = model::load(&store, version("v0.1")).await.unwrap();
    assert_eq!((meta, bytes), (published.meta.clone(), artifact("bytes")));
    assert_eq!(published.meta.artifact_sha, sha256::hex_of(b"bytes"));
    let path = format!("model_registry/v0.1/als/{}.safetensors", published.meta.artifact_sha);
    assert!(
        folder.path().join(path).is_file() && folder.path().join("model_registry/v0.1/meta.json").is_file()
    );
    assert!(matches!(model::meta(&store, version("v0.2")).await, Err(Error::NoVersion(_))));
}

#[tokio::test]
async fn a_damaged_artifact_is_named_with_both_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let published = model::publish(&store, artifact("bytes"), draft(&[5])).await.unwrap();
    let path = model::artifact_path(published.version(), &published.meta.artifact_sha);
    std::fs::write(folder.path().join(&path), "byte").unwrap();
    let error = model::load(&store, version("v0.1")).await.unwrap_err().to_string();
    let (found, expected) = (sha256::hex_of(b"byte"), sha256::hex_of(b"bytes"));
    assert_eq!(error, format!("{path}: damaged: its SHA-256 is {found}, expected {expected}"));
}

#[tokio::test]
async fn a_damaged_meta_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    model::publish(&store, artifact("bytes"), draft(&[5])).await.unwrap();
    let file = folder.path().join("model_registry/v0.1/meta.json");
    let text = std::fs::read_to_string(&file).unwrap();
    for (damaged, says) in [
        (text[..40].to_owned(), "EOF"),
        (text.replace("v0.1", "v0.2"), "meta of v0.2"),
        (text.replace("\"format\": 1", "\"format\": 2"), "written in format 2, this build reads format 1"),
        (text.replace("\"format\": 1,", ""), "missing field `format`"),
    ] {
        std::fs::write(&file, damaged).unwrap();
        let error = model::meta(&store, version("v0.1")).await.unwrap_err().to_string();
        assert!(error.starts_with("model_registry/v0.1/meta.json: ") && error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_trigger_is_served_once() {
    let store = in_memory();
    let first = model::publish(&store, artifact("a"), draft(&[5, 6])).await.unwrap();
    model::publish(&store, artifact("b"), draft(&[7])).await.unwrap();
    // A trainer that died before it wrote the outcome begins again, perhaps with other triggers beside it.
    let again = model::publish(&store, artifact("c"), draft(&[6, 8])).await.unwrap();
    assert_eq!((again.won, again.meta), (false, first.meta));
    assert_eq!(model::versions(&store).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_version_that_cannot_be_read_keeps_its_number_and_stops_nobody() {
    for unreadable in ["{", "{\"format\": 2}"] {
        let store = in_memory();
        let path = model::meta_path(version("v0.2"));
        model::publish(&store, artifact("a"), draft(&[5])).await.unwrap();
        store.put_if_absent(&path, artifact(unreadable)).await.unwrap();
        let next = model::publish(&store, artifact("b"), draft(&[6])).await.unwrap();
        assert_eq!((next.won, next.version()), (true, version("v0.3")));
        let again = model::publish(&store, artifact("c"), draft(&[5])).await.unwrap();
        assert_eq!((again.won, again.version()), (false, version("v0.1")));
        assert_eq!(model::readable_meta(&store, version("v0.2")).await.unwrap(), None);
        assert_eq!(model::readable_meta(&store, version("v0.3")).await.unwrap(), Some(next.meta));
        let absent = model::readable_meta(&store, version("v0.4")).await;
        assert!(matches!(absent, Err(Error::NoVersion(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_publishers_give_consecutive_versions_and_one_for_each_trigger() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let publishers = (0..12).map(|publisher| {
        let (store, trigger) = (store.clone(), publisher / 2);
        tokio::spawn(async move {
            model::publish(&store, artifact(&format!("{publisher}")), draft(&[trigger])).await
        })
    });
    let ends: Vec<_> = join_all(publishers).await.into_iter().map(|end| end.unwrap().unwrap()).collect();
    assert_eq!(ends.iter().filter(|end| end.won).count(), 6);
    for pair in ends.chunks(2) {
        assert_eq!(pair[0].version(), pair[1].version());
    }
    let minors: Vec<u32> =
        model::versions(&store).await.unwrap().iter().map(|version| version.minor).collect();
    assert_eq!(minors, [1, 2, 3, 4, 5, 6]);
    for minor in minors {
        model::load(&store, Version { major: 0, minor }).await.unwrap();
    }
}

#[tokio::test]
async fn one_registry_holds_one_model_name() {
    let store = in_memory();
    model::publish(&store, artifact("a"), draft(&[1])).await.unwrap();
    let other = Draft { model_name: "other".into(), ..draft(&[2]) };
    let error = model::publish(&store, artifact("b"), other).await.unwrap_err();
    assert!(error.to_string().starts_with("this registry holds model als, not other"), "{error}");
    let path = Draft { model_name: "a/b".into(), ..draft(&[2]) };
    assert!(matches!(model::publish(&store, artifact("b"), path).await, Err(Error::Name { .. })));
}

#[tokio::test]
async fn what_could_not_be_read_back_is_not_published() {
    let store = in_memory();
    let mut unreadable = draft(&[1]);
    unreadable.metrics.hr_at_10 = f64::NAN;
    let error = model::publish(&store, artifact("a"), unreadable).await.unwrap_err();
    assert!(matches!(error, Error::Meta { .. }), "{error}");
    let mut twice = draft(&[1]);
    twice.metrics.extra.insert("factors".into(), 3.into());
    assert!(model::publish(&store, artifact("a"), twice).await.is_err());
    assert_eq!(model::versions(&store).await.unwrap(), []);
}

#[tokio::test]
async fn a_version_without_meta_is_not_published() {
    let store = in_memory();
    store.put_if_absent("model_registry/v0.1/als/ab.safetensors", artifact("half")).await.unwrap();
    assert_eq!(model::versions(&store).await.unwrap(), []);
    let published = model::publish(&store, artifact("a"), draft(&[1])).await.unwrap();
    assert_eq!(published.version(), Version::FIRST);
}
