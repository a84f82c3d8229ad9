//! From an outcome to its record.

use chrono::{DateTime, SecondsFormat};
use runtime::BuildIdentity;
use schemas::{LiveRange, RecoResponse};

use crate::serving::Serving;
use crate::{Answer, ServedBy};

/// What is known of a request before anything is decided.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) request_id: String,
    pub(crate) ts: i64,
    pub(crate) user_id: Option<i32>,
    pub(crate) k: Option<usize>,
    pub(crate) endpoint: &'static str,
    pub(crate) method: String,
    pub(crate) traceparent: Option<String>,
}

/// What an answer was made of.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) answer: Answer,
    pub(crate) live: Vec<LiveRange>,
    pub(crate) catalog_offset: i64,
}

/// The record of an outcome, without what the outbox puts in. Where the outcome has no value for a field, it is -1,
/// 0 or empty, as the schema says.
pub(crate) fn record(
    asked: &Asked,
    serving: Option<&Serving>,
    made: Option<&Made>,
    ended: Ended,
    identity: &BuildIdentity,
) -> RecoResponse {
    let meta = serving.map(|serving| &serving.loaded.meta);
    let items = made.map_or(&[][..], |made| &made.answer.items);
    RecoResponse {
        request_id: asked.request_id.clone(),
        ts: asked.ts,
        user_id: asked.user_id.unwrap_or(-1),
        status: ended.status.into(),
        latency_ms: ended.latency_ms,
        k: asked.k.map_or(0, |k| k as i32),
        movie_ids: items.iter().map(|item| item.movie_id).collect(),
        model_version: meta.map_or_else(String::new, |meta| meta.version.to_string()),
        model_name: meta.map_or_else(String::new, |meta| meta.model_name.clone()),
        git_sha: meta.map_or_else(String::new, |meta| meta.git_sha.clone()),
        data_snapshot_id: meta.map_or_else(String::new, |meta| meta.data_snapshot_id.clone()),
        container_image_digest: identity.container_image_digest.clone(),
        variant: None,
        strategy: serving.map_or_else(String::new, |serving| serving.strategy.as_str().to_owned()),
        served_by: made.map_or("", |made| ServedBy::as_str(made.answer.served_by)).to_owned(),
        artifact_sha: meta.map_or_else(String::new, |meta| meta.artifact_sha.clone()),
        // Of the arithmetic that answered; the one that trained is in the model's meta.
        kernel_version: meta.map_or(0, |_| als::KERNEL_VERSION as i32),
        live: made.map_or_else(Vec::new, |made| made.live.clone()),
        scores: items.iter().map(|item| item.score).collect(),
        catalog_offset: made.map_or(0, |made| made.catalog_offset),
        rollout_epoch: serving.map_or(0, |serving| serving.epoch),
        error_type: ended.error_type.map(ToOwned::to_owned),
        endpoint: asked.endpoint.to_owned(),
        method: asked.method.clone(),
        instance_id: String::new(),
        instance_seq: 0,
        traceparent: asked.traceparent.clone(),
        shadow_of: None,
        service_git_sha: identity.git_sha.clone(),
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) status: u16,
    pub(crate) latency_ms: i32,
    pub(crate) error_type: Option<&'static str>,
}

/// Unix milliseconds as people write times; empty where the calendar does not reach.
pub(crate) fn rfc3339(ts_ms: i64) -> String {
    DateTime::from_timestamp_millis(ts_ms)
        .map_or_else(String::new, |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A record as good as any.
    pub(crate) fn response(request_id: &str) -> RecoResponse {
        let asked = Asked {
            request_id: request_id.to_owned(),
            ts: 1_700_000_000_000,
            user_id: Some(7),
            k: Some(10),
            endpoint: "/recommend/{user_id}",
            method: "GET".to_owned(),
            traceparent: None,
        };
        let ended = Ended { status: 200, latency_ms: 2, error_type: None };
        record(&asked, None, None, ended, &BuildIdentity::new(None))
    }

    #[test]
    fn an_outcome_without_a_user_says_so() {
        let asked = Asked { request_id: "r".to_owned(), ..Asked::default() };
        let ended = Ended { status: 400, latency_ms: 0, error_type: Some("invalid_user_id") };
        let record = record(&asked, None, None, ended, &BuildIdentity::new(None));
        assert_eq!((record.user_id, record.k, record.model_version.as_str()), (-1, 0, ""));
        assert_eq!(record.error_type.as_deref(), Some("invalid_user_id"));
    }

    #[test]
    fn times_are_written_in_full() {
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
