//! What is answered, and what it leaves.

use tempfile::tempdir;

use crate::recommender::Recommender;

fn ids(body: &serde_json::Value) -> Vec<i64> {
    body["items"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

#[tokio::test]
async fn an_answer_says_what_who_and_from_what() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.add_movie(105, "Seven Samurai (1954)", true).await;
    let meta = recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let (status, body) = recommender.get_with("/recommend/1?k=3", &[("x-request-id", "my-request")]).await;

    assert_eq!(status, 200);
    assert_eq!(
        (&body["user_id"], &body["model"], &body["served_by"]),
        (&1.into(), &"v0.1".into(), &"als".into())
    );
    assert!(body["variant"].is_null());
    let recommended = body["recommendations"].as_array().unwrap();
    assert_eq!(recommended.iter().map(|r| r["movie_id"].as_i64().unwrap()).collect::<Vec<_>>(), ids(&body));
    assert_eq!(recommended.len(), 3);
    assert!(recommended.iter().all(|r| r["score"].is_f64()));
    let provenance = &body["provenance"];
    assert_eq!(provenance["request_id"], "my-request");
    assert_eq!(provenance["model_version"], "v0.1");
    assert_eq!(provenance["git_sha"], "trained-by");
    assert_eq!(provenance["data_snapshot_id"], "5".repeat(64));
    assert_eq!(provenance["artifact_sha"], meta.artifact_sha);
    assert!(provenance["container_image_digest"].is_null());
    assert!(provenance["latency_ms"].is_f64());
    recommender.stop().await;
}

#[tokio::test]
async fn every_answer_leaves_a_record_with_the_same_list_and_can_be_traced() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let headers = [("x-request-id", "traced"), ("traceparent", "00-aa-bb-01")];
    let (_, body) = recommender.get_with("/recommend/2?k=4", &headers).await;

    let record = recommender.responses(1).await.remove(0);
    assert_eq!(record.request_id, "traced");
    assert_eq!(record.movie_ids.iter().map(|id| i64::from(*id)).collect::<Vec<_>>(), ids(&body));
    let scores: Vec<f32> = body["recommendations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["score"].as_f64().unwrap() as f32)
        .collect();
    assert_eq!(record.scores, scores);
    assert_eq!((record.k, record.status, record.strategy.as_str()), (4, 200, "fixed"));
    assert_eq!((record.endpoint.as_str(), record.method.as_str()), ("/recommend/{user_id}", "GET"));
    assert_eq!(record.traceparent.as_deref(), Some("00-aa-bb-01"));
    assert_eq!(record.live.len(), 2);

    let (status, trace) = recommender.get("/trace/traced").await;
    assert_eq!(status, 200);
    assert_eq!(trace["trace"]["num_items"], 4);
    assert_eq!(trace["trace"]["path"], "/recommend/{user_id}");
    assert_eq!(recommender.get("/trace/nobody").await.0, 404);
    recommender.stop().await;
}

#[tokio::test]
async fn a_stranger_gets_what_is_popular_and_after_one_watch_what_is_theirs() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let (_, before) = recommender.get("/recommend/999").await;
    assert_eq!(before["served_by"], "popular");
    let watched = ids(&before)[0];
    recommender.watch(999, watched as i32).await;

    recommender
        .until("the watch is heard", async |r: &Recommender| {
            r.get("/recommend/999").await.1["served_by"] == "fold_in"
        })
        .await;
    let (_, after) = recommender.get("/recommend/999").await;
    assert!(!ids(&after).contains(&watched));
    let live = after["provenance"]["live"].as_array().unwrap().clone();
    let watches = live.iter().find(|range| range["topic"] == "watch-events").unwrap();
    assert_eq!((watches["from"].as_i64(), watches["to"].as_i64()), (Some(0), Some(1)));
    recommender.stop().await;
}

#[tokio::test]
async fn a_title_is_shown_and_what_is_withdrawn_is_not_recommended() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    for movie_id in 100..112 {
        recommender.add_movie(movie_id, &format!("Movie {movie_id}"), true).await;
    }
    recommender.publish(0).await;
    recommender.serves("v0.1").await;
    recommender
        .until("titles", async |r: &Recommender| {
            r.get("/recommend/3?k=1").await.1["recommendations"][0]["title"].is_string()
        })
        .await;
    let first = ids(&recommender.get("/recommend/3").await.1)[0];

    recommender.add_movie(first as i32, "gone", false).await;

    recommender
        .until("the withdrawal is heard", async |r: &Recommender| {
            !ids(&r.get("/recommend/3").await.1).contains(&first)
        })
        .await;
    recommender.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_with_the_numbers_the_traces_and_what_was_watched() {
    let folder = tempdir().unwrap();
    let first = Recommender::start(folder.path()).await;
    first.publish(0).await;
    first.serves("v0.1").await;
    first.get_with("/recommend/1", &[("x-request-id", "before")]).await;
    first.watch(999, 100).await;
    let instance = first.responses(1).await.remove(0).instance_id;
    first.stop().await;

    let second = Recommender::start(folder.path()).await;
    second.until("ready", async |r: &Recommender| r.get("/readyz").await.0 == 200).await;
    let (_, body) = second.get("/recommend/999").await;
    assert_eq!(body["served_by"], "fold_in");
    assert_eq!(body["provenance"]["instance_seq"], 1);
    assert_eq!(body["provenance"]["instance_id"], *instance);
    second.until("the old trace", async |r: &Recommender| r.get("/trace/before").await.0 == 200).await;
    second.stop().await;
}
