//! From a vector to a list: scores of all movies and the best of them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::kernel::lanes;
use crate::{Error, Model};

/// A movie with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The movie.
    pub movie_id: i32,
    /// The higher the better; finite.
    pub score: f32,
}

impl Model {
    /// Predicted preference of every movie, by movie index: its vector's dot product with `vector`, which has
    /// `parameters().factors` elements.
    pub fn scores(&self, vector: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0; self.movies().len()];
        lanes::scores(self.kernel(), vector, self.movie_factors(), &mut scores);
        scores
    }

    /// The best `k` of the allowed movies for a vector.
    pub fn recommend(&self, vector: &[f32], allowed: impl Fn(i32) -> bool, k: usize) -> Vec<Scored> {
        top(self.movies(), self.scores(vector), allowed, k)
    }

    /// The most popular `k` of the allowed movies; the score is the number of users who like the movie.
    pub fn popular(&self, allowed: impl Fn(i32) -> bool, k: usize) -> Vec<Scored> {
        top(self.movies(), self.popularity().iter().map(|&likes| likes as f32), allowed, k)
    }

    /// Computes what serving will compute, for up to 16 users spread over all: their fold-in and the scores of
    /// every movie, which must be finite. Bytes were checked when they were read; this checks the arithmetic on
    /// them, and brings them into memory.
    pub fn probe(&self) -> Result<(), Error> {
        for user in (0..self.users().len()).step_by(self.users().len().div_ceil(16).max(1)) {
            let feedback: Vec<_> = self.feedback_of(user).collect();
            for vector in [self.user_vector(user).map(<[f32]>::to_vec), self.fold_in(&feedback)?] {
                let sound = |vector: Vec<f32>| self.scores(&vector).iter().all(|score| score.is_finite());
                if !vector.is_none_or(sound) {
                    return Err(Error::Probe { user_id: self.users()[user] });
                }
            }
        }
        Ok(())
    }
}

/// The best `k` of the allowed movies: higher score first, ties to the lower movie_id. A score that is not
/// finite is no recommendation.
fn top(
    movie_ids: &[i32],
    scores: impl IntoIterator<Item = f32>,
    allowed: impl Fn(i32) -> bool,
    k: usize,
) -> Vec<Scored> {
    // The root of the heap is the worst of the best so far.
    let mut best = BinaryHeap::with_capacity(k.min(movie_ids.len()) + 1);
    for (&movie_id, score) in movie_ids.iter().zip(scores) {
        let candidate = Reverse(Ranked(Scored { movie_id, score }));
        let displaces = best.len() < k || best.peek().is_some_and(|worst| candidate < *worst);
        if displaces && score.is_finite() && allowed(movie_id) {
            best.push(candidate);
            if best.len() > k {
                best.pop();
            }
        }
    }
    best.into_sorted_vec().into_iter().map(|Reverse(Ranked(scored))| scored).collect()
}

/// Ordered by rank: the greater is the better.
#[derive(PartialEq)]
struct Ranked(Scored);

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> Ordering {
        let (a, b) = (self.0, other.0);
        (a.score + 0.0).total_cmp(&(b.score + 0.0)).then(b.movie_id.cmp(&a.movie_id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(of: Vec<Scored>) -> Vec<i32> {
        of.into_iter().map(|scored| scored.movie_id).collect()
    }

    #[test]
    fn ties_go_to_the_lower_id_and_zeros_are_equal() {
        let top = |k| ids(top(&[1, 2, 3, 4, 5], [-0.0, 0.0, 7.0, f32::NAN, 7.0], |_| true, k));
        assert_eq!(top(9), [3, 5, 1, 2]);
        assert_eq!(top(2), [3, 5]);
        assert!(top(0).is_empty());
    }

    proptest! {
        #[test]
        fn it_is_the_head_of_the_sorted_list(
            scores in prop::collection::vec((-3i8..3).prop_map(f32::from), 0..40), k in 0..12usize, odd: bool,
        ) {
            let movie_ids: Vec<i32> = (0..scores.len() as i32).collect();
            let allowed = |id: i32| !odd || id % 2 == 1;
            let mut sorted: Vec<i32> = movie_ids.iter().copied().filter(|&id| allowed(id)).collect();
            sorted.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
            sorted.truncate(k);
            prop_assert_eq!(ids(top(&movie_ids, scores, allowed, k)), sorted);
        }
    }
}
