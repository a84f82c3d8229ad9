//! What a fit is told.

use crate::{Error, Weighting};

/// Hyper-parameters of a fit. Kept in the model, because serving needs them for fold-in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Length of a user's and of a movie's vector, 1 to 1024.
    pub factors: usize,
    /// Rounds of solving all movies and then all users, 1 to 1000.
    pub iterations: usize,
    /// λ, added to the diagonal of every row's system as it is, not scaled by counts. Above 0, finite.
    pub regularization: f32,
    /// How feedback is weighed.
    pub weighting: Weighting,
    /// Seed of the random start.
    pub seed: u64,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            factors: 64,
            iterations: 15,
            regularization: 10.0,
            weighting: Weighting::default(),
            seed: 0,
        }
    }
}

impl Parameters {
    /// Refuses what is out of range, naming the field.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |name, reason| Err(Error::Parameter { name, reason });
        if !(1..=1024).contains(&self.factors) {
            return wrong("factors", format!("{} is not within 1..=1024", self.factors));
        }
        if !(1..=1000).contains(&self.iterations) {
            return wrong("iterations", format!("{} is not within 1..=1000", self.iterations));
        }
        if !(self.regularization > 0.0 && self.regularization.is_finite()) {
            return wrong("regularization", format!("{} is not above 0 and finite", self.regularization));
        }
        self.weighting.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_out_of_range_are_refused_by_name() {
        let sound = Parameters::default();
        assert!(sound.check().is_ok());
        for (wrong, named) in [
            (Parameters { factors: 0, ..sound }, "factors"),
            (Parameters { factors: 1025, ..sound }, "factors"),
            (Parameters { iterations: 0, ..sound }, "iterations"),
            (Parameters { regularization: 0.0, ..sound }, "regularization"),
            (Parameters { regularization: f32::NAN, ..sound }, "regularization"),
        ] {
            assert!(matches!(wrong.check(), Err(Error::Parameter { name, .. }) if name == named));
        }
    }
}
