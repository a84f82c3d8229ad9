//! `matinee simulate`: the demo's audience for a stack that is up.

mod ready;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result};
use kafka::{Decoder, Log};
use serde::Serialize;

use crate::audience::{Audience, MOVIES, driver, known, made_up, past, put};
use crate::cli::{self, Common};
use crate::clock::now_ms;
use crate::summary::{LatencyMs, counts};
use crate::{open_existing_log, output, quiet};

/// How many movies people ask for.
pub(crate) const K: usize = 10;

/// What a simulation saw.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Requests by HTTP status; `error` is one without an answer.
    pub requests: BTreeMap<String, u64>,
    /// Of the answers, from the time when each request was due.
    pub latency_ms: LatencyMs,
    /// Lists by variant; `none` outside of experiments.
    pub variants: BTreeMap<String, u64>,
    /// Lists by where their scores come from.
    pub served_by: BTreeMap<String, u64>,
    /// Lists by model.
    pub models: BTreeMap<String, u64>,
    /// Events that went into the log.
    pub events_produced: u64,
    /// How long it took.
    pub seconds: f64,
}

impl From<driver::Report> for Report {
    fn from(report: driver::Report) -> Report {
        let driver::Report { requests, latencies_ms, variants, served_by, models, events_produced, seconds } =
            report;
        let latency_ms = LatencyMs::of(latencies_ms);
        Report { requests, latency_ms, variants, served_by, models, events_produced, seconds }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self.requests.values().sum();
        writeln!(f, "requests   {total} in {:.1} s: {}", self.seconds, counts(&self.requests))?;
        writeln!(f, "latency    {}", self.latency_ms)?;
        writeln!(f, "variant    {}", counts(&self.variants))?;
        writeln!(f, "served by  {}", counts(&self.served_by))?;
        writeln!(f, "model      {}", counts(&self.models))?;
        write!(f, "events     {} into the log", self.events_produced)
    }
}

/// Sends the audience, and prints what came of it. A log without events gets the audience's past first, and nobody
/// asks before the stack can answer.
///
/// # Errors
/// Nobody listens at the URL or no model serves there in time, there is no log in the data folder, or it cannot be
/// written.
pub async fn run(common: &Common, options: cli::Simulate) -> Result<()> {
    let settings = quiet(common)?;
    let stop = runtime::shutdown::on_signal()?;
    let log = open_existing_log(&settings).await?;
    let url = options.url.trim_end_matches('/').to_owned();
    let client = driver::client()?;
    let healthz = client.get(format!("{url}/healthz")).send().await;
    healthz.with_context(|| {
        format!("no stack answers at {url}: start one with `matinee up`, or name its --url")
    })?;

    let decoder = Decoder::new(&log);
    let users = options.users as usize;
    let mut audience = gather(&log, &decoder, options.seed, options.first_user, users).await?;
    if known::remember(&mut audience, &log, &decoder).await? == 0 {
        let events = past::live_through(&mut audience, &log, now_ms(), |_| {}).await?;
        eprintln!("the log had no events: {events} of the last 30 days of {users} people are in it now");
    }
    ready::wait(&client, &url, ready::LONGEST, &stop).await?;
    let params = driver::Params {
        url,
        rate: options.rate,
        duration: Some(options.duration),
        k: K,
        now_ms,
        observe: Arc::new(|_| {}),
    };
    let report = driver::drive(&mut audience, &log, &params, &stop).await?;
    output::result(&Report::from(report), options.json)
}

/// An audience for the log's catalogue; a log that has none gets a made-up one first.
pub(crate) async fn gather(
    log: &Log,
    decoder: &Decoder,
    seed: u64,
    first_user_id: i32,
    users: usize,
) -> Result<Audience> {
    let mut catalogue = known::catalogue(log, decoder).await?;
    if catalogue.is_empty() {
        catalogue = made_up(seed, MOVIES, now_ms());
        put::catalogue(log, &catalogue).await?;
    }
    Ok(Audience::new(seed, first_user_id, users, &catalogue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_the_json_says() {
        let report = driver::Report {
            requests: [("200".to_owned(), 3), ("error".to_owned(), 1)].into(),
            latencies_ms: vec![1.0, 2.0, 3.0],
            variants: [("A".to_owned(), 3)].into(),
            seconds: 2.0,
            ..driver::Report::default()
        };
        let report = Report::from(report);
        let text = report.to_string();
        assert!(text.starts_with("requests   4 in 2.0 s: 200: 3, error: 1\nlatency    p50 2.0 ms"), "{text}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["variants"]["A"], &json["latency_ms"]["p50"]), (&3.into(), &2.0.into()));
    }
}
