//! The same factorisation written slowly and plainly in f64, and the tests that hold the fast one to it.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use super::{fit, fit_on};
use crate::start::start_row;
use crate::{Feedback, Interactions, Kernel, Model, Observation, Parameters, Weighting};

type Matrix = Vec<Vec<f64>>;

/// x of Ax = b by Gauss-Jordan elimination with pivoting.
fn eliminate(mut a: Matrix, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&p, &q| a[p][column].abs().total_cmp(&a[q][column].abs())).unwrap();
        a.swap(column, pivot);
        b.swap(column, pivot);
        for row in (0..n).filter(|&row| row != column) {
            let factor = a[row][column] / a[column][column];
            let from = a[column].clone();
            a[row].iter_mut().zip(from).for_each(|(x, y)| *x -= factor * y);
            b[row] -= factor * b[column];
        }
    }
    (0..n).map(|row| b[row] / a[row][row]).collect()
}

/// The rows x that minimise Σ c (p − xᵀy)² + λ|x|², with the sums over all y; `confidence(row, y)` is `None`
/// where p is 0.
fn half(rows: usize, ys: &Matrix, lambda: f64, confidence: impl Fn(usize, usize) -> Option<f64>) -> Matrix {
    let factors = ys[0].len();
    let solve = |row| {
        let mut a = vec![vec![0.0; factors]; factors];
        let mut b = vec![0.0; factors];
        for (other, y) in ys.iter().enumerate() {
            let (c, p) = confidence(row, other).map_or((1.0, 0.0), |c| (c, 1.0));
            for i in 0..factors {
                (0..factors).for_each(|j| a[i][j] += c * y[i] * y[j]);
                b[i] += c * p * y[i];
            }
        }
        (0..factors).for_each(|i| a[i][i] += lambda);
        eliminate(a, b)
    };
    (0..rows).map(solve).collect()
}

fn dense(interactions: &Interactions, parameters: &Parameters) -> (Matrix, Matrix) {
    let (users, movies) = (interactions.users(), interactions.movies());
    let confidence = |user: usize, movie: usize| {
        let (_, feedback) = interactions.feedback_of(user).find(|&(id, _)| id == movies[movie])?;
        parameters.weighting.confidence(&feedback).map(f64::from)
    };
    let start = |&user_id: &i32| {
        let mut row = vec![0.0; parameters.factors];
        start_row(parameters.seed, user_id, &mut row);
        row.into_iter().map(f64::from).collect()
    };
    let lambda = f64::from(parameters.regularization);
    let (mut xs, mut ys): (Matrix, Matrix) = (users.iter().map(start).collect(), Vec::new());
    for _ in 0..parameters.iterations {
        ys = half(movies.len(), &xs, lambda, |movie, user| confidence(user, movie));
        xs = half(users.len(), &ys, lambda, confidence);
    }
    (xs, ys)
}

fn assert_near(fast: &[f32], slow: &Matrix) {
    let slow: Vec<f64> = slow.iter().flatten().copied().collect();
    assert_eq!(fast.len(), slow.len());
    let scale = slow.iter().fold(1e-3f64, |most, x| most.max(x.abs()));
    for (fast, slow) in fast.iter().zip(slow) {
        assert!((f64::from(*fast) - slow).abs() <= 1e-3 * scale, "{fast} is not {slow} (scale {scale})");
    }
}

fn watched(pairs: impl IntoIterator<Item = (i32, i32, u8)>) -> Arc<Interactions> {
    let feedback = |(user_id, movie_id, quarters)| {
        let progress = f64::from(quarters) / 4.0;
        (user_id, movie_id, Feedback::from(Observation::Watched { progress }))
    };
    Arc::new(Interactions::new(pairs.into_iter().map(feedback)).unwrap())
}

fn fitted(interactions: &Arc<Interactions>, parameters: &Parameters) -> Model {
    fit(Arc::clone(interactions), parameters, &|_| ControlFlow::Continue(())).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_is_the_dense_solution(
        pairs in prop::collection::vec((0..12i32, 0..15i32, 0..=4u8), 1..90),
        factors in 1..20usize, iterations in 1..4usize, regularization in 0.1f32..5.0, alpha in 0.5f64..10.0,
        seed: u64,
    ) {
        let interactions = watched(pairs.into_iter().chain([(0, 0, 4)]));
        let weighting = Weighting { alpha, ..Weighting::default() };
        let parameters = Parameters { factors, iterations, regularization, weighting, seed };
        let model = fitted(&interactions, &parameters);
        let (users, movies) = dense(&interactions, &parameters);
        assert_near(model.user_factors(), &users);
        assert_near(model.movie_factors(), &movies);
    }
}

/// Pairs with long and short rows, enough users for several blocks of the Gram matrix.
fn many() -> Arc<Interactions> {
    watched((0..2_500).flat_map(|u: i32| (0..1 + u % 9).map(move |n| (u, (u * (n + 3) + n * n) % 97, 4))))
}

#[test]
fn threads_and_kernels_do_not_change_a_bit() {
    let interactions = many();
    for factors in [5, 16, 40] {
        let parameters = Parameters { factors, iterations: 2, ..Parameters::default() };
        let bits = |kernel, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let go =
                || fit_on(kernel, Arc::clone(&interactions), &parameters, &|_| ControlFlow::Continue(()));
            pool.install(go).unwrap().to_bytes().unwrap()
        };
        let once = bits(Kernel::detect(), 1);
        assert!(once == bits(Kernel::detect(), 2) && once == bits(Kernel::detect(), 4), "threads, {factors}");
        assert!(once == bits(Kernel::portable(), 3), "kernels, {factors} factors");
    }
}

#[test]
fn folding_in_what_the_model_holds_gives_the_users_vector() {
    let interactions = many();
    let model = fitted(&interactions, &Parameters { factors: 20, iterations: 2, ..Parameters::default() });
    for kernel in [Kernel::detect(), Kernel::portable()] {
        let model = model.clone().on(kernel);
        for user in (0..model.users().len()).step_by(50) {
            let mut feedback: Vec<_> = model.feedback_of(user).collect();
            feedback.reverse();
            feedback.push((1_000_000, Observation::Watched { progress: 1.0 }.into()));
            let folded = model.fold_in(&feedback).unwrap().unwrap();
            let bits = |vector: &[f32]| vector.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&folded), bits(model.user_vector(user).unwrap()));
        }
    }
}
