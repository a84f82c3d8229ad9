//! The statistics behind ranking evaluation and experiments: pure functions over plain numbers.

mod error;
mod latency;
mod proportion;
mod quantile;

pub use error::Error;
pub use latency::Latency;
pub use proportion::{Interval, Proportion, Z_90, Z_95, Z_99};
pub use quantile::quantile;
