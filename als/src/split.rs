//! Leave-last-out: what is hidden from training to see whether the model finds it.

use std::collections::BTreeMap;

/// The pair that is held out of each user: all feedback on it stays out of the training set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldOut {
    /// The held-out movie_id by user_id.
    pub pairs: BTreeMap<i32, i32>,
    /// Users of whom nothing is held out, because all their feedback is on one movie.
    pub skipped: usize,
}

struct Seen<K> {
    last: K,
    movie_id: i32,
    first_movie_id: i32,
    several: bool,
}

impl HeldOut {
    /// Holds out, of every user, the movie of their last event by `K`, the order of events
    /// (ts, topic, partition, offset). Events are (user_id, movie_id, order) in any order; a repeated event
    /// changes nothing.
    ///
    /// A user without feedback on any other movie is counted as skipped and stays in training whole.
    pub fn last<K: Ord>(events: impl IntoIterator<Item = (i32, i32, K)>) -> HeldOut {
        let mut users: BTreeMap<i32, Seen<K>> = BTreeMap::new();
        for (user_id, movie_id, order) in events {
            match users.get_mut(&user_id) {
                None => {
                    let seen = Seen { last: order, movie_id, first_movie_id: movie_id, several: false };
                    users.insert(user_id, seen);
                }
                Some(seen) => {
                    seen.several |= movie_id != seen.first_movie_id;
                    // Equal orders are one event, unless the caller's order is none; then the lower id holds.
                    if (&order, seen.movie_id) > (&seen.last, movie_id) {
                        (seen.last, seen.movie_id) = (order, movie_id);
                    }
                }
            }
        }
        let skipped = users.values().filter(|seen| !seen.several).count();
        let several = users.into_iter().filter(|(_, seen)| seen.several);
        HeldOut { pairs: several.map(|(user_id, seen)| (user_id, seen.movie_id)).collect(), skipped }
    }

    /// Whether feedback on this pair stays out of the training set.
    pub fn holds(&self, user_id: i32, movie_id: i32) -> bool {
        self.pairs.get(&user_id) == Some(&movie_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_events_movie_is_held_out_with_all_its_feedback() {
        let events = [
            (1, 10, (5, "rate", 0, 7)),
            (1, 11, (9, "rate", 0, 8)),
            (1, 10, (9, "watch", 0, 0)),
            (2, 10, (1, "rate", 0, 0)),
            (2, 10, (2, "rate", 0, 0)),
        ];
        let held_out = HeldOut::last(events);
        assert_eq!(held_out.pairs, BTreeMap::from([(1, 10)]));
        assert_eq!(held_out.skipped, 1);
        assert!(held_out.holds(1, 10) && !held_out.holds(1, 11) && !held_out.holds(2, 10));
        assert_eq!(held_out, HeldOut::last(events.into_iter().rev().chain(events)));
    }
}
