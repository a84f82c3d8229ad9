//! What the recommender answered, and from what: enough to answer again, bit for bit.

use serde::{Deserialize, Serialize};

/// A stretch of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRange {
    /// The topic's name.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
}

/// One outcome of the recommender, errors too.
///
/// The first twelve fields are for everybody; a reader that has only these reads every record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoResponse {
    /// Names the request.
    pub request_id: String,
    /// Unix milliseconds.
    pub ts: i64,
    /// Who asked; -1 where the outcome has none.
    pub user_id: i32,
    /// HTTP status.
    pub status: i32,
    /// From the request's arrival to the answer.
    pub latency_ms: i32,
    /// How many were asked for; 0 where the outcome has none.
    pub k: i32,
    /// The list, best first.
    pub movie_ids: Vec<i32>,
    /// `vX.Y`, or empty.
    pub model_version: String,
    /// Which model.
    pub model_name: String,
    /// The code that trained the model.
    pub git_sha: String,
    /// What it was trained on.
    pub data_snapshot_id: String,
    /// The image that answered, where there is one.
    pub container_image_digest: Option<String>,
    /// `A` or `B` where an experiment runs.
    pub variant: Option<String>,
    /// The rollout's strategy.
    pub strategy: String,
    /// `als`, `fold_in` or `popular`.
    pub served_by: String,
    /// SHA-256 of the model, lower-case hex.
    pub artifact_sha: String,
    /// The arithmetic that the scores come from.
    pub kernel_version: i32,
    /// The offsets of live events that the answer saw.
    pub live: Vec<LiveRange>,
    /// The scores of `movie_ids`, in the same order.
    pub scores: Vec<f32>,
    /// The first offset of `catalog-updates`/0 that the answer had not seen.
    pub catalog_offset: i64,
    /// The rollout's epoch.
    pub rollout_epoch: i64,
    /// What went wrong, where something did.
    pub error_type: Option<String>,
    /// The route's template.
    pub endpoint: String,
    /// The HTTP method.
    pub method: String,
    /// The recommender's outbox.
    pub instance_id: String,
    /// Counts an instance's records without a hole.
    pub instance_seq: i64,
    /// The W3C trace context, as it came.
    pub traceparent: Option<String>,
    /// The request whose shadow this is.
    pub shadow_of: Option<String>,
    /// The code that answered.
    pub service_git_sha: String,
}
