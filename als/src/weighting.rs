//! From feedback to what the factorisation takes of it: the one place that decides what counts as liked.

use crate::{Error, Feedback};

/// What feedback on a pair means to the factorisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Preference {
    /// The user likes the movie: the preference is 1, held with this confidence (greater than 1, where
    /// a movie never met has 1).
    Liked {
        /// c of Hu, Koren and Volinsky.
        confidence: f32,
    },
    /// The user has met the movie without showing that they like it. It is never recommended again, and for
    /// the factorisation it is like a movie never met.
    Seen,
}

/// How feedback is weighed. See [`Weighting::preference`] for the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighting {
    /// Confidence that a strength of 1 adds to the base confidence of 1. Above 0, at most 10⁶.
    pub alpha: f64,
    /// A rating from here on is a liking; a lower one is not. Finite.
    pub liked_rating: f64,
    /// Strength that each whole point above `liked_rating` adds. 0 to 10⁶.
    pub rating_gain: f64,
    /// Without a rating, a progress from here on is a liking. Above 0, at most 1.
    pub liked_progress: f64,
}

impl Default for Weighting {
    fn default() -> Weighting {
        Weighting { alpha: 1.0, liked_rating: 3.5, rating_gain: 0.5, liked_progress: 0.25 }
    }
}

impl Weighting {
    /// The rule, the same for training, fold-in and popularity:
    ///
    /// - a rating, where there is one, decides alone: below `liked_rating` the movie is only seen, however
    ///   much of it was watched; else its strength is `1 + rating_gain · (rating − liked_rating)`;
    /// - else the progress decides: below `liked_progress` the movie is only seen (somebody looked in and
    ///   went away); else its strength is the progress;
    /// - liked means confidence `1 + alpha · strength` (Hu, Koren, Volinsky 2008, `c = 1 + α r`).
    ///
    /// So a movie watched to the end has confidence `1 + alpha`. Computed in f64 by additions and
    /// multiplications alone and rounded to f32 once, which is the same on every machine.
    pub fn preference(&self, feedback: &Feedback) -> Preference {
        let strength = match (&feedback.rating, feedback.progress) {
            (Some(rated), _) if rated.rating >= self.liked_rating => {
                1.0 + self.rating_gain * (rated.rating - self.liked_rating)
            }
            (None, Some(progress)) if progress >= self.liked_progress => progress,
            _ => return Preference::Seen,
        };
        Preference::Liked { confidence: (1.0 + self.alpha * strength) as f32 }
    }

    /// The confidence of a pair that counts as liked, `None` for one that is only seen.
    pub fn confidence(&self, feedback: &Feedback) -> Option<f32> {
        match self.preference(feedback) {
            Preference::Liked { confidence } => Some(confidence),
            Preference::Seen => None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let within = |name, value: f64, sound: bool, range: &str| match sound {
            true => Ok(()),
            false => Err(Error::Parameter { name, reason: format!("{value} is not {range}") }),
        };
        let Weighting { alpha, liked_rating, rating_gain, liked_progress } = *self;
        within("alpha", alpha, alpha > 0.0 && alpha <= 1e6, "above 0 and at most 1e6")?;
        within("liked_rating", liked_rating, liked_rating.is_finite(), "finite")?;
        within("rating_gain", rating_gain, (0.0..=1e6).contains(&rating_gain), "within 0..=1e6")?;
        let sound = liked_progress > 0.0 && liked_progress <= 1.0;
        within("liked_progress", liked_progress, sound, "above 0 and at most 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rated;

    fn feedback(progress: Option<f64>, rating: Option<f64>) -> Feedback {
        Feedback { progress, rating: rating.map(|rating| Rated { ts: 0, event_id: "e".into(), rating }) }
    }

    #[test]
    fn the_rule_is_as_documented() {
        let weighting = Weighting { alpha: 2.0, liked_rating: 3.0, rating_gain: 0.5, liked_progress: 0.25 };
        for (progress, rating, confidence) in [
            (None, None, None),
            (Some(0.0), None, None),
            (Some(0.2), None, None),
            (Some(0.25), None, Some(1.5)),
            (Some(1.0), None, Some(3.0)),
            (None, Some(2.5), None),
            (Some(1.0), Some(2.5), None),
            (None, Some(3.0), Some(3.0)),
            (None, Some(5.0), Some(5.0)),
            (Some(0.1), Some(5.0), Some(5.0)),
        ] {
            assert_eq!(
                weighting.confidence(&feedback(progress, rating)),
                confidence,
                "{progress:?} {rating:?}"
            );
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused_by_name() {
        let sound = Weighting::default();
        assert!(sound.check().is_ok());
        for (wrong, named) in [
            (Weighting { alpha: 0.0, ..sound }, "alpha"),
            (Weighting { alpha: f64::NAN, ..sound }, "alpha"),
            (Weighting { liked_rating: f64::INFINITY, ..sound }, "liked_rating"),
            (Weighting { rating_gain: -0.1, ..sound }, "rating_gain"),
            (Weighting { liked_progress: 0.0, ..sound }, "liked_progress"),
        ] {
            assert!(matches!(wrong.check(), Err(Error::Parameter { name, .. }) if name == named));
        }
    }
}
