//! Whether a model may be published: a decision from numbers.
//!
//! With a champion, HR@10 and NDCG@10 of candidate and champion on the same users are compared. A candidate `a`
//! passes beside a champion `b` when
//!
//! ```text
//! a >= b - margin * b - standard_errors * sqrt((a (1 - a) + b (1 - b)) / users)
//! ```
//!
//! holds for both. A user's hit is 0 or 1 and their gain lies between, so `x (1 - x)` bounds the variance of
//! either, and the root is an upper bound of the standard error of the difference of the two means, taken as if
//! they were independent. With few users noise alone refuses nothing; with many the margin is what counts.

use std::collections::BTreeMap;

use registry::model::{GateReport, Verdict, Version};
use serde_json::{Value, json};

use crate::config::Gate;

/// What the gate looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// There is no champion.
    Bootstrap {
        /// Users in the snapshot.
        users: usize,
        /// Pairs of user and movie in the snapshot.
        interactions: usize,
    },
    /// There is one.
    Comparison(Comparison),
}

/// Candidate and champion on the same held-out users.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The champion's version.
    pub champion: Version,
    /// How the champion's figures came about.
    pub basis: Basis,
    /// Users with something held out that the champion has not seen.
    pub new_users: usize,
    /// The candidate's figures.
    pub candidate: Figures,
    /// The champion's figures.
    pub reference: Figures,
}

/// How the champion's figures came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Its own artifact answered for users who have done something after its snapshot.
    Artifact,
    /// Its parameters were fitted again on the candidate's training split.
    Refit {
        /// Why not its own artifact.
        why: String,
    },
    /// The same with the candidate's own parameters: the fit is deterministic, so its result was taken.
    SameFit {
        /// Why not its own artifact.
        why: String,
    },
}

/// A model's figures on the held-out users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Users.
    pub users: usize,
    /// Hit ratio at 10.
    pub hr_at_10: f64,
    /// NDCG at 10.
    pub ndcg_at_10: f64,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Publish, with this in `meta.json`.
    Pass(Verdict, GateReport),
    /// Do not.
    Refuse {
        /// Why.
        reason: String,
        /// The numbers that it was decided from.
        numbers: BTreeMap<String, Value>,
    },
}

impl From<als::Ranking> for Figures {
    fn from(ranking: als::Ranking) -> Self {
        Self { users: ranking.users, hr_at_10: ranking.hit_ratio, ndcg_at_10: ranking.ndcg }
    }
}

/// Decides. `force` publishes what would be refused, and the report says so.
pub fn decide(evidence: &Evidence, config: &Gate, force: bool) -> Decision {
    let (verdict, note, numbers, objection) = match evidence {
        Evidence::Bootstrap { users, interactions } => bootstrap(*users, *interactions, config),
        Evidence::Comparison(comparison) => compare(comparison, config),
    };
    match objection {
        None => Decision::Pass(verdict, GateReport { note, numbers }),
        Some(reason) if force => {
            let note = format!("forced; without that it would have been refused: {reason}. {note}");
            Decision::Pass(Verdict::Forced, GateReport { note, numbers })
        }
        Some(reason) => Decision::Refuse { reason, numbers },
    }
}

type Judged = (Verdict, String, BTreeMap<String, Value>, Option<String>);

fn bootstrap(users: usize, interactions: usize, config: &Gate) -> Judged {
    let (min_users, min_interactions) = (config.bootstrap_min_users, config.bootstrap_min_interactions);
    let numbers = named([
        ("users", json!(users)),
        ("interactions", json!(interactions)),
        ("bootstrap_min_users", json!(min_users)),
        ("bootstrap_min_interactions", json!(min_interactions)),
    ]);
    let enough = users >= min_users && interactions >= min_interactions;
    let objection = (!enough).then(|| {
        format!(
            "too little for a first model: {interactions} interactions of {users} users, \
             wanted are {min_interactions} of {min_users}"
        )
    });
    (Verdict::Bootstrap, "there was no champion".to_owned(), numbers, objection)
}

fn compare(comparison: &Comparison, config: &Gate) -> Judged {
    let Comparison { champion, basis, new_users, candidate, reference } = comparison;
    let hr = Limit::of(candidate.hr_at_10, reference.hr_at_10, candidate.users, config);
    let ndcg = Limit::of(candidate.ndcg_at_10, reference.ndcg_at_10, candidate.users, config);
    let numbers = named([
        ("champion", json!(champion)),
        ("basis", json!(basis.name())),
        ("new_users", json!(new_users)),
        ("compared_users", json!(candidate.users)),
        ("candidate_hr_at_10", json!(candidate.hr_at_10)),
        ("champion_hr_at_10", json!(reference.hr_at_10)),
        ("hr_standard_error", json!(hr.standard_error)),
        ("least_hr_at_10", json!(hr.least)),
        ("candidate_ndcg_at_10", json!(candidate.ndcg_at_10)),
        ("champion_ndcg_at_10", json!(reference.ndcg_at_10)),
        ("ndcg_standard_error", json!(ndcg.standard_error)),
        ("least_ndcg_at_10", json!(ndcg.least)),
        ("margin", json!(config.margin)),
        ("standard_errors", json!(config.standard_errors)),
        ("min_users", json!(config.min_users)),
    ]);
    let worse = |name: &str, value: f64, limit: &Limit, champion_value: f64| {
        let least = limit.least;
        (value < least).then(|| {
            format!(
                "{name} is {value:.4}, {champion} has {champion_value:.4}, and at least {least:.4} is wanted"
            )
        })
    };
    let objection = worse("hr_at_10", candidate.hr_at_10, &hr, reference.hr_at_10)
        .or_else(|| worse("ndcg_at_10", candidate.ndcg_at_10, &ndcg, reference.ndcg_at_10));
    (Verdict::Champion, basis.note(*champion, candidate.users), numbers, objection)
}

