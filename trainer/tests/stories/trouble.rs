//! What goes wrong is an outcome, and the service lives on.

use std::path::{Path, PathBuf};

use registry::outcome::Ending;

use crate::world::{World, people, published};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_is_refused_with_its_numbers() {
    let world = World::new().await;
    let trainer = world.start();
    let nothing = world.ask("nothing", false).await;
    let Ending::Refused { reason, numbers } = world.ending(nothing).await else { panic!("not refused") };
    assert!(reason.contains("0 interactions of 0 users"), "{reason}");
    assert_eq!(numbers["bootstrap_min_interactions"], 20);

    // No force makes a model of nothing.
    let forced = world.ask("forced", true).await;
    let Ending::Refused { reason, .. } = world.ending(forced).await else { panic!("not refused") };
    assert!(reason.contains("nothing to learn from"), "{reason}");

    world.append(people(2, 1)).await;
    world.ingest(100).await;
    let little = world.ask("little", false).await;
    assert!(matches!(world.ending(little).await, Ending::Refused { .. }));
    assert!(world.versions().await.is_empty());
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_segment_fails_the_retrain_and_nothing_else() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let path = first_file(&world.dir.path().join("objects/snapshots/segments"));
    let sound = std::fs::read(&path).unwrap();
    let mut damaged = sound.clone();
    damaged[sound.len() / 2] ^= 1;
    std::fs::write(&path, &damaged).unwrap();

    let trainer = world.start();
    let offset = world.ask("a", false).await;
    let Ending::Failed { error, attempts } = world.ending(offset).await else { panic!("not failed") };
    assert_eq!(attempts, 3);
    let coordinates = error.contains("watch-events") || error.contains("rate-events");
    assert!(coordinates, "{error}");
    assert!(world.health.report(std::time::Instant::now()).is_ready());

    std::fs::write(&path, &sound).unwrap();
    let offset = world.ask("b", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));

    // The champion's artifact is damaged: the next model is compared by its parameters.
    let path = first_file(&world.dir.path().join("objects/model_registry/v0.1/als"));
    std::fs::write(&path, b"damaged").unwrap();
    world.append(people(40, 2)).await;
    world.ingest(100).await;
    let offset = world.ask("c", false).await;
    assert_eq!(world.ending(offset).await, published("v0.2"));
    let note = world.meta("v0.2").await.gate_report.note;
    assert!(note.contains("its artifact cannot be used"), "{note}");
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingestors_that_lag_are_waited_for_and_not_for_ever() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    world.append(people(40, 2)).await;
    let trainer = world.start();
    let offset = world.ask("a", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    let offsets = world.meta("v0.1").await.offsets;
    assert_eq!(offsets.iter().map(|position| position.offset).sum::<i64>(), 240);
    trainer.stop().await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_said_at_once() {
    let mut world = World::new().await;
    world.config.parameters.factors = 0;
    let metrics = trainer::Metrics::new(&world.prometheus).unwrap();
    let ended = trainer::run(world.parts(metrics), Default::default()).await;
    assert!(ended.unwrap_err().to_string().contains("factors"));
}

fn first_file(folder: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let first = entries.remove(0);
    if first.is_dir() { first_file(&first) } else { first }
}
