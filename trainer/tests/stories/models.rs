//! From triggers to models.

use registry::model::Verdict;
use registry::outcome::Ending;
use trainer::Happening;

use crate::world::{World, people, published};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_model_then_nothing_new_then_the_next_one() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(7).await;
    let trainer = world.start();

    let first = world.ask("first", false).await;
    assert_eq!(world.ending(first).await, published("v0.1"));
    let meta = world.meta("v0.1").await;
    assert_eq!((meta.triggers, meta.parent, meta.gate), (vec![first], None, Verdict::Bootstrap));
    assert_eq!((meta.metrics.users, meta.metrics.evaluated_users), (40, 40));
    assert_eq!(meta.offsets.iter().map(|position| position.offset).sum::<i64>(), 240);
    assert!(meta.metrics.hr_at_10 > 0.3 && meta.metrics.hr_at_10 <= 1.0, "{:?}", meta.metrics);
    let update = world.announced(1).await.remove(0);
    assert_eq!(
        (update.model_version, update.triggers, update.parent),
        ("v0.1".to_owned(), vec![first], None)
    );
    assert_eq!(update.artifact_sha, meta.artifact_sha);

    let second = world.ask("second", false).await;
    assert_eq!(world.ending(second).await, Ending::Unchanged { version: "v0.1".parse().unwrap() });

    world.append(people(40, 2)).await;
    world.ingest(1000).await;
    let third = world.ask("third", false).await;
    assert_eq!(world.ending(third).await, published("v0.2"));
    let next = world.meta("v0.2").await;
    assert_eq!(next.parent.map(|parent| parent.to_string()).as_deref(), Some("v0.1"));
    assert_eq!(next.gate, Verdict::Champion);
    assert_eq!(next.gate_report.numbers["basis"], "artifact");
    assert_ne!(next.data_snapshot_id, meta.data_snapshot_id);

    // Nothing is new, and somebody wants a model all the same: the same bytes under a version of their own.
    let forced = world.ask("forced", true).await;
    assert_eq!(world.ending(forced).await, published("v0.3"));
    let again = world.meta("v0.3").await;
    assert_eq!(again.artifact_sha, next.artifact_sha);
    assert_eq!(again.gate_report.numbers["basis"], "same_fit");

    let announced = world.announced(3).await;
    let parents: Vec<_> = announced.iter().map(|update| update.parent.as_deref()).collect();
    assert_eq!(parents, [None, Some("v0.1"), Some("v0.2")]);
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_and_metrics_tell_what_happens() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let trainer = world.start();
    let offset = world.ask("only", false).await;
    world.announced(1).await;
    world.ending(offset).await;
    trainer.stop().await;

    let happenings = world.happenings.lock().unwrap();
    assert!(matches!(happenings[0], Happening::Triggered { offset: 0, .. }));
    assert!(matches!(happenings[1], Happening::Snapshot { rows: 240, .. }));
    let fits = happenings.iter().filter_map(|happening| match happening {
        Happening::Training { version_hint, phase, done, total: 8 } => {
            assert_eq!(version_hint.as_deref(), Some("v0.1"));
            Some((*phase, *done))
        }
        _ => None,
    });
    let expected = ["evaluate", "fit"].into_iter().flat_map(|phase| (1..=8).map(move |done| (phase, done)));
    assert!(fits.eq(expected));
    assert!(matches!(happenings.last(), Some(Happening::Published { .. })));
    let page = runtime::metrics::text(std::slice::from_ref(&world.prometheus)).unwrap();
    assert!(page.contains("trainer_runs_total{outcome=\"published\"} 1"), "{page}");
    assert!(page.contains("trainer_stage_seconds_count{stage=\"fit\"} 1"), "{page}");
}
