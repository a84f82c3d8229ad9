//! Hits of trials: the estimate, its standard error and its interval.

use crate::Error;

/// Two-sided 90 % of the standard normal distribution.
pub const Z_90: f64 = 1.6448536269514722;
/// Two-sided 95 % of the standard normal distribution.
pub const Z_95: f64 = 1.959963984540054;
/// Two-sided 99 % of the standard normal distribution.
pub const Z_99: f64 = 2.5758293035489004;

/// `hits` of `trials`, such as HR@10 over users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    hits: u64,
    trials: u64,
}

/// A closed interval within 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Proportion {
    /// `hits` of `trials`.
    ///
    /// # Errors
    /// Without trials, or with more hits than trials.
    pub fn new(hits: u64, trials: u64) -> Result<Proportion, Error> {
        match trials {
            0 => Err(Error::NoTrials),
            _ if hits > trials => Err(Error::TooManyHits { hits, trials }),
            _ => Ok(Proportion { hits, trials }),
        }
    }

    /// The estimate p = hits / trials.
    pub fn value(self) -> f64 {
        self.hits as f64 / self.trials as f64
    }

    /// sqrt(p (1 - p) / trials). It is 0 at p = 0 and p = 1, where only the interval says how sure p is.
    pub fn standard_error(self) -> f64 {
        let p = self.value();
        (p * (1.0 - p) / self.trials as f64).sqrt()
    }

    /// The score interval, at `z` standard deviations ([`Z_95`]). Right for few trials and near 0 and 1.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    /// American Statistical Association 22 (1927) 209-212.
    pub fn wilson(self, z: f64) -> Interval {
        let (n, p, z2) = (self.trials as f64, self.value(), z * z);
        let denominator = 1.0 + z2 / n;
        let centre = (p + z2 / (2.0 * n)) / denominator;
        let half = z / denominator * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // The ends at p = 0 and 1 are exact; rounding must not move them inwards or out of range.
        let low = if self.hits == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if self.hits == self.trials { 1.0 } else { (centre + half).min(1.0) };
        Interval { low, high }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// hits, trials, standard error, then the Wilson intervals at 90, 95 and 99 %. statsmodels 0.15.0:
    /// `proportion_confint(hits, trials, alpha=a, method="wilson")` for a in 0.1, 0.05, 0.01;
    /// the z values are `scipy.stats.norm.ppf(0.5 + c / 2)`, SciPy 1.17.1.
    type Row = (u64, u64, f64, [(f64, f64); 3]);
    const REFERENCE: [Row; 6] = [
        (0, 10, 0.0, [(0.0, 0.2129419700834071), (0.0, 0.27753279986288926), (0.0, 0.3988540933049082)]),
        (10, 10, 0.0, [(0.7870580299165928, 1.0), (0.7224672001371106, 1.0), (0.6011459066950917, 1.0)]),
        (
            3,
            10,
            0.14491376746189438,
            [
                (0.12687658390319784, 0.558300204130165),
                (0.10779126740630104, 0.6032218525388546),
                (0.07956631652306578, 0.6799753207988974),
            ],
        ),
        (
            617,
            6040,
            0.003896789768777496,
            [
                (0.09591976003641658, 0.10874113805976585),
                (0.09476586308377585, 0.11004451575469029),
                (0.09254742028709599, 0.11263032201357047),
            ],
        ),
        (1, 1, 0.0, [(0.269865948784054, 1.0), (0.2065493143772374, 1.0), (0.13097754328018574, 1.0)]),
        (
            524,
            1_000_000,
            2.2885048044520248e-05,
            [
                (0.00048768459835834193, 0.0005630181023739395),
                (0.00048102390578760477, 0.0005708135124429614),
                (0.0004682730888398463, 0.0005863548104141109),
            ],
        ),
    ];

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-13 * expected.abs().max(1e-3), "{found} is not {expected}");
    }

    #[test]
    fn as_statsmodels_has_it() {
        for (hits, trials, error, intervals) in REFERENCE {
            let proportion = Proportion::new(hits, trials).unwrap();
            assert_near(proportion.standard_error(), error);
            for (z, (low, high)) in [Z_90, Z_95, Z_99].into_iter().zip(intervals) {
                let interval = proportion.wilson(z);
                assert_near(interval.low, low);
                assert_near(interval.high, high);
            }
        }
    }

    #[test]
    fn what_is_no_proportion_is_refused() {
        assert_eq!(Proportion::new(0, 0), Err(Error::NoTrials));
        assert_eq!(Proportion::new(3, 2), Err(Error::TooManyHits { hits: 3, trials: 2 }));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_estimate(trials in 1..1_000_000_u64, share in 0.0..=1.0) {
            let hits = (trials as f64 * share) as u64;
            let proportion = Proportion::new(hits, trials).unwrap();
            let Interval { low, high } = proportion.wilson(Z_95);
            prop_assert!(0.0 <= low && low <= proportion.value() && proportion.value() <= high && high <= 1.0);
        }
    }
}
