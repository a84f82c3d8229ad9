//! `GET /trace/{request_id}`: what was answered, and from what.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::service::Shared;

pub(super) async fn trace(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let request_id = match path {
        Ok(Path(request_id)) => request_id,
        Err(error) => return Problem::bad_request("invalid_request_id", error.to_string()).into_response(),
    };
    match shared.traces.get(&request_id) {
        Some(trace) => Json(trace.body()).into_response(),
        None => {
            let kept = shared.parts.config.kept_traces;
            let detail = format!("no answer to {request_id:?} is among the latest {kept}");
            Problem::not_found("no_trace", detail).into_response()
        }
    }
}
