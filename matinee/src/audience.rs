//! The demo's people: they have tastes, watch, rate and ask for recommendations.
//!
//! Whose users there are, what they like and what they draw comes from one seed. Every visit of every person has
//! draws of its own, so that nothing depends on who is served first; only the lists that they are shown and the
//! clock come from outside.

mod behaviour;
mod catalogue;
mod draws;
pub mod driver;
pub mod known;
pub mod past;
pub mod put;
mod tastes;
mod words;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use rand::RngExt;
use schemas::{Event, Movie, RateEvent, WatchEvent};

pub use behaviour::Shown;
pub use catalogue::{MOVIES, made_up};

use behaviour::{Choice, Visit, choose};
use draws::{Purpose, draws};
use tastes::{Direction, Tastes};

/// Every so many-th person has no past: they come in while the others are served.
const NEWCOMERS: usize = 10;
/// The past of the audience goes back so far.
const PAST_MS: i64 = 30 * 24 * 3600 * 1000;
/// The past ends so long before now, so that whatever happens now is later.
const PAST_END_MS: i64 = 60 * 1000;

/// The audience. It remembers who has seen what.
#[derive(Clone, Debug)]
pub struct Audience {
    seed: u64,
    first_user_id: i32,
    tastes: Tastes,
    people: Vec<Person>,
}

#[derive(Clone, Debug)]
struct Person {
    taste: Direction,
    visits: u64,
    seen: HashSet<i32>,
}

impl Audience {
    /// `users` people with ids from `first_user_id` on, who choose among the available movies of `catalogue`.
    pub fn new(seed: u64, first_user_id: i32, users: usize, catalogue: &[Movie]) -> Audience {
        let tastes = Tastes::new(seed, catalogue);
        let last = first_user_id.saturating_add_unsigned(u32::try_from(users).unwrap_or(u32::MAX));
        let person = |user_id| Person { taste: tastes.person(user_id), visits: 0, seen: HashSet::new() };
        let people = (first_user_id..last).map(person).collect();
        Audience { seed, first_user_id, tastes, people }
    }

    /// Takes in what the log already knows of these people, so that they go on from there.
    pub fn remember(&mut self, event: &Event) {
        if let Some(person) = self.person(event.user_id()) {
            person.seen.insert(event.movie_id());
            person.visits += u64::from(matches!(event, Event::Watch(_)));
        }
    }

    /// What people did in the 30 days before `now_ms` (Unix milliseconds), in order of time: each of them as many
    /// visits as `visits` allows, but for the newcomers, who have no past.
    pub fn history(&mut self, now_ms: i64, visits: RangeInclusive<u64>) -> Vec<Event> {
        let mut events = Vec::new();
        for index in (0..self.people.len()).filter(|index| index % NEWCOMERS != NEWCOMERS - 1) {
            let user_id = self.user_id(index);
            let mut draws = draws(self.seed, Purpose::History, i64::from(user_id), 0);
            let count = draws.random_range(visits.clone());
            let span_ms = (PAST_MS - PAST_END_MS) as f64;
            for visit in 0..count {
                let part = (visit as f64 + draws.random::<f64>()) / count as f64;
                let ts = now_ms - PAST_MS + (part * span_ms) as i64;
                events.extend(self.visit(user_id, None, ts));
            }
        }
        events.sort_by(|a, b| (a.ts(), a.event_id()).cmp(&(b.ts(), b.event_id())));
        events
    }

