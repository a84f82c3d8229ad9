//! Models to HTTP answers, and the provenance of every one of them.
//!
//! | module | decides |
//! | --- | --- |
//! | [`answer()`] | an answer: a pure function, which replay calls too |
//! | [`Catalogue`] | what there is to watch |
//! | `live` | what users did since the models' snapshots |
//! | `rollout` | what is served: a pure fold of `rollout-updates` |
//! | `models` | which bytes are a model that may serve |
//! | `serving` | the one value behind an atomic pointer that requests read |
//! | `control` | the loop that hears announcements and rollout updates, and swaps |
//! | `follow` | the loops that keep live events, catalogue and traces up to date |
//! | `outbox` | the records of answers until they are on `reco-responses` |
//! | `http` | routes, problem documents, the guard on writes |

mod answer;
mod catalogue;
mod config;
mod control;
mod error;
mod follow;
mod http;
mod live;
mod metrics;
mod models;
mod outbox;
mod provenance;
mod rollout;
mod service;
mod serving;
#[cfg(test)]
mod testing;
mod trace;

pub use answer::{Answer, Request, ServedBy, answer};
pub use catalogue::Catalogue;
pub use config::Config;
pub use error::Error;
pub use live::user_partition;
pub use metrics::Metrics;
pub use models::{Loaded, load};
pub use service::{Happening, Observer, Parts, Service};
