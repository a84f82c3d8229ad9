//! From the events of a snapshot to a judged model. CPU work, nothing else.
//!
//! 1. **evaluate**: fit without every user's last movie; its figures and those of the popular list are the
//!    model's metrics.
//! 2. **compare**: the same, without the movies that the champion has not seen, beside the champion. See
//!    [`crate::gate`].
//! 3. **fit**: on everything. These are the model's bytes: they depend on the events, the parameters and the code.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use als::{HeldOut, Interactions, Model, Ranker, Ranking, evaluate};
use registry::model::{GateReport, Metrics, Verdict, Version};
use serde_json::Value;

use crate::Error;
use crate::config::{Gate, Parameters};
use crate::gate::{self, Basis, Comparison, Decision, Evidence};
use crate::interactions::Observations;

/// The length of the lists that are evaluated.
const K: usize = 10;

/// The newest published model.
#[derive(Debug)]
pub struct Champion {
    /// Its version.
    pub version: Version,
    /// What its fit was told.
    pub parameters: Parameters,
    /// The next offsets of its snapshot.
    pub offsets: Vec<schemas::Position>,
    /// The model itself, or why this build cannot use it.
    pub artifact: Result<Model, String>,
}

/// What to train on, and beside what.
#[derive(Debug)]
pub struct Work<'a> {
    /// Names the snapshot in errors.
    pub data_snapshot_id: &'a str,
    /// Its events.
    pub observations: &'a Observations,
    /// What the fit is told.
    pub parameters: Parameters,
    /// What the gate asks.
    pub gate: Gate,
    /// Publish what the gate would refuse.
    pub force: bool,
    /// The model to be compared with.
    pub champion: Option<&'a Champion>,
}

/// How far the training is: a stage, and the half-iterations of its fit that are done, and of how many.
pub type Progress<'a> = dyn Fn(&'static str, usize, usize) -> ControlFlow<()> + Sync + 'a;

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Trained {
    /// A model that may be published.
    Model(Box<Candidate>),
    /// The gate held it back, or there is nothing to learn from.
    Refused {
        /// Why.
        reason: String,
        /// From what that was decided.
        numbers: BTreeMap<String, Value>,
    },
}

/// A model that may be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The model's bytes.
    pub artifact: Vec<u8>,
    /// How good it is, and of what size.
    pub metrics: Metrics,
    /// Against what the gate held it.
    pub gate: Verdict,
    /// What the gate said.
    pub gate_report: GateReport,
    /// How long each stage took, milliseconds.
    pub durations_ms: BTreeMap<String, u64>,
}

/// Trains on the current rayon pool.
///
/// # Errors
/// [`Error::Fit`], cancellation by `progress` among them; [`Error::NotFinite`].
pub fn train(work: &Work<'_>, progress: &Progress<'_>) -> Result<Trained, Error> {
    let training = Training { work, progress, durations_ms: BTreeMap::new() };
    match training.run() {
        // Nobody has liked anything, or nothing is left when the last is held out: no error of ours.
        Err(Error::Fit { source: als::Error::NothingLiked, stage, .. }) => {
            let reason = format!("nothing to learn from ({stage}): no feedback counts as liked");
            let count = |name: &str, count: u64| (name.to_owned(), Value::from(count));
            let of = work.observations;
            let numbers = [
                count("events", of.len() as u64),
                count("repeated_records", of.repeated()),
                count("unusable_records", of.unusable()),
            ];
            Ok(Trained::Refused { reason, numbers: numbers.into() })
        }
        ended => ended,
    }
}

struct Training<'a> {
    work: &'a Work<'a>,
    progress: &'a Progress<'a>,
    durations_ms: BTreeMap<String, u64>,
}

/// A model beside what was held out of it.
struct Split {
    model: Model,
    training: Arc<Interactions>,
    held_out: HeldOut,
    ranking: Ranking,
}

