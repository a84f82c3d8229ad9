//! The gate says no, and says why.

use registry::model::Verdict;
use registry::outcome::Ending;
use trainer::{Gate, Parameters};

use crate::world::{World, people, published};

/// A champion, then a trainer that was told to make poor models.
async fn with_poor_parameters(min_users: usize) -> World {
    let mut world = World::new().await;
    world.append(people(60, 1)).await;
    world.ingest(100).await;
    let trainer = world.start();
    let offset = world.ask("good", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    trainer.stop().await;
    // Nothing counts as liked but the highest ratings, of which there are few.
    world.config.parameters =
        Parameters { regularization: 1e9, liked_progress: 1.0, ..world.config.parameters };
    world.config.gate = Gate { margin: 0.0, standard_errors: 0.0, min_users, ..world.config.gate };
    world.append(people(60, 2)).await;
    world.ingest(100).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worse_than_the_champions_artifact() {
    let world = with_poor_parameters(10).await;
    let trainer = world.start();
    let offset = world.ask("poor", false).await;
    let Ending::Refused { reason, numbers } = world.ending(offset).await else { panic!("not refused") };
    assert!(reason.contains("v0.1 has"), "{reason}");
    assert_eq!((&numbers["basis"], &numbers["champion"]), (&"artifact".into(), &"v0.1".into()));
    assert!(
        numbers["candidate_ndcg_at_10"].as_f64() < numbers["champion_ndcg_at_10"].as_f64(),
        "{numbers:?}"
    );
    assert_eq!(world.versions().await, ["v0.1"]);

    let offset = world.ask("poor, and wanted", true).await;
    assert_eq!(world.ending(offset).await, published("v0.2"));
    let meta = world.meta("v0.2").await;
    assert_eq!(meta.gate, Verdict::Forced);
    let note = meta.gate_report.note;
    assert!(note.contains("would have been refused"), "{note}");
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worse_than_the_champions_parameters() {
    let world = with_poor_parameters(1_000).await;
    let trainer = world.start();
    let offset = world.ask("poor", false).await;
    let Ending::Refused { numbers, .. } = world.ending(offset).await else { panic!("not refused") };
    assert_eq!((&numbers["basis"], &numbers["min_users"]), (&"refit".into(), &1_000.into()));
    trainer.stop().await;
}
