//! Every trigger ends, and is served once.

use kafka::Record;
use registry::outcome::Ending;
use runtime::config::Period;
use schemas::topic;
use trainer::Schedule;

use crate::world::{World, now_ms, people, published};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn triggers_that_pile_up_make_one_model_that_names_them_all() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    for id in ["a", "b", "c"] {
        world.ask(id, false).await;
    }
    let trainer = world.start();
    assert_eq!(world.ending(2).await, published("v0.1"));
    assert_eq!(world.ending(0).await, Ending::Collapsed { into: 2 });
    assert_eq!(world.ending(1).await, Ending::Collapsed { into: 2 });
    assert_eq!(world.meta("v0.1").await.triggers, [0, 1, 2]);

    // An id that was served is not served again, though something is new.
    world.append(people(40, 2)).await;
    world.ingest(100).await;
    let repeated = world.ask("b", false).await;
    assert_eq!(world.ending(repeated).await, Ending::Collapsed { into: 1 });
    assert_eq!(world.versions().await, ["v0.1"]);
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_no_trigger_is_passed_over() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let garbage = Record::new("movies", "not avro", 0);
    world.log.append(topic::RETRAIN_TRIGGERS, garbage).await.unwrap();
    let offset = world.ask("a", false).await;
    let trainer = world.start();
    assert_eq!((offset, world.ending(offset).await), (1, published("v0.1")));
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_and_events_trigger_by_themselves_once() {
    let mut world = World::new().await;
    world.config.schedule = Schedule::Every(Period::from_secs(10 * 365 * 24 * 3600));
    world.config.retrain_events = Some(200);
    // So few people say little of a model's quality, which this is not about.
    world.config.gate.margin = 0.5;
    // What triggers is ingested before the cut, however slow the machine is.
    world.config.wait_for_ingestors = Period::from_secs(30);
    let trainer = world.start();
    // Before there is enough for a first model nothing is triggered.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(world.log.watermarks(topic::RETRAIN_TRIGGERS, 0).await.unwrap().high, 0);

    // Enough events and too few users: it is refused, and that is not the end of the day.
    world.append(people(4, 1)).await;
    world.ingest(100).await;
    let first = world.outcome(1).await;
    assert_eq!(first.trigger_id, "events-none-20");
    assert!(matches!(first.result, Ending::Refused { .. }), "{first:?}");
    let slot = world.outcome(0).await;
    assert!(slot.trigger_id.starts_with("schedule-"), "{slot:?}");
    assert_eq!(slot.result, Ending::Collapsed { into: 1 });

    world.append(people(6, 2)).await;
    world.ingest(100).await;
    let again = world.outcome(2).await;
    assert!(again.trigger_id.starts_with("events-none-"), "{again:?}");
    assert_eq!(again.result, published("v0.1"));

    world.append(people(40, 3)).await;
    world.ingest(100).await;
    let next = world.outcome(3).await;
    assert_eq!((next.trigger_id.as_str(), next.result), ("events-v0.1-200", published("v0.2")));
    trainer.stop().await;

    // Another trainer that sees the same triggers nothing anew.
    let trainer = world.start();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(world.log.watermarks(topic::RETRAIN_TRIGGERS, 0).await.unwrap().high, 4);
    trainer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_trainers_one_works_and_the_other_takes_over() {
    let world = World::new().await;
    world.append(people(40, 1)).await;
    world.ingest(100).await;
    let (first, second) = (world.start(), world.start());
    let offset = world.ask("a", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    world.announced(1).await;
    first.kill().await;

    world.append(people(40, 2)).await;
    world.ingest(100).await;
    let offset = world.ask(&format!("b-{}", now_ms()), false).await;
    assert_eq!(world.ending(offset).await, published("v0.2"));
    assert_eq!(world.announced(2).await.len(), 2);
    second.stop().await;
    assert_eq!(world.versions().await, ["v0.1", "v0.2"]);
}
