//! Chance, by name: every decision draws from a generator of its own, so that nothing depends on who came first.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// What a generator is for; decisions of different kinds never share one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// A title and its genres.
    Title = 1,
    /// The direction of a genre.
    Genre = 2,
    /// The direction of a movie beside its genres.
    Movie = 3,
    /// How many people know a movie.
    Fame = 4,
    /// What a person likes.
    Person = 5,
    /// One visit of one person.
    Visit = 6,
    /// Who comes next.
    Arrival = 7,
    /// How much somebody watched in the past.
    History = 8,
}

/// The generator of one decision: of `seed`, the purpose and two numbers that name the decision.
pub(super) fn draws(seed: u64, purpose: Purpose, a: i64, b: i64) -> Pcg64 {
    let words = [seed, purpose as u64, a.cast_unsigned(), b.cast_unsigned()];
    Pcg64::seed_from_u64(words.iter().fold(0, |state, word| mix(state ^ mix(*word))))
}

/// One number of the standard normal distribution (Box and Muller 1958).
pub(super) fn normal(draws: &mut Pcg64) -> f64 {
    let (u, v): (f64, f64) = (draws.random(), draws.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The index that `at` in 0..1 falls on when every index takes a part as large as its weight. None when all
/// weights are 0.
pub(super) fn pick(weights: &[f64], at: f64) -> Option<usize> {
    let mut left = at * weights.iter().sum::<f64>();
    let mut last = None;
    for (index, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        last = Some(index);
        if left < weight {
            return last;
        }
        left -= weight;
    }
    last
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014) with its increment.
fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_have_generators_of_their_own() {
        let first = |a, b| draws(7, Purpose::Visit, a, b).random::<u64>();
        assert_eq!(first(1, 2), first(1, 2));
        let all = [first(1, 2), first(2, 1), first(1, 3), draws(7, Purpose::Person, 1, 2).random()];
        assert!((0..all.len()).all(|i| !all[..i].contains(&all[i])));
    }

    #[test]
    fn a_pick_follows_the_weights() {
        let weights = [0.0, 1.0, 0.0, 3.0];
        assert_eq!(pick(&weights, 0.0), Some(1));
        assert_eq!(pick(&weights, 0.24), Some(1));
        assert_eq!(pick(&weights, 0.26), Some(3));
        assert_eq!(pick(&weights, 0.999_999), Some(3));
        assert_eq!(pick(&[0.0, 0.0], 0.5), None);
        assert_eq!(pick(&[], 0.5), None);
    }

    #[test]
    fn normal_numbers_have_the_right_spread() {
        let mut draws = draws(1, Purpose::Movie, 0, 0);
        let sample: Vec<f64> = (0..10_000).map(|_| normal(&mut draws)).collect();
        let mean = sample.iter().sum::<f64>() / 1e4;
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