    /// Who comes as the `number`-th. None where there is nobody.
    pub fn arrival(&self, number: u64) -> Option<i32> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let at: f64 = draws(self.seed, Purpose::Arrival, number, 0).random();
        let index = (at * self.people.len() as f64) as usize;
        (index < self.people.len()).then(|| self.user_id(index))
    }

    /// One visit at `now_ms` (Unix milliseconds) of a person who was shown a list, or none: the events of it, a
    /// watch and perhaps a rating. Empty for a stranger and for who has seen everything.
    pub fn visit(&mut self, user_id: i32, shown: Option<Shown<'_>>, now_ms: i64) -> Vec<Event> {
        let Some(index) = self.index(user_id) else { return Vec::new() };
        let person = &self.people[index];
        let visit = Visit { seed: self.seed, user_id, number: person.visits };
        let Some(choice) = choose(visit, person.taste, &self.tastes, &person.seen, shown) else {
            return Vec::new();
        };
        let person = &mut self.people[index];
        person.visits += 1;
        person.seen.insert(choice.movie_id);
        let request_id = shown.filter(|_| choice.from_list).map(|shown| shown.request_id.to_owned());
        events(visit, &choice, request_id, now_ms)
    }

    /// A person with a past and a newcomer, for the URLs that people are told to try.
    pub fn examples(&self) -> Vec<i32> {
        [0, NEWCOMERS - 1].into_iter().filter(|i| *i < self.people.len()).map(|i| self.user_id(i)).collect()
    }

    fn user_id(&self, index: usize) -> i32 {
        self.first_user_id.saturating_add_unsigned(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn index(&self, user_id: i32) -> Option<usize> {
        let index = usize::try_from(i64::from(user_id) - i64::from(self.first_user_id)).ok()?;
        (index < self.people.len()).then_some(index)
    }

    fn person(&mut self, user_id: i32) -> Option<&mut Person> {
        self.index(user_id).map(|index| &mut self.people[index])
    }
}

/// The time is in the ids: people of one seed who come again another day do something new.
fn events(visit: Visit, choice: &Choice, request_id: Option<String>, ts: i64) -> Vec<Event> {
    let Visit { seed, user_id, number } = visit;
    let id = |kind: &str| format!("{kind}-{seed}-{user_id}-{number}-{ts}");
    let movie_id = choice.movie_id;
    let watch = WatchEvent {
        event_id: id("watch"),
        ts,
        user_id,
        movie_id,
        progress: choice.progress,
        request_id: request_id.clone(),
    };
    let rate = choice.rating.map(|rating| {
        // Nobody rates before they have watched.
        Event::Rate(RateEvent { event_id: id("rate"), ts: ts + 1, user_id, movie_id, rating, request_id })
    });
    std::iter::once(Event::Watch(watch)).chain(rate).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW_MS: i64 = 1_700_000_000_000;

    fn audience() -> Audience {
        Audience::new(5, 1, 40, &made_up(5, 120, 0))
    }

    #[test]
    fn history_is_of_the_seed_in_order_of_time_and_in_the_past() {
        let events = audience().history(NOW_MS, 5..=8);
        assert_eq!(events, audience().history(NOW_MS, 5..=8));
        assert!(events.is_sorted_by_key(Event::ts));
        assert!(events.iter().all(|event| (NOW_MS - PAST_MS..NOW_MS).contains(&event.ts())));
        assert!(events.iter().all(|event| event.check().is_ok()));
        let ids: BTreeSet<_> = events.iter().map(Event::event_id).collect();
        assert_eq!(ids.len(), events.len());
        let users: BTreeSet<_> = events.iter().map(Event::user_id).collect();
        assert_eq!(users.len(), 36, "every tenth of 40 is a newcomer");
    }

    #[test]
    fn nobody_watches_a_movie_twice() {
        let mut audience = audience();
        let mut events = audience.history(NOW_MS, 20..=30);
        (0..500)
            .for_each(|n| events.extend(audience.visit(audience.clone().arrival(n).unwrap(), None, NOW_MS)));
        let watched: Vec<_> = events.iter().filter(|event| matches!(event, Event::Watch(_))).collect();
        let pairs: BTreeSet<_> = watched.iter().map(|event| (event.user_id(), event.movie_id())).collect();
        assert_eq!(pairs.len(), watched.len());
    }

    #[test]
    fn who_is_served_first_does_not_matter() {
        let (mut a, mut b) = (audience(), audience());
        let shown = Shown { request_id: "r", movie_ids: &[7, 8, 9] };
        let first = (a.visit(1, Some(shown), 10), a.visit(2, None, 10));
        let second = b.visit(2, None, 10);
        assert_eq!(first, (b.visit(1, Some(shown), 10), second));
    }

    #[test]
    fn what_a_list_led_to_names_its_request() {
        let mut audience = audience();
        let shown = Shown { request_id: "r-1", movie_ids: &[7, 8, 9, 10, 11] };
        let events: Vec<Event> = (1..=40).flat_map(|user| audience.visit(user, Some(shown), 10)).collect();
        for event in &events {
            let (Event::Watch(WatchEvent { request_id, movie_id, .. })
            | Event::Rate(RateEvent { request_id, movie_id, .. })) = event;
            assert!(request_id.is_none() || shown.movie_ids.contains(movie_id));
        }
        assert!(events.iter().any(|event| matches!(event, Event::Watch(w) if w.request_id.is_some())));
    }

    #[test]
    fn people_go_on_from_what_the_log_knows() {
        let mut before = audience();
        let events = before.history(NOW_MS, 3..=3);
        let mut after = audience();
        events.iter().for_each(|event| after.remember(event));
        assert_eq!(before.visit(1, None, NOW_MS), after.visit(1, None, NOW_MS));
    }

    #[test]
    fn strangers_and_an_empty_house_do_nothing() {
        assert_eq!(audience().visit(41, None, 0), []);
        assert_eq!(audience().visit(0, None, 0), []);
        assert_eq!(Audience::new(1, 1, 0, &[]).arrival(3), None);
        assert_eq!(Audience::new(1, 1, 1, &[]).visit(1, None, 0), []);
        assert_eq!(audience().examples(), [1, 10]);
    }
}
