//! How well a model finds what was held out, ranking the full catalogue.

use rayon::prelude::*;

use crate::{Error, HeldOut, Interactions, Model, Scored};

/// What is ranked.
#[derive(Debug, Clone, Copy)]
pub enum Ranker<'a> {
    /// The model as it is served.
    Als(&'a Model),
    /// The model's popular list, the same for everybody but for what they have seen.
    Popular(&'a Model),
}

/// Quality of the lists of `k` movies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// Length of the lists.
    pub k: usize,
    /// Share of users whose held-out movie is in their list. 0 without users.
    pub hit_ratio: f64,
    /// Mean over users of 1 / log₂(rank + 2) of the held-out movie, the first rank being 0; 0 for a miss.
    pub ndcg: f64,
    /// Share of the model's movies that are in any list.
    pub coverage: f64,
    /// Users that were ranked for.
    pub users: usize,
    /// Users whose held-out movie is in their list.
    pub hits: usize,
}

/// Ranks all movies of the model, without those of the user's `training` feedback, for every held-out user.
///
/// A user's vector is the model's own where `training` has the same feedback of them as the model, which makes
/// a fit on `training` the usual case; else it is the fold-in of their training feedback, as serving would do.
/// Somebody of whose taste nothing is known gets the popular list, as in serving. A held-out movie that the
/// model does not know is a miss.
///
/// Runs on the current rayon pool; the figures do not depend on the threads. They are no part of a model's
/// bytes, so the logarithm may be the machine's.
pub fn evaluate(
    ranker: Ranker<'_>,
    training: &Interactions,
    held_out: &HeldOut,
    k: usize,
) -> Result<Ranking, Error> {
    let (Ranker::Als(model) | Ranker::Popular(model)) = ranker;
    let pairs: Vec<(i32, i32)> = held_out.pairs.iter().map(|(&user, &movie)| (user, movie)).collect();
    let lists: Vec<Vec<Scored>> =
        pairs.par_iter().map(|&(user_id, _)| list(ranker, training, user_id, k)).collect::<Result<_, _>>()?;

    let mut hits_at = vec![0usize; k];
    let mut listed = vec![false; model.movies().len()];
    for (&(_, movie_id), list) in pairs.iter().zip(&lists) {
        if let Some(rank) = list.iter().position(|scored| scored.movie_id == movie_id) {
            hits_at[rank] += 1;
        }
        for index in list.iter().filter_map(|scored| model.movie_index(scored.movie_id)) {
            listed[index] = true;
        }
    }
    let hits = hits_at.iter().sum();
    let gain = |(rank, &hits): (usize, &usize)| hits as f64 / (rank as f64 + 2.0).log2();
    let share = |part: f64, of: usize| if of == 0 { 0.0 } else { part / of as f64 };
    Ok(Ranking {
        k,
        hit_ratio: share(hits as f64, pairs.len()),
        ndcg: share(hits_at.iter().enumerate().map(gain).sum(), pairs.len()),
        coverage: share(listed.iter().filter(|&&listed| listed).count() as f64, listed.len()),
        users: pairs.len(),
        hits,
    })
}

fn list(ranker: Ranker<'_>, training: &Interactions, user_id: i32, k: usize) -> Result<Vec<Scored>, Error> {
    let index = training.user_index(user_id);
    let seen: Vec<i32> = index.map(|index| training.seen(index).collect()).unwrap_or_default();
    let unseen = |movie_id| seen.binary_search(&movie_id).is_err();
    match ranker {
        Ranker::Popular(model) => Ok(model.popular(unseen, k)),
        Ranker::Als(model) => Ok(match vector(model, training, user_id)? {
            Some(vector) => model.recommend(&vector, unseen, k),
            None => model.popular(unseen, k),
        }),
    }
}

