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
    let trainer = world.start();
    // Before there is enough for a first model nothing is triggered.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(world.log.watermarks(topic::RETRAIN_TRIGGERS, 0).await.unwrap().high, 0);

    world.append(people(5, 1)).await;
    world.ingest(100).await;
    assert_eq!(world.ending(0).await, published("v0.1"));
    assert!(world.outcome(0).await.trigger_id.starts_with("schedule-"));

    world.append(people(40, 2)).await;
    world.ingest(100).await;
    let second = world.outcome(1).await;
    assert_eq!((second.trigger_id.as_str(), second.result), ("events-v0.1-200", published("v0.2")));
    trainer.stop().await;

    // Another trainer that sees the same triggers nothing anew.
    let trainer = world.start();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(world.log.watermarks(topic::RETRAIN_TRIGGERS, 0).await.unwrap().high, 2);
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
