//! The `matinee` command: the whole stack in one process, and every operator's command.
//!
//! | module | holds |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`settings`] | all sections of `matinee.toml` |
//! | [`stack`] | the three services, the listener and the order in which they end |
//! | [`up`], [`demo`] | the stack for long; the stack with an audience and a live view |
//! | [`audience`] | the demo's people |
//! | [`simulate`] | the same people for a stack that is up |
//! | [`import`] | data sets into the log |
//! | [`replay`] | answers computed again |
//! | [`summary`] | what a demo did |
//! | [`bar`], [`output`], [`reader`], [`clock`] | progress, results, a partition to its end, the time |

pub mod audience;
pub mod bar;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod import;
pub mod output;
pub mod reader;
pub mod replay;
pub mod settings;
pub mod simulate;
pub mod stack;
pub mod summary;
pub mod up;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use kafka::{Log, publish_schemas};
use schemas::{Cause, Codec, RetrainTrigger};

use cli::{Cli, Command, Common, Import};
use settings::{Settings, Shown};

/// Does what the command line says, on as many threads as there are cores.
///
/// Not async on purpose: the futures of the whole stack are then compiled with this library, and not once more with
/// whoever awaits them.
///
/// # Errors
/// Whatever went wrong, to be shown by [`one_line`].
pub fn run_to_the_end(cli: Cli) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("no threads can be started")?.block_on(run(cli))
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let common = &cli.common;
    match cli.command {
        Command::Demo(options) => demo::run(common, options).await?,
        Command::Up(options) => up::run(common, options).await?,
        Command::Simulate(options) => simulate::run(common, options).await?,
        Command::Import(Import::Movielens(options)) => import_movielens(common, &options).await?,
        Command::Config(options) => show_config(common, options.json)?,
        Command::Replay(options) => return replay::run(common, &options).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// An error and its causes in one line; a cause that its effect already says is not repeated.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            let separator = if line.is_empty() { "" } else { ": " };
            line = format!("{line}{separator}{cause}");
        }
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn show_config(common: &Common, json: bool) -> Result<()> {
    let layers = settings::layers(common.config.as_deref())?;
    let shown = Shown::of(&Settings::read(&layers, &common.data())?, &layers)?;
    match json {
        true => output::line(&serde_json::to_string_pretty(&shown.json())?),
        false => output::line(&shown.toml()?),
    }
}

async fn import_movielens(common: &Common, options: &cli::Movielens) -> Result<()> {
    let settings = quiet(common)?;
    // Files that cannot be imported leave no data folder behind.
    let files = import::Files::survey(&options.dir)?;
    let log = open_log(&settings).await?;
    let report = import::movielens(&log, &settings.data, &files).await?;
    ask_for_a_model(&log, &settings.trainer.model_name, &report).await?;
    output::result(&report, options.json)
}

/// The schedule may be hours away, or its slot spent on a part of the data set. Who imports a data set again asks again,
/// under an id of its own: what was asked before may have been refused or have failed, and where a model has seen all
/// that there is, the trainer says so and makes none.
async fn ask_for_a_model(log: &Log, model_name: &str, report: &import::Report) -> Result<()> {
    let now_ms = clock::now_ms();
    let trigger = RetrainTrigger {
        trigger_id: format!("import-{}-{now_ms}", report.ratings_sha256),
        ts: now_ms,
        model_name: model_name.to_owned(),
        cause: Cause::Operator,
        reason: format!("{} movies and {} ratings were imported", report.movies, report.ratings),
        actor: "matinee import".to_owned(),
        force: false,
    };
    trainer::trigger(log, &Codec::new(), &trigger).await?;
    Ok(())
}

/// The settings of a command that prints a result: its log lines begin at `warn`, unless told otherwise.
pub(crate) fn quiet(common: &Common) -> Result<Settings> {
    let mut layers = settings::layers(common.config.as_deref())?;
    layers.suppose("matinee", "telemetry.log_level", "warn");
    let settings = Settings::read(&layers, &common.data())?;
    runtime::telemetry::init(&settings.telemetry)?;
    Ok(settings)
}

/// Opens the log, with its topics and this build's schemas in it.
pub(crate) async fn open_log(settings: &Settings) -> Result<Log> {
    let log = Log::open(&settings.log).await?;
    for difference in log.declare(&kafka::declared()).await? {
        tracing::warn!("{difference}");
    }
    publish_schemas(&log, clock::now_ms()).await?;
    Ok(log)
}

/// Opens a log that somebody has made before.
pub(crate) async fn open_existing_log(settings: &Settings) -> Result<Log> {
    let path = settings.log.path.as_deref().unwrap_or(Path::new(""));
    if !path.exists() {
        bail!(
            "there is no log at {}: name the data folder of a stack with --data, or start one with `matinee up`",
            path.display()
        );
    }
    open_log(settings).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = anyhow::anyhow!("no such file").context("a.csv: no such file").context("import\nfailed");
        assert_eq!(one_line(&error), "import failed: a.csv: no such file");
    }
}
