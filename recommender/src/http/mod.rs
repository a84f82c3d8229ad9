//! The HTTP edge: routes, and what every response has.

mod guard;
mod observe;
mod problem;
mod recommend;
mod switch;
mod trace;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::service::Shared;
use problem::Problem;

/// No route takes a body of more than this.
const BODY_BYTES: usize = 16 * 1024;

/// Every route but `/metrics`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let fields = {
        let shared = shared.clone();
        move || shared.health_fields()
    };
    Router::new()
        .route(recommend::ENDPOINT, get(recommend::recommend).fallback(recommend::other_method))
        .route("/switch", get(switch::switch).post(switch::switch))
        .route("/trace/{request_id}", get(trace::trace))
        .with_state(shared.clone())
        .merge(shared.parts.health.routes(fields))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(shared, observe::observe))
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found("no_route", format!("there is nothing at {}", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(format!("{} does not take {method}", uri.path()))
}
