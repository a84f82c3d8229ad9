//! Implicit-feedback alternating least squares (Hu, Koren, Volinsky 2008) with exact solves.

use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;

use crate::interactions::Confidences;
use crate::kernel::gram::{Gram, gram};
use crate::kernel::row::{Liked, Scratch, solve};
use crate::model::{Parts, count_likes};
use crate::start::start_row;
use crate::{Error, Interactions, KERNEL_VERSION, Kernel, Model, Parameters};

#[cfg(test)]
mod reference;

/// One side of the matrix of feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The rows: users.
    Users,
    /// The columns: movies.
    Movies,
}

impl std::fmt::Display for Side {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Side::Users => "user",
            Side::Movies => "movie",
        })
    }
}

/// How far a fit is. Told after every half-iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The side that was solved just now.
    pub solved: Side,
    /// Half-iterations that are done.
    pub done: usize,
    /// Half-iterations in all: twice the iterations.
    pub total: usize,
}

/// Factorises the liked pairs. Runs on the threads of the current rayon pool, on the fastest [`Kernel`]; neither
/// has any influence on the bits of the result.
///
/// Minimises Σ c (p − xᵀy)² + λ (Σ|x|² + Σ|y|²) over all pairs, p being 1 and c the confidence of
/// [`Weighting`](crate::Weighting) where the user likes the movie, 0 and 1 elsewhere. An iteration solves all
/// movies for the users as they are, then all users for those movies; each row exactly, by Cholesky. So at the
/// end every user's vector is exactly what [`Model::fold_in`] makes of their feedback.
///
/// `progress` is called after every half-iteration; `ControlFlow::Break` ends the fit with
/// [`Error::Cancelled`].
pub fn fit(
    interactions: Arc<Interactions>,
    parameters: &Parameters,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Model, Error> {
    fit_on(Kernel::detect(), interactions, parameters, progress)
}

/// [`fit`] on a kernel of the caller's choice.
pub fn fit_on(
    kernel: Kernel,
    interactions: Arc<Interactions>,
    parameters: &Parameters,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Model, Error> {
    parameters.check()?;
    let &Parameters { factors, iterations, regularization, seed, .. } = parameters;
    let by_user = interactions.confidences(&parameters.weighting);
    if by_user.nnz() == 0 {
        return Err(Error::NothingLiked);
    }
    let by_movie = by_user.transpose_view().to_csr();

    let popularity = count_likes(&interactions, &parameters.weighting);
    let mut users = vec![0.0; interactions.users().len() * factors];
    for (row, &user_id) in users.chunks_exact_mut(factors).zip(interactions.users()) {
        start_row(seed, user_id, row);
    }
    let mut movies = vec![0.0; interactions.movies().len() * factors];
    let total = 2 * iterations;
    for iteration in 0..iterations {
        for solved in [Side::Movies, Side::Users] {
            let (confidences, ids, others, rows) = match solved {
                Side::Movies => (&by_movie, interactions.movies(), &users, &mut movies),
                Side::Users => (&by_user, interactions.users(), &movies, &mut users),
            };
            let shared = gram(kernel, others, factors, regularization);
            solve_side(kernel, confidences, &shared, others, rows)
                .map_err(|row| Error::Unsolvable { side: solved, id: ids[row] })?;
            let done = 2 * iteration + 1 + usize::from(solved == Side::Users);
            if progress(Progress { solved, done, total }).is_break() {
                return Err(Error::Cancelled);
            }
        }
    }
    let parts = Parts {
        kernel_version: KERNEL_VERSION,
        parameters: *parameters,
        interactions,
        user_factors: users,
        movie_factors: movies,
        popularity,
    };
    Ok(Model::new(kernel, parts))
}

/// Solves all rows of one side, or names the first that cannot be.
fn solve_side(
    kernel: Kernel,
    confidences: &Confidences,
    shared: &Gram,
    others: &[f32],
    rows: &mut [f32],
) -> Result<(), usize> {
    let starts = confidences.indptr();
    let failed = rows
        .par_chunks_exact_mut(shared.factors)
        .enumerate()
        .map_init(
            || Scratch::new(shared),
            |scratch, (index, row)| {
                let entries = starts.outer_inds_sz(index);
                let liked = Liked {
                    indices: &confidences.indices()[entries.clone()],
                    confidences: &confidences.data()[entries],
                };
                solve(kernel, shared, others, liked, scratch, row).err().map(|_| index)
            },
        )
        .flatten()
        .min();
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn watched(pairs: &[(i32, i32, f64)]) -> Arc<Interactions> {
        let feedback = pairs.iter().map(|&(u, m, progress)| (u, m, Observation::Watched { progress }.into()));
        Arc::new(Interactions::new(feedback).unwrap())
    }

    #[test]
    fn nothing_liked_is_an_error() {
        let fitted = fit(watched(&[(1, 1, 0.0)]), &Parameters::default(), &|_| ControlFlow::Continue(()));
        assert!(matches!(fitted, Err(Error::NothingLiked)));
    }

    #[test]
    fn progress_is_told_and_can_cancel() {
        let parameters = Parameters { iterations: 3, factors: 2, ..Parameters::default() };
        let told = std::sync::Mutex::new(Vec::new());
        let fitted = fit(watched(&[(1, 1, 1.0)]), &parameters, &|progress| {
            told.lock().unwrap().push((progress.done, progress.total));
            if progress.done == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(fitted, Err(Error::Cancelled)));
        assert_eq!(told.into_inner().unwrap(), [(1, 6), (2, 6), (3, 6), (4, 6)]);
    }

    #[test]
    fn a_row_that_f32_cannot_solve_is_named() {
        let weighting = crate::Weighting { alpha: 1e6, ..Default::default() };
        let parameters =
            Parameters { factors: 8, regularization: 1e-38, weighting, iterations: 40, ..Default::default() };
        let fitted = fit(watched(&[(3, 7, 1.0), (4, 7, 1.0)]), &parameters, &|_| ControlFlow::Continue(()));
        assert!(matches!(fitted, Err(Error::Unsolvable { side: Side::Movies, id: 7 })), "{:?}", fitted.err());
    }
}
