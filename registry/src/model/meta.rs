//! `meta.json`: what a model is and where it came from.

use std::collections::BTreeMap;

use schemas::Position;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Version;

/// The format of `meta.json` that this build writes and reads.
pub const FORMAT: u32 = 1;

/// The meta of a published model. Fields that this build does not know are kept as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The format of this object.
    pub format: u32,
    /// The version.
    pub version: Version,
    /// The SHA-256 of the artifact, hex.
    pub artifact_sha: String,
    /// When it was made: RFC 3339.
    pub created_at: String,
    /// The model's name; one registry holds one.
    pub model_name: String,
    /// The commit of the code that trained it.
    pub git_sha: String,
    /// The snapshot that it was trained on.
    pub data_snapshot_id: String,
    /// How good it is, and of what size.
    pub metrics: Metrics,
    /// Names the bits of the numeric path.
    pub kernel_version: i32,
    /// The snapshot's next offsets: the model is combined with the events at or after them.
    pub offsets: Vec<Position>,
    /// Offsets in `retrain-triggers` of the triggers that it answers.
    pub triggers: Vec<i64>,
    /// The version that was champion when it was trained.
    pub parent: Option<Version>,
    /// Against what it was held.
    pub gate: Verdict,
    /// What the gate saw.
    pub gate_report: GateReport,
    /// How long each step took, by name, milliseconds.
    pub durations_ms: BTreeMap<String, u64>,
    /// The parameters of the training, by name.
    pub parameters: BTreeMap<String, Value>,
    /// Fields of later versions.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// A model that has no version yet: [`Meta`] without what publication gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// When it was made: RFC 3339.
    pub created_at: String,
    /// The model's name.
    pub model_name: String,
    /// The commit of the code that trained it.
    pub git_sha: String,
    /// The snapshot that it was trained on.
    pub data_snapshot_id: String,
    /// How good it is, and of what size.
    pub metrics: Metrics,
    /// Names the bits of the numeric path.
    pub kernel_version: i32,
    /// The snapshot's next offsets.
    pub offsets: Vec<Position>,
    /// Offsets of the triggers that it answers.
    pub triggers: Vec<i64>,
    /// The version that was champion when it was trained.
    pub parent: Option<Version>,
    /// Against what it was held.
    pub gate: Verdict,
    /// What the gate saw.
    pub gate_report: GateReport,
    /// How long each step took, by name, milliseconds.
    pub durations_ms: BTreeMap<String, u64>,
    /// The parameters of the training, by name.
    pub parameters: BTreeMap<String, Value>,
}

/// How good a model is, and of what size. Every number is finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Held-out items among the first 10 of the full catalogue.
    pub hr_at_10: f64,
    /// The same, discounted by rank.
    pub ndcg_at_10: f64,
    /// The part of the catalogue that is recommended to anybody.
    pub coverage: f64,
    /// HR@10 of the popular list on the same held-out items.
    pub popularity_hr_at_10: f64,
    /// NDCG@10 of the popular list on the same held-out items.
    pub popularity_ndcg_at_10: f64,
    /// The length of a factor.
    pub factors: u32,
    /// Sweeps of alternating least squares.
    pub iterations: u32,
    /// The regularization.
    pub regularization: f64,
    /// Users in the model.
    pub users: u64,
    /// Movies in the model.
    pub movies: u64,
    /// Pairs of user and movie in the model.
    pub interactions: u64,
    /// Users whose last event was held out.
    pub evaluated_users: u64,
    /// Metrics of later versions.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// Why a model was let through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// In words.
    pub note: String,
    /// The numbers of the comparison.
    #[serde(flatten)]
    pub numbers: BTreeMap<String, Value>,
}

/// Against what a model was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// There was no champion: finite factors and a minimum sufficed.
    Bootstrap,
    /// It is not worse than the champion by more than the margin.
    Champion,
    /// An operator wanted it whatever the comparison said.
    Forced,
    /// A verdict of a later version, kept as it is.
    #[serde(untagged)]
    Other(String),
}

impl Draft {
    /// The meta of this model as `version`.
    pub fn with(self, version: Version, artifact_sha: String) -> Meta {
        Meta {
            format: FORMAT,
            version,
            artifact_sha,
            created_at: self.created_at,
            model_name: self.model_name,
            git_sha: self.git_sha,
            data_snapshot_id: self.data_snapshot_id,
            metrics: self.metrics,
            kernel_version: self.kernel_version,
            offsets: self.offsets,
            triggers: self.triggers,
            parent: self.parent,
            gate: self.gate,
            gate_report: self.gate_report,
            durations_ms: self.durations_ms,
            parameters: self.parameters,
            extra: BTreeMap::new(),
        }
    }
}

impl Meta {
    /// Whether it answers any of these triggers.
    pub fn serves_any(&self, triggers: &[i64]) -> bool {
        self.triggers.iter().any(|offset| triggers.contains(offset))
    }
}
