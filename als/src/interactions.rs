//! All merged feedback: what a model is fitted on and what it remembers.

use sprs::CsMatI;

use crate::rows::Rows;
use crate::{Error, Feedback, Weighting};

/// Confidences of the liked pairs, compressed by row: 32-bit column indices, ascending in each row.
pub(crate) type Confidences = CsMatI<f32, u32, usize>;

/// Merged feedback by user, with the ids that rows and columns stand for.
///
/// Users and movies are numbered by ascending id, so the same set of events makes the same value in whatever
/// order, and however often, they are given.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    pub(crate) user_ids: Vec<i32>,
    pub(crate) movie_ids: Vec<i32>,
    pub(crate) rows: Rows,
}

impl Interactions {
    /// Merges (user_id, movie_id, feedback), given in any order and with any repetition.
    ///
    /// Refuses a progress outside 0..=1 and a rating that is not finite.
    pub fn new(feedback: impl IntoIterator<Item = (i32, i32, Feedback)>) -> Result<Interactions, Error> {
        let mut pairs: Vec<_> = feedback.into_iter().collect();
        for (user_id, movie_id, feedback) in &pairs {
            if let Some(reason) = feedback.fault() {
                return Err(Error::Feedback { user_id: *user_id, movie_id: *movie_id, reason });
            }
        }
        pairs.sort_by_key(|&(user_id, movie_id, _)| (user_id, movie_id));
        pairs.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2.merge(std::mem::take(&mut next.2));
            }
            same
        });
        let mut movie_ids: Vec<i32> = pairs.iter().map(|&(_, movie_id, _)| movie_id).collect();
        movie_ids.sort_unstable();
        movie_ids.dedup();
        if u32::try_from(movie_ids.len()).is_err() {
            return Err(Error::TooLarge { what: "movies", count: movie_ids.len() });
        }

        let mut user_ids = Vec::new();
        let mut rows = Rows::new();
        for of_user in pairs.chunk_by(|a, b| a.0 == b.0) {
            user_ids.push(of_user[0].0);
            for (_, movie_id, feedback) in of_user {
                let movie = movie_ids.partition_point(|id| id < movie_id);
                rows.push(movie as u32, feedback);
            }
            rows.end_row();
        }
        Ok(Interactions { user_ids, movie_ids, rows })
    }

    /// The user_ids, ascending; a user's index is its place here.
    pub fn users(&self) -> &[i32] {
        &self.user_ids
    }

    /// The movie_ids, ascending; a movie's index is its place here.
    pub fn movies(&self) -> &[i32] {
        &self.movie_ids
    }

    /// Index of a user, if there is feedback of theirs.
    pub fn user_index(&self, user_id: i32) -> Option<usize> {
        self.user_ids.binary_search(&user_id).ok()
    }

    /// Index of a movie, if there is feedback on it.
    pub fn movie_index(&self, movie_id: i32) -> Option<usize> {
        self.movie_ids.binary_search(&movie_id).ok()
    }

    /// Number of (user, movie) pairs.
    pub fn len(&self) -> usize {
        self.rows.movies.len()
    }

    /// Whether there is no feedback at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a user has told, as (movie_id, feedback) by ascending movie_id. `user_index` is below
    /// `users().len()`.
    pub fn feedback_of(&self, user_index: usize) -> impl Iterator<Item = (i32, Feedback)> + '_ {
        let entries = self.rows.entries(user_index);
        entries.map(|entry| (self.movie_ids[self.rows.movies[entry] as usize], self.rows.feedback(entry)))
    }

    /// The movies that a user has met, liked or not, by ascending movie_id.
    pub fn seen(&self, user_index: usize) -> impl ExactSizeIterator<Item = i32> + '_ {
        self.rows.movies_of(user_index).iter().map(|&movie| self.movie_ids[movie as usize])
    }

    /// The liked pairs, users × movies.
    pub(crate) fn confidences(&self, weighting: &Weighting) -> Confidences {
        let (mut starts, mut movies, mut confidences) = (vec![0], Vec::new(), Vec::new());
        for user in 0..self.user_ids.len() {
            for entry in self.rows.entries(user) {
                if let Some(confidence) = weighting.confidence(&self.rows.feedback(entry)) {
                    movies.push(self.rows.movies[entry]);
                    confidences.push(confidence);
                }
            }
            starts.push(movies.len());
        }
        CsMatI::new((self.user_ids.len(), self.movie_ids.len()), starts, movies, confidences)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Observation;

    fn watched(user_id: i32, movie_id: i32, progress: f64) -> (i32, i32, Feedback) {
        (user_id, movie_id, Observation::Watched { progress }.into())
    }

    #[test]
    fn pairs_are_merged_and_numbered_by_id() {
        let given = [watched(9, 5, 0.5), watched(-1, 7, 1.0), watched(9, 2, 0.1), watched(9, 5, 0.75)];
        let all = Interactions::new(given).unwrap();
        assert_eq!(all.users(), [-1, 9]);
        assert_eq!(all.movies(), [2, 5, 7]);
        assert_eq!(all.len(), 3);
        assert_eq!((all.user_index(9), all.user_index(3), all.movie_index(7)), (Some(1), None, Some(2)));
        let row: Vec<_> = all.feedback_of(1).map(|(id, feedback)| (id, feedback.progress)).collect();
        assert_eq!(row, [(2, Some(0.1)), (5, Some(0.75))]);
        assert!(all.seen(0).eq([7]));
    }

    #[test]
    fn only_what_is_liked_has_a_confidence() {
        let all = Interactions::new([watched(1, 1, 1.0), watched(1, 2, 0.0), watched(2, 2, 0.5)]).unwrap();
        let confidences = all.confidences(&Weighting { alpha: 2.0, ..Weighting::default() });
        let liked: Vec<_> = confidences.iter().map(|(&c, at)| (at, c)).collect();
        assert_eq!(liked, [((0, 0), 3.0), ((1, 1), 2.0)]);
    }

    #[test]
    fn unsound_feedback_is_refused_with_its_pair() {
        for progress in [f64::NAN, -0.1, 1.1] {
            let refused = Interactions::new([watched(4, 5, progress)]);
            assert!(matches!(refused, Err(Error::Feedback { user_id: 4, movie_id: 5, .. })));
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(
            (ordered, mut shuffled) in prop::collection::vec((0..5i32, 0..5i32, 0..=4u8), 0..30)
                .prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
        ) {
            shuffled.extend_from_within(..shuffled.len() / 2);
            let build = |of: Vec<(i32, i32, u8)>| {
                Interactions::new(of.into_iter().map(|(u, m, q)| watched(u, m, f64::from(q) / 4.0))).unwrap()
            };
            prop_assert_eq!(build(ordered), build(shuffled));
        }
    }
}
