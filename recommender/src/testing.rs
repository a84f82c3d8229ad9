//! Small things that the tests of several modules stand on.

use als::{Feedback, Interactions, Model, Parameters};
use registry::model::{FORMAT, GateReport, Meta, Metrics, Verdict};
use schemas::{Event, Movie, RateEvent, WatchEvent};

use crate::{Catalogue, Loaded};

pub(crate) fn watch(user_id: i32, movie_id: i32, progress: f64) -> Event {
    let event_id = format!("w-{user_id}-{movie_id}");
    Event::Watch(WatchEvent { event_id, ts: 1, user_id, movie_id, progress, request_id: None })
}

pub(crate) fn rate(user_id: i32, movie_id: i32, rating: f64) -> Event {
    let event_id = format!("r-{user_id}-{movie_id}");
    Event::Rate(RateEvent { event_id, ts: 1, user_id, movie_id, rating, request_id: None })
}

pub(crate) fn movie(movie_id: i32, title: &str, available: bool) -> Movie {
    Movie { movie_id, ts: 0, title: title.to_owned(), genres: Vec::new(), available }
}

pub(crate) fn catalogue_of(movies: &[(i32, bool)]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (offset, (movie_id, available)) in movies.iter().enumerate() {
        catalogue.apply(offset as i64, Some(movie(*movie_id, "", *available)));
    }
    catalogue
}

/// Twenty users in two camps and twelve movies, six for each camp; nobody has seen all of theirs.
pub(crate) fn model() -> Model {
    let watched = Feedback { progress: Some(1.0), rating: None };
    let pairs = (1..=20).flat_map(|user| (0..12).map(move |movie| (user, movie)));
    let seen = pairs.filter(|(user, movie)| user % 2 == movie % 2 && (user + movie) % 5 != 0);
    let rows = seen.map(|(user, movie)| (user, 100 + movie, watched.clone()));
    let interactions = Interactions::new(rows).unwrap();
    let parameters = Parameters { factors: 4, iterations: 5, ..Parameters::default() };
    als::fit(std::sync::Arc::new(interactions), &parameters, &|_| std::ops::ControlFlow::Continue(()))
        .unwrap()
}

pub(crate) fn loaded(version: &str) -> Loaded {
    let model = model();
    let metrics = Metrics {
        factors: model.parameters().factors as u32,
        iterations: model.parameters().iterations as u32,
        users: model.users().len() as u64,
        movies: model.movies().len() as u64,
        hr_at_10: 0.0,
        ndcg_at_10: 0.0,
        coverage: 0.0,
        popularity_hr_at_10: 0.0,
        popularity_ndcg_at_10: 0.0,
        regularization: 0.0,
        interactions: model.interactions().len() as u64,
        evaluated_users: 0,
        extra: Default::default(),
    };
    let meta = Meta {
        format: FORMAT,
        version: version.parse().unwrap(),
        artifact_sha: "0".repeat(64),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        model_name: "movies".to_owned(),
        git_sha: "g".to_owned(),
        data_snapshot_id: "s".to_owned(),
        metrics,
        kernel_version: als::KERNEL_VERSION as i32,
        offsets: Vec::new(),
        triggers: Vec::new(),
        parent: None,
        gate: Verdict::Bootstrap,
        gate_report: GateReport { note: String::new(), numbers: Default::default() },
        durations_ms: Default::default(),
        parameters: Default::default(),
        extra: Default::default(),
    };
    Loaded { meta, model, offsets: Default::default() }
}
