//! Supervision and drain.

use std::io;
use std::time::{Duration, Instant};

use runtime::{Error, Tasks};
use tokio_util::sync::CancellationToken;

const DEADLINE: Duration = Duration::from_secs(5);

/// A task that ends well after the stop.
fn obedient(tasks: &mut Tasks, name: &str, stop: &CancellationToken) {
    let stop = stop.clone();
    tasks.spawn(name, async move {
        stop.cancelled().await;
        Ok::<(), io::Error>(())
    });
}

#[tokio::test]
async fn a_failure_stops_the_others_and_comes_out_with_its_name() {
    let (mut tasks, stop) = (Tasks::new(), CancellationToken::new());
    obedient(&mut tasks, "ingestor", &stop);
    tasks.spawn("trainer", async { Err(io::Error::other("disk full")) });
    let error = tasks.supervise(&stop, DEADLINE).await.unwrap_err();
    assert!(stop.is_cancelled());
    assert_eq!(error.to_string(), "trainer failed: disk full");
}

fn no_factors(user_id: i32) -> Result<(), io::Error> {
    panic!("no factors for user {user_id}")
}

#[tokio::test]
async fn a_panic_comes_out_with_its_message() {
    let (mut tasks, stop) = (Tasks::new(), CancellationToken::new());
    obedient(&mut tasks, "ingestor", &stop);
    tasks.spawn("recommender", async { no_factors(7) });
    let error = tasks.supervise(&stop, DEADLINE).await.unwrap_err();
    assert_eq!(error.to_string(), "recommender panicked: no factors for user 7");
}

#[tokio::test]
async fn a_stop_waits_for_the_obedient_and_names_the_others() {
    let (mut tasks, stop) = (Tasks::new(), CancellationToken::new());
    obedient(&mut tasks, "ingestor", &stop);
    tasks.spawn("stuck", std::future::pending::<Result<(), io::Error>>());
    stop.cancel();
    let error = tasks.supervise(&stop, Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.to_string(), "not finished within 50ms: stuck");
}

#[tokio::test]
async fn all_ending_well_is_well() {
    let (mut tasks, stop) = (Tasks::new(), CancellationToken::new());
    tasks.spawn("import", async { Ok::<(), Error>(()) });
    let started = Instant::now();
    tasks.supervise(&stop, DEADLINE).await.unwrap();
    assert!(started.elapsed() < DEADLINE);

    let (mut tasks, stop) = (Tasks::new(), CancellationToken::new());
    obedient(&mut tasks, "ingestor", &stop);
    stop.cancel();
    tasks.supervise(&stop, DEADLINE).await.unwrap();
}
