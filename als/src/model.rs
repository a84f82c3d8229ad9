//! A fitted model: what is published, loaded and served from.

use std::sync::Arc;

use crate::kernel::gram::{Gram, gram};
use crate::kernel::row::{Liked, Scratch, solve};
use crate::{Error, Feedback, Interactions, Kernel, Parameters, Weighting};

mod read;
mod tensors;
mod write;

/// What a model is made of and its bytes hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    /// The kernel version of the fit.
    pub kernel_version: u32,
    pub parameters: Parameters,
    pub interactions: Arc<Interactions>,
    /// Users × factors.
    pub user_factors: Vec<f32>,
    /// Movies × factors.
    pub movie_factors: Vec<f32>,
    /// By movie index.
    pub popularity: Vec<u32>,
}

/// Vectors of users and movies, the merged feedback they were made of, the popularity of movies and the
/// parameters of the fit. Immutable.
#[derive(Debug, Clone)]
pub struct Model {
    kernel: Kernel,
    parts: Parts,
    /// YᵀY + λI of the movies' vectors: derived, for fold-in.
    gram: Gram,
}

impl Model {
    pub(crate) fn new(kernel: Kernel, parts: Parts) -> Model {
        let Parameters { factors, regularization, .. } = parts.parameters;
        let gram = gram(kernel, &parts.movie_factors, factors, regularization);
        Model { kernel, parts, gram }
    }

    /// The same model, computing on another kernel: the same bits at another speed.
    pub fn on(self, kernel: Kernel) -> Model {
        Model { kernel, ..self }
    }

    /// What the fit was told.
    pub fn parameters(&self) -> &Parameters {
        &self.parts.parameters
    }

    /// The [`KERNEL_VERSION`](crate::KERNEL_VERSION) of the program that fitted the model. Another version may
    /// serve it, with scores that differ in their last bits.
    pub fn fitted_by(&self) -> u32 {
        self.parts.kernel_version
    }

    /// The merged feedback that the model was fitted on.
    pub fn interactions(&self) -> &Arc<Interactions> {
        &self.parts.interactions
    }

    /// The user_ids, ascending; a user's index is its place here.
    pub fn users(&self) -> &[i32] {
        self.parts.interactions.users()
    }

    /// The movie_ids, ascending; a movie's index is its place here.
    pub fn movies(&self) -> &[i32] {
        self.parts.interactions.movies()
    }

    /// Index of a user that the model knows.
    pub fn user_index(&self, user_id: i32) -> Option<usize> {
        self.parts.interactions.user_index(user_id)
    }

    /// Index of a movie that the model knows.
    pub fn movie_index(&self, movie_id: i32) -> Option<usize> {
        self.parts.interactions.movie_index(movie_id)
    }

    /// What a user had told when the model was fitted, as (movie_id, feedback) by ascending movie_id.
    pub fn feedback_of(&self, user_index: usize) -> impl Iterator<Item = (i32, Feedback)> + '_ {
        self.parts.interactions.feedback_of(user_index)
    }

    /// The movies that a user had met when the model was fitted, liked or not, by ascending movie_id.
    pub fn seen(&self, user_index: usize) -> impl ExactSizeIterator<Item = i32> + '_ {
        self.parts.interactions.seen(user_index)
    }

    /// The number of distinct users that like each movie, by movie index. Liking is what
    /// [`Weighting::preference`](crate::Weighting::preference) says it is.
    pub fn popularity(&self) -> &[u32] {
        &self.parts.popularity
    }

    /// The vectors of all movies, movies × factors.
    pub fn movie_factors(&self) -> &[f32] {
        &self.parts.movie_factors
    }

    /// The vectors of all users, users × factors.
    pub fn user_factors(&self) -> &[f32] {
        &self.parts.user_factors
    }

    /// The vector of a user, of `parameters().factors` elements; `None` for one who had liked nothing, of whose
    /// taste nothing is known. `user_index` is below `users().len()`.
    pub fn user_vector(&self, user_index: usize) -> Option<&[f32]> {
        let factors = self.parts.parameters.factors;
        let vector = &self.parts.user_factors[user_index * factors..][..factors];
        vector.iter().any(|&element| element != 0.0).then_some(vector)
    }

    /// The vector of somebody with this feedback, by movie_id in any order: the exact solution of the row, with
    /// the arithmetic of training. `None` if nothing that the model knows is liked.
    ///
    /// For the feedback that the model holds of a user it is the user's vector, bit for bit.
    pub fn fold_in(&self, feedback: &[(i32, Feedback)]) -> Result<Option<Vec<f32>>, Error> {
        let (indices, confidences) = self.liked(feedback);
        if indices.is_empty() {
            return Ok(None);
        }
        let mut vector = vec![0.0; self.parts.parameters.factors];
        let liked = Liked { indices: &indices, confidences: &confidences };
        let mut scratch = Scratch::new(&self.gram);
        solve(self.kernel, &self.gram, &self.parts.movie_factors, liked, &mut scratch, &mut vector)
            .map_err(|_| Error::UnsolvableFoldIn { movies: indices.len() })?;
        Ok(vector.iter().any(|&element| element != 0.0).then_some(vector))
    }

    /// The known movies that are liked, ascending, with their confidences; repeated movies are merged.
    fn liked(&self, feedback: &[(i32, Feedback)]) -> (Vec<u32>, Vec<f32>) {
        let mut known: Vec<(u32, Feedback)> = feedback
            .iter()
            .filter_map(|(movie_id, feedback)| Some((self.movie_index(*movie_id)? as u32, feedback.clone())))
            .collect();
        known.sort_by_key(|&(movie, _)| movie);
        known.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.merge(std::mem::take(&mut next.1));
            }
            same
        });
        let weigh = |(movie, feedback): &(u32, Feedback)| {
            Some((*movie, self.parts.parameters.weighting.confidence(feedback)?))
        };
        known.iter().filter_map(weigh).unzip()
    }

    /// The kernel that the model computes on.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }
}

/// Number of users who like each movie.
pub(crate) fn count_likes(interactions: &Interactions, weighting: &Weighting) -> Vec<u32> {
    let mut likes = vec![0; interactions.movies().len()];
    let confidences = interactions.confidences(weighting);
    confidences.indices().iter().for_each(|&movie| likes[movie as usize] += 1);
    likes
}
