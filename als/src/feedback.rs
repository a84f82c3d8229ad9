//! What one user has told us about one movie.

use std::cmp::Ordering;

/// A rating together with what orders it among the ratings of the same pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// When it was given, Unix milliseconds.
    pub ts: i64,
    /// Identity of the event; the second key of the order.
    pub event_id: Box<str>,
    /// The rating itself, 0.5 to 5.
    pub rating: f64,
}

impl Rated {
    /// The order in which ratings of one pair supersede each other: by (ts, event_id), and by the rating
    /// itself where a broken producer used one event_id twice, so that the order is total.
    pub fn supersedes(&self, other: &Rated) -> Ordering {
        self.ts
            .cmp(&other.ts)
            .then_with(|| self.event_id.cmp(&other.event_id))
            .then_with(|| self.rating.total_cmp(&other.rating))
    }
}

/// What one event says about a (user, movie) pair.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// The user watched this share of the movie, 0 to 1.
    Watched {
        /// Share of the movie that was watched.
        progress: f64,
    },
    /// The user rated the movie.
    Rated(Rated),
}

/// Everything that is known about one (user, movie) pair: the largest progress and the latest rating.
///
/// Merging is idempotent, commutative and associative, so any order and any repetition of the same events
/// gives the same feedback.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feedback {
    /// The largest share of the movie that was watched, if it was watched.
    pub progress: Option<f64>,
    /// The latest rating, if it was rated.
    pub rating: Option<Rated>,
}

impl Feedback {
    /// Takes one more event in.
    pub fn observe(&mut self, observation: Observation) {
        self.merge(observation.into());
    }

    /// Takes other feedback on the same pair in.
    pub fn merge(&mut self, other: Feedback) {
        if let Some(progress) = other.progress
            && self.progress.is_none_or(|own| own.total_cmp(&progress).is_lt())
        {
            self.progress = Some(progress);
        }
        if let Some(rated) = other.rating
            && self.rating.as_ref().is_none_or(|own| own.supersedes(&rated).is_lt())
        {
            self.rating = Some(rated);
        }
    }

    /// Why this feedback cannot have come from a sound event, if so: a progress outside 0..=1 or a rating that
    /// is not finite.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.progress.is_some_and(|progress| !(0.0..=1.0).contains(&progress)) {
            return Some("progress is not within 0..=1");
        }
        if self.rating.as_ref().is_some_and(|rated| !rated.rating.is_finite()) {
            return Some("rating is not finite");
        }
        None
    }
}

impl From<Observation> for Feedback {
    fn from(observation: Observation) -> Feedback {
        match observation {
            Observation::Watched { progress } => Feedback { progress: Some(progress), rating: None },
            Observation::Rated(rated) => Feedback { progress: None, rating: Some(rated) },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observations() -> impl Strategy<Value = Vec<Observation>> {
        let watched = (0..=4u8).prop_map(|q| Observation::Watched { progress: f64::from(q) / 4.0 });
        let rated = (0..3i64, 0..3u8, 1..=10u8).prop_map(|(ts, id, halves)| {
            let event_id = format!("e{id}").into();
            Observation::Rated(Rated { ts, event_id, rating: f64::from(halves) / 2.0 })
        });
        prop::collection::vec(prop_oneof![watched, rated], 0..12)
    }

    fn merged<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> Feedback {
        let mut feedback = Feedback::default();
        observations.into_iter().for_each(|observation| feedback.observe(observation.clone()));
        feedback
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same(
            (ordered, shuffled) in observations().prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle()))
        ) {
            prop_assert_eq!(merged(&ordered), merged(&shuffled));
        }

        #[test]
        fn any_repetition_gives_the_same(all in observations(), again in any::<prop::sample::Index>()) {
            let from = if all.is_empty() { 0 } else { again.index(all.len()) };
            prop_assert_eq!(merged(&all), merged(all.iter().chain(&all[from..])));
        }

        #[test]
        fn merging_parts_is_merging_all(left in observations(), right in observations()) {
            let mut parts = merged(&left);
            parts.merge(merged(&right));
            prop_assert_eq!(parts, merged(left.iter().chain(&right)));
        }
    }

    #[test]
    fn the_latest_rating_and_the_largest_progress_hold() {
        let rated = |ts, id: &str, rating| Observation::Rated(Rated { ts, event_id: id.into(), rating });
        let watched = |progress| Observation::Watched { progress };
        let all = [rated(2, "b", 1.0), watched(0.9), rated(2, "a", 5.0), rated(1, "z", 4.0), watched(0.2)];
        let feedback = merged(&all);
        assert_eq!(feedback.progress, Some(0.9));
        assert_eq!(feedback.rating, Some(Rated { ts: 2, event_id: "b".into(), rating: 1.0 }));
    }
}