/// What a candidate must reach.
struct Limit {
    standard_error: f64,
    least: f64,
}

impl Limit {
    fn of(candidate: f64, champion: f64, users: usize, config: &Gate) -> Self {
        let variance = |mean: f64| (mean * (1.0 - mean)).max(0.0);
        let standard_error = match users {
            0 => 0.0,
            users => ((variance(candidate) + variance(champion)) / users as f64).sqrt(),
        };
        let least = champion * (1.0 - config.margin) - config.standard_errors * standard_error;
        Self { standard_error, least: least.max(0.0) }
    }
}

impl Basis {
    fn name(&self) -> &'static str {
        match self {
            Basis::Artifact => "artifact",
            Basis::Refit { .. } => "refit",
            Basis::SameFit { .. } => "same_fit",
        }
    }

    fn note(&self, champion: Version, users: usize) -> String {
        match self {
            Basis::Artifact => format!(
                "compared with the artifact of {champion} on {users} users, by what they did after its snapshot"
            ),
            Basis::Refit { why } => format!(
                "compared with the parameters of {champion}, fitted again on the same training split of {users} \
                 users: {why}"
            ),
            Basis::SameFit { why } => format!(
                "the parameters are those of {champion}; fitted again on the same training split of {users} \
                 users they give the candidate itself: {why}"
            ),
        }
    }
}

fn named<const N: usize>(numbers: [(&str, Value); N]) -> BTreeMap<String, Value> {
    numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(candidate: (f64, f64), reference: (f64, f64), users: usize) -> Evidence {
        let figures = |(hr_at_10, ndcg_at_10)| Figures { users, hr_at_10, ndcg_at_10 };
        let (candidate, reference) = (figures(candidate), figures(reference));
        let (champion, basis) = (Version::FIRST, Basis::Artifact);
        Evidence::Comparison(Comparison { champion, basis, new_users: users, candidate, reference })
    }

    fn strict() -> Gate {
        Gate { margin: 0.1, standard_errors: 0.0, ..Gate::default() }
    }

    fn verdict(decision: Decision) -> Result<Verdict, String> {
        match decision {
            Decision::Pass(verdict, _) => Ok(verdict),
            Decision::Refuse { reason, .. } => Err(reason),
        }
    }

    #[test]
    fn a_first_model_needs_a_minimum() {
        let config = Gate { bootstrap_min_users: 2, bootstrap_min_interactions: 10, ..Gate::default() };
        let decide = |users, interactions, force| {
            verdict(super::decide(&Evidence::Bootstrap { users, interactions }, &config, force))
        };
        assert_eq!(decide(2, 10, false), Ok(Verdict::Bootstrap));
        assert!(decide(2, 9, false).unwrap_err().contains("9 interactions of 2 users"));
        assert!(decide(1, 10, false).is_err());
        assert_eq!(decide(1, 10, true), Ok(Verdict::Forced));
    }

    #[test]
    fn worse_than_the_margin_in_either_is_refused_with_the_numbers() {
        let decide = |candidate, force| decide(&comparison(candidate, (0.2, 0.1), 100), &strict(), force);
        assert_eq!(verdict(decide((0.181, 0.091), false)), Ok(Verdict::Champion));
        assert!(
            verdict(decide((0.179, 0.2), false)).unwrap_err().starts_with("hr_at_10 is 0.1790, v0.1 has 0.2")
        );
        assert!(verdict(decide((0.3, 0.08), false)).unwrap_err().starts_with("ndcg_at_10 is 0.0800"));
        let Decision::Refuse { numbers, .. } = decide((0.1, 0.1), false) else { panic!("let through") };
        assert_eq!((&numbers["champion"], &numbers["compared_users"]), (&json!("v0.1"), &json!(100)));
        assert_eq!(numbers["champion_hr_at_10"], json!(0.2));
        let Decision::Pass(verdict, report) = decide((0.1, 0.1), true) else { panic!("force did not help") };
        assert_eq!(verdict, Verdict::Forced);
        assert!(report.note.contains("would have been refused: hr_at_10"), "{}", report.note);
    }

    #[test]
    fn few_users_prove_little_and_many_prove_much() {
        let config = Gate { margin: 0.0, standard_errors: 1.0, ..Gate::default() };
        let decide = |users| verdict(decide(&comparison((0.16, 0.1), (0.2, 0.1), users), &config, false));
        assert_eq!(decide(100), Ok(Verdict::Champion));
        assert!(decide(10_000).is_err());
    }

    #[test]
    fn a_champion_that_hits_nothing_is_no_bar() {
        assert_eq!(
            verdict(decide(&comparison((0.0, 0.0), (0.0, 0.0), 0), &strict(), false)),
            Ok(Verdict::Champion)
        );
    }

    #[test]
    fn a_force_that_was_not_needed_is_not_called_one() {
        let decision = decide(&comparison((0.2, 0.1), (0.2, 0.1), 10), &strict(), true);
        assert_eq!(verdict(decision), Ok(Verdict::Champion));
    }
}
