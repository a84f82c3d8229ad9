//! Quality on MovieLens 1M, beside the figures of `implicit` 0.7.3 at the same hyper-parameters.

// A test may unwrap: its panic is its report.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use als::{Feedback, HeldOut, Interactions, Observation, Parameters, Ranker, Weighting, evaluate, fit};

fn folder() -> PathBuf {
    let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into();
    std::env::var_os("MATINEE_TEST_DATA").map_or_else(default, PathBuf::from).join("ml-1m")
}

/// The (user_id, movie_id) of a compressed file of two columns.
fn pairs(file: &str) -> Vec<(i32, i32)> {
    let path = folder().join(file);
    let compressed = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    lzma_rs::xz_decompress(&mut BufReader::new(compressed), &mut bytes).unwrap();
    let line = |line: &str| {
        let (user_id, movie_id) = line.split_once('\t').unwrap();
        (user_id.parse().unwrap(), movie_id.parse().unwrap())
    };
    String::from_utf8(bytes).unwrap().lines().map(line).collect()
}

#[test]
#[ignore = "needs MovieLens"]
fn ml_1m_is_within_one_standard_error_of_implicit() {
    let watched: Feedback = Observation::Watched { progress: 1.0 }.into();
    let training = pairs("loo_ge4_train.tsv.xz").into_iter().map(|(u, m)| (u, m, watched.clone()));
    let training = Arc::new(Interactions::new(training).unwrap());
    assert_eq!(training.len(), 569_243);
    let pairs: BTreeMap<i32, i32> = pairs("loo_ge4_test.tsv.xz").into_iter().collect();
    let held_out = HeldOut { pairs, skipped: 0 };

    let parameters = Parameters {
        factors: 128,
        iterations: 15,
        regularization: 30.0,
        // What was seen has confidence 1 + alpha = 2.
        weighting: Weighting { alpha: 1.0, ..Weighting::default() },
        seed: 1,
    };
    let begin = Instant::now();
    let model = fit(Arc::clone(&training), &parameters, &|_| ControlFlow::Continue(())).unwrap();
    let fit_s = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    let als = evaluate(Ranker::Als(&model), &training, &held_out, 10).unwrap();
    let evaluate_s = begin.elapsed().as_secs_f64();
    let popular = evaluate(Ranker::Popular(&model), &training, &held_out, 10).unwrap();
    println!("als      {als:?}\npopular  {popular:?}");
    println!("fit {fit_s:.1} s, evaluate {evaluate_s:.1} s, {} threads", rayon::current_num_threads());

    assert_eq!(als.users, 6_037);
    assert!((als.hit_ratio - 0.1044).abs() <= 0.0039, "HR@10 {}", als.hit_ratio);
    assert!((als.ndcg - 0.0525).abs() <= 0.003, "NDCG@10 {}", als.ndcg);
    assert!((popular.hit_ratio - 0.0417).abs() <= 0.0002, "popularity HR@10 {}", popular.hit_ratio);
    assert!((popular.ndcg - 0.0198).abs() <= 0.0002, "popularity NDCG@10 {}", popular.ndcg);
}
