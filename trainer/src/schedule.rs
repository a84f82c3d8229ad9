//! Which triggers the trainer itself appends: because their time has come, because enough has happened.
//!
//! Ids are made of what causes them and nothing else, so that two trainers that see the same append the same
//! id, of which one is served.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use schemas::Cause;

use crate::config::{Config, Schedule};

/// What a trainer sees when it looks.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Unix milliseconds.
    pub now_ms: i64,
    /// The newest published version, as text.
    pub champion: Option<&'a str>,
    /// Events in the log that the newest model's snapshot does not hold; all of them without a model.
    pub new_events: u64,
    /// The ids of all triggers that are in the log.
    pub known: &'a BTreeSet<String>,
}

/// A trigger to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Names the trigger.
    pub trigger_id: String,
    /// [`Cause::Schedule`] or [`Cause::Events`].
    pub cause: Cause,
    /// In words.
    pub reason: String,
}

/// The triggers that are due and not in the log yet.
pub fn due(config: &Config, sight: Sight<'_>) -> Vec<Due> {
    let all = [by_time(config, sight), by_events(step(config, sight), sight)];
    all.into_iter().flatten().filter(|due| !sight.known.contains(&due.trigger_id)).collect()
}

/// The trigger of the time slot that `now_ms` is in: slots are whole periods since 1970-01-01 UTC, named by their
/// start. Slots that went by while nobody was there are not made up for.
///
/// Before the first model a slot waits until there may be enough for one; what spends it is then the first try, and
/// [`step`] sees to the next ones.
fn by_time(config: &Config, sight: Sight<'_>) -> Option<Due> {
    let Schedule::Every(period) = config.schedule else { return None };
    if sight.champion.is_none() && sight.new_events < first_step(config) {
        return None;
    }
    let period_ms = i64::try_from(period.duration().as_millis()).ok().filter(|ms| *ms > 0)?;
    let start = DateTime::<Utc>::from_timestamp_millis(sight.now_ms - sight.now_ms.rem_euclid(period_ms))?;
    let start = start.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    Some(Due {
        trigger_id: format!("schedule-{start}"),
        cause: Cause::Schedule,
        reason: format!("the slot of {period} that began at {start}"),
    })
}

/// How many new events are a trigger, if any number is.
///
/// Before the first model a schedule is impatient: a new system gets its model as soon as there can be one. The gate
/// asks for pairs of user and movie, which are not counted here; there are at most as many as events. So a first try
/// may be refused, and each time that as many more events have come there is another, whatever the slot.
fn step(config: &Config, sight: Sight<'_>) -> Option<u64> {
    match (sight.champion, config.schedule) {
        (None, Schedule::Every(_)) => {
            let first = first_step(config);
            Some(config.retrain_events.map_or(first, |events| events.min(first)))
        }
        _ => config.retrain_events,
    }
}

/// The fewest events that can make a first model.
fn first_step(config: &Config) -> u64 {
    (config.gate.bootstrap_min_interactions as u64).max(1)
}

/// The trigger of the new events: one for every full `step` of them, so that a refusal is followed by another
/// try when as many more have come in.
fn by_events(step: Option<u64>, sight: Sight<'_>) -> Option<Due> {
    let steps = sight.new_events.checked_div(step?).filter(|steps| *steps > 0)?;
    let since = sight.champion.unwrap_or("none");
    Some(Due {
        trigger_id: format!("events-{since}-{}", steps.saturating_mul(step?)),
        cause: Cause::Events,
        reason: match sight.champion {
            Some(version) => format!("{} events since the snapshot of {version}", sight.new_events),
            None => format!("{} events and no model yet", sight.new_events),
        },
    })
}

#[cfg(test)]
mod tests {
    use runtime::config::Period;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn config(schedule: Schedule, retrain_events: Option<u64>) -> Config {
        Config { schedule, retrain_events, ..Config::default() }
    }

    fn ids(
        config: &Config,
        now_ms: i64,
        champion: Option<&str>,
        new_events: u64,
        known: &[&str],
    ) -> Vec<String> {
        let known = known.iter().map(|id| (*id).to_owned()).collect();
        let due = due(config, Sight { now_ms, champion, new_events, known: &known });
        due.into_iter().map(|due| due.trigger_id).collect()
    }

