//! The bytes of a model: the same everywhere and for good, and harmless whatever they are.

// A test may unwrap: its panic is its report.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::Arc;

use als::{Error, Feedback, Interactions, Kernel, Model, Observation, Parameters, Rated, Weighting, fit_on};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The artifact of the small fit below. It changes with `KERNEL_VERSION` or the format, and never otherwise.
const GOLDEN_SHA256: &str = "631f6b52eb32156fb02f48128400c09eb88f2aa7d59dc220d4cbe955c1b717c7";
const GOLDEN: &[u8] = include_bytes!("golden/model-v1.safetensors");

/// Watches and ratings of 48 users on 32 movies, by integer arithmetic.
fn interactions() -> Interactions {
    let observe = |user: u32, n: u32| {
        let movie = (user * 7 + n * n * 5 + n * (user % 3)) % 32;
        let observation = if (user + n).is_multiple_of(3) {
            let rating = f64::from(1 + (user * 3 + movie) % 10) / 2.0;
            Observation::Rated(Rated {
                ts: i64::from(user * 1_000 + n),
                event_id: format!("r{n}").into(),
                rating,
            })
        } else {
            Observation::Watched { progress: f64::from((user + movie * 5) % 9) / 8.0 }
        };
        (1 + user as i32 * 2, 100 + movie as i32 * 3, Feedback::from(observation))
    };
    let events = (0..48).flat_map(|user| (0..3 + user % 9).map(move |n| observe(user, n)));
    Interactions::new(events).unwrap()
}

fn fitted(kernel: Kernel) -> Model {
    let weighting = Weighting { alpha: 4.0, liked_rating: 3.0, rating_gain: 0.25, liked_progress: 0.2 };
    let parameters = Parameters { factors: 12, iterations: 5, regularization: 2.0, weighting, seed: 42 };
    fit_on(kernel, Arc::new(interactions()), &parameters, &|_| ControlFlow::Continue(())).unwrap()
}

fn movie_ids(model: &Model, user_id: i32) -> Vec<i32> {
    let user = model.user_index(user_id).unwrap();
    let seen: Vec<i32> = model.seen(user).collect();
    let list = model.recommend(model.user_vector(user).unwrap(), |id| !seen.contains(&id), 5);
    list.iter().map(|scored| scored.movie_id).collect()
}

#[test]
fn the_artifact_has_the_golden_hash_on_every_kernel() {
    for kernel in [Kernel::detect(), Kernel::portable()] {
        let bytes = fitted(kernel).to_bytes().unwrap();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, GOLDEN_SHA256, "{}", kernel.name());
    }
}

#[test]
fn the_golden_model_loads_and_recommends_as_ever() {
    let model = Model::from_bytes(GOLDEN).unwrap();
    model.probe().unwrap();
    assert_eq!(model.to_bytes().unwrap(), GOLDEN);
    assert_eq!((model.fitted_by(), model.users().len(), model.movies().len()), (1, 48, 32));
    assert_eq!(movie_ids(&model, 1), [163, 139, 106, 133, 124]);
    assert_eq!(movie_ids(&model, 95), [136, 172, 118, 154, 166]);
    let popular: Vec<_> = model.popular(|_| true, 3).iter().map(|s| (s.movie_id, s.score)).collect();
    assert_eq!(popular, [(106, 7.0), (115, 7.0), (121, 7.0)]);
}

#[test]
fn a_model_comes_back_whole() {
    let model = fitted(Kernel::detect());
    let back = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(back.parameters(), model.parameters());
    assert_eq!(back.interactions(), model.interactions());
    assert_eq!(back.user_factors(), model.user_factors());
    assert_eq!(back.movie_factors(), model.movie_factors());
    assert_eq!(back.popularity(), model.popularity());
    let feedback: Vec<_> = model.feedback_of(5).collect();
    assert_eq!(back.fold_in(&feedback).unwrap(), model.fold_in(&feedback).unwrap());
}

/// The file with one part of its header, which is text, replaced by another of the same length.
fn with_header(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = GOLDEN.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut bytes = GOLDEN.to_vec();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[test]
fn what_is_not_a_model_is_refused_with_the_reason() {
    let refused = |bytes: &[u8]| Model::from_bytes(bytes).unwrap_err();
    assert!(matches!(refused(b""), Error::Container(_)));
    assert!(matches!(refused(&GOLDEN[..GOLDEN.len() - 1]), Error::Container(_)));
    assert!(matches!(refused(&with_header("popularity", "popularitz")), Error::Container(_)));
    let other_format = refused(&with_header("matinee-als/1", "matinee-als/2"));
    assert!(other_format.to_string().contains("matinee-als/2"), "{other_format}");
    let shape = refused(&with_header("[48,12]", "[12,48]"));
    assert!(matches!(shape, Error::Model { part: "user_factors", .. }), "{shape}");
    // Offsets whose sum overflows are caught before the container adds them up.
    let huge =
        br#"{"a":{"dtype":"U8","shape":[18446744073709551614],"data_offsets":[0,18446744073709551614]}}"#;
    let huge = [&(huge.len() as u64).to_le_bytes()[..], huge].concat();
    assert!(matches!(refused(&huge), Error::Model { part: "header", .. }));
}

#[test]
fn every_truncation_is_refused() {
    assert!((0..GOLDEN.len()).step_by(7).all(|length| Model::from_bytes(&GOLDEN[..length]).is_err()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn changed_bytes_are_refused_or_serve(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..4),
    ) {
        let header = 8 + u64::from_le_bytes(*GOLDEN.first_chunk().unwrap()) as usize;
        let mut bytes = GOLDEN.to_vec();
        for (place, byte, in_header) in changes {
            bytes[place.index(if in_header { header } else { GOLDEN.len() })] = byte;
        }
        if let Ok(model) = Model::from_bytes(&bytes) {
            let _ = model.probe();
            for user in 0..model.users().len() {
                let seen: Vec<i32> = model.seen(user).collect();
                let feedback: Vec<_> = model.feedback_of(user).collect();
                if let Ok(Some(vector)) = model.fold_in(&feedback) {
                    model.recommend(&vector, |id| !seen.contains(&id), 10);
                }
            }
            prop_assert!(Model::from_bytes(&model.to_bytes().unwrap()).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }
}
