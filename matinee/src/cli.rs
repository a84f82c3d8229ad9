//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Matinee, an event-driven movie recommender: events to snapshots, snapshots to models, models to
/// recommendations, and the provenance of every answer.
#[derive(Debug, Parser)]
#[command(name = "matinee", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "\
Examples:
  matinee demo                                    the whole loop in one process, with an audience
  matinee up                                      the stack for longer, in ./matinee-data
  matinee import movielens ~/ml-latest-small      real movies and ratings into its log
  curl localhost:8080/recommend/1?k=10            ask it
  matinee replay --verify                         compute every answer again and compare

Settings come from matinee.toml, MATINEE__SECTION__KEY and options, each above the one before. Results go to stdout, logs and progress to stderr. The exit code is 0, or 1 after an error and after a replay that could not verify every answer; a command line that is not understood is 2.")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The data folder: log, snapshots, models [default: matinee-data; for demo a fresh temporary folder]
    #[arg(long, global = true, value_name = "DIR", env = "MATINEE_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// The configuration file [default: matinee.toml, which may be absent]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Common {
    /// The data folder of a command that works on one that is there or will stay.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("matinee-data"))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole loop: the stack and an audience in one process
    Demo(Demo),
    /// Run the whole stack in one process until Ctrl-C; its state survives a restart
    Up(Up),
    /// Bring movies and ratings into the log
    #[command(subcommand)]
    Import(Import),
    /// Send the demo's audience to a stack that is up
    Simulate(Simulate),
    /// Print the effective settings, without secrets
    Config(Config),
    /// Compute answers again from the log and the registry
    Replay(Replay),
}

/// Where the stack listens.
#[derive(Clone, Debug, Args)]
pub struct Listen {
    /// The name or address to listen on [default: listener.host, 127.0.0.1: this machine alone]
    #[arg(long)]
    pub host: Option<String>,
    /// The port to listen on, 0 for a free one [default: listener.port, 8080]
    #[arg(long)]
    pub port: Option<u16>,
}

/// `matinee demo`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  matinee demo                                    until Ctrl-C
  matinee demo --duration 60s --json demo.json    a minute, and its summary for a machine
  matinee demo --data matinee-data                in a folder that stays; what is in it is used

The first model is there after a few seconds, the second one about half a minute later. The audience comes from \
--seed: the same users with the same tastes every time.")]
pub struct Demo {
    /// Where it listens.
    #[command(flatten)]
    pub listen: Listen,
    /// Where users, tastes and draws come from
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// How many people there are
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// How many of them ask per second
    #[arg(long, default_value_t = 60.0, value_parser = rate)]
    pub rate: f64,
    /// How long, such as 60s or 5m [default: until Ctrl-C]
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// Write the summary to this file as JSON [default: no file]
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// `matinee up`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  matinee up
  matinee up --data /var/lib/matinee --host 0.0.0.0 --port 80
  MATINEE__TRAINER__SCHEDULE=1h matinee up")]
pub struct Up {
    /// Where it listens.
    #[command(flatten)]
    pub listen: Listen,
}

/// `matinee import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A MovieLens data set: its movies, and its ratings with their own times
    Movielens(Movielens),
}

/// `matinee import movielens`
#[derive(Debug, Args)]
#[command(after_help = "\
Takes ratings.csv and movies.csv (latest-small, 25M, 32M) or ratings.dat and movies.dat (1M, 10M). Both are read \
through before anything is appended, so a bad row is said with file and line and changes nothing. It works beside a \
running stack and without one. Interrupted, it goes on where it was; run twice, nothing is doubled.

Example:
  matinee import movielens ml-latest-small")]
pub struct Movielens {
    /// The folder with the files
    pub dir: PathBuf,
    /// Print the result as JSON [default: text]
    #[arg(long)]
    pub json: bool,
}

/// `matinee simulate`
#[derive(Debug, Args)]
#[command(after_help = "\
What the audience does goes into the log of --data, which is the running stack's. In a log without events the \
audience's last 30 days go first. It asks once /readyz says that the stack can answer, and waits a minute for that at \
most.

Examples:
  matinee simulate                                the demo's audience for 30 seconds
  matinee simulate --rate 200 --duration 5m --json
  matinee simulate --first-user 1000001           people whom an imported data set does not have")]
pub struct Simulate {
    /// Where the stack listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// How many people there are
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// The first one's user_id
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(0..=1_000_000_000))]
    pub first_user: i32,
    /// How many of them ask per second
    #[arg(long, default_value_t = 20.0, value_parser = rate)]
    pub rate: f64,
    /// Where users, tastes and draws come from
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// How long, such as 60s or 5m
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub duration: Duration,
    /// Print the result as JSON [default: text]
    #[arg(long)]
    pub json: bool,
}

/// `matinee config`
#[derive(Debug, Args)]
#[command(after_help = "\
Prints what holds after matinee.toml, MATINEE__SECTION__KEY and the defaults, as a matinee.toml that gives the same \
settings again: paths stay relative to the data folder, and a secret that is set is named in a comment and must be \
given again. What no section knows is refused, with the nearest name that is known.

Examples:
  matinee config
  MATINEE__TRAINER__PARAMETERS__FACTORS=128 matinee config --json")]
pub struct Config {
    /// Print it as JSON [default: TOML]
    #[arg(long)]
    pub json: bool,
}

/// `matinee replay`
#[derive(Debug, Args)]
#[command(after_help = "\
Reads reco-responses up to its end, computes every answer again from the model in the registry, the log's events and \
the catalogue as they were, and compares movies and scores bit for bit. The exit code is 1 when an answer differs or \
cannot be computed again: what cannot be computed is not verified. Both are listed by reason.

Examples:
  matinee replay --verify
  matinee replay --verify --limit 1000 --json")]
pub struct Replay {
    /// Compare with what was answered
    #[arg(long, required = true)]
    pub verify: bool,
    /// So many of the newest answers at most [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print the result as JSON [default: text]
    #[arg(long)]
    pub json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error}; write 60s or 5m"))?;
    match duration.is_zero() {
        true => Err("it takes longer than no time".to_owned()),
        false => Ok(duration),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 100_000.0 => Ok(rate),
        _ => Err("a rate is a number above 0 and at most 100000, in requests per second".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_option_says_its_default() {
        Cli::command().debug_assert();
        let mut commands: Vec<clap::Command> = Cli::command().get_subcommands().cloned().collect();
        commands.extend(commands.clone().iter().flat_map(|command| command.get_subcommands().cloned()));
        for command in commands.iter().filter(|command| !command.has_subcommands()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{} has no example", command.get_name());
            for option in command.get_opts().filter(|option| !option.is_required_set()) {
                let text = option.get_help().map(ToString::to_string).unwrap_or_default();
                let said = text.contains("[default") || !option.get_default_values().is_empty();
                assert!(said, "{} --{} does not say its default", command.get_name(), option.get_id());
            }
        }
    }

    #[test]
    fn options_are_taken_before_and_after_the_command() {
        for line in [["matinee", "--data", "d", "up"], ["matinee", "up", "--data", "d"]] {
            assert_eq!(Cli::parse_from(line).common.data(), PathBuf::from("d"));
        }
        assert!(Cli::try_parse_from(["matinee", "replay"]).is_err());
        assert!(Cli::try_parse_from(["matinee", "simulate", "--rate", "0"]).is_err());
        assert!(Cli::try_parse_from(["matinee", "demo", "--duration", "0s"]).is_err());
    }
}
