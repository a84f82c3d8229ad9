//! The registry against real folders, stores that misbehave, and races.

// Outside of test functions too: a panic is the report.
#![allow(clippy::unwrap_used)]

mod faulty;
mod golden;
mod log;
mod model;
mod outcome;
mod segment;
mod snapshot;
mod store;
mod tail;
