//! A listener over the loopback.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use prometheus::{IntCounter, Registry};
use runtime::{Health, Listener, metrics};
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const DRAIN: Duration = Duration::from_millis(200);

async fn serve(router: Router) -> (String, CancellationToken, JoinHandle<Result<(), runtime::Error>>) {
    let listener = Listener::bind("127.0.0.1", 0).await.unwrap();
    let (url, stop) = (listener.url(), CancellationToken::new());
    (url, stop.clone(), tokio::spawn(listener.serve(router, stop, DRAIN)))
}

#[tokio::test]
async fn a_port_in_use_is_said_in_one_line() {
    let first = Listener::bind("127.0.0.1", 0).await.unwrap();
    let port = first.address().port();
    assert_ne!(port, 0);
    let error = Listener::bind("127.0.0.1", port).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("cannot listen on 127.0.0.1:{port}: address already in use; choose another with --port")
    );
    let error = Listener::bind("192.0.2.1", 0).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot listen on 192.0.2.1:0: ") && error.contains("--host"), "{error}");
}

#[tokio::test]
async fn health_follows_its_checks() {
    let health = Health::new(Instant::now());
    let model = health.check("model");
    let fields = || Map::from_iter([("model_version".to_owned(), Value::from("v0.1"))]);
    let (url, stop, served) = serve(health.routes(fields)).await;

    let response = reqwest::get(format!("{url}/readyz")).await.unwrap();
    assert_eq!(response.status(), 503);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["checks"]["model"]["reason"], "starting");
    assert_eq!(reqwest::get(format!("{url}/healthz")).await.unwrap().status(), 200);

    model.ok();
    let response = reqwest::get(format!("{url}/readyz")).await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["status"], &body["model_version"]), (&Value::from("ok"), &Value::from("v0.1")));
    assert!(body["uptime_s"].as_f64().unwrap() >= 0.0);
    stop.cancel();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn metrics_have_the_text_format() {
    let registry = Registry::new();
    let counter = IntCounter::new("events_total", "Events").unwrap();
    counter.inc_by(3);
    registry.register(Box::new(counter)).unwrap();
    let (url, stop, served) = serve(metrics::route(vec![registry])).await;
    let response = reqwest::get(format!("{url}/metrics")).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    assert!(response.text().await.unwrap().contains("events_total 3\n"));
    stop.cancel();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_open_request_is_finished_and_an_endless_one_left() {
    let slow = get(async || tokio::time::sleep(DRAIN / 4).await);
    let endless = get(async || std::future::pending::<()>().await);
    let (url, stop, served) = serve(Router::new().route("/slow", slow).route("/endless", endless)).await;
    let slow = tokio::spawn(reqwest::get(format!("{url}/slow")));
    let endless = tokio::spawn(reqwest::get(format!("{url}/endless")));
    tokio::time::sleep(DRAIN / 8).await;
    let stopped = Instant::now();
    stop.cancel();
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    served.await.unwrap().unwrap();
    assert!(stopped.elapsed() >= DRAIN && stopped.elapsed() < DRAIN * 10);
    endless.abort();
}
