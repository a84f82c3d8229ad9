//! Real ratings of real people.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use schemas::topic;

use crate::stack::{Stack, all, matinee, newest_manifest, open_log, prints_json};

fn data_set() -> PathBuf {
    let folder = std::env::var_os("MATINEE_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    folder.join("ml-latest-small")
}

fn rows(file: &str) -> usize {
    let text = std::fs::read_to_string(data_set().join(file)).unwrap();
    text.lines().skip(1).filter(|line| !line.trim().is_empty()).count()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MovieLens"]
async fn an_import_becomes_recommendations_with_titles_and_is_never_doubled() {
    let data = tempfile::tempdir().unwrap();
    let folder = data_set();
    let import = ["import", "movielens", folder.to_str().unwrap(), "--json"];

    // Killed in the middle, run again, and run once more.
    let mut first = matinee(data.path(), &import).stdout(Stdio::null()).spawn().unwrap();
    let log = open_log(data.path()).await;
    log.declare(&kafka::declared()).await.unwrap();
    while all(&log, topic::RATE_EVENTS).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(all(&log, topic::RATE_EVENTS).await.len() < rows("ratings.csv"));
    prints_json(&mut matinee(data.path(), &import));
    let there = all(&log, topic::RATE_EVENTS).await.len();
    prints_json(&mut matinee(data.path(), &import));
    assert_eq!(all(&log, topic::RATE_EVENTS).await.len(), there);
    let movies = all(&log, topic::CATALOG_UPDATES).await;
    assert!(movies.len() >= rows("movies.csv"));

    let stack = Stack::up_with(data.path(), &[("MATINEE__TRAINER__PARAMETERS__FACTORS", "32")]).await;
    stack.serves("v0.1").await;

    // A crash may have repeated a record in the log, never an interaction.
    assert_eq!(newest_manifest(data.path())["totals"]["rows"], there);
    let (_, switched) = stack.get("/switch?model=latest").await;
    let metrics = &switched["meta"]["metrics"];
    assert_eq!(metrics["interactions"], rows("ratings.csv"));
    let better = metrics["hr_at_10"].as_f64().unwrap() / metrics["popularity_hr_at_10"].as_f64().unwrap();
    assert!(better > 1.5, "{metrics}");

    let (status, body) = stack.get("/recommend/1?k=10").await;
    assert_eq!((status, &body["served_by"]), (200, &"als".into()));
    let recommended = body["recommendations"].as_array().unwrap();
    assert_eq!(recommended.len(), 10);
    let ratings = std::fs::read_to_string(folder.join("ratings.csv")).unwrap();
    for item in recommended {
        assert!(!item["title"].as_str().unwrap().is_empty());
        assert!(!ratings.lines().any(|line| line.starts_with(&format!("1,{},", item["movie_id"]))), "{item}");
    }
    stack.stop();
}
