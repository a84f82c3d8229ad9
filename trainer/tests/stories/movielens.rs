//! A model of real ratings.

use schemas::{Event, RateEvent};

use crate::world::{World, published};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MovieLens"]
async fn a_model_of_latest_small_is_better_than_the_popular_list() {
    let mut world = World::new().await;
    world.config = trainer::Config {
        parameters: trainer::Parameters::default(),
        gate: trainer::Gate::default(),
        ..world.config
    };
    let ratings = ratings();
    let users: std::collections::BTreeSet<i32> = ratings.iter().map(Event::user_id).collect();
    let expected = (users.len() as u64, ratings.len() as u64);
    world.append(ratings).await;
    world.ingest(10_000).await;
    let trainer = world.start();
    let offset = world.ask("a", false).await;
    assert_eq!(world.ending(offset).await, published("v0.1"));
    trainer.stop().await;

    let meta = world.meta("v0.1").await;
    let metrics = &meta.metrics;
    println!("{metrics:?} {:?}", meta.durations_ms);
    assert_eq!((metrics.users, metrics.interactions), expected);
    assert!(metrics.hr_at_10 > 1.3 * metrics.popularity_hr_at_10);
    assert!(metrics.ndcg_at_10 > 1.3 * metrics.popularity_ndcg_at_10);
}

fn ratings() -> Vec<Event> {
    let folder = std::env::var("MATINEE_TEST_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").to_owned());
    let path = format!("{folder}/ml-latest-small/ratings.csv");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let rating = |(line, row): (usize, &str)| {
        let fields: Vec<&str> = row.split(',').collect();
        let [user_id, movie_id, rating, seconds] = fields[..] else { panic!("{path} line {}", line + 1) };
        Event::Rate(RateEvent {
            event_id: format!("line-{line}"),
            ts: 1000 * seconds.parse::<i64>().unwrap(),
            user_id: user_id.parse().unwrap(),
            movie_id: movie_id.parse().unwrap(),
            rating: rating.parse().unwrap(),
            request_id: None,
        })
    };
    text.lines().enumerate().skip(1).map(rating).collect()
}
