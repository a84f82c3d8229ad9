//! The names of the topics. What each one holds and for how long: `kafka/topics.toml`.

/// [`crate::WatchEvent`]s, by user.
pub const WATCH_EVENTS: &str = "watch-events";
/// [`crate::RateEvent`]s, by user.
pub const RATE_EVENTS: &str = "rate-events";
/// [`crate::Movie`]s, by movie; the last record of a key holds.
pub const CATALOG_UPDATES: &str = "catalog-updates";
/// Records that could not be used, as they came, with their coordinates in headers.
pub const DEAD_LETTERS: &str = "dead-letters";
/// [`crate::RetrainTrigger`]s: why every model exists.
pub const RETRAIN_TRIGGERS: &str = "retrain-triggers";
/// [`crate::ModelUpdate`]s: what was published.
pub const MODEL_UPDATES: &str = "model-updates";
/// [`crate::RolloutUpdate`]s: what was served.
pub const ROLLOUT_UPDATES: &str = "rollout-updates";
/// [`crate::RecoResponse`]s: every outcome of every recommender.
pub const RECO_RESPONSES: &str = "reco-responses";
/// Writers' schemas by fingerprint.
pub const AVRO_SCHEMAS: &str = "avro-schemas";

/// The topics that snapshots are made of and that recommenders follow, sorted by bytes.
pub const EVENT_TOPICS: [&str; 2] = [RATE_EVENTS, WATCH_EVENTS];
