//! What decides an answer: a pure function of the model, the user's live events, the catalogue and the request.

use std::collections::BTreeMap;

use als::{Feedback, Model, Observation, Rated, Scored};
use schemas::Event;

use crate::Catalogue;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub user_id: i32,
    /// How many movies at most.
    pub k: usize,
}

/// Where the scores of an answer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedBy {
    /// The user's factors in the model.
    Als,
    /// Factors solved from the model's feedback on the user and the live events.
    FoldIn,
    /// How many people liked each movie: nothing that was liked is known of the user.
    Popular,
}

impl ServedBy {
    /// As answers and records name it.
    pub fn as_str(self) -> &'static str {
        match self {
            ServedBy::Als => "als",
            ServedBy::FoldIn => "fold_in",
            ServedBy::Popular => "popular",
        }
    }
}

/// What is recommended, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Movies and their scores; ties go to the lower movie_id.
    pub items: Vec<Scored>,
    /// Where the scores come from.
    pub served_by: ServedBy,
}

/// The answer to `request`, from `model` and the user's `live` events, those that the model has not seen.
///
/// Not recommended is what the user has seen (the model's feedback on the user and exactly the live events) and
/// what the catalogue says is not available. The same arguments give the same answer, bit for bit, on every
/// machine: the HTTP handler calls this function, and so does replay.
///
/// # Errors
/// The row cannot be solved, which a model that passed its checks does not let happen.
pub fn answer(
    model: &Model,
    live: &[Event],
    catalogue: &Catalogue,
    request: &Request,
) -> Result<Answer, als::Error> {
    let user = model.user_index(request.user_id);
    let feedback = merged(model, user, live);
    let allowed = |movie_id| !feedback.contains_key(&movie_id) && catalogue.is_available(movie_id);
    let solved = match user {
        Some(index) if live.is_empty() => model.user_vector(index).map(|row| (row.to_vec(), ServedBy::Als)),
        _ => solve(model, &feedback)?.map(|row| (row, ServedBy::FoldIn)),
    };
    Ok(match solved {
        Some((row, served_by)) => Answer { items: model.recommend(&row, allowed, request.k), served_by },
        None => Answer { items: model.popular(allowed, request.k), served_by: ServedBy::Popular },
    })
}

/// The model's feedback on the user and the live events, by movie.
fn merged(model: &Model, user: Option<usize>, live: &[Event]) -> BTreeMap<i32, Feedback> {
    let known = user.into_iter().flat_map(|index| model.feedback_of(index));
    let mut feedback: BTreeMap<i32, Feedback> = known.collect();
    for event in live {
        feedback.entry(event.movie_id()).or_default().observe(observation(event));
    }
    feedback
}

fn solve(model: &Model, feedback: &BTreeMap<i32, Feedback>) -> Result<Option<Vec<f32>>, als::Error> {
    let row: Vec<_> = feedback.iter().map(|(movie_id, feedback)| (*movie_id, feedback.clone())).collect();
    model.fold_in(&row)
}

/// What an event says about its user and its movie.
fn observation(event: &Event) -> Observation {
    match event {
        Event::Watch(watch) => Observation::Watched { progress: watch.progress },
        Event::Rate(rate) => Observation::Rated(Rated {
            ts: rate.ts,
            event_id: rate.event_id.as_str().into(),
            rating: rate.rating,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{catalogue_of, model, rate, watch};

    fn ids(answer: &Answer) -> Vec<i32> {
        answer.items.iter().map(|item| item.movie_id).collect()
    }

    fn ask(live: &[Event], catalogue: &Catalogue, user_id: i32) -> Answer {
        answer(&model(), live, catalogue, &Request { user_id, k: 10 }).unwrap()
    }

    #[test]
    fn a_known_user_is_served_from_the_model() {
        let got = ask(&[], &Catalogue::default(), 1);
        assert_eq!(got.served_by, ServedBy::Als);
        assert!(!got.items.is_empty());
    }

    #[test]
    fn what_the_model_saw_and_what_was_just_watched_is_not_recommended() {
        let before = ids(&ask(&[], &Catalogue::default(), 1));
        for seen in model().seen(model().user_index(1).unwrap()) {
            assert!(!before.contains(&seen));
        }
        let after = ask(&[watch(1, before[0], 1.0)], &Catalogue::default(), 1);
        assert_eq!(after.served_by, ServedBy::FoldIn);
        assert!(!ids(&after).contains(&before[0]));
    }

    #[test]
    fn a_new_user_is_personal_after_one_watch_and_popular_before() {
        let nobody = ask(&[], &Catalogue::default(), 999);
        assert_eq!(nobody.served_by, ServedBy::Popular);
        let movie = nobody.items[0].movie_id;
        let once = ask(&[watch(999, movie, 1.0)], &Catalogue::default(), 999);
        assert_eq!(once.served_by, ServedBy::FoldIn);
        assert!(!ids(&once).contains(&movie));
    }

    #[test]
    fn a_dislike_is_seen_and_says_nothing_else() {
        let movie = ask(&[], &Catalogue::default(), 999).items[0].movie_id;
        let got = ask(&[rate(999, movie, 0.5)], &Catalogue::default(), 999);
        assert_eq!(got.served_by, ServedBy::Popular);
        assert!(!ids(&got).contains(&movie));
    }

    #[test]
    fn what_is_not_available_is_not_recommended() {
        let movie = ask(&[], &Catalogue::default(), 1).items[0].movie_id;
        let got = ask(&[], &catalogue_of(&[(movie, false)]), 1);
        assert!(!ids(&got).contains(&movie));
    }

    #[test]
    fn a_watch_of_a_movie_that_the_model_does_not_know_only_counts_as_seen() {
        let got = ask(&[watch(999, 123_456, 1.0)], &Catalogue::default(), 999);
        assert_eq!(got.served_by, ServedBy::Popular);
    }

    #[test]
    fn at_most_k_are_given() {
        let got = answer(&model(), &[], &Catalogue::default(), &Request { user_id: 1, k: 2 }).unwrap();
        assert_eq!(got.items.len(), 2);
    }
}
