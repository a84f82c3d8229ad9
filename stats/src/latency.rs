//! Latencies in three numbers.

use crate::quantile::quantile;

/// Median and tail of a set of latencies, in the unit they were given in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Half were at most this.
    pub p50: f64,
    /// 95 % were at most this.
    pub p95: f64,
    /// 99 % were at most this.
    pub p99: f64,
}

impl Latency {
    /// Of latencies in any order; `None` without any.
    pub fn of(mut latencies: Vec<f64>) -> Option<Latency> {
        latencies.sort_unstable_by(f64::total_cmp);
        let at = |q| quantile(&latencies, q);
        Some(Latency { p50: at(0.5)?, p95: at(0.95)?, p99: at(0.99)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_does_not_matter() {
        let latencies: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Latency::of(latencies), Some(Latency { p50: 50.0, p95: 95.0, p99: 99.0 }));
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
