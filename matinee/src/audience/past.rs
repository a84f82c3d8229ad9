//! The audience's past in the log: what it did before anybody watched, so that there is something to learn from.

use std::ops::RangeInclusive;

use anyhow::Result;
use kafka::Log;
use schemas::Codec;

use super::{Audience, put};

/// What each person did before: so many visits.
const VISITS: RangeInclusive<u64> = 20..=30;
/// Events that go into the log at once.
const BATCH: usize = 1_000;

/// Puts the audience's past, which ends shortly before `now_ms` (Unix milliseconds), into the log, and tells of every
/// batch how many events it had. Returns how many there are.
///
/// # Errors
/// The log cannot be written.
pub async fn live_through(
    audience: &mut Audience,
    log: &Log,
    now_ms: i64,
    mut observe: impl FnMut(u64),
) -> Result<u64> {
    let codec = Codec::new();
    let events = audience.history(now_ms, VISITS);
    for batch in events.chunks(BATCH) {
        put::events(log, &codec, batch).await?;
        observe(batch.len() as u64);
    }
    Ok(events.len() as u64)
}