    #[test]
    fn a_slot_is_named_by_its_start_and_served_once() {
        let daily = config(Schedule::Every(Period::from_secs(24 * 3600)), None);
        let day = ["schedule-1970-01-03T00:00:00Z"];
        assert_eq!(ids(&daily, 48 * HOUR_MS, Some("v0.1"), 0, &[]), day);
        assert_eq!(ids(&daily, 72 * HOUR_MS - 1, Some("v0.1"), 0, &[]), day);
        assert!(ids(&daily, 72 * HOUR_MS - 1, Some("v0.1"), 0, &day).is_empty());
        assert_eq!(ids(&daily, 72 * HOUR_MS, Some("v0.1"), 0, &day), ["schedule-1970-01-04T00:00:00Z"]);
    }

    #[test]
    fn off_is_off() {
        assert!(ids(&config(Schedule::Off, None), 0, Some("v0.1"), 1_000_000, &[]).is_empty());
    }

    #[test]
    fn before_the_first_model_a_slot_waits_for_enough_events_and_a_refusal_for_as_many_more() {
        let hourly = config(Schedule::Every(Period::from_secs(3600)), None);
        let slot = "schedule-1970-01-01T00:00:00Z";
        assert!(ids(&hourly, 0, None, 0, &[]).is_empty());
        assert!(ids(&hourly, 0, None, 99, &[]).is_empty());
        assert_eq!(ids(&hourly, 0, None, 100, &[]), [slot, "events-none-100"]);
        // Of those pairs were too few; the slot is spent.
        let mut known = vec![slot, "events-none-100"];
        assert!(ids(&hourly, 1, None, 199, &known).is_empty());
        assert_eq!(ids(&hourly, 2, None, 200, &known), ["events-none-200"]);
        known.push("events-none-200");
        assert_eq!(ids(&hourly, 3, None, 1234, &known), ["events-none-1200"]);
        // With a model it is a slot's turn again.
        assert!(ids(&hourly, HOUR_MS - 1, Some("v0.1"), 5000, &known).is_empty());
        assert_eq!(ids(&hourly, HOUR_MS, Some("v0.1"), 5000, &known), ["schedule-1970-01-01T01:00:00Z"]);
    }

    #[test]
    fn before_the_first_model_the_smaller_step_counts() {
        let hourly = Schedule::Every(Period::from_secs(3600));
        let slot = "schedule-1970-01-01T00:00:00Z";
        assert_eq!(ids(&config(hourly, Some(1000)), 0, None, 1000, &[slot]), ["events-none-1000"]);
        assert_eq!(ids(&config(hourly, Some(1000)), 0, None, 300, &[slot]), ["events-none-300"]);
        assert_eq!(ids(&config(hourly, Some(30)), 0, None, 50, &[]), ["events-none-30"]);
        let gate = crate::Gate { bootstrap_min_interactions: 0, ..Default::default() };
        let no_minimum = Config { gate, ..config(hourly, None) };
        assert!(ids(&no_minimum, 0, None, 0, &[]).is_empty());
        assert_eq!(ids(&no_minimum, 0, None, 2, &[slot]), ["events-none-2"]);
    }

    #[test]
    fn every_full_step_of_events_is_one_trigger() {
        let thousand = config(Schedule::Off, Some(1000));
        assert!(ids(&thousand, 7, Some("v0.2"), 999, &[]).is_empty());
        assert_eq!(ids(&thousand, 7, Some("v0.2"), 1000, &[]), ["events-v0.2-1000"]);
        assert!(ids(&thousand, 8, Some("v0.2"), 1999, &["events-v0.2-1000"]).is_empty());
        assert_eq!(ids(&thousand, 9, Some("v0.2"), 3500, &["events-v0.2-1000"]), ["events-v0.2-3000"]);
        assert_eq!(ids(&thousand, 9, None, 1000, &[]), ["events-none-1000"]);
    }
}
