//! What cannot be answered: a problem document that says what and why, and a record all the same.

use tempfile::tempdir;

use crate::recommender::Recommender;

#[tokio::test]
async fn before_the_first_model_it_is_not_ready_and_says_so() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;

    let (status, body) = recommender.get("/recommend/1").await;
    assert_eq!((status, &body["type"]), (503, &"urn:matinee:problem:no_model".into()));
    let (status, body) = recommender.get("/readyz").await;
    assert_eq!((status, &body["status"]), (503, &"failing".into()));
    assert!(body["checks"]["model"]["reason"].is_string());
    assert_eq!(recommender.get("/healthz").await.0, 200);

    let record = recommender.responses(1).await.remove(0);
    assert_eq!((record.status, record.user_id, record.k), (503, 1, 10));
    assert_eq!(record.error_type.as_deref(), Some("no_model"));
    recommender.stop().await;
}

#[tokio::test]
async fn bad_input_is_named() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;

    let cases = [
        ("/recommend/1?k=0", 400, "invalid_k", "\"0\""),
        ("/recommend/1?k=101", 400, "invalid_k", "100"),
        ("/recommend/1?k=ten", 400, "invalid_k", "ten"),
        ("/recommend/1?k=", 400, "invalid_k", "k is"),
        ("/recommend/1?k=1&k=2", 400, "invalid_query", "k"),
        ("/recommend/bob", 400, "invalid_user_id", "bob"),
        ("/recommend/-1", 400, "invalid_user_id", "-1"),
        ("/recommend/99999999999", 400, "invalid_user_id", "99999999999"),
        ("/recommend/%FF", 400, "invalid_user_id", ""),
        ("/nowhere", 404, "no_route", "/nowhere"),
        ("/switch", 400, "invalid_model", "missing"),
        ("/switch?model=..%2F..%2Fetc%2Fpasswd", 400, "invalid_model", "etc/passwd"),
        ("/switch?model=v9.9", 404, "unknown_model", "v9.9"),
    ];
    for (path, status, kind, detail) in cases {
        let response = recommender.response(path, &[("x-request-id", "bad")]).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        assert_eq!(response.headers()["x-request-id"], "bad", "{path}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["type"], format!("urn:matinee:problem:{kind}"), "{path}");
        assert_eq!(body["status"], status, "{path}");
        assert!(body["detail"].as_str().unwrap().contains(detail), "{path}: {body}");
    }
    assert_eq!(recommender.post("/recommend/1").await, 405);
    assert_eq!(recommender.get("/trace/%FF").await.0, 400);

    // Nine of them, and the POST, are outcomes of /recommend.
    let records = recommender.responses(10).await;
    assert!(records.iter().all(|record| record.status >= 400 && record.movie_ids.is_empty()));
    assert_eq!(records.iter().filter(|record| record.user_id == -1).count(), 5);
    assert_eq!((records[9].method.as_str(), records[9].status), ("POST", 405));
    recommender.stop().await;
}

#[tokio::test]
async fn metrics_count_by_status_and_template() {
    let folder = tempdir().unwrap();
    let recommender = Recommender::start(folder.path()).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;
    recommender.get("/recommend/1").await;
    recommender.get("/recommend/bob").await;

    let text = runtime::metrics::text(std::slice::from_ref(&recommender.registry)).unwrap();

    for line in [
        r#"recommend_requests_total{endpoint="/recommend/{user_id}",status="200"} 1"#,
        r#"recommend_requests_total{endpoint="/recommend/{user_id}",status="400"} 1"#,
        r#"recommend_errors_total{endpoint="/recommend/{user_id}",error_type="invalid_user_id"} 1"#,
        r#"recommend_latency_seconds_bucket{endpoint="/recommend/{user_id}",le="0.1"} 2"#,
        r#"model_switches_total{from_version="",status="ok",to_version="v0.1"} 1"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for name in
        ["model_version_info", "service_uptime_seconds", "service_health_status", "model_load_seconds"]
    {
        assert!(text.contains(name), "{name}");
    }
    recommender.stop().await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_is_not_given() {
    let folder = tempdir().unwrap();
    let config = recommender::Config { outbox_bytes: 0, ..Default::default() };
    let recommender = Recommender::start_with(folder.path(), config).await;
    recommender.publish(0).await;
    recommender.serves("v0.1").await;
    // The outbox is over its limit for as long as the first record waits; that one cannot be forwarded without a topic.
    let mut refused = false;
    for _ in 0..200 {
        let (status, body) = recommender.get("/recommend/1").await;
        if status == 503 {
            assert_eq!(body["type"], "urn:matinee:problem:no_provenance");
            refused = true;
            break;
        }
    }
    assert!(refused, "no request met a full outbox");
    recommender.stop().await;
}
