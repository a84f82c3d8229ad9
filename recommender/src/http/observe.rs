//! What every request leaves: an `X-Request-ID`, a log line, and its metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use super::problem::ErrorType;
use crate::service::Shared;

/// The header that names a request.
const HEADER: &str = "x-request-id";
/// A longer name is not taken.
const MAX_ID_BYTES: usize = 128;

/// The name of a request and when it came.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    pub(super) request_id: String,
    pub(super) at: Instant,
}

/// What a handler tells the log line; where it says nothing, the line has the model that serves.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) user_id: Option<i32>,
    pub(super) model_version: String,
    pub(super) git_sha: String,
    pub(super) data_snapshot_id: String,
}

impl Said {
    fn of(shared: &Shared) -> Self {
        shared.serving.read().map_or_else(Self::default, |serving| {
            let meta = &serving.loaded.meta;
            Self {
                user_id: None,
                model_version: meta.version.to_string(),
                git_sha: meta.git_sha.clone(),
                data_snapshot_id: meta.data_snapshot_id.clone(),
            }
        })
    }
}

/// Names the request, lets it be answered, then logs and counts it.
pub(super) async fn observe(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let request_id = given.filter(|id| is_good(id)).map_or_else(shared.parts.new_id, ToOwned::to_owned);
    let arrived = Arrived { request_id: request_id.clone(), at: Instant::now() };
    let endpoint = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let endpoint = endpoint.unwrap_or_else(|| "unmatched".to_owned());
    request.extensions_mut().insert(arrived.clone());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(HEADER, value);
    }
    account(&shared, &arrived, &endpoint, &response);
    response
}

/// A name that can stand in a header, a path and a log line.
pub(super) fn is_good(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}

fn account(shared: &Shared, arrived: &Arrived, endpoint: &str, response: &Response) {
    let status = response.status();
    let seconds = arrived.at.elapsed().as_secs_f64();
    let error_type = response.extensions().get::<ErrorType>().map(|error| error.0);
    let metrics = &shared.parts.metrics;
    metrics.requests.with_label_values(&[status.as_str(), endpoint]).inc();
    metrics.latency_seconds.with_label_values(&[endpoint]).observe(seconds);
    if let Some(error_type) = error_type {
        metrics.errors.with_label_values(&[error_type, endpoint]).inc();
    }
    let said = response.extensions().get::<Said>().cloned().unwrap_or_else(|| Said::of(shared));
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id = arrived.request_id,
                user_id = said.user_id,
                model_version = said.model_version,
                git_sha = said.git_sha,
                data_snapshot_id = said.data_snapshot_id,
                latency_ms = seconds * 1000.0,
                status = status.as_u16(),
                error_type,
                endpoint,
                "request"
            )
        };
    }
    match endpoint {
        // Probes ask every few seconds, and "not ready" is their answer, not a failure.
        "/healthz" | "/readyz" => line!(debug),
        _ if status.is_server_error() => line!(error),
        _ => line!(info),
    }
}

#[cfg(test)]
mod tests {
    use super::is_good;

    #[test]
    fn a_request_id_is_short_and_plain() {
        for good in ["a", "0198c2d0-aaaa-7bbb", "trace:1_2.3"] {
            assert!(is_good(good), "{good}");
        }
        for bad in ["", "a b", "a/../b", "\u{e9}", "a\nb", &"x".repeat(129)] {
            assert!(!is_good(bad), "{bad:?}");
        }
    }
}
