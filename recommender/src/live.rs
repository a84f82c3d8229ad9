//! The live events: what came in after the models' snapshots, by user, outside of the swapped value.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use schemas::{Event, LiveRange, TopicPartition, topic};

/// Positions by partition: the first offsets that a model has not seen.
pub type Offsets = BTreeMap<TopicPartition, i64>;

/// The events of every user since the lowest snapshot that may be served, and how far each partition was read.
///
/// One lock guards both, so that a cut is consistent: its events are exactly those of its ranges.
#[derive(Debug)]
pub struct LiveStore {
    /// How many partitions each event topic has, in the order of [`topic::EVENT_TOPICS`].
    partitions: [i32; 2],
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    next: Offsets,
    users: HashMap<i32, Vec<Kept>>,
    events: usize,
}

/// An event and where it came from: sorted as readers see the log.
#[derive(Debug, Clone)]
struct Kept {
    topic: usize,
    offset: i64,
    event: Event,
}

/// What an answer sees of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// The user's events, in (topic, partition, offset) order.
    pub events: Vec<Event>,
    /// The stretches of the log that they are all of the user's events of.
    pub ranges: Vec<LiveRange>,
}

impl LiveStore {
    /// An empty store for event topics of so many partitions, in the order of [`topic::EVENT_TOPICS`].
    pub fn new(partitions: [i32; 2]) -> Self {
        Self { partitions, state: RwLock::default() }
    }

    /// Takes in a stretch of `tp` that ends before `next_offset`.
    ///
    /// Only an event in its user's own partition is kept: an answer names the ranges of that partition alone.
    pub fn apply(
        &self,
        tp: &TopicPartition,
        events: impl IntoIterator<Item = (i64, Event)>,
        next_offset: i64,
    ) {
        let Some(topic) = topic::EVENT_TOPICS.iter().position(|name| *name == tp.topic) else { return };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for (offset, event) in events {
            if self.partition_of(event.user_id(), topic) == tp.partition {
                state.events += 1;
                state.users.entry(event.user_id()).or_default().push(Kept { topic, offset, event });
            }
        }
        state.next.insert(tp.clone(), next_offset);
    }

    /// The user's events at or after `from`, and up to where the log was read.
    pub fn cut(&self, user_id: i32, from: &Offsets) -> Cut {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let ranges = self.ranges(&state.next, user_id, from);
        let kept = state.users.get(&user_id).map_or(&[][..], Vec::as_slice);
        let mut seen: Vec<&Kept> =
            kept.iter().filter(|kept| kept.offset >= ranges[kept.topic].from).collect();
        seen.sort_by_key(|kept| (kept.topic, kept.offset));
        Cut { events: seen.into_iter().map(|kept| kept.event.clone()).collect(), ranges: ranges.into() }
    }

    fn ranges(&self, next: &Offsets, user_id: i32, from: &Offsets) -> [LiveRange; 2] {
        [0, 1].map(|topic| {
            let partition = self.partition_of(user_id, topic);
            let tp = TopicPartition::new(topic::EVENT_TOPICS[topic], partition);
            let from = from.get(&tp).copied().unwrap_or(0);
            // A follower that has not yet come to the snapshot's end has seen nothing after it.
            let to = next.get(&tp).copied().unwrap_or(0).max(from);
            LiveRange { topic: tp.topic, partition, from, to }
        })
    }

    fn partition_of(&self, user_id: i32, topic: usize) -> i32 {
        user_partition(user_id, self.partitions[topic])
    }

    /// Forgets what every model has seen that will ever be served: the events below `floor`.
    pub fn forget_below(&self, floor: &Offsets) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let below = |user_id: i32, kept: &Kept| {
            let partition = self.partition_of(user_id, kept.topic);
            let tp = TopicPartition::new(topic::EVENT_TOPICS[kept.topic], partition);
            floor.get(&tp).is_some_and(|first| kept.offset < *first)
        };
        state.users.retain(|user_id, kept| {
            kept.retain(|kept| !below(*user_id, kept));
            !kept.is_empty()
        });
        state.events = state.users.values().map(Vec::len).sum();
    }

    /// How many users and events it holds.
    pub fn size(&self) -> (usize, usize) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.users.len(), state.events)
    }
}

/// The partition, of `partitions`, where the events of a user are.
pub fn user_partition(user_id: i32, partitions: i32) -> i32 {
    kafka::partition_of(user_id.to_string().as_bytes(), partitions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rate, watch};

    fn home(user_id: i32, topic: &str) -> TopicPartition {
        TopicPartition::new(topic, user_partition(user_id, 6))
    }

    #[test]
    fn a_cut_names_the_ranges_of_the_users_partitions_and_all_their_events() {
        let store = LiveStore::new([6, 6]);
        let (watches, rates) = (home(7, topic::WATCH_EVENTS), home(7, topic::RATE_EVENTS));
        store.apply(&watches, [(3, watch(7, 1, 0.5)), (5, watch(7, 2, 0.9))], 9);
        store.apply(&rates, [(2, rate(7, 1, 4.0))], 4);
        let cut = store.cut(7, &Offsets::from([(watches.clone(), 4)]));
        assert_eq!(cut.events, [rate(7, 1, 4.0), watch(7, 2, 0.9)]);
        let range =
            |tp: TopicPartition, from, to| LiveRange { topic: tp.topic, partition: tp.partition, from, to };
        assert_eq!(cut.ranges, [range(rates, 0, 4), range(watches, 4, 9)]);
    }

    #[test]
    fn a_follower_behind_the_snapshot_has_seen_nothing_after_it() {
        let store = LiveStore::new([6, 6]);
        let watches = home(7, topic::WATCH_EVENTS);
        store.apply(&watches, [(3, watch(7, 1, 0.5))], 4);
        let cut = store.cut(7, &Offsets::from([(watches, 10)]));
        assert_eq!((cut.events.len(), cut.ranges[1].from, cut.ranges[1].to), (0, 10, 10));
    }

    #[test]
    fn an_event_in_somebody_elses_partition_is_not_live() {
        let store = LiveStore::new([6, 6]);
        let elsewhere = TopicPartition::new(topic::WATCH_EVENTS, (user_partition(7, 6) + 1) % 6);
        store.apply(&elsewhere, [(0, watch(7, 1, 1.0))], 1);
        assert_eq!(store.size(), (0, 0));
    }

    #[test]
    fn what_all_models_have_seen_is_forgotten() {
        let store = LiveStore::new([6, 6]);
        let watches = home(7, topic::WATCH_EVENTS);
        store.apply(&watches, [(3, watch(7, 1, 0.5)), (5, watch(7, 2, 0.9))], 6);
        store.forget_below(&Offsets::from([(watches.clone(), 4)]));
        assert_eq!(store.size(), (1, 1));
        store.forget_below(&Offsets::from([(watches, 6)]));
        assert_eq!(store.size(), (0, 0));
    }
}
