//! The runtime from outside, as a service uses it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod config;
mod listener;
mod shutdown;
mod tasks;
