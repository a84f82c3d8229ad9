//! Topics to segments and snapshots.
//!
//! Every partition of the event topics has one chain of segments in the object store, and that chain is the truth
//! of what is ingested: a start goes on from its end. Segments are put if absent at their chain position, so
//! whoever crashes or believes that it owns a partition, there is no gap and no duplicate, without coordination.
//!
//! | module | decides |
//! | --- | --- |
//! | `run` | which partitions are worked on: an ordinary loop over the group's events |
//! | `partition` | one partition, from the end of its chain on |
//! | `batch` | when a segment is cut |
//! | `resume` | whether the log is still the one that the chain was made of |
//! | `intake` | what a record says, and which ones are dead letters |
//! | `cue` | when a snapshot is due |

mod batch;
mod config;
mod cue;
mod error;
mod intake;
mod metrics;
mod partition;
mod resume;
mod run;

pub use config::Config;
pub use error::Error;
pub use metrics::Metrics;
pub use run::{GROUP, Happening, Observer, Parts, run};
