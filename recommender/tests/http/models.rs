//! Good models and bad ones.

use registry::model::{artifact_path, meta_path};
use tempfile::tempdir;

use crate::recommender::{Recommender, announce, publish};

#[tokio::test]
async fn a_damaged_model_is_refused_and_the_old_one_goes_on_serving() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let meta = publish(&recommender.log, &recommender.store, 1).await;
    let path = folder.path().join("objects").join(artifact_path(meta.version, &meta.artifact_sha));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    announce(&recommender.log, &meta).await;

    recommender
        .until("the refusal", async |r: &Recommender| {
            let text = runtime::metrics::text(std::slice::from_ref(&r.registry)).unwrap();
            text.contains(r#"model_switches_total{from_version="v0.1",status="refused",to_version="v0.2"} 1"#)
        })
        .await;
    assert_eq!(recommender.get("/recommend/1").await.1["model"], "v0.1");
    let (status, body) = recommender.get("/switch?model=v0.2").await;
    assert_eq!((status, &body["type"]), (422, &"urn:matinee:problem:bad_model".into()));
    assert!(body["detail"].as_str().unwrap().contains("damaged"), "{body}");

    // A restart comes to the same: the greatest version that is good.
    recommender.stop().await;
    let again = Recommender::start(folder.path()).await;
    again.serves("v0.1").await;

    // Mended, it serves as soon as somebody asks for it.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (status, body) = again.get("/switch?model=v0.2").await;
    assert_eq!((status, &body["model_version"]), (200, &"v0.2".into()), "{body}");
    again.stop().await;
}

#[tokio::test]
async fn when_the_only_model_is_damaged_readiness_says_so() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    let meta = publish(&recommender.log, &recommender.store, 0).await;
    let path = folder.path().join("objects").join(artifact_path(meta.version, &meta.artifact_sha));
    std::fs::write(&path, "no model").unwrap();
    announce(&recommender.log, &meta).await;
    recommender
        .until("the refusal", async |r: &Recommender| {
            let (status, body) = r.get("/readyz").await;
            status == 503 && body["checks"]["model"]["reason"].as_str().unwrap().contains("damaged")
        })
        .await;
    recommender.stop().await;
}

#[tokio::test]
async fn a_meta_that_cannot_be_read_keeps_only_its_own_model_from_serving() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    let first = recommender.publish(0).await;
    recommender.publish(1).await;
    recommender.serves("v0.2").await;
    recommender.stop().await;

    let path = folder.path().join("objects").join(meta_path(first.version));
    std::fs::write(&path, "{\"version\": ").unwrap();
    let again = Recommender::start(folder.path()).await;
    again.serves("v0.2").await;
    let (status, body) = again.get("/switch?model=v0.1").await;
    assert_eq!((status, &body["type"]), (422, &"urn:matinee:problem:bad_model".into()), "{body}");
    again.stop().await;
}

#[tokio::test]
async fn a_swap_under_load_fails_no_request() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let mut statuses = Vec::new();
    let (asked, swapped) = tokio::join!(
        async {
            for round in 0..600 {
                statuses.push(recommender.get(&format!("/recommend/{}", round % 30)).await.0);
            }
            statuses.len()
        },
        async {
            for trigger in 1..6 {
                recommender.publish(trigger).await;
                recommender.serves(&format!("v0.{}", trigger + 1)).await;
            }
            5
        },
    );
    assert_eq!((asked, swapped), (600, 5));
    assert!(statuses.iter().all(|status| *status == 200));
    recommender.responses(600).await;
    recommender.stop().await;
}
