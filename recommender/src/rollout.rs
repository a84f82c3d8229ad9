//! What is served: a pure fold of `rollout-updates`.
//!
//! A record is the whole desired state and applies if and only if its `base_epoch` is the current epoch, which
//! then rises by one. Nothing local decides, so all instances come to the same state, and of two writers that saw
//! the same epoch the first in the log wins.

use std::collections::{BTreeSet, VecDeque};

use registry::model::Version;
use schemas::{RolloutUpdate, Strategy};

/// How many answers to writers are remembered: a repeat after so many other updates is stale anyway.
const REMEMBERED: usize = 1024;

/// The state of the rollout after some prefix of `rollout-updates`.
#[derive(Debug, Clone)]
pub struct Rollout {
    model_name: String,
    /// How many updates have applied.
    pub epoch: i64,
    /// How the versions share the requests.
    pub strategy: Strategy,
    /// The version that serves; none means the greatest announced one.
    pub primary: Option<Version>,
    /// What the last update that applied said of the rest: kept as it is, for whoever changes the primary alone.
    canary: Option<String>,
    canary_percent: f64,
    salt: String,
    verdicts: VecDeque<(String, Verdict)>,
}

/// What became of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the state from this epoch on.
    Applied {
        /// The epoch that it began.
        epoch: i64,
    },
    /// Another update came first.
    Stale {
        /// The epoch at which it came too late.
        epoch: i64,
    },
    /// It says what cannot be.
    Invalid {
        /// Why.
        reason: String,
    },
}

impl Rollout {
    /// The state before any update: the greatest announced version serves all.
    pub fn new(model_name: &str) -> Self {
        Self {
            model_name: model_name.to_owned(),
            epoch: 0,
            strategy: Strategy::Fixed,
            primary: None,
            canary: None,
            canary_percent: 0.0,
            salt: String::new(),
            verdicts: VecDeque::new(),
        }
    }

    /// Takes in the next record. `None` where it is about another model, or repeats an update.
    pub fn apply(&mut self, update: &RolloutUpdate) -> Option<Verdict> {
        if update.model_name != self.model_name || self.verdict(&update.update_id).is_some() {
            return None;
        }
        let verdict = self.decide(update);
        self.verdicts.push_back((update.update_id.clone(), verdict.clone()));
        if self.verdicts.len() > REMEMBERED {
            self.verdicts.pop_front();
        }
        Some(verdict)
    }

    fn decide(&mut self, update: &RolloutUpdate) -> Verdict {
        if update.base_epoch != self.epoch {
            return Verdict::Stale { epoch: self.epoch };
        }
        match check(update) {
            Err(reason) => Verdict::Invalid { reason },
            Ok(primary) => {
                self.epoch += 1;
                self.strategy = update.strategy;
                self.primary = primary;
                self.canary.clone_from(&update.canary);
                self.canary_percent = update.canary_percent;
                self.salt.clone_from(&update.salt);
                Verdict::Applied { epoch: self.epoch }
            }
        }
    }

    /// The state as an update that would leave it as it is; `update_id`, `ts`, `actor` and `reason` are to be set.
    pub fn desired(&self) -> RolloutUpdate {
        RolloutUpdate {
            update_id: String::new(),
            ts: 0,
            model_name: self.model_name.clone(),
            base_epoch: self.epoch,
            strategy: self.strategy,
            primary: self.primary.map(|version| version.to_string()),
            canary: self.canary.clone(),
            canary_percent: self.canary_percent,
            salt: self.salt.clone(),
            actor: String::new(),
            reason: String::new(),
        }
    }

    /// What became of an update, if it has been read.
    pub fn verdict(&self, update_id: &str) -> Option<&Verdict> {
        self.verdicts.iter().rev().find(|(id, _)| id == update_id).map(|(_, verdict)| verdict)
    }

    /// The versions that may serve, best first: the primary alone, or else the announced ones from the greatest
    /// down. Those in `refused` cannot be loaded and are passed over.
    pub fn candidates<'a>(
        &'a self,
        announced: &'a BTreeSet<Version>,
        refused: &'a BTreeSet<Version>,
    ) -> impl Iterator<Item = Version> + 'a {
        let latest = announced.iter().rev().copied().filter(|_| self.primary.is_none());
        self.primary.into_iter().chain(latest).filter(|version| !refused.contains(version))
    }
}

