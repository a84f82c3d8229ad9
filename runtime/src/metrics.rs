//! One `/metrics` page of several registries: each service keeps its own, a process shows them all.

use std::collections::{BTreeMap, HashSet};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::proto::{Metric, MetricFamily};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

use crate::Error;

/// The route `/metrics` over these registries, gathered at each request.
pub fn route(registries: Vec<Registry>) -> Router {
    Router::new().route("/metrics", get(async move || page(&registries)))
}

fn page(registries: &[Registry]) -> Response {
    match text(registries) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be shown");
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        }
    }
}

/// The registries in the text format 0.0.4: a family that several hold stands once, with all its series; of a
/// series that several hold, the first registry's value is shown.
///
/// # Errors
/// When a family has no name or no series, which a registry does not let in.
pub fn text(registries: &[Registry]) -> Result<String, Error> {
    let mut families: BTreeMap<String, MetricFamily> = BTreeMap::new();
    for family in registries.iter().flat_map(Registry::gather) {
        match families.get_mut(family.name()) {
            None => drop(families.insert(family.name().to_owned(), family)),
            Some(shown) => append(shown, family),
        }
    }
    let families: Vec<MetricFamily> = families.into_values().collect();
    Ok(TextEncoder::new().encode_to_string(&families)?)
}

fn append(shown: &mut MetricFamily, mut family: MetricFamily) {
    if shown.get_field_type() != family.get_field_type() {
        tracing::warn!(
            metric = shown.name(),
            "two registries give this metric different types; one is shown"
        );
        return;
    }
    let known: HashSet<Vec<(String, String)>> = shown.get_metric().iter().map(labels).collect();
    let new = family.take_metric().into_iter().filter(|metric| !known.contains(&labels(metric)));
    shown.mut_metric().extend(new);
}

fn labels(metric: &Metric) -> Vec<(String, String)> {
    let mut labels: Vec<_> =
        metric.get_label().iter().map(|l| (l.name().to_owned(), l.value().to_owned())).collect();
    labels.sort();
    labels
}

#[cfg(test)]
mod tests {
    use prometheus::{IntCounterVec, IntGauge, Opts};

    use super::*;

    fn registry(part: &str, value: i64) -> Registry {
        let registry = Registry::new();
        let uptime = IntGauge::new("service_uptime_seconds", "Seconds since the start").unwrap();
        uptime.set(value);
        let seen = IntCounterVec::new(Opts::new("log_records_total", "Records"), &["part"]).unwrap();
        seen.with_label_values(&[part]).inc();
        registry.register(Box::new(uptime)).unwrap();
        registry.register(Box::new(seen)).unwrap();
        registry
    }

    #[test]
    fn a_family_of_two_registries_stands_once() {
        let expected = "\
# HELP log_records_total Records
# TYPE log_records_total counter
log_records_total{part=\"ingestor\"} 1
log_records_total{part=\"trainer\"} 1
# HELP service_uptime_seconds Seconds since the start
# TYPE service_uptime_seconds gauge
service_uptime_seconds 5
";
        assert_eq!(text(&[registry("ingestor", 5), registry("trainer", 6)]).unwrap(), expected);
        assert_eq!(text(&[]).unwrap(), "");
    }
}
