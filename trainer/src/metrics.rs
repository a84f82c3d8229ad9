//! Every metric of the trainer, by name, once.

use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};
use registry::model;

/// The stages of a retrain, as they are told and timed.
pub mod stage {
    /// Waiting for the ingestors, and cutting the snapshot.
    pub const SNAPSHOT: &str = "snapshot";
    /// Reading the snapshot's records.
    pub const READ: &str = "read";
    /// Putting the artifact and its meta.
    pub const PUBLISH: &str = "publish";
}

/// The trainer's metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `trainer_runs_total{outcome}`: published, refused, unchanged, failed.
    pub(crate) runs: IntCounterVec,
    /// `trainer_failed_attempts_total`: attempts that ended in an error.
    pub(crate) failed_attempts: IntCounter,
    /// `trainer_duration_seconds`: whole runs.
    pub(crate) duration_seconds: Histogram,
    /// `trainer_stage_seconds{stage}`: their parts.
    pub(crate) stage_seconds: HistogramVec,
    /// `trainer_pending_triggers`: triggers without an outcome.
    pub(crate) pending: IntGauge,
    /// `trainer_fit_progress_ratio`: how much of the running fit is done; 0 between fits.
    pub(crate) fit_progress_ratio: Gauge,
    /// `trainer_last_success_timestamp_seconds`: when the last model was published or found unchanged.
    pub(crate) last_success_seconds: Gauge,
    hr_at_10: Gauge,
    ndcg_at_10: Gauge,
    popularity_hr_at_10: Gauge,
    popularity_ndcg_at_10: Gauge,
    interactions: IntGauge,
}

impl Metrics {
    /// Registers all of them.
    ///
    /// # Errors
    /// The registry has one of them.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let buckets = prometheus::exponential_buckets(0.05, 2.0, 16)?;
        let histogram = |name: &str, help: &str| HistogramOpts::new(name, help).buckets(buckets.clone());
        let metrics = Self {
            runs: IntCounterVec::new(
                Opts::new("trainer_runs_total", "Retrains by how they ended"),
                &["outcome"],
            )?,
            failed_attempts: IntCounter::new(
                "trainer_failed_attempts_total",
                "Attempts at a retrain that ended in an error",
            )?,
            duration_seconds: Histogram::with_opts(histogram("trainer_duration_seconds", "Whole retrains"))?,
            stage_seconds: HistogramVec::new(
                histogram("trainer_stage_seconds", "The stages of a retrain"),
                &["stage"],
            )?,
            pending: IntGauge::new("trainer_pending_triggers", "Triggers without an outcome")?,
            fit_progress_ratio: Gauge::new(
                "trainer_fit_progress_ratio",
                "Share of the running fit that is done",
            )?,
            last_success_seconds: Gauge::new(
                "trainer_last_success_timestamp_seconds",
                "When a model was published, or the newest found to be up to date, Unix seconds",
            )?,
            hr_at_10: Gauge::new("trainer_model_hr_at_10", "HR@10 of the newest model")?,
            ndcg_at_10: Gauge::new("trainer_model_ndcg_at_10", "NDCG@10 of the newest model")?,
            popularity_hr_at_10: Gauge::new(
                "trainer_model_popularity_hr_at_10",
                "HR@10 of the popular list beside the newest model",
            )?,
            popularity_ndcg_at_10: Gauge::new(
                "trainer_model_popularity_ndcg_at_10",
                "NDCG@10 of the popular list beside the newest model",
            )?,
            interactions: IntGauge::new("trainer_model_interactions", "Interactions in the newest model")?,
        };
        metrics.register(registry)?;
        Ok(metrics)
    }

    fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.runs.clone()))?;
        registry.register(Box::new(self.failed_attempts.clone()))?;
        registry.register(Box::new(self.duration_seconds.clone()))?;
        registry.register(Box::new(self.stage_seconds.clone()))?;
        for gauge in [&self.pending, &self.interactions] {
            registry.register(Box::new(gauge.clone()))?;
        }
        let quality =
            [&self.hr_at_10, &self.ndcg_at_10, &self.popularity_hr_at_10, &self.popularity_ndcg_at_10];
        for gauge in quality.into_iter().chain([&self.fit_progress_ratio, &self.last_success_seconds]) {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }

    /// Shows the newest model.
    pub(crate) fn show(&self, metrics: &model::Metrics) {
        self.hr_at_10.set(metrics.hr_at_10);
        self.ndcg_at_10.set(metrics.ndcg_at_10);
        self.popularity_hr_at_10.set(metrics.popularity_hr_at_10);
        self.popularity_ndcg_at_10.set(metrics.popularity_ndcg_at_10);
        self.interactions.set(i64::try_from(metrics.interactions).unwrap_or(i64::MAX));
    }

    /// Notes how long a stage took.
    pub(crate) fn stage(&self, stage: &str, seconds: f64) {
        self.stage_seconds.with_label_values(&[stage]).observe(seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_the_trainers_prefix() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).unwrap();
        metrics.runs.with_label_values(&["published"]).inc();
        metrics.stage("fit", 0.1);
        let families = registry.gather();
        assert_eq!(families.len(), 12);
        assert!(families.iter().all(|family| family.name().starts_with("trainer_")));
        assert!(Metrics::new(&registry).is_err());
    }
}
