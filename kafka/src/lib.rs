//! The event log behind one small contract, and its homes.
//!
//! | module | holds |
//! | --- | --- |
//! | [`Log`] (`log`) | the contract: declare, append, read, follow, watermarks, groups, progress |
//! | `record` | [`Record`] in, [`Stored`] out, [`Watermarks`] |
//! | `partition` | [`partition_of`]: a key's partition, as Kafka's Java client has it |
//! | `follower`, `group` | [`Follower`], [`Member`]: waiting for records and for assignments |
//! | `declaration` | `topics.toml`: what topics there should be |
//! | `config` | the section `[log]` |
//! | [`dead_letter`] | [`DeadLetter`]: records that could not be used, with the reason |
//! | `schema_topic`, `decoder` | [`publish_schemas`] before the first record, [`Decoder`] for whatever was written |
//! | `embedded` | the home in one SQLite file |
//!
//! ```
//! # async fn example(folder: &std::path::Path) -> Result<(), kafka::Error> {
//! use kafka::{Config, Log, Record, declared};
//! let log = Log::open(&Config::default().within(folder)).await?;
//! log.declare(&declared()).await?;
//! let position = log.append("watch-events", Record::new("7", "...", 1_700_000_000_000)).await?;
//! let mut follower = log.follow("watch-events", position.partition, position.offset);
//! assert_eq!(follower.next().await?[0].key.as_deref(), Some(&b"7"[..]));
//! # Ok(())
//! # }
//! # let folder = tempfile::tempdir().unwrap();
//! # tokio::runtime::Runtime::new().unwrap().block_on(example(folder.path())).unwrap();
//! ```

mod config;
pub mod dead_letter;
mod declaration;
mod decoder;
mod embedded;
mod error;
mod follower;
mod group;
mod log;
mod partition;
mod record;
mod schema_topic;

pub use config::{Config, HomeKind};
pub use dead_letter::DeadLetter;
pub use declaration::{Declaration, Difference, declared};
pub use decoder::{DecodeError, Decoder};
pub use error::Error;
pub use follower::Follower;
pub use group::{GroupEvent, GroupOptions, Member};
pub use log::Log;
pub use partition::partition_of;
pub use record::{Record, Stored, Watermarks};
pub use schema_topic::publish_schemas;
