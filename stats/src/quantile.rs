//! Exact quantiles of what was measured.

/// The quantile `q` in 0..=1 of values that are sorted upwards: linear between the two nearest ranks, at the
/// position q (n - 1) from 0. This is type 7 of Hyndman and Fan, "Sample quantiles in statistical packages",
/// The American Statistician 50 (1996) 361-365, which NumPy and R use when not told otherwise.
///
/// `None` without values, or when `q` is outside 0..=1.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    let last = sorted.len().checked_sub(1)?;
    let position = q * last as f64;
    let below = position.floor() as usize;
    let (low, high) = (sorted.get(below)?, sorted.get((below + 1).min(last))?);
    // The same value twice has no distance, be it infinite.
    Some(if low == high { *low } else { low + (high - low) * position.fract() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
    }

    /// NumPy 2.4.6: `numpy.quantile([1, 2.5, 2.5, 4, 10, 11, 40.5], q, method="linear")`.
    #[test]
    fn as_numpy_has_it() {
        let sorted = [1.0, 2.5, 2.5, 4.0, 10.0, 11.0, 40.5];
        let expected = [
            (0.0, 1.0),
            (0.05, 1.45),
            (0.25, 2.5),
            (0.5, 4.0),
            (0.9, 22.8),
            (0.95, 31.65),
            (0.99, 38.73),
            (1.0, 40.5),
        ];
        expected.iter().for_each(|(q, value)| assert_near(quantile(&sorted, *q), *value));
    }

    /// NumPy 2.4.6: `numpy.quantile([i * i / 7 for i in range(1, 1001)], [0.5, 0.95, 0.99])`.
    #[test]
    fn as_numpy_has_it_for_a_thousand() {
        let sorted: Vec<f64> = (1..=1000).map(|i| f64::from(i * i) / 7.0).collect();
        for (q, value) in [(0.5, 35785.78571428572), (0.95, 128942.15), (0.99, 140017.1157142857)] {
            assert_near(quantile(&sorted, q), value);
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1.0], 1.5), None);
        assert_eq!(quantile(&[1.0], f64::NAN), None);
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[1.0, f64::INFINITY, f64::INFINITY], 0.75), Some(f64::INFINITY));
    }
}