/// The primary that an update asks for, if the update makes sense as a whole: what does not never applies, in no
/// build, so that the same history is the same state for ever.
fn check(update: &RolloutUpdate) -> Result<Option<Version>, String> {
    let primary = version(update.primary.as_deref(), "primary")?;
    let canary = version(update.canary.as_deref(), "canary")?;
    if update.strategy != Strategy::Fixed {
        let strategy = update.strategy.as_str();
        let named = |name: &str, version: Option<Version>| {
            version.map(drop).ok_or_else(|| format!("strategy {strategy} names no {name}"))
        };
        named("primary", primary)?;
        named("canary", canary)?;
    }
    // A NaN is contained in no range.
    if !(0.0..=100.0).contains(&update.canary_percent) {
        return Err(format!("canary_percent is {}, outside of 0..=100", update.canary_percent));
    }
    Ok(primary)
}

fn version(text: Option<&str>, name: &str) -> Result<Option<Version>, String> {
    let parsed = text.map(|text| text.parse().map_err(|_| format!("{name} {text:?} is not a version vX.Y")));
    parsed.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(id: &str, base_epoch: i64, primary: Option<&str>) -> RolloutUpdate {
        RolloutUpdate {
            update_id: id.into(),
            ts: 0,
            model_name: "movies".into(),
            base_epoch,
            strategy: Strategy::Fixed,
            primary: primary.map(Into::into),
            canary: None,
            canary_percent: 0.0,
            salt: String::new(),
            actor: "test".into(),
            reason: String::new(),
        }
    }

    fn versions(all: &[&str]) -> BTreeSet<Version> {
        all.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn of_two_writers_the_first_in_the_log_wins() {
        let mut rollout = Rollout::new("movies");
        assert_eq!(rollout.apply(&update("a", 0, Some("v0.1"))), Some(Verdict::Applied { epoch: 1 }));
        assert_eq!(rollout.apply(&update("b", 0, Some("v0.2"))), Some(Verdict::Stale { epoch: 1 }));
        assert_eq!(rollout.primary, Some("v0.1".parse().unwrap()));
    }

    #[test]
    fn a_repeated_update_counts_once() {
        let mut rollout = Rollout::new("movies");
        rollout.apply(&update("a", 0, Some("v0.1")));
        assert_eq!(rollout.apply(&update("a", 1, Some("v0.3"))), None);
        assert_eq!((rollout.epoch, rollout.verdict("a")), (1, Some(&Verdict::Applied { epoch: 1 })));
    }

    #[test]
    fn another_model_and_nonsense_change_nothing() {
        let mut rollout = Rollout::new("movies");
        assert_eq!(
            rollout.apply(&RolloutUpdate { model_name: "songs".into(), ..update("a", 0, None) }),
            None
        );
        assert!(matches!(rollout.apply(&update("b", 0, Some("../v1"))), Some(Verdict::Invalid { .. })));
        let shadow = |id| RolloutUpdate { strategy: Strategy::Shadow, ..update(id, 0, Some("v0.1")) };
        let canary = || Some("v0.2".to_owned());
        for bad in [
            RolloutUpdate { primary: None, canary: canary(), ..shadow("c") },
            RolloutUpdate { canary: None, ..shadow("d") },
            RolloutUpdate { canary: Some("latest".to_owned()), ..shadow("e") },
            RolloutUpdate { canary: canary(), canary_percent: f64::NAN, ..shadow("f") },
            RolloutUpdate { canary: canary(), canary_percent: 101.0, ..shadow("g") },
        ] {
            assert!(matches!(rollout.apply(&bad), Some(Verdict::Invalid { .. })), "{bad:?}");
        }
        assert_eq!(rollout.epoch, 0);
    }

    #[test]
    fn without_a_primary_the_greatest_announced_version_that_loads_serves() {
        let rollout = Rollout::new("movies");
        let (announced, refused) = (versions(&["v0.2", "v0.9", "v0.10"]), versions(&["v0.10"]));
        let order: Vec<_> = rollout.candidates(&announced, &refused).map(|v| v.to_string()).collect();
        assert_eq!(order, ["v0.9", "v0.2"]);
    }

    #[test]
    fn with_a_primary_announcements_move_nothing() {
        let mut rollout = Rollout::new("movies");
        rollout.apply(&update("a", 0, Some("v0.2")));
        let announced = versions(&["v0.2", "v0.9"]);
        let order: Vec<_> = rollout.candidates(&announced, &BTreeSet::new()).map(|v| v.to_string()).collect();
        assert_eq!(order, ["v0.2"]);
    }
}
