//! `GET /recommend/{user_id}?k=`: the answer, and its record before it leaves.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use schemas::RecoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::observe::{Arrived, Said};
use super::problem::Problem;
use crate::provenance::{Asked, Ended, Made, record, rfc3339};
use crate::service::Shared;
use crate::serving::Serving;
use crate::{Catalogue, Error, Request, answer};

/// The route's template.
pub(super) const ENDPOINT: &str = "/recommend/{user_id}";
/// How many are recommended when the request does not say.
const DEFAULT_K: usize = 10;
/// How many at most.
const MAX_K: usize = 100;

/// The query, as it came.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    k: Option<String>,
}

/// Answers, and leaves a record of how it ended, whatever that was.
pub(super) async fn recommend(
    State(shared): State<Arc<Shared>>,
    Extension(arrived): Extension<Arrived>,
    method: Method,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let serving = shared.serving.read();
    let mut asked = asked(&shared, &arrived, &method, &headers);
    let made = parse(path, query, &mut asked).and_then(|request| make(&shared, serving.as_deref(), &request));
    respond(&shared, &arrived, &asked, serving.as_deref(), made).await
}

/// The route takes GET alone; that too is an outcome with a record.
pub(super) async fn other_method(
    State(shared): State<Arc<Shared>>,
    Extension(arrived): Extension<Arrived>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let asked = asked(&shared, &arrived, &method, &headers);
    let problem = Problem::method_not_allowed(format!("{ENDPOINT} does not take {method}"));
    respond(&shared, &arrived, &asked, shared.serving.read().as_deref(), Err(problem)).await
}

fn asked(shared: &Shared, arrived: &Arrived, method: &Method, headers: &HeaderMap) -> Asked {
    Asked {
        request_id: arrived.request_id.clone(),
        ts: (shared.parts.now_ms)(),
        endpoint: ENDPOINT,
        method: method.to_string(),
        traceparent: headers.get("traceparent").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned),
        ..Asked::default()
    }
}

/// The request, if it makes sense; what does is put into `asked` in any case.
fn parse(
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Parameters>, QueryRejection>,
    asked: &mut Asked,
) -> Result<Request, Problem> {
    let user = path.map_err(|error| Problem::bad_request("invalid_user_id", error.to_string()))?.0;
    let user_id = user.parse().ok().filter(|id: &i32| *id >= 0).ok_or_else(|| {
        let detail = format!("user_id is {user:?}; it must be an integer from 0 to {}", i32::MAX);
        Problem::bad_request("invalid_user_id", detail)
    })?;
    asked.user_id = Some(user_id);
    let query = query.map_err(|error| Problem::bad_request("invalid_query", error.to_string()))?.0;
    let k = match query.k {
        None => DEFAULT_K,
        Some(text) => text.parse().ok().filter(|k| (1..=MAX_K).contains(k)).ok_or_else(|| {
            let detail = format!("k is {text:?}; it must be an integer from 1 to {MAX_K}");
            Problem::bad_request("invalid_k", detail)
        })?,
    };
    asked.k = Some(k);
    Ok(Request { user_id, k })
}

/// The answer from one consistent cut of model, live events and catalogue.
fn make(
    shared: &Shared,
    serving: Option<&Serving>,
    request: &Request,
) -> Result<(Made, Vec<Value>), Problem> {
    let Some(serving) = serving else {
        return Err(Problem::unavailable("no_model", "no model serves; /readyz says why".to_owned()));
    };
    let cut = shared.live.cut(request.user_id, &serving.loaded.offsets);
    let catalogue = shared.catalogue.read().unwrap_or_else(PoisonError::into_inner);
    let answer = answer(&serving.loaded.model, &cut.events, &catalogue, request)
        .map_err(|error| Problem::internal(error.to_string()))?;
    let recommendations = answer.items.iter().map(|item| titled(&catalogue, item)).collect();
    let catalog_offset = catalogue.next_offset();
    Ok((Made { answer, live: cut.ranges, catalog_offset }, recommendations))
}

