//! Two models and a swap under load, without an error.

use crate::people::{catalogue, watch_theirs};
use crate::stack::{Stack, matinee, prints_json};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_model_takes_over_while_people_ask_and_nobody_notices() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::up(data.path()).await;
    catalogue(&stack.log).await;
    watch_theirs(&stack.log, 1, 61, 10).await;
    stack.retrain("first").await;
    stack.serves("v0.1").await;

    let audience = {
        let (data, url) = (data.path().to_owned(), stack.url.clone());
        tokio::task::spawn_blocking(move || {
            let arguments =
                ["simulate", "--url", &url, "--users", "60", "--rate", "80", "--duration", "8s", "--json"];
            prints_json(&mut matinee(&data, &arguments))
        })
    };
    stack
        .until("people ask", async |stack: &Stack| stack.metrics().await.contains(r#"served_by="fold_in""#))
        .await;
    watch_theirs(&stack.log, 61, 121, 10).await;
    stack.retrain("second").await;
    stack.serves("v0.2").await;
    let report = audience.await.unwrap();

    let requests = report["requests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["200"], "{report}");
    assert!(requests["200"].as_u64().unwrap() > 500, "{report}");
    let models = report["models"].as_object().unwrap();
    assert!(models.contains_key("v0.1") && models.contains_key("v0.2"), "{report}");

    // Back at once, and on again.
    assert_eq!(stack.get("/switch?model=v0.1").await.1["previous_version"], "v0.2");
    assert_eq!(stack.get("/recommend/1").await.1["model"], "v0.1");
    stack.get("/switch?model=latest").await;
    stack.stop();

    let replayed = prints_json(&mut matinee(data.path(), &["replay", "--verify", "--json"]));
    assert!(replayed["checked"].as_u64().unwrap() > 500, "{replayed}");
    assert_eq!(replayed["identical"], replayed["checked"], "{replayed}");
}
