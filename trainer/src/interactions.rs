//! From a snapshot's records to what a model is fitted on.

use std::collections::{BTreeMap, HashSet};

use als::{Feedback, HeldOut, Interactions, Observation, Rated};
use registry::segment::Row;
use schemas::{Event, Position, TopicPartition, topic};

/// The order of events: by their own time, then by where they are in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it happened, Unix milliseconds, as its producer says.
    pub ts: i64,
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// One event as training sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Who.
    pub user_id: i32,
    /// What.
    pub movie_id: i32,
    /// When, and where in the log.
    pub place: Place,
    /// What it says about the pair.
    pub observation: Observation,
}

/// The events of a snapshot, each once.
#[derive(Debug, Default)]
pub struct Observations {
    events: Vec<Observed>,
    event_ids: HashSet<Box<str>>,
    repeated: u64,
    unusable: u64,
}

impl Observations {
    /// Takes the records of a partition in. Records come in (topic bytes, partition, offset) order; of several
    /// with one `event_id` the first holds.
    pub fn take(&mut self, partition: i32, rows: Vec<Row>) {
        for row in rows {
            match row.event {
                None => self.unusable += 1,
                Some(event) if self.event_ids.insert(event.event_id().into()) => {
                    self.events.push(observed(partition, row.offset, event));
                }
                Some(_) => self.repeated += 1,
            }
        }
    }

    /// Events that count.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Records whose `event_id` an earlier one had.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Records that are no event: dead letters, and values that were erased.
    pub fn unusable(&self) -> u64 {
        self.unusable
    }

    /// All feedback but that on the held-out pairs.
    ///
    /// # Errors
    /// Feedback that no decoder should have let through, or more than the kernel can index.
    pub fn without(&self, held_out: &HeldOut) -> Result<Interactions, als::Error> {
        let kept = self.events.iter().filter(|event| !held_out.holds(event.user_id, event.movie_id));
        Interactions::new(
            kept.map(|event| (event.user_id, event.movie_id, Feedback::from(event.observation.clone()))),
        )
    }

    /// The movie of every user's last event.
    pub fn last_of_each_user(&self) -> HeldOut {
        HeldOut::last(self.events.iter().map(|event| (event.user_id, event.movie_id, event.place)))
    }

    /// Those of the held-out pairs of which no event lies before `offsets`, the next offsets of a snapshot: the
    /// model of that snapshot has not seen them.
    pub fn unseen(&self, held_out: &HeldOut, offsets: &[Position]) -> HeldOut {
        let next: BTreeMap<TopicPartition, i64> =
            offsets.iter().map(|position| (position.topic_partition(), position.offset)).collect();
        let is_old = |place: &Place| {
            let partition = TopicPartition::new(place.topic, place.partition);
            next.get(&partition).is_some_and(|next| place.offset < *next)
        };
        let mut unseen = held_out.clone();
        for event in self.events.iter().filter(|event| held_out.holds(event.user_id, event.movie_id)) {
            if is_old(&event.place) {
                unseen.pairs.remove(&event.user_id);
            }
        }
        unseen
    }
}

fn observed(partition: i32, offset: i64, event: Event) -> Observed {
    let (user_id, movie_id, ts) = (event.user_id(), event.movie_id(), event.ts());
    let (topic, observation) = match event {
        Event::Watch(event) => (topic::WATCH_EVENTS, Observation::Watched { progress: event.progress }),
        Event::Rate(event) => {
            let rated = Rated { ts, event_id: event.event_id.into(), rating: event.rating };
            (topic::RATE_EVENTS, Observation::Rated(rated))
        }
    };
    Observed { user_id, movie_id, place: Place { ts, topic, partition, offset }, observation }
}

#[cfg(test)]
mod tests {
    use schemas::{RateEvent, WatchEvent};

    use super::*;

    fn row(offset: i64, event: Option<Event>) -> Row {
        Row { event, ..Row::new(offset, 0, None, None) }
    }

    fn watch(offset: i64, id: &str, ts: i64, user_id: i32, movie_id: i32) -> Row {
        let event_id = id.to_owned();
        let event = WatchEvent { event_id, ts, user_id, movie_id, progress: 1.0, request_id: None };
        row(offset, Some(Event::Watch(event)))
    }

    fn rate(offset: i64, id: &str, ts: i64, user_id: i32, movie_id: i32) -> Row {
        let event_id = id.to_owned();
        let event = RateEvent { event_id, ts, user_id, movie_id, rating: 4.0, request_id: None };
        row(offset, Some(Event::Rate(event)))
    }

    #[test]
    fn an_event_id_counts_once_whatever_the_partition() {
        let mut all = Observations::default();
        all.take(0, vec![rate(0, "a", 1, 1, 10), row(1, None), rate(2, "a", 1, 1, 10)]);
        all.take(3, vec![watch(0, "a", 1, 1, 10), watch(1, "b", 2, 1, 11)]);
        assert_eq!((all.len(), all.repeated(), all.unusable()), (2, 2, 1));
    }

    #[test]
    fn the_last_event_is_by_time_then_topic_partition_offset() {
        let place = |ts, topic, partition, offset| Place { ts, topic, partition, offset };
        let sorted = [
            place(1, topic::WATCH_EVENTS, 5, 9),
            place(2, topic::RATE_EVENTS, 1, 7),
            place(2, topic::WATCH_EVENTS, 0, 8),
            place(2, topic::WATCH_EVENTS, 1, 3),
            place(2, topic::WATCH_EVENTS, 1, 4),
        ];
        assert!(sorted.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn what_is_held_out_is_not_trained_on() {
        let mut all = Observations::default();
        all.take(0, vec![rate(0, "a", 5, 1, 10), rate(1, "b", 6, 1, 11)]);
        all.take(0, vec![watch(0, "c", 1, 1, 11), watch(1, "d", 1, 2, 10)]);
        let held_out = all.last_of_each_user();
        assert_eq!(held_out.pairs, BTreeMap::from([(1, 11)]));
        let training = all.without(&held_out).unwrap();
        assert_eq!((training.len(), training.movies()), (2, [10].as_slice()));
        assert_eq!(all.without(&HeldOut::default()).unwrap().len(), 3);
    }

    #[test]
    fn only_pairs_that_a_snapshot_does_not_know_are_unseen_by_its_model() {
        let mut all = Observations::default();
        // User 1: a movie after the snapshot; user 2: one that was known before; user 3: nothing new.
        all.take(0, vec![watch(0, "a", 1, 1, 10), watch(1, "b", 2, 2, 20), watch(2, "c", 3, 2, 21)]);
        all.take(1, vec![watch(0, "d", 4, 3, 30), watch(1, "e", 5, 3, 31)]);
        all.take(0, vec![watch(3, "f", 6, 1, 11), watch(4, "g", 7, 2, 20)]);
        let offsets = [
            TopicPartition::new(topic::WATCH_EVENTS, 0).at(3),
            TopicPartition::new(topic::WATCH_EVENTS, 1).at(2),
        ];
        let held_out = all.last_of_each_user();
        assert_eq!(held_out.pairs, BTreeMap::from([(1, 11), (2, 20), (3, 31)]));
        assert_eq!(all.unseen(&held_out, &offsets).pairs, BTreeMap::from([(1, 11)]));
        // A partition that the snapshot did not have is all new.
        assert_eq!(all.unseen(&held_out, &offsets[..1]).pairs, BTreeMap::from([(1, 11), (3, 31)]));
    }
}
