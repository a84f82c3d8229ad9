//! What flows: Avro schemas and their Rust records, ids, topic names, the wire codec and log positions.
//!
//! Pure: bytes in, values out; no clock, no network, no runtime.
//!
//! | module | holds |
//! | --- | --- |
//! | [`topic`] | the names of the topics |
//! | [`group`] | the names of groups that more than one crate speaks of |
//! | [`TopicPartition`], [`Position`] | coordinates in the log |
//! | [`WatchEvent`], [`RateEvent`], [`Movie`], … | one Rust record beside each `avro/*.avsc` |
//! | [`Codec`] | records to and from bytes (Avro single-object encoding) |
//!
//! ```
//! use schemas::{Codec, WatchEvent};
//! let codec = Codec::new();
//! let event = WatchEvent {
//!     event_id: "w-1".into(), ts: 1_700_000_000_000, user_id: 7, movie_id: 42, progress: 0.9, request_id: None,
//! };
//! let bytes = codec.encode(&event)?;
//! assert_eq!(codec.decode::<WatchEvent>(&bytes)?, event);
//! # Ok::<(), schemas::Error>(())
//! ```

mod catalog;
mod codec;
mod control;
mod error;
mod events;
pub mod group;
mod position;
mod record;
mod response;
pub mod topic;
mod wire;

pub use catalog::Movie;
pub use codec::Codec;
pub use control::{Cause, ModelUpdate, RetrainTrigger, RolloutUpdate, Strategy};
pub use error::Error;
pub use events::{Event, OutOfRange, RateEvent, WatchEvent};
pub use position::{Position, TopicPartition};
pub use record::{EMBEDDED, Embedded, Record};
pub use response::{LiveRange, RecoResponse};
pub use wire::Fingerprint;
