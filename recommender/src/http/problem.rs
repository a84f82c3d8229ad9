//! Errors as problem documents (RFC 9457). HTTP status codes live in this file.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as the client gets it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// Names the kind of error in records, logs and metrics.
    pub(crate) error_type: &'static str,
    title: &'static str,
    detail: String,
    /// What a client can act on, beside the standard members.
    extra: serde_json::Map<String, serde_json::Value>,
}

/// Marks a response with the kind of its error, for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorType(pub(crate) &'static str);

impl Problem {
    fn new(status: StatusCode, error_type: &'static str, title: &'static str, detail: String) -> Self {
        Self { status, error_type, title, detail, extra: serde_json::Map::new() }
    }

    /// The request cannot be understood.
    pub(crate) fn bad_request(error_type: &'static str, detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error_type, "Bad request", detail)
    }

    /// What it asks for is not there.
    pub(crate) fn not_found(error_type: &'static str, detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, error_type, "Not found", detail)
    }

    /// The route is there and does not take this method.
    pub(crate) fn method_not_allowed(detail: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    /// The client may not do this.
    pub(crate) fn forbidden(detail: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden", detail)
    }

    /// Another change was first.
    pub(crate) fn conflict(detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail)
    }

    /// It cannot be done for now.
    pub(crate) fn unavailable(error_type: &'static str, detail: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error_type, "Service unavailable", detail)
    }

    /// It may have been done; nobody can tell yet.
    pub(crate) fn unknown_outcome(detail: String) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "unknown_outcome", "The outcome is not known yet", detail)
    }

    /// What is asked for exists and is unusable.
    pub(crate) fn unusable(error_type: &'static str, detail: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error_type, "Unusable", detail)
    }

    /// Our fault.
    pub(crate) fn internal(detail: String) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    /// With one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:matinee:problem:{}", self.error_type),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.extra);
        }
        let mut response = (self.status, Json(body)).into_response();
        let media_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response.extensions_mut().insert(ErrorType(self.error_type));
        response
    }
}
