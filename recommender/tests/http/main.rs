//! The recommender over HTTP, on a real log and a real store.

mod answers;
mod models;
mod recommender;
mod refusals;
mod switching;
