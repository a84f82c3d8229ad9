//! A trainer that died between two steps.

use registry::model::{Draft, GateReport, Meta, Metrics, Verdict};
use registry::outcome::{self, Ending, Outcome};
use schemas::topic;

use crate::world::{MODEL, World, people, published};

/// The publication alone, as a trainer leaves it that dies right after.
async fn publish_only(world: &World, triggers: &[i64]) -> Meta {
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let declared = topic::EVENT_TOPICS.map(|name| (name, 2));
    let manifest = registry::snapshot::cut(&world.store, &declared, 1).await.unwrap();
    let draft = Draft {
        created_at: "2024-01-01T00:00:00Z".to_owned(),
        model_name: MODEL.to_owned(),
        git_sha: "dev".to_owned(),
        data_snapshot_id: manifest.data_snapshot_id.clone(),
        metrics: Metrics {
            hr_at_10: 0.1,
            ndcg_at_10: 0.05,
            coverage: 0.5,
            popularity_hr_at_10: 0.1,
            popularity_ndcg_at_10: 0.05,
            factors: 8,
            iterations: 4,
            regularization: 1.0,
            users: 40,
            movies: 30,
            interactions: 200,
            evaluated_users: 40,
            extra: Default::default(),
        },
        kernel_version: als::KERNEL_VERSION as i32,
        offsets: manifest.next_offsets(),
        triggers: triggers.to_vec(),
        parent: None,
        gate: Verdict::Bootstrap,
        gate_report: GateReport { note: String::new(), numbers: Default::default() },
        durations_ms: Default::default(),
        parameters: match serde_json::to_value(world.config.parameters).unwrap() {
            serde_json::Value::Object(named) => named.into_iter().collect(),
            other => panic!("{other}"),
        },
    };
    registry::model::publish(&world.store, b"an artifact".to_vec().into(), draft).await.unwrap().meta
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_after_publication() {
    let world = World::new().await;
    for id in ["a", "b", "later"] {
        world.ask(id, false).await;
    }
    let meta = publish_only(&world, &[0, 1]).await;
    let trainer = world.start();
    // The trigger that it did not name is served after the repair, and finds nothing new.
    assert_eq!(world.ending(2).await, Ending::Unchanged { version: meta.version });
    assert_eq!(world.ending(0).await, Ending::Collapsed { into: 1 });
    assert_eq!(world.ending(1).await, published("v0.1"));
    assert_eq!(world.announced(1).await[0].artifact_sha, meta.artifact_sha);
    assert_eq!(world.versions().await, ["v0.1"]);
    trainer.stop().await;

    let trainer = world.start();
    let offset = world.ask("last", false).await;
    world.ending(offset).await;
    assert_eq!(world.announced(1).await.len(), 1, "announced twice");
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_before_the_announcement() {
    let world = World::new().await;
    world.ask("a", false).await;
    let meta = publish_only(&world, &[0]).await;
    let ended = Outcome {
        format: outcome::FORMAT,
        model_name: MODEL.to_owned(),
        trigger_offset: 0,
        trigger_id: "a".to_owned(),
        ts: 1,
        data_snapshot_id: Some(meta.data_snapshot_id.clone()),
        result: published("v0.1"),
    };
    outcome::put(&world.store, &ended).await.unwrap();
    let trainer = world.start();
    assert_eq!(world.announced(1).await[0].model_version, "v0.1");
    trainer.stop().await;
    assert_eq!(world.outcome(0).await, ended);
    assert_eq!(world.versions().await, ["v0.1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_there_is_one_model_for_one_trigger() {
    for pause_ms in [0, 5, 10, 20, 40, 80] {
        let world = World::new().await;
        world.append(people(40, 1)).await;
        world.ingest(20).await;
        let offset = world.ask("a", false).await;
        let first = world.start();
        tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
        first.kill().await;
        let second = world.start();
        assert_eq!(world.ending(offset).await, published("v0.1"));
        assert_eq!(world.announced(1).await[0].triggers, [offset]);
        second.stop().await;
        assert_eq!(world.versions().await, ["v0.1"]);
        assert_eq!(world.announced(1).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_cannot_be_read_stops_nothing() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let trainer = world.start();
    let offset = world.ask("a", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    trainer.stop().await;
    // The newest one is of a later build, and so is how another trigger ended.
    let later = r#"{"format": 2, "version": "v0.2"}"#;
    world.store.put_if_absent("model_registry/v0.2/meta.json", later.into()).await.unwrap();
    let offset = world.ask("b", false).await;
    let path = format!("outcomes/{MODEL}/{offset:020}.json");
    world.store.put_if_absent(&path, later.into()).await.unwrap();

    world.append(people(40, 2)).await;
    world.ingest(100).await;
    let trainer = world.start();
    let offset = world.ask("c", false).await;
    assert_eq!(world.ending(offset).await, published("v0.3"));
    let meta = world.meta("v0.3").await;
    assert_eq!(meta.parent.map(|parent| parent.to_string()).as_deref(), Some("v0.1"));
    assert_eq!((meta.triggers, meta.gate), (vec![offset], Verdict::Champion));
    trainer.stop().await;

    // One in the middle is damaged.
    let path = world.dir.path().join("objects/model_registry/v0.1/meta.json");
    std::fs::write(path, "{").unwrap();
    let trainer = world.start();
    let offset = world.ask("d", false).await;
    assert_eq!(world.ending(offset).await, Ending::Unchanged { version: "v0.3".parse().unwrap() });
    let announced: Vec<_> = world.announced(2).await.into_iter().map(|update| update.model_version).collect();
    assert_eq!(announced, ["v0.1", "v0.3"]);
    trainer.stop().await;
}
