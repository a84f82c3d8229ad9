//! What every service stands on: configuration layers, telemetry, health, the HTTP listener and its metrics,
//! signals and an orderly drain, and the identity of the build.
//!
//! It imports no other crate of the workspace and knows nothing of films, topics or models.

pub mod config;
mod error;
pub mod health;
pub mod identity;
pub mod listener;
pub mod metrics;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;

pub use error::Error;
pub use health::Health;
pub use identity::BuildIdentity;
pub use listener::Listener;
pub use tasks::Tasks;
