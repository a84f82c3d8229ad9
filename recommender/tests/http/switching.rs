//! Changing what serves.

use tempfile::tempdir;

use crate::recommender::Recommender;

#[tokio::test]
async fn a_switch_is_read_back_before_it_is_answered() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.publish(1).await;
    recommender.serves("v0.2").await;

    let (status, body) = recommender.get("/switch?model=v0.1").await;
    assert_eq!(status, 200);
    assert_eq!((&body["status"], &body["model_version"]), (&"ok".into(), &"v0.1".into()));
    assert_eq!((&body["previous_version"], &body["rollout_epoch"]), (&"v0.2".into(), &1.into()));
    assert_eq!(body["meta"]["version"], "v0.1");
    assert_eq!(body["meta"]["metrics"]["hr_at_10"], 0.5);
    assert_eq!(recommender.get("/recommend/1").await.1["model"], "v0.1");

    // While a version is asked for by name, announcements move nothing.
    recommender.publish(2).await;
    recommender
        .until("the announcement is heard", async |r: &Recommender| {
            r.get("/switch?model=v0.3").await.0 == 200
        })
        .await;
    recommender.get("/switch?model=v0.1").await;
    assert_eq!(recommender.get("/recommend/1").await.1["model"], "v0.1");

    let (_, body) = recommender.get("/switch?model=latest").await;
    assert_eq!(body["model_version"], "v0.3");
    recommender.stop().await;
}

#[tokio::test]
async fn a_switch_that_is_asked_again_under_its_id_counts_once() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.publish(1).await;
    recommender.serves("v0.2").await;
    for _ in 0..3 {
        let (status, body) = recommender.get("/switch?model=v0.1&update_id=mine").await;
        assert_eq!((status, &body["rollout_epoch"]), (200, &1.into()), "{body}");
    }
    let (status, body) = recommender.get("/switch?model=v0.1&update_id=not%20plain").await;
    assert_eq!((status, &body["type"]), (400, &"urn:matinee:problem:invalid_update_id".into()));
    recommender.stop().await;
}

#[tokio::test]
async fn a_switch_survives_a_restart() {
    let folder = tempdir().unwrap();
    let first = Recommender::start(folder.path()).await;
    first.publish(0).await;
    first.publish(1).await;
    first.serves("v0.2").await;
    first.get("/switch?model=v0.1").await;
    first.stop().await;

    let second = Recommender::start(folder.path()).await;
    second.serves("v0.1").await;
    second.stop().await;
}

#[tokio::test]
async fn a_web_page_and_a_proxy_may_not_switch() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;
    for header in
        [("origin", "http://evil.example"), ("x-forwarded-for", "10.0.0.1"), ("host", "evil.example")]
    {
        let (status, body) = recommender.get_with("/switch?model=latest", &[header]).await;
        assert_eq!((status, &body["type"]), (403, &"urn:matinee:problem:forbidden".into()), "{header:?}");
    }
    let token = recommender::Config { token: Some("s3cret".to_owned().into()), ..Default::default() };
    recommender.stop().await;

    let guarded = Recommender::start_with(folder.path(), token).await;
    guarded.serves("v0.1").await;
    let headers = [("origin", "http://ops.example"), ("authorization", "Bearer s3cret")];
    assert_eq!(guarded.get_with("/switch?model=latest", &headers).await.0, 200);
    guarded.stop().await;
}

#[tokio::test]
async fn of_two_instances_both_hear_a_switch() {
    let folder = tempdir().unwrap();
    let one = Recommender::start(folder.path()).await;
    let two = Recommender::start(folder.path()).await;
    one.publish(0).await;
    one.publish(1).await;
    one.serves("v0.2").await;
    two.serves("v0.2").await;
    assert_eq!(one.get("/switch?model=v0.1").await.0, 200);
    two.serves("v0.1").await;
    one.stop().await;
    two.stop().await;
}
