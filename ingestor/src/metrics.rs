//! Every metric of the ingestor, once.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    exponential_buckets,
};

/// The ingestor's metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Records taken in, by topic and outcome (`ingested`, `dead_letter`).
    pub(crate) events: IntCounterVec,
    /// Records in the log that are not in the chain yet, by topic and partition.
    pub(crate) lag_records: IntGaugeVec,
    /// Segments put.
    pub(crate) segments: IntCounter,
    /// Bytes of the segments put.
    pub(crate) segment_bytes: IntCounter,
    /// Chain positions that another ingestor had won.
    pub(crate) lost_races: IntCounter,
    /// Seconds to build and put a segment.
    pub(crate) segment_seconds: Histogram,
    /// Snapshots made on the ingestor's own cue; the trainer cuts its own.
    pub(crate) snapshots: IntCounter,
    /// Partitions that this instance works on.
    pub(crate) partitions: IntGauge,
    /// Partitions that were stopped by an error.
    pub(crate) stopped: IntGauge,
}

impl Metrics {
    /// The metrics, registered.
    ///
    /// # Errors
    /// The registry has one of the names already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone())).map(|()| metric)
        };
        let counter = |name: &str, help: &str| {
            let metric = IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone())).map(|()| metric)
        };
        let gauge = |name: &str, help: &str| {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone())).map(|()| metric)
        };
        let lag_records = IntGaugeVec::new(
            Opts::new("ingestor_lag_records", "Records in the log that are not in the chain yet"),
            &["topic", "partition"],
        )?;
        registry.register(Box::new(lag_records.clone()))?;
        let seconds =
            HistogramOpts::new("ingestor_segment_write_seconds", "Seconds to build and put a segment")
                .buckets(exponential_buckets(0.001, 2.0, 14)?);
        let segment_seconds = Histogram::with_opts(seconds)?;
        registry.register(Box::new(segment_seconds.clone()))?;
        Ok(Self {
            events: counters("ingestor_events_total", "Records taken in", &["topic", "outcome"])?,
            lag_records,
            segments: counter("ingestor_segments_total", "Segments put")?,
            segment_bytes: counter("ingestor_segment_bytes_total", "Bytes of the segments put")?,
            lost_races: counter("ingestor_lost_races_total", "Chain positions that another one had won")?,
            segment_seconds,
            snapshots: counter(
                "ingestor_snapshots_total",
                "Snapshots made on ingestor.snapshot_every; the trainer cuts its own",
            )?,
            partitions: gauge("ingestor_partitions", "Partitions that this instance works on")?,
            stopped: gauge("ingestor_partitions_stopped", "Partitions that were stopped by an error")?,
        })
    }
}
