//! The recommender over HTTP, on a real log and a real store.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod answers;
mod models;
mod recommender;
mod refusals;
mod switching;
