//! The demo's point: what the audience likes can be learnt, and popularity does not say it.

use std::ops::ControlFlow;
use std::sync::Arc;

use als::{Feedback, HeldOut, Interactions, Observation, Parameters, Ranker, Rated, evaluate, fit};
use matinee::audience::{Audience, MOVIES, made_up};
use schemas::Event;

/// The order of events, then which topic.
type Seen = (i32, i32, (i64, bool));

fn observation(event: &Event) -> (Seen, Feedback) {
    let seen = (event.user_id(), event.movie_id(), (event.ts(), matches!(event, Event::Watch(_))));
    let observation = match event {
        Event::Watch(watch) => Observation::Watched { progress: watch.progress },
        Event::Rate(rate) => Observation::Rated(Rated {
            ts: rate.ts,
            event_id: rate.event_id.as_str().into(),
            rating: rate.rating,
        }),
    };
    (seen, observation.into())
}

#[test]
fn a_model_of_the_past_beats_popularity_clearly() {
    let seed = 42;
    let mut audience = Audience::new(seed, 1, 300, &made_up(seed, MOVIES, 0));
    let events: Vec<_> = audience.history(1_700_000_000_000, 20..=30).iter().map(observation).collect();
    let held_out = HeldOut::last(events.iter().map(|(seen, _)| *seen));
    let training = events.iter().filter(|((user, movie, _), _)| !held_out.holds(*user, *movie));
    let training = training.map(|((user, movie, _), feedback)| (*user, *movie, feedback.clone()));
    let training = Arc::new(Interactions::new(training).unwrap());
    let parameters = Parameters { factors: 32, ..Parameters::default() };
    let model = fit(training.clone(), &parameters, &|_| ControlFlow::Continue(())).unwrap();
    let als = evaluate(Ranker::Als(&model), &training, &held_out, 10).unwrap();
    let popular = evaluate(Ranker::Popular(&model), &training, &held_out, 10).unwrap();
    println!("seed {seed}: {} events, als {als:?}, popularity {popular:?}", events.len());
    assert!(als.hit_ratio > 2.0 * popular.hit_ratio, "als {als:?}, popularity {popular:?}");
    assert!(als.ndcg > 2.0 * popular.ndcg, "als {als:?}, popularity {popular:?}");
}
