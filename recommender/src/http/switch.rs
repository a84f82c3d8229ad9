//! `/switch?model=vX.Y|latest`: changes the primary by a rollout update, and answers once it was read back.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::HeaderMap;
use kafka::Record;
use registry::model::Version;
use schemas::{Codec, RolloutUpdate, topic};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::observe::{Arrived, is_good};
use super::{guard, problem::Problem};
use crate::Error;
use crate::control::Known;
use crate::rollout::Verdict;
use crate::service::Shared;
use crate::serving::Serving;

/// The query, as it came.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    model: Option<String>,
    reason: Option<String>,
    /// Of a switch whose outcome was not known: to ask again under the same id counts once.
    update_id: Option<String>,
}

/// Switches, or says why not.
pub(super) async fn switch(
    State(shared): State<Arc<Shared>>,
    Extension(arrived): Extension<Arrived>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    query: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    guard::check(peer, &headers, shared.parts.config.token.as_ref())?;
    let query = query.map_err(|error| Problem::bad_request("invalid_query", error.to_string()))?.0;
    let primary = parse(query.model.as_deref())?;
    let update_id = id_of(query.update_id, shared.parts.new_id)?;
    let previous = shared.serving.read().map(|serving| serving.version());
    let before = shared.known.borrow().rollout.verdict(&update_id).cloned();
    let verdict = match before {
        Some(verdict) => verdict,
        None => {
            is_at_hand(&shared, primary).await?;
            let update = update(&shared, primary, peer, query.reason, update_id.clone());
            tracing::info!(request_id = arrived.request_id, update_id, "a switch is asked for");
            write(&shared, &update).await?
        }
    };
    answer(&shared, verdict, primary, previous).map_err(|problem| problem.with("update_id", update_id))
}

/// The given id, if it can stand in a record and a log line, or a new one.
fn id_of(given: Option<String>, new_id: fn() -> String) -> Result<String, Problem> {
    match given {
        None => Ok(new_id()),
        Some(id) if is_good(&id) => Ok(id),
        Some(id) => {
            let detail = format!("update_id is {id:?}; it must be 1 to 128 of a-z, A-Z, 0-9 and -_.:");
            Err(Problem::bad_request("invalid_update_id", detail))
        }
    }
}

/// `None` is `latest`.
fn parse(model: Option<&str>) -> Result<Option<Version>, Problem> {
    match model {
        None => {
            let detail = "model is missing; it must be a version such as v0.1, or latest".to_owned();
            Err(Problem::bad_request("invalid_model", detail))
        }
        Some("latest") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            let detail = format!("model is {text:?}; it must be a version such as v0.1, or latest");
            Problem::bad_request("invalid_model", detail)
        }),
    }
}

/// An update names only what can serve: this instance has loaded it.
async fn is_at_hand(shared: &Shared, primary: Option<Version>) -> Result<(), Problem> {
    let Some(version) = primary else { return Ok(()) };
    let (reply, loaded) = oneshot::channel();
    let gone = || Problem::unavailable("stopping", "the recommender is stopping".to_owned());
    shared.wishes.send((version, reply)).await.map_err(|_| gone())?;
    match loaded.await.map_err(|_| gone())? {
        Ok(_) => Ok(()),
        Err(Error::Registry(registry::Error::NoVersion(_))) => {
            let detail = format!("there is no model {version} in the registry");
            Err(Problem::not_found("unknown_model", detail))
        }
        Err(error) if error.is_transient() => Err(Problem::unavailable("store", error.to_string())),
        Err(error) => Err(Problem::unusable("bad_model", error.to_string())),
    }
}

/// The state as it is, with another primary: strategy and canary stay.
fn update(
    shared: &Shared,
    primary: Option<Version>,
    peer: SocketAddr,
    reason: Option<String>,
    update_id: String,
) -> RolloutUpdate {
    let known = shared.known.borrow();
    RolloutUpdate {
        update_id,
        ts: (shared.parts.now_ms)(),
        model_name: shared.parts.config.model_name.clone(),
        base_epoch: known.rollout.epoch,
        primary: primary.map(|version| version.to_string()),
        actor: format!("http:{}", peer.ip()),
        reason: reason.unwrap_or_else(|| "/switch".to_owned()),
        ..known.rollout.desired()
    }
}

/// Appends the update, and waits until it was read back and acted on.
async fn write(shared: &Shared, update: &RolloutUpdate) -> Result<Verdict, Problem> {
    let unknown = |why: String| {
        let detail = format!("{why}; ask again with this update_id, which counts once");
        Problem::unknown_outcome(detail).with("update_id", update.update_id.clone())
    };
    let value = Codec::new().encode(update).map_err(|error| Problem::internal(error.to_string()))?;
    let record = Record::new(update.model_name.as_bytes(), value, update.ts);
    let appended = shared.parts.log.append(topic::ROLLOUT_UPDATES, record);
    let mut known = shared.known.clone();
    let settled = |known: &Known| match known.rollout.verdict(&update.update_id) {
        Some(Verdict::Applied { epoch }) => known.settled_epoch >= *epoch,
        other => other.is_some(),
    };
    let read_back = async {
        appended.await.map_err(|error| unknown(error.to_string()))?;
        let known =
            known.wait_for(settled).await.map_err(|_| unknown("the recommender is stopping".into()))?;
        known.rollout.verdict(&update.update_id).cloned().ok_or_else(|| unknown("it was forgotten".into()))
    };
    let timeout = shared.parts.config.switch_timeout;
    match tokio::time::timeout(timeout.duration(), read_back).await {
        Ok(verdict) => verdict,
        Err(_) => Err(unknown(format!("the update was not read back within {timeout}"))),
    }
}

fn answer(
    shared: &Shared,
    verdict: Verdict,
    primary: Option<Version>,
    previous: Option<Version>,
) -> Result<Json<Value>, Problem> {
    match verdict {
        Verdict::Stale { epoch } => {
            let detail = format!("another change was first; the epoch is {epoch} now");
            Err(Problem::conflict(detail).with("epoch", epoch))
        }
        Verdict::Invalid { reason } => Err(Problem::bad_request("invalid_update", reason)),
        Verdict::Applied { epoch } => {
            let is_wanted = |version| primary.is_none_or(|wanted| wanted == version);
            // A later epoch is somebody's later change.
            let obeys = |s: &Arc<Serving>| s.epoch > epoch || (s.epoch == epoch && is_wanted(s.version()));
            let Some(serving) = shared.serving.read().filter(obeys) else {
                let wanted = primary.map_or_else(|| "latest".to_owned(), |version| version.to_string());
                let detail = format!("the rollout is changed, and {wanted} does not serve here yet");
                return Err(Problem::unavailable("not_served_yet", detail).with("epoch", epoch));
            };
            let meta = &serving.loaded.meta;
            Ok(Json(json!({
                "status": "ok",
                "model_name": meta.model_name,
                "model_version": meta.version,
                "previous_version": previous,
                "rollout_epoch": epoch,
                "meta": meta,
            })))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_or_latest_is_a_model() {
        assert_eq!(parse(Some("latest")).unwrap(), None);
        assert_eq!(parse(Some("v0.10")).unwrap().unwrap().to_string(), "v0.10");
        for bad in ["", "0.1", "v1", "../../etc/passwd", "v0.1/../v0.2", "v0.1\n", "LATEST"] {
            let problem = parse(Some(bad)).unwrap_err();
            assert_eq!(problem.error_type, "invalid_model", "{bad:?}");
        }
        assert!(parse(None).is_err());
    }
}