fn titled(catalogue: &Catalogue, item: &als::Scored) -> Value {
    json!({"movie_id": item.movie_id, "title": catalogue.title(item.movie_id), "score": item.score})
}

/// The record first, then the answer: what cannot be recorded is not said.
async fn respond(
    shared: &Shared,
    arrived: &Arrived,
    asked: &Asked,
    serving: Option<&Serving>,
    made: Result<(Made, Vec<Value>), Problem>,
) -> Response {
    // Whole milliseconds, rounded up: an answer took some time.
    let latency_ms = arrived.at.elapsed().as_micros().div_ceil(1000).try_into().unwrap_or(i32::MAX);
    let ended = match &made {
        Ok(_) => Ended { status: 200, latency_ms, error_type: None },
        Err(problem) => {
            Ended { status: problem.status.as_u16(), latency_ms, error_type: Some(problem.error_type) }
        }
    };
    let record =
        record(asked, serving, made.as_ref().ok().map(|made| &made.0), ended, &shared.parts.identity);
    let said = Said {
        user_id: asked.user_id,
        model_version: record.model_version.clone(),
        git_sha: record.git_sha.clone(),
        data_snapshot_id: record.data_snapshot_id.clone(),
    };
    if let Some(variant) = &record.variant {
        let (metrics, status) = (&shared.parts.metrics, ended.status.to_string());
        metrics.variant_requests.with_label_values(&[variant, &status]).inc();
        metrics
            .variant_latency_seconds
            .with_label_values(&[variant])
            .observe(arrived.at.elapsed().as_secs_f64());
    }
    let response = match (keep(shared, record).await, made) {
        (Err(error), _) => Problem::unavailable("no_provenance", error.to_string()).into_response(),
        (Ok(_), Err(problem)) => problem.into_response(),
        (Ok(record), Ok((made, recommendations))) => {
            let served_by = made.answer.served_by.as_str();
            shared.parts.metrics.served_by.with_label_values(&[served_by]).inc();
            Json(body(&record, recommendations, arrived)).into_response()
        }
    };
    let mut response = response;
    response.extensions_mut().insert(said);
    response
}

/// Writes the record into the outbox, and into the traces.
async fn keep(shared: &Shared, record: RecoResponse) -> Result<RecoResponse, Error> {
    let outbox = shared.outbox.clone();
    let record = if shared.parts.config.outbox_fsync {
        // To wait for the disk is not for a thread that answers others.
        tokio::task::spawn_blocking(move || outbox.write(record)).await??
    } else {
        outbox.write(record)?
    };
    shared.traces.put(record.clone(), (shared.parts.now_ms)());
    shared.parts.metrics.outbox_pending_bytes.set(shared.outbox.pending_bytes() as i64);
    Ok(record)
}

fn body(record: &RecoResponse, recommendations: Vec<Value>, arrived: &Arrived) -> Value {
    json!({
        "user_id": record.user_id,
        "model": record.model_version,
        "items": record.movie_ids,
        "recommendations": recommendations,
        "variant": record.variant,
        "served_by": record.served_by,
        "provenance": {
            "request_id": record.request_id,
            "timestamp": rfc3339(record.ts),
            "model_name": record.model_name,
            "model_version": record.model_version,
            "git_sha": record.git_sha,
            "data_snapshot_id": record.data_snapshot_id,
            "container_image_digest": record.container_image_digest,
            "latency_ms": arrived.at.elapsed().as_secs_f64() * 1000.0,
            "artifact_sha": record.artifact_sha,
            "kernel_version": record.kernel_version,
            "strategy": record.strategy,
            "rollout_epoch": record.rollout_epoch,
            "catalog_offset": record.catalog_offset,
            "live": record.live,
            "instance_id": record.instance_id,
            "instance_seq": record.instance_seq,
            "service_git_sha": record.service_git_sha,
        },
    })
}
