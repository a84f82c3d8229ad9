//! What somebody does on one visit.

use std::collections::HashSet;

use rand::RngExt;

use super::draws::{Purpose, draws, pick};
use super::tastes::{Direction, Tastes, pull};

/// How often somebody who was shown a list takes from it. If it were always, people would know only what a model
/// showed them, and no later model could learn more of them.
const TRUST: f64 = 0.4;
/// How often somebody rates what they watched.
const RATES: f64 = 0.4;
/// A watch that ends before this part is one that was given up.
const GIVEN_UP: f64 = 0.6;

/// The list that somebody was shown, and the request that it answered.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The request's id.
    pub request_id: &'a str,
    /// Movie ids, best first.
    pub movie_ids: &'a [i32],
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub movie_id: i32,
    /// The part that was watched, 0 to 1.
    pub progress: f64,
    /// Stars in halves, 0.5 to 5, where they rated it.
    pub rating: Option<f64>,
    /// Whether the list led here.
    pub from_list: bool,
}

/// Names one visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub seed: u64,
    pub user_id: i32,
    /// Counts this person's visits.
    pub number: u64,
}

/// What a person does, given the list, if there is one. The same visit with the same list ends the same way. None
/// when there is nothing left that they have not seen.
pub(super) fn choose(
    visit: Visit,
    taste: Direction,
    tastes: &Tastes,
    seen: &HashSet<i32>,
    shown: Option<Shown<'_>>,
) -> Option<Choice> {
    let number = i64::try_from(visit.number).unwrap_or(i64::MAX);
    let mut draws = draws(visit.seed, Purpose::Visit, i64::from(visit.user_id), number);
    // Always the same draws in the same order, whatever is shown.
    let [trust, which, attention, mood, rates]: [f64; 5] = std::array::from_fn(|_| draws.random());
    let listed =
        shown.filter(|_| trust < TRUST).and_then(|shown| from_list(taste, tastes, seen, shown, which));
    let from_list = listed.is_some();
    let movie_id = listed.or_else(|| own_choice(taste, tastes, seen, which))?;
    let affinity = tastes.movie(movie_id).map_or(0.0, |movie| taste.affinity(movie.direction));
    let progress = progress(affinity, attention);
    let rating = (rates < RATES).then(|| rating(affinity, mood));
    Some(Choice { movie_id, progress, rating, from_list })
}

/// From the list people take what they like, and rather from its top.
fn from_list(
    taste: Direction,
    tastes: &Tastes,
    seen: &HashSet<i32>,
    shown: Shown<'_>,
    which: f64,
) -> Option<i32> {
    let weight = |(rank, movie_id): (usize, &i32)| match tastes.movie(*movie_id) {
        Some(movie) if !seen.contains(movie_id) => {
            pull(taste.affinity(movie.direction)) / (1.0 + 0.2 * rank as f64)
        }
        _ => 0.0,
    };
    let weights: Vec<f64> = shown.movie_ids.iter().enumerate().map(weight).collect();
    pick(&weights, which).map(|index| shown.movie_ids[index])
}

/// Without a list people take what they like among what they have heard of.
fn own_choice(taste: Direction, tastes: &Tastes, seen: &HashSet<i32>, which: f64) -> Option<i32> {
    let weight = |movie: &super::tastes::Appeal| match seen.contains(&movie.movie_id) {
        true => 0.0,
        false => movie.fame * pull(taste.affinity(movie.direction)),
    };
    let weights: Vec<f64> = tastes.movies().iter().map(weight).collect();
    pick(&weights, which).map(|index| tastes.movies()[index].movie_id)
}

/// What is liked is watched to the end; what is not is given up.
fn progress(affinity: f64, attention: f64) -> f64 {
    let finishes = attention < 0.3 + 0.7 * affinity;
    let part = match finishes {
        true => 1.0 - (1.0 - GIVEN_UP) * attention * attention,
        false => GIVEN_UP * (1.0 - attention),
    };
    (part.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

fn rating(affinity: f64, mood: f64) -> f64 {
    let stars = 2.6 + 2.2 * affinity + 1.2 * (mood - 0.5);
    ((stars * 2.0).round() / 2.0).clamp(0.5, 5.0)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::made_up;
    use super::*;

    fn setting() -> (Tastes, Direction) {
        let tastes = Tastes::new(9, &made_up(9, 200, 0));
        let taste = tastes.person(1);
        (tastes, taste)
    }

    fn visit(number: u64) -> Visit {
        Visit { seed: 9, user_id: 1, number }
    }

    #[test]
    fn a_visit_repeats_itself_exactly() {
        let (tastes, taste) = setting();
        let seen = HashSet::from([3, 4]);
        let shown = Some(Shown { request_id: "r", movie_ids: &[3, 10, 11, 12] });
        for number in 0..20 {
            let once = choose(visit(number), taste, &tastes, &seen, shown);
            assert_eq!(once, choose(visit(number), taste, &tastes, &seen, shown));
        }
    }

    #[test]
    fn people_take_from_the_list_and_never_what_they_have_seen() {
        let (tastes, taste) = setting();
        let seen = HashSet::from([3]);
        let shown = Some(Shown { request_id: "r", movie_ids: &[3, 10, 11] });
        let choices: Vec<Choice> =
            (0..200).filter_map(|n| choose(visit(n), taste, &tastes, &seen, shown)).collect();
        let listed = choices.iter().filter(|choice| choice.from_list).count();
        assert!((60..100).contains(&listed), "{listed}");
        assert!(choices.iter().all(|choice| choice.movie_id != 3));
        assert!(choices.iter().filter(|c| c.from_list).all(|c| [10, 11].contains(&c.movie_id)));
    }

    #[test]
    fn who_has_seen_everything_does_nothing() {
        let (tastes, taste) = setting();
        let seen: HashSet<i32> = (1..=200).collect();
        assert_eq!(choose(visit(0), taste, &tastes, &seen, None), None);
    }

    #[test]
    fn what_is_liked_is_finished_and_rated_higher() {
        let mean = |affinity: f64, of: fn(f64, f64) -> f64| {
            (0..100).map(|i| of(affinity, f64::from(i) / 100.0)).sum::<f64>() / 100.0
        };
        assert!(mean(0.9, progress) > 0.8 && mean(-0.3, progress) < 0.4);
        assert!(mean(0.9, rating) > 4.0 && mean(-0.9, rating) < 1.5);
        for affinity in [-1.0, 0.0, 1.0] {
            for draw in [0.0, 0.3, 0.999] {
                assert!((0.0..=1.0).contains(&progress(affinity, draw)));
                assert!((0.5..=5.0).contains(&rating(affinity, draw)));
            }
        }
    }
}
