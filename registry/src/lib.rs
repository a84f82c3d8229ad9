//! Immutable objects on any object store: segments, snapshots, models, outcomes.
//!
//! Everything is published by one atomic put-if-absent and is never changed afterwards; everything is
//! verified when it is loaded. The crate knows bytes, hashes and meta; it knows neither Kafka nor ALS.
//!
//! | module | object | path |
//! | --- | --- | --- |
//! | [`store`] | any object: put if absent, get verified, list | |
//! | [`chain`] | the hash chain over one partition's records | |
//! | [`segment`] | a stretch of one partition, Parquet | `snapshots/segments/<topic>/<partition>/<first_offset>.parquet` |
//! | [`snapshot`] | a cut through all chains, JSON | `snapshots/<data_snapshot_id>.json`, `snapshots/by-time/<unix ms>-<id>` |
//! | [`tail()`] | the end of what is ingested | |
//! | [`model`] | an artifact and its meta | `model_registry/vX.Y/als/<sha256>.safetensors`, `model_registry/vX.Y/meta.json` |
//! | [`outcome`] | how a retrain trigger ended | `outcomes/<model_name>/<offset>.json` |

pub mod chain;
mod error;
mod json;
pub mod model;
pub mod outcome;
pub mod segment;
pub mod sha256;
pub mod snapshot;
pub mod store;
mod tail;

pub use chain::ChainPoint;
pub use error::Error;
pub use store::{Config, Put, Store};
pub use tail::{LastRow, Tail, tail};