fn vector(model: &Model, training: &Interactions, user_id: i32) -> Result<Option<Vec<f32>>, Error> {
    let Some(index) = training.user_index(user_id) else { return Ok(None) };
    match model.user_index(user_id) {
        Some(own) if model.feedback_of(own).eq(training.feedback_of(index)) => {
            Ok(model.user_vector(own).map(<[f32]>::to_vec))
        }
        _ => model.fold_in(&training.feedback_of(index).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;

    use super::*;
    use crate::{Feedback, Observation, Parameters, fit};

    /// 60 users of two tastes over 24 movies, by integer arithmetic.
    fn events() -> Vec<(i32, i32, u32)> {
        let movie = |user: u32, n: u32| (user * 5 + n * n * 7 + n) % 11 * 2 + user % 2;
        (0..60u32).flat_map(|u| (0..4 + u % 4).map(move |n| (u as i32, movie(u, n) as i32, n))).collect()
    }

    fn trained() -> (Model, Arc<Interactions>, HeldOut) {
        let held_out = HeldOut::last(events());
        let watched = Feedback::from(Observation::Watched { progress: 1.0 });
        let training = events().into_iter().filter(|&(user, movie, _)| !held_out.holds(user, movie));
        let training = Interactions::new(training.map(|(u, m, _)| (u, m, watched.clone()))).unwrap();
        let parameters =
            Parameters { factors: 4, iterations: 4, regularization: 0.5, ..Parameters::default() };
        let training = Arc::new(training);
        (fit(Arc::clone(&training), &parameters, &|_| ControlFlow::Continue(())).unwrap(), training, held_out)
    }

    /// Rank of the held-out movie among all unseen ones, counted one by one.
    fn rank(model: &Model, scores: &[f32], seen: &[i32], movie_id: i32) -> Option<usize> {
        let own = model.movie_index(movie_id)?;
        let before =
            |&other: &usize| scores[other] > scores[own] || (scores[other] == scores[own] && other < own);
        let unseen = |&other: &usize| !seen.contains(&model.movies()[other]);
        Some((0..scores.len()).filter(unseen).filter(before).count())
    }

    #[test]
    fn figures_are_those_of_counting_one_by_one() {
        let (model, training, held_out) = trained();
        let popularity: Vec<f32> = model.popularity().iter().map(|&likes| likes as f32).collect();
        for (ranker, als) in [(Ranker::Als(&model), true), (Ranker::Popular(&model), false)] {
            let (mut hits, mut gain) = (0, 0.0);
            for (&user_id, &movie_id) in &held_out.pairs {
                let user = training.user_index(user_id).unwrap();
                let seen: Vec<i32> = training.seen(user).collect();
                let scores = model.scores(model.user_vector(user).unwrap());
                let scores = if als { &scores } else { &popularity };
                if let Some(rank) = rank(&model, scores, &seen, movie_id).filter(|&rank| rank < 5) {
                    hits += 1;
                    gain += 1.0 / (rank as f64 + 2.0).log2();
                }
            }
            let users = held_out.pairs.len();
            let found = evaluate(ranker, &training, &held_out, 5).unwrap();
            assert!(hits > 0 && hits < users);
            assert_eq!((found.k, found.users, found.hits), (5, users, hits));
            assert_eq!(found.hit_ratio, hits as f64 / users as f64);
            assert!((found.ndcg - gain / users as f64).abs() < 1e-12);
            assert!(found.coverage > 0.0 && found.coverage <= 1.0);
        }
    }

    #[test]
    fn unknown_movies_are_misses_and_unknown_users_get_the_popular_list() {
        let (model, training, _) = trained();
        let best = model.popular(|_| true, 1)[0].movie_id;
        let held_out = HeldOut { pairs: [(1_000, best), (1_001, 1_000), (0, 1_000)].into(), skipped: 0 };
        let found = evaluate(Ranker::Als(&model), &training, &held_out, 1).unwrap();
        assert_eq!((found.users, found.hits, found.ndcg), (3, 1, 1.0 / 3.0));
    }

    #[test]
    fn nobody_to_rank_for_gives_zeros() {
        let (model, training, _) = trained();
        let found = evaluate(Ranker::Als(&model), &training, &HeldOut::default(), 10).unwrap();
        assert_eq!((found.hit_ratio, found.ndcg, found.coverage, found.users), (0.0, 0.0, 0.0, 0));
    }

    #[test]
    fn feedback_that_the_model_lacks_is_folded_in() {
        let (model, training, held_out) = trained();
        let watched = Feedback::from(Observation::Watched { progress: 1.0 });
        let more = training.feedback_of(0).map(|(m, f)| (0, m, f)).chain([(0, model.movies()[3], watched)]);
        let more = Interactions::new(more).unwrap();
        let folded = vector(&model, &more, 0).unwrap();
        assert_eq!(folded, model.fold_in(&more.feedback_of(0).collect::<Vec<_>>()).unwrap());
        assert_ne!(folded.as_deref(), model.user_vector(0));
        assert!(held_out.pairs.contains_key(&0));
    }
}
