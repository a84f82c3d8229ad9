//! What the services and the operators tell each other.

use serde::{Deserialize, Serialize};

/// Why a model was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time had come.
    Schedule,
    /// Enough new events had come in.
    Events,
    /// The data had drifted from what the model was trained on.
    Drift,
    /// Somebody asked.
    Operator,
}

/// A wish for a new model, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetrainTrigger {
    /// A scheduled trigger's id is its time slot; a repeated id is collapsed.
    pub trigger_id: String,
    /// Unix milliseconds.
    pub ts: i64,
    /// Which model.
    pub model_name: String,
    /// What kind of reason.
    pub cause: Cause,
    /// The reason in words.
    pub reason: String,
    /// Who asked.
    pub actor: String,
    /// Train though nothing is new, publish though the gate would refuse.
    pub force: bool,
}

/// A model was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelUpdate {
    /// Unix milliseconds.
    pub ts: i64,
    /// Which model.
    pub model_name: String,
    /// `vX.Y`.
    pub model_version: String,
    /// SHA-256 of the artifact, lower-case hex.
    pub artifact_sha: String,
    /// What it was trained on.
    pub data_snapshot_id: String,
    /// The code that trained it.
    pub git_sha: String,
    /// The version that was champion when this one was trained.
    pub parent: Option<String>,
    /// Offsets on `retrain-triggers` that this model serves.
    pub triggers: Vec<i64>,
    /// Hit ratio at 10 on the held-out items.
    pub hr_at_10: f64,
    /// Normalised discounted cumulative gain at 10 on the held-out items.
    pub ndcg_at_10: f64,
}

/// How the serving versions share the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One version serves all.
    Fixed,
    /// A part of the users, by a salted hash, gets the canary.
    Canary,
    /// Even users get A (the primary), odd ones B (the canary).
    AbTest,
    /// The primary serves; the canary answers too, and nobody sees it.
    Shadow,
}

impl Strategy {
    /// The symbol in the Avro schema.
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::Fixed => "fixed",
            Strategy::Canary => "canary",
            Strategy::AbTest => "ab_test",
            Strategy::Shadow => "shadow",
        }
    }
}

/// The whole desired state of what is served; it applies if and only if `base_epoch` is the current epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RolloutUpdate {
    /// Names the update: a repeated one counts once.
    pub update_id: String,
    /// Unix milliseconds.
    pub ts: i64,
    /// Which model.
    pub model_name: String,
    /// The epoch that the writer saw.
    pub base_epoch: i64,
    /// How the versions share the requests.
    pub strategy: Strategy,
    /// `vX.Y`; none, under [`Strategy::Fixed`] alone, means the greatest announced version.
    pub primary: Option<String>,
    /// `vX.Y` of the second version.
    pub canary: Option<String>,
    /// The part of the users that gets the canary, 0 to 100.
    pub canary_percent: f64,
    /// Goes into the hash that assigns users.
    pub salt: String,
    /// Who changed it.
    pub actor: String,
    /// Why.
    pub reason: String,
}
