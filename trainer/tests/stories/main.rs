//! The trainer on an embedded log and a local store: every story in a folder of its own.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod determinism;
mod gate;
mod history;
mod models;
mod movielens;
mod repair;
mod trouble;
mod world;