impl Training<'_> {
    fn run(mut self) -> Result<Trained, Error> {
        let work = self.work;
        let started = Instant::now();
        let all = Arc::new(self.named("merge", work.observations.without(&HeldOut::default()))?);
        self.took("merge", started);
        if work.champion.is_none()
            && let Decision::Refuse { reason, numbers } = self.decide(&bootstrap(&all))
        {
            return Ok(Trained::Refused { reason, numbers });
        }

        let started = Instant::now();
        let split = self.split("evaluate", work.observations.last_of_each_user(), &work.parameters)?;
        let popularity = self.rank("evaluate", Ranker::Popular(&split.model), &split)?;
        self.took("evaluate", started);

        let evidence = match work.champion {
            None => bootstrap(&all),
            Some(champion) => {
                let started = Instant::now();
                let comparison = self.compare(champion, &split)?;
                self.took("compare", started);
                Evidence::Comparison(comparison)
            }
        };
        let (gate, gate_report) = match self.decide(&evidence) {
            Decision::Pass(verdict, report) => (verdict, report),
            Decision::Refuse { reason, numbers } => return Ok(Trained::Refused { reason, numbers }),
        };
        let metrics = metrics(&work.parameters, &all, &split.ranking, &popularity);
        drop(split);

        let started = Instant::now();
        let model = self.fit("fit", all, &work.parameters)?;
        let artifact = self.named("fit", model.to_bytes())?;
        self.took("fit", started);
        let durations_ms = self.durations_ms;
        Ok(Trained::Model(Box::new(Candidate { artifact, metrics, gate, gate_report, durations_ms })))
    }

    /// Candidate and champion on the same users, both knowing the same feedback of them.
    fn compare(&self, champion: &Champion, split: &Split) -> Result<Comparison, Error> {
        let unseen = self.work.observations.unseen(&split.held_out, &champion.offsets);
        let (new_users, min_users) = (unseen.pairs.len(), self.work.gate.min_users);
        let why = match &champion.artifact {
            Ok(model) if new_users >= min_users && new_users > 0 => {
                return self.beside_artifact(champion.version, model, unseen, split);
            }
            Ok(_) => format!(
                "{new_users} users have done something new after its snapshot, and gate.min_users is {min_users}"
            ),
            Err(why) => format!("its artifact cannot be used: {why}"),
        };
        let same = champion.parameters == self.work.parameters;
        let (basis, reference) = if same {
            (Basis::SameFit { why }, split.ranking)
        } else {
            let held_out = split.held_out.clone();
            (Basis::Refit { why }, self.split("compare", held_out, &champion.parameters)?.ranking)
        };
        let candidate = split.ranking.into();
        Ok(Comparison {
            champion: champion.version,
            basis,
            new_users,
            candidate,
            reference: reference.into(),
        })
    }

    /// The champion has seen nothing of what is held out; the candidate is fitted without it, and with all else.
    fn beside_artifact(
        &self,
        champion: Version,
        model: &Model,
        unseen: HeldOut,
        split: &Split,
    ) -> Result<Comparison, Error> {
        let new_users = unseen.pairs.len();
        let own;
        let split = if unseen.pairs == split.held_out.pairs {
            split
        } else {
            own = self.split("compare", unseen, &self.work.parameters)?;
            &own
        };
        let reference = self.rank("compare", Ranker::Als(model), split)?;
        let candidate = split.ranking.into();
        let basis = Basis::Artifact;
        Ok(Comparison { champion, basis, new_users, candidate, reference: reference.into() })
    }

    /// Fits without what is held out, and ranks it.
    fn split(&self, stage: &'static str, held_out: HeldOut, parameters: &Parameters) -> Result<Split, Error> {
        let training = Arc::new(self.named(stage, self.work.observations.without(&held_out))?);
        let model = self.fit(stage, training.clone(), parameters)?;
        let ranking = self.named(stage, evaluate(Ranker::Als(&model), &training, &held_out, K))?;
        Ok(Split { model, training, held_out, ranking })
    }

    fn rank(&self, stage: &'static str, ranker: Ranker<'_>, split: &Split) -> Result<Ranking, Error> {
        self.named(stage, evaluate(ranker, &split.training, &split.held_out, K))
    }

    fn fit(
        &self,
        stage: &'static str,
        interactions: Arc<Interactions>,
        parameters: &Parameters,
    ) -> Result<Model, Error> {
        let told = |progress: als::Progress| (self.progress)(stage, progress.done, progress.total);
        let model = self.named(stage, als::fit(interactions, &(*parameters).into(), &told))?;
        let finite = |factors: &[f32]| factors.iter().all(|factor| factor.is_finite());
        if finite(model.user_factors()) && finite(model.movie_factors()) {
            return Ok(model);
        }
        Err(Error::NotFinite { data_snapshot_id: self.work.data_snapshot_id.to_owned() })
    }

    fn decide(&self, evidence: &Evidence) -> Decision {
        gate::decide(evidence, &self.work.gate, self.work.force)
    }

    fn named<T>(&self, stage: &'static str, result: Result<T, als::Error>) -> Result<T, Error> {
        let data_snapshot_id = self.work.data_snapshot_id;
        result.map_err(|source| Error::Fit { data_snapshot_id: data_snapshot_id.to_owned(), stage, source })
    }

    fn took(&mut self, stage: &str, started: Instant) {
        self.durations_ms.insert(stage.to_owned(), started.elapsed().as_millis() as u64);
    }
}

fn bootstrap(all: &Interactions) -> Evidence {
    Evidence::Bootstrap { users: all.users().len(), interactions: all.len() }
}

fn metrics(parameters: &Parameters, all: &Interactions, ranking: &Ranking, popularity: &Ranking) -> Metrics {
    Metrics {
        hr_at_10: ranking.hit_ratio,
        ndcg_at_10: ranking.ndcg,
        coverage: ranking.coverage,
        popularity_hr_at_10: popularity.hit_ratio,
        popularity_ndcg_at_10: popularity.ndcg,
        // The kernel has checked their ranges.
        factors: parameters.factors as u32,
        iterations: parameters.iterations as u32,
        regularization: parameters.regularization,
        users: all.users().len() as u64,
        movies: all.movies().len() as u64,
        interactions: all.len() as u64,
        evaluated_users: ranking.users as u64,
        extra: BTreeMap::new(),
    }
}
