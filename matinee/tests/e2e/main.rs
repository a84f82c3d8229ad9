//! Stories over the whole system: the `matinee` binary on a fresh data folder, seen from outside.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod bad_machine;
mod demo;
mod happy_path;
mod movielens;
mod people;
mod poison_event;
mod stack;
mod stop_and_start;
mod swap_under_load;
