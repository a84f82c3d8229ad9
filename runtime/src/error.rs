//! Everything that can go wrong below a service, each said in one line that names the thing.

use std::io;
use std::path::PathBuf;

use crate::config::Origin;

/// An error of the runtime.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A configuration file, or a file that holds a secret, cannot be read.
    #[error("cannot read {}: {why}; {origin} names it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where the file's name came from.
        origin: Origin,
        /// What the system said.
        why: io::Error,
    },
    /// A configuration file is not TOML. The line itself is not repeated: it may hold a secret.
    #[error("{origin}: {why}")]
    Syntax {
        /// File and line.
        origin: Origin,
        /// What the parser expected.
        why: String,
    },
    /// A section that nobody reads.
    #[error("{origin}: unknown section [{section}]; the nearest known one is [{nearest}]")]
    UnknownSection {
        /// The section as given.
        section: String,
        /// Where it was given.
        origin: Origin,
        /// The known section that looks most like it.
        nearest: String,
    },
    /// A key that its section does not have.
    #[error("{origin}: unknown key `{key}`; the nearest known one is `{nearest}`")]
    UnknownKey {
        /// The full key, `section.key`.
        key: String,
        /// Where it was given.
        origin: Origin,
        /// The known key that looks most like it.
        nearest: String,
    },
    /// A value that its key cannot take.
    #[error("{origin}: `{key}`: {why}")]
    Value {
        /// The full key, `section.key`.
        key: String,
        /// Where it was given.
        origin: Origin,
        /// What is wrong with it.
        why: String,
    },
    /// Values that are each right and do not go together.
    #[error("configuration section [{section}]: {why}")]
    Section {
        /// The section.
        section: String,
        /// What is wrong with it.
        why: String,
    },
    /// `telemetry.log_level` holds something that is no level and no filter.
    #[error("`telemetry.log_level`: `{directives}` is no log level or filter: {why}")]
    LogLevel {
        /// The text as given.
        directives: String,
        /// What the filter's parser said.
        why: String,
    },
    /// Telemetry was started twice in one process.
    #[error("telemetry cannot start: {0}")]
    Telemetry(String),
    /// The listener's address cannot be had.
    #[error("cannot listen on {address}: {why}")]
    Bind {
        /// `host:port` as asked for.
        address: String,
        /// Why not, and what to do.
        why: String,
    },
    /// The listener stopped by itself.
    #[error("the listener on {address} failed: {why}")]
    Serve {
        /// The bound address.
        address: std::net::SocketAddr,
        /// What the system said.
        why: io::Error,
    },
    /// Metrics of several registries cannot be shown as one page.
    #[error("metrics cannot be shown: {0}")]
    Metrics(#[from] prometheus::Error),
    /// Signal handlers cannot be installed.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    /// A task ended with an error.
    #[error("{task} failed: {why}")]
    Task {
        /// The task's name.
        task: String,
        /// Its error with all causes.
        why: String,
    },
    /// A task panicked.
    #[error("{task} panicked: {why}")]
    Panic {
        /// The task's name.
        task: String,
        /// The panic's message.
        why: String,
    },
    /// Tasks that were still at work when the drain's deadline came. They were aborted.
    #[error("not finished within {deadline}: {}", tasks.join(", "))]
    Undrained {
        /// Their names.
        tasks: Vec<String>,
        /// The deadline they were given.
        deadline: humantime::FormattedDuration,
    },
}
