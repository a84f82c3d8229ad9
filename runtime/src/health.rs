//! Whether a service lives and is ready: named checks, each kept by its owner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value};

/// The checks of one process. Clones share them.
#[derive(Clone, Debug)]
pub struct Health {
    started: Instant,
    checks: Arc<Mutex<BTreeMap<String, State>>>,
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Ok,
    /// Something is amiss; the service is not ready.
    Failing {
        /// What, for a person.
        reason: String,
    },
}

/// One check in its owner's hands. Clones are the same check.
#[derive(Clone, Debug)]
pub struct Check {
    name: String,
    health: Health,
}

/// All checks at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Seconds since the start.
    pub uptime_s: f64,
    /// Each check with what it says.
    pub checks: BTreeMap<String, State>,
}

impl Health {
    /// No checks yet; uptime counts from `started`.
    pub fn new(started: Instant) -> Health {
        Health { started, checks: Arc::default() }
    }

    /// Adds a check, which is failing (`starting`) until its owner says otherwise. An existing one is kept.
    pub fn check(&self, name: &str) -> Check {
        let starting = State::Failing { reason: "starting".to_owned() };
        self.with(|checks| checks.entry(name.to_owned()).or_insert(starting).clone());
        Check { name: name.to_owned(), health: self.clone() }
    }

    /// All checks at the moment `now`.
    pub fn report(&self, now: Instant) -> Report {
        Report {
            uptime_s: now.saturating_duration_since(self.started).as_secs_f64(),
            checks: self.with(|checks| checks.clone()),
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<String, State>) -> T) -> T {
        f(&mut self.checks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, name: &str, state: State) {
        self.with(|checks| checks.insert(name.to_owned(), state));
    }

    /// `/healthz`, which answers 200 while the process can answer at all, and `/readyz`, 200 or 503. Both bodies
    /// hold `status`, `uptime_s`, `checks` and the `fields` that the service adds at that moment (`model_name`,
    /// `model_version`).
    pub fn routes<F>(&self, fields: F) -> Router
    where
        F: Fn() -> Map<String, Value> + Clone + Send + Sync + 'static,
    {
        let (live, live_fields, ready) = (self.clone(), fields.clone(), self.clone());
        Router::new()
            .route("/healthz", get(async move || live.report(Instant::now()).live(live_fields())))
            .route("/readyz", get(async move || ready.report(Instant::now()).ready(fields())))
    }
}

impl Check {
    /// All is well.
    pub fn ok(&self) {
        self.health.set(&self.name, State::Ok);
    }

    /// Something is amiss.
    pub fn failing(&self, reason: impl Into<String>) {
        self.health.set(&self.name, State::Failing { reason: reason.into() });
    }
}

impl Report {
    /// Whether every check is well.
    pub fn is_ready(&self) -> bool {
        self.checks.values().all(|state| *state == State::Ok)
    }

    /// The body with a status of its own; `fields` come between.
    pub fn body(&self, status: &str, fields: Map<String, Value>) -> Value {
        let mut body = Map::new();
        body.insert("status".to_owned(), status.into());
        body.insert("uptime_s".to_owned(), self.uptime_s.into());
        body.extend(fields);
        let checks = self.checks.iter().map(|(name, state)| (name.clone(), state.body())).collect();
        body.insert("checks".to_owned(), Value::Object(checks));
        Value::Object(body)
    }

    fn live(&self, fields: Map<String, Value>) -> Response {
        Json(self.body("ok", fields)).into_response()
    }

    fn ready(&self, fields: Map<String, Value>) -> Response {
        let (code, status) = if self.is_ready() {
            (StatusCode::OK, "ok")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "failing")
        };
        (code, Json(self.body(status, fields))).into_response()
    }
}

impl State {
    fn body(&self) -> Value {
        match self {
            State::Ok => serde_json::json!({"status": "ok"}),
            State::Failing { reason } => serde_json::json!({"status": "failing", "reason": reason}),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ready_when_every_owner_says_so() {
        let start = Instant::now();
        let health = Health::new(start);
        let (log, model) = (health.check("log"), health.check("model"));
        log.ok();
        assert!(!health.report(start).is_ready());
        model.ok();
        assert!(health.report(start).is_ready());
        model.failing("v0.3: hash differs");
        let report = health.report(start + Duration::from_millis(1500));
        let fields = Map::from_iter([("model_version".to_owned(), Value::Null)]);
        let expected = serde_json::json!({
            "status": "failing", "uptime_s": 1.5, "model_version": null,
            "checks": {"log": {"status": "ok"}, "model": {"status": "failing", "reason": "v0.3: hash differs"}},
        });
        assert_eq!(report.body("failing", fields), expected);
    }
}
