//! `matinee demo`: the stack, its audience, and what happens, live.

mod screen;
mod tally;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kafka::{Decoder, Log};
use registry::Store;
use runtime::config::Layers;
use schemas::topic;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::audience::{Audience, driver, known, past};
use crate::cli::{self, Common};
use crate::clock::now_ms;
use crate::settings::{self, Settings};
use crate::simulate::{K, gather};
use crate::stack::Stack;
use crate::summary::{Folder, Summary};
use crate::up::listen;
use crate::{output, replay};
use view::View;

/// How long the ingestor may take to come to the end of the log, when all is over.
const SETTLE: Duration = Duration::from_secs(10);
/// How often it is looked whether something has come about.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs the demo until its duration is over or somebody ends it, and prints the summary.
///
/// # Errors
/// The settings are wrong, the stack cannot start or a part of it failed, or the summary cannot be written.
pub async fn run(common: &Common, options: cli::Demo) -> Result<()> {
    let began = Instant::now();
    let (data, _temporary) = folder(common)?;
    let settings = demo_settings(common, &options, &data)?;
    runtime::telemetry::init(&settings.telemetry)?;
    if let Some(path) = &options.json {
        std::fs::File::create(path)
            .with_context(|| format!("summary {} cannot be written", path.display()))?;
    }
    let signal = runtime::shutdown::on_signal()?;
    let view = View::new(began);
    let stopped = CancellationToken::new();
    let shown = tokio::spawn(view.clone().run(stopped.clone()));
    let ended = play(&settings, &options, &view, &signal).await;
    stopped.cancel();
    shown.await.context("the view was lost")?;
    // The live lines are gone by now: the replay draws its own.
    let summary = account(ended?, &view).await?;
    output::line(&summary.to_string())?;
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&summary)? + "\n";
        std::fs::write(path, json)
            .with_context(|| format!("summary {} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The data folder, and what removes it at the end if it is a temporary one.
fn folder(common: &Common) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(data) = &common.data {
        return Ok((data.clone(), None));
    }
    let temporary = tempfile::Builder::new().prefix("matinee-demo-").tempdir();
    let temporary = temporary.context("no temporary folder can be made")?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn demo_settings(common: &Common, options: &cli::Demo, data: &Path) -> Result<Settings> {
    let mut layers = settings::layers(common.config.as_deref())?;
    suppose(&mut layers);
    listen(&mut layers, &options.listen);
    Ok(Settings::read(&layers, data)?)
}

/// A system that is in a hurry: what takes minutes in earnest takes seconds here. Whoever sets it otherwise is heard.
fn suppose(layers: &mut Layers) {
    let mut suppose = |key: &str, value: serde_json::Value| layers.suppose("matinee demo", key, value);
    suppose("telemetry.log_level", "warn".into());
    suppose("ingestor.segment_age", "1s".into());
    suppose("trainer.schedule", "off".into());
    suppose("trainer.retrain_events", 2_000.into());
    suppose("trainer.check_every", "500ms".into());
    suppose("trainer.parameters.factors", 32.into());
    // What people watched last they often took from the champion's own lists, which flatters the champion in the
    // comparison, most of all among so few people in so short a time.
    suppose("trainer.gate.margin", 0.25.into());
}

/// A demo that is over, and what it left.
struct Played {
    log: Log,
    store: Store,
    decoder: Decoder,
    /// Records on `reco-responses` before it began.
    records_before: u64,
}

/// The demo from its start until the stack has ended.
async fn play(
    settings: &Settings,
    options: &cli::Demo,
    view: &View,
    signal: &CancellationToken,
) -> Result<Played> {
    let stop = signal.child_token();
    let stack = Stack::start(settings, view.observers(), stop.clone()).await?;
    view.say(&format!(
        "the stack is up: {} (seed {}, data {})",
        stack.url,
        options.seed,
        settings.data.display()
    ));
    let records_before = records_of(&stack.log, topic::RECO_RESPONSES).await?;

    let asked = attend(&stack, options, view, &stop).await;
    if asked.is_ok() && !stop.is_cancelled() {
        view.say("the time is over, nobody asks any more; ingesting what came last");
        settle(&stack.log, &stop).await?;
    }
    let (log, store, decoder) = (stack.log.clone(), stack.store.clone(), stack.decoder.clone());
    view.say("stopping: requests first, then provenance, training, ingestion");
    stack.stop().await?;
    asked?;
    Ok(Played { log, store, decoder, records_before })
}

/// Computes every answer again, and sums up.
async fn account(played: Played, view: &View) -> Result<Summary> {
    let Played { log, store, decoder, records_before } = played;
    view.say("computing every answer again from the log and the registry");
    let replayed = replay::verify(&log, &store, &decoder, None).await?;
    for finding in replayed.different.iter().chain(&replayed.not_recomputable) {
        view.say(&format!("replay: {finding}"));
    }
    let summary = view.tally().summary();
    let folder = Folder { records_before, errors: replayed.errors, ..summary.folder };
    Ok(Summary {
        reco_responses: records_of(&log, topic::RECO_RESPONSES).await? - records_before,
        replay_checked: replayed.checked,
        replay_identical: replayed.identical,
        folder,
        ..summary
    })
}

/// The audience comes, and goes when the time is over.
async fn attend(stack: &Stack, options: &cli::Demo, view: &View, stop: &CancellationToken) -> Result<()> {
    let (log, users) = (&stack.log, options.users as usize);
    let mut audience = gather(log, &stack.decoder, options.seed, 1, users).await?;
    if known::remember(&mut audience, log, &stack.decoder).await? == 0 {
        let events =
            past::live_through(&mut audience, log, now_ms(), |count| view.tally().produced(count)).await?;
        view.say(&format!("{events} events in: {users} people and what they did in the last 30 days"));
    }
    let time_is_over = async {
        match options.duration {
            Some(duration) => tokio::time::sleep(duration.saturating_sub(view.since())).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ready = ready(&stack.url, view, stop) => ready?,
        () = time_is_over => return Ok(()),
    }
    view.print(&urls(&stack.url, &audience));
    let told = view.clone();
    let params = driver::Params {
        url: stack.url.clone(),
        rate: options.rate,
        duration: options.duration.map(|duration| duration.saturating_sub(view.since())),
        k: K,
        now_ms,
        observe: Arc::new(move |answered| told.take(|tally| tally.answered(answered, told.since()))),
    };
    driver::drive(&mut audience, log, &params, stop).await?;
    Ok(())
}

/// Waits until the stack can answer: nobody asks before a model serves.
async fn ready(url: &str, view: &View, stop: &CancellationToken) -> Result<()> {
    let (client, readyz) = (driver::client()?, format!("{url}/readyz"));
    while !stop.is_cancelled() {
        let serves = view.tally().summary.swaps > 0;
        if serves && client.get(&readyz).send().await.is_ok_and(|response| response.status().is_success()) {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Waits until the ingestor has come to the end of the log, so that the summary counts everything.
async fn settle(log: &Log, stop: &CancellationToken) -> Result<()> {
    let ingested = async {
        while !stop.is_cancelled() && !all_ingested(log).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok::<(), kafka::Error>(())
    };
    match timeout(SETTLE, ingested).await {
        Ok(ingested) => ingested?,
        Err(_) => tracing::warn!("the ingestor is not at the end of the log yet"),
    }
    Ok(())
}

async fn all_ingested(log: &Log) -> Result<bool, kafka::Error> {
    let progress = log.progress(ingestor::GROUP).await?;
    for (name, partitions) in log.topics().await? {
        for partition in (0..partitions).filter(|_| topic::EVENT_TOPICS.contains(&name.as_str())) {
            let high = log.watermarks(&name, partition).await?.high;
            let tp = schemas::TopicPartition::new(&name, partition);
            if progress.get(&tp).copied().unwrap_or(0) < high {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// How many records a topic ever had.
async fn records_of(log: &Log, name: &str) -> Result<u64> {
    let topics = log.topics().await?;
    let partitions = topics.iter().find(|(topic, _)| topic == name).map_or(0, |(_, partitions)| *partitions);
    let mut records = 0;
    for partition in 0..partitions {
        records += log.watermarks(name, partition).await?.high.unsigned_abs();
    }
    Ok(records)
}

fn urls(url: &str, audience: &Audience) -> String {
    let mut lines = vec!["try:".to_owned()];
    let mut line = |request: &str, why: &str| lines.push(format!("  curl '{url}{request}'  # {why}"));
    let whys = ["somebody with a past", "a newcomer"];
    for (user_id, why) in audience.examples().into_iter().zip(whys) {
        line(&format!("/recommend/{user_id}?k=5"), why);
    }
    line("/trace/REQUEST_ID", "where an answer came from: provenance.request_id of any answer");
    line("/switch?model=v0.1", "go back to the first model; model=latest follows the newest");
    line("/readyz", "which model serves, and each check");
    line("/metrics", "of all three services");
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use crate::audience::made_up;

    use super::*;

    #[test]
    fn the_urls_are_of_real_users() {
        let text = urls("http://h:1", &Audience::new(1, 1, 300, &made_up(1, 10, 0)));
        assert!(text.contains("curl 'http://h:1/recommend/1?k=5'  # somebody with a past"), "{text}");
        assert!(text.contains("'http://h:1/recommend/10?k=5'  # a newcomer"), "{text}");
        for path in ["/trace/", "/switch?model=v0.1", "/readyz", "/metrics"] {
            assert!(text.contains(path), "{path}");
        }
    }

    #[test]
    fn the_demo_is_in_a_hurry_unless_told_otherwise() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[trainer]\nretrain_events = 9\n").unwrap();
        let mut layers = Layers::load(Some(file.path()), []).unwrap();
        suppose(&mut layers);
        let settings = Settings::read(&layers, Path::new("d")).unwrap();
        assert_eq!(settings.trainer.retrain_events, Some(9));
        assert_eq!(settings.trainer.parameters.factors, 32);
        assert_eq!(settings.telemetry.log_level, "warn");
    }
}
