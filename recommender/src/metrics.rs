//! Every metric of the recommender, once.

use std::time::Instant;

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry,
};

/// 100 µs to 10 s, with an edge at exactly 0.1 for the latency objective.
const LATENCY_SECONDS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The recommender's metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `recommend_requests_total{status,endpoint}`.
    pub(crate) requests: IntCounterVec,
    /// `recommend_latency_seconds{endpoint}`.
    pub(crate) latency_seconds: HistogramVec,
    /// `recommend_errors_total{error_type,endpoint}`.
    pub(crate) errors: IntCounterVec,
    /// `service_uptime_seconds`.
    pub(crate) uptime_seconds: Gauge,
    /// `service_health_status`: 1 or 0.
    pub(crate) health_status: IntGauge,
    /// `model_version_info{model_name,version,git_sha,data_snapshot}`: 1 for the version that serves.
    pub(crate) version_info: GaugeVec,
    /// `model_switches_total{from_version,to_version,status}`.
    pub(crate) switches: IntCounterVec,
    /// `model_load_seconds`.
    pub(crate) load_seconds: Histogram,
    /// `ab_test_requests_total{variant,status}`.
    pub(crate) variant_requests: IntCounterVec,
    /// `ab_test_latency_seconds{variant}`.
    pub(crate) variant_latency_seconds: HistogramVec,
    /// `recommender_served_total{served_by}`.
    pub(crate) served_by: IntCounterVec,
    /// `recommender_live_users` and `recommender_live_events`.
    pub(crate) live_users: IntGauge,
    pub(crate) live_events: IntGauge,
    /// `recommender_outbox_pending_bytes` and `recommender_outbox_forwarded_total`.
    pub(crate) outbox_pending_bytes: IntGauge,
    pub(crate) outbox_forwarded: IntCounter,
    /// `recommender_catalogue_movies`.
    pub(crate) catalogue_movies: IntGauge,
    /// `recommender_undecodable_total{topic}`.
    pub(crate) undecodable: IntCounterVec,
    started: Instant,
}

impl Metrics {
    /// The metrics, registered.
    ///
    /// # Errors
    /// The registry has one of the names already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let r = registry;
        let latency =
            |name: &str, help: &str| HistogramOpts::new(name, help).buckets(LATENCY_SECONDS.to_vec());
        let counters = |name: &str, help: &str, labels: &[&str]| {
            added(r, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let gauge = |name: &str, help: &str| added(r, IntGauge::new(name, help));
        let info = Opts::new("model_version_info", "The version that serves");
        Ok(Self {
            requests: counters("recommend_requests_total", "Requests", &["status", "endpoint"])?,
            latency_seconds: added(
                r,
                HistogramVec::new(latency("recommend_latency_seconds", "Seconds to answer"), &["endpoint"]),
            )?,
            errors: counters("recommend_errors_total", "Requests that failed", &["error_type", "endpoint"])?,
            uptime_seconds: added(r, Gauge::new("service_uptime_seconds", "Seconds since the start"))?,
            health_status: gauge("service_health_status", "1 when every check is well")?,
            version_info: added(
                r,
                GaugeVec::new(info, &["model_name", "version", "git_sha", "data_snapshot"]),
            )?,
            switches: counters(
                "model_switches_total",
                "Changes of the version that serves",
                &["from_version", "to_version", "status"],
            )?,
            load_seconds: added(
                r,
                Histogram::with_opts(latency("model_load_seconds", "Seconds to fetch and check a model")),
            )?,
            variant_requests: counters(
                "ab_test_requests_total",
                "Requests by variant",
                &["variant", "status"],
            )?,
            variant_latency_seconds: added(
                r,
                HistogramVec::new(latency("ab_test_latency_seconds", "Seconds by variant"), &["variant"]),
            )?,
            served_by: counters(
                "recommender_served_total",
                "Answers by where they come from",
                &["served_by"],
            )?,
            live_users: gauge("recommender_live_users", "Users with live events")?,
            live_events: gauge("recommender_live_events", "Live events")?,
            outbox_pending_bytes: gauge(
                "recommender_outbox_pending_bytes",
                "Bytes that wait to be forwarded",
            )?,
            outbox_forwarded: added(
                r,
                IntCounter::new("recommender_outbox_forwarded_total", "Records forwarded to reco-responses"),
            )?,
            catalogue_movies: gauge("recommender_catalogue_movies", "Movies in the catalogue")?,
            undecodable: counters(
                "recommender_undecodable_total",
                "Records of the log that could not be used",
                &["topic"],
            )?,
            started: Instant::now(),
        })
    }

    /// Brings up to date what is a function of the clock and of health.
    pub(crate) fn refresh(&self, is_ready: bool) {
        self.uptime_seconds.set(self.started.elapsed().as_secs_f64());
        self.health_status.set(is_ready.into());
    }
}

fn added<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: Result<M, prometheus::Error>,
) -> Result<M, prometheus::Error> {
    let metric = metric?;
    registry.register(Box::new(metric.clone())).map(|()| metric)
}
