//! The latest answers, by request: what `/trace` shows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use schemas::RecoResponse;
use serde_json::{Value, json};

/// A bounded store of answers; the oldest goes first.
#[derive(Debug)]
pub(crate) struct Traces {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_request: HashMap<String, Arc<Trace>>,
    order: VecDeque<String>,
}

/// An answer and when it was stored.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    response: RecoResponse,
    stored_at_ms: i64,
}

impl Traces {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), state: Mutex::default() }
    }

    /// Keeps an answer. One that is there already stays: its own record may come back through the log.
    pub(crate) fn put(&self, response: RecoResponse, stored_at_ms: i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let request_id = response.request_id.clone();
        if let Some(kept) = state.by_request.get(&request_id)
            && (kept.response.instance_id == response.instance_id
                && kept.response.instance_seq >= response.instance_seq)
        {
            return;
        }
        let trace = Arc::new(Trace { response, stored_at_ms });
        if state.by_request.insert(request_id.clone(), trace).is_none() {
            state.order.push_back(request_id);
        }
        if state.order.len() > self.capacity
            && let Some(oldest) = state.order.pop_front()
        {
            state.by_request.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, request_id: &str) -> Option<Arc<Trace>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).by_request.get(request_id).cloned()
    }
}

impl Trace {
    /// The body of `/trace/{request_id}`.
    pub(crate) fn body(&self) -> Value {
        let mut trace = json!(self.response);
        if let Some(fields) = trace.as_object_mut() {
            fields.insert("timestamp".to_owned(), crate::provenance::rfc3339(self.response.ts).into());
            fields.insert("num_items".to_owned(), self.response.movie_ids.len().into());
            fields.insert("path".to_owned(), self.response.endpoint.clone().into());
            fields.insert("stored_at".to_owned(), (self.stored_at_ms as f64 / 1000.0).into());
        }
        json!({"request_id": self.response.request_id, "trace": trace})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::testing::response;

    #[test]
    fn the_oldest_goes_first() {
        let traces = Traces::new(2);
        for id in ["a", "b", "c"] {
            traces.put(response(id), 0);
        }
        assert!(traces.get("a").is_none());
        assert!(traces.get("b").is_some() && traces.get("c").is_some());
    }

    #[test]
    fn a_trace_has_the_fields_that_people_ask_for() {
        let traces = Traces::new(1);
        traces.put(response("a"), 1_500);
        let body = traces.get("a").unwrap().body();
        assert_eq!(body["request_id"], "a");
        let names = "request_id timestamp model_name model_version git_sha data_snapshot_id \
                     container_image_digest latency_ms user_id k num_items status variant path method stored_at";
        for name in names.split_whitespace() {
            assert!(body["trace"].get(name).is_some(), "{name}");
        }
        assert_eq!(body["trace"]["stored_at"], 1.5);
        assert_eq!(body["trace"]["path"], "/recommend/{user_id}");
    }

    #[test]
    fn an_answer_that_comes_back_through_the_log_keeps_its_time() {
        let traces = Traces::new(2);
        traces.put(response("a"), 1_000);
        traces.put(response("a"), 9_000);
        assert_eq!(traces.get("a").unwrap().body()["trace"]["stored_at"], 1.0);
    }
}
