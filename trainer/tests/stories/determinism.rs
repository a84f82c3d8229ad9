//! The same events give the same bytes.

use schemas::Event;

use crate::world::{World, people, published};

/// The snapshot and the artifact of a first model.
async fn train(events: Vec<Event>, segment_rows: usize, threads: usize) -> (String, String) {
    let mut world = World::new().await;
    world.config.threads = threads;
    world.append(events).await;
    world.ingest(segment_rows).await;
    let trainer = world.start();
    let offset = world.ask("a", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    trainer.stop().await;
    let meta = world.meta("v0.1").await;
    (meta.data_snapshot_id, meta.artifact_sha)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_the_segments_are_cut_and_on_any_number_of_threads() {
    let expected = train(people(40, 1), 1000, 1).await;
    assert_eq!(train(people(40, 1), 3, 4).await, expected);

    // An event that came twice is in another snapshot and changes nothing in the model.
    let repeated = people(40, 1).into_iter().chain(people(7, 1)).collect();
    let (snapshot, artifact) = train(repeated, 50, 2).await;
    assert_ne!(snapshot, expected.0);
    assert_eq!(artifact, expected.1);
}
