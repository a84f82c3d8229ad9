//! `matinee replay --verify`: every answer computed again from the log and the registry.
//!
//! The same function answers as in the recommender. What it is given comes from what the answer's record names: the
//! model by version and hash, the user's live events by their ranges of offsets, the catalogue by its offset.

mod answers;
mod compare;
mod past;
mod report;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use kafka::{Decoder, Log};
use recommender::{Loaded, Request};
use registry::Store;
use schemas::RecoResponse;

pub use report::{Finding, Report};

use crate::bar::Bar;
use crate::cli::{self, Common};
use crate::{open_existing_log, output, quiet};
use answers::Answers;
use past::{CatalogueTo, Catalogues, Events};

/// Verifies, prints the report, and fails when an answer came out otherwise or cannot be computed again.
///
/// # Errors
/// There is no log in the data folder, or log or store cannot be read.
pub async fn run(common: &Common, options: &cli::Replay) -> Result<ExitCode> {
    let settings = quiet(common)?;
    let log = open_existing_log(&settings).await?;
    let store = Store::open(&settings.store).await?;
    let report = verify(&log, &store, &Decoder::new(&log), options.limit).await?;
    output::result(&report, options.json)?;
    Ok(if report.verified() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Computes the newest `limit` answers again, or all, up to where `reco-responses` ends now.
///
/// # Errors
/// Log or store cannot be read. What is wrong with one answer is in the report.
pub async fn verify(log: &Log, store: &Store, decoder: &Decoder, limit: Option<usize>) -> Result<Report> {
    let began = Instant::now();
    let mut answers = Answers::read(log, decoder).await?;
    answers.keep_newest(limit);
    let mut report = answers.report();
    let mut answers = answers.ok;
    let events = Events::read(log, decoder, &answers).await?;
    let catalogues = Catalogues::read(log, decoder).await?;

    // One model at a time, and for each the catalogue as it grew.
    answers.sort_by(|a, b| (&a.model_version, a.catalog_offset).cmp(&(&b.model_version, b.catalog_offset)));
    let bar = Bar::new("replay", "answers", answers.len() as u64);
    let mut done = 0;
    for of_model in answers.chunk_by(|a, b| a.model_version == b.model_version) {
        let loaded = load(store, &of_model[0].model_version).await;
        let mut catalogue = catalogues.begin();
        for recorded in of_model {
            let outcome = match &loaded {
                Ok(loaded) => again(loaded, &events, &mut catalogue, recorded),
                Err(why) => Err(why.clone()),
            };
            report.add(&recorded.request_id, outcome);
            done += 1;
            if done % 256 == 0 {
                bar.set(done);
                tokio::task::yield_now().await;
            }
        }
    }
    bar.set(done);
    bar.finish();
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The model, or why there is none to compute with.
async fn load(store: &Store, version: &str) -> Result<Loaded, String> {
    let version = version.parse().map_err(|_| format!("its model version `{version}` is none"))?;
    recommender::load(store, version).await.map_err(|error| crate::one_line(&error.into()))
}

/// One answer again: what differs, if anything does; or why it cannot be computed.
fn again(
    loaded: &Loaded,
    events: &Events,
    catalogue: &mut CatalogueTo<'_>,
    recorded: &RecoResponse,
) -> Result<Option<String>, String> {
    compare::same_model(loaded, recorded)?;
    let live = events.within(recorded.user_id, &recorded.live)?;
    let catalogue = catalogue.to(recorded.catalog_offset)?;
    let k = usize::try_from(recorded.k).map_err(|_| format!("its k is {}", recorded.k))?;
    let request = Request { user_id: recorded.user_id, k };
    let answer = recommender::answer(&loaded.model, &live, catalogue, &request)
        .map_err(|error| format!("the answer cannot be computed: {error}"))?;
    Ok(compare::difference(recorded, &answer))
}
