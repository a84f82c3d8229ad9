//! The audience at work: it asks over HTTP at a steady rate and puts what it does into the log.
//!
//! Arrivals are open-loop: they come when their time has come, whether or not earlier ones have been answered, and
//! a latency counts from that time, so that a slow stack cannot hide its own queue. So many requests at most are
//! under way at once; what has to wait for one to end waits within its own latency.

mod report;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use kafka::Log;
use schemas::{Codec, Event};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Audience, Shown, put};
pub use report::{Answered, ERROR, List, Report};

/// Requests that are under way at once.
const IN_FLIGHT: usize = 64;
/// Answers whose events wait for the log; one more holds the audience up.
const WAITING: usize = 4_096;
/// A request that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How the audience comes.
#[derive(Clone)]
pub struct Params {
    /// Where the stack listens: `http://127.0.0.1:8080`.
    pub url: String,
    /// Requests per second.
    pub rate: f64,
    /// How long; none is until it is told to stop.
    pub duration: Option<Duration>,
    /// How many movies are asked for.
    pub k: usize,
    /// The clock, Unix milliseconds.
    pub now_ms: fn() -> i64,
    /// Is told of every answer and what followed.
    pub observe: Observer,
}

/// Is told what happens, as it happens; it must not block.
pub type Observer = Arc<dyn Fn(&Answered) + Send + Sync>;

/// Sends the audience to the stack until the duration is over or `stop` is cancelled, and waits for the requests
/// that are under way and for their events to be in the log.
///
/// # Errors
/// The URL is none, or the log cannot be written.
pub async fn drive(
    audience: &mut Audience,
    log: &Log,
    params: &Params,
    stop: &CancellationToken,
) -> Result<Report> {
    let began = Instant::now();
    let (to, from) = mpsc::channel(WAITING);
    // Apart from each other: a log that is slow for a moment must not hold arrivals up.
    let (came, kept) = tokio::join!(come(audience, params, stop, to), keep(log, params, from));
    let mut report = kept?;
    came?;
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// An answer, and what its user did then.
type Deed = (Answered, Vec<Event>);

/// People come, ask, and do something; every answer goes to whoever keeps them.
async fn come(
    audience: &mut Audience,
    params: &Params,
    stop: &CancellationToken,
    to: mpsc::Sender<Deed>,
) -> Result<()> {
    let client = client()?;
    let began = Instant::now();
    let until = params.duration.map(|duration| began + duration);
    let permits = Arc::new(Semaphore::new(IN_FLIGHT));
    let (mut asked, mut number) = (JoinSet::new(), 0);
    loop {
        let due = began + Duration::from_secs_f64(number as f64 / params.rate);
        let over = stop.is_cancelled() || to.is_closed() || until.is_some_and(|until| due >= until);
        if over && asked.is_empty() {
            return Ok(());
        }
        tokio::select! {
            () = stop.cancelled(), if !over => {}
            () = sleep_until(due), if !over => {
                if let Some(user_id) = audience.arrival(number) {
                    let url = format!("{}/recommend/{user_id}?k={}", params.url.trim_end_matches('/'), params.k);
                    asked.spawn(ask(client.clone(), permits.clone(), url, user_id, due));
                }
                number += 1;
            }
            Some(answered) = asked.join_next() => {
                let answered = answered.context("a request was lost")?;
                let events = react(audience, &answered, (params.now_ms)());
                // Who keeps them is gone after an error, which is told instead.
                drop(to.send((answered, events)).await);
            }
        }
    }
}

/// Puts into the log what people did, counts, and tells of it.
async fn keep(log: &Log, params: &Params, mut from: mpsc::Receiver<Deed>) -> Result<Report> {
    let (codec, mut report, mut deeds) = (Codec::new(), Report::default(), Vec::new());
    while from.recv_many(&mut deeds, WAITING).await > 0 {
        let events: Vec<Event> = deeds
            .iter_mut()
            .flat_map(|(answered, events)| {
                answered.events = events.len() as u64;
                std::mem::take(events)
            })
            .collect();
        put::events(log, &codec, &events).await.context("the events cannot be appended")?;
        for (answered, _) in deeds.drain(..) {
            report.count(&answered);
            (params.observe)(&answered);
        }
    }
    Ok(report)
}

/// A client for this stack and no other host's proxy.
///
/// # Errors
/// The client cannot be made.
pub fn client() -> Result<reqwest::Client> {
    reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().context("no HTTP client can be made")
}

async fn ask(
    client: reqwest::Client,
    permits: Arc<Semaphore>,
    url: String,
    user_id: i32,
    due: Instant,
) -> Answered {
    // The semaphore is never closed.
    let _permit = permits.acquire_owned().await;
    let outcome = fetch(&client, &url).await;
    let latency_ms = due.elapsed().as_secs_f64() * 1000.0;
    let (status, list) = match outcome {
        Ok((status, list)) => (status.as_u16().to_string(), list),
        Err(error) => {
            tracing::debug!(%error, "a request got no answer");
            (ERROR.to_owned(), None)
        }
    };
    Answered { user_id, status, latency_ms, list, events: 0 }
}

async fn fetch(client: &reqwest::Client, url: &str) -> reqwest::Result<(reqwest::StatusCode, Option<List>)> {
    let response = client.get(url).send().await?;
    let status = response.status();
    match status == reqwest::StatusCode::OK {
        true => Ok((status, Some(response.json().await?))),
        false => response.bytes().await.map(|_| (status, None)),
    }
}

/// Who was told that there is no list chooses alone, which is how a stack without a model comes by its first one.
/// Who was not answered at all goes away.
fn react(audience: &mut Audience, answered: &Answered, now_ms: i64) -> Vec<Event> {
    if answered.status == ERROR {
        return Vec::new();
    }
    let shown = answered
        .list
        .as_ref()
        .map(|list| Shown { request_id: &list.provenance.request_id, movie_ids: &list.items });
    audience.visit(answered.user_id, shown, now_ms)
}

#[cfg(test)]
mod tests {
    use super::super::made_up;
    use super::report::tests::answered;
    use super::*;

    #[test]
    fn people_choose_alone_without_a_list_and_go_away_without_an_answer() {
        let mut audience = Audience::new(1, 1, 20, &made_up(1, 50, 0));
        let events = react(&mut audience, &answered("503", None), 7);
        assert!(matches!(&events[0], Event::Watch(watch) if watch.request_id.is_none()));
        assert_eq!(react(&mut audience, &answered(ERROR, None), 7), []);
    }
}
