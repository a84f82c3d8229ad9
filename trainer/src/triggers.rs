//! Which trigger is served, and which collapse.

use std::collections::{BTreeMap, BTreeSet};

use schemas::RetrainTrigger;

/// What to do about the triggers that have no outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Triggers that repeat the id of one that has ended: (offset, the offset of that one).
    pub repeats: Vec<(i64, i64)>,
    /// The one model that is to be made, if any.
    pub task: Option<Task>,
}

/// One retrain and all the triggers that it serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The offset of the trigger that is served: the last one.
    pub offset: i64,
    /// That trigger.
    pub trigger: RetrainTrigger,
    /// The offsets of the triggers that collapse into it, ascending, with their ids.
    pub collapsed: BTreeMap<i64, String>,
    /// Whether this trigger or one that collapses into it asks to train and publish in any case.
    pub force: bool,
}

impl Task {
    /// The offsets of all triggers that it serves, ascending; the served one is the last.
    pub fn offsets(&self) -> Vec<i64> {
        self.collapsed.keys().copied().chain([self.offset]).collect()
    }
}

/// Decides. `triggers` are all that there are for this model, by offset; `ended` are the offsets that have an
/// outcome.
///
/// A trigger whose id an ended one had before is collapsed into that one. Of the others the last is served and
/// the rest collapse into it: one model from the newest data answers them all.
pub fn plan(triggers: &BTreeMap<i64, RetrainTrigger>, ended: &BTreeSet<i64>) -> Plan {
    let mut ended_ids: BTreeMap<&str, i64> = BTreeMap::new();
    for (offset, trigger) in triggers.iter().filter(|(offset, _)| ended.contains(offset)) {
        ended_ids.entry(&trigger.trigger_id).or_insert(*offset);
    }
    let (mut repeats, mut pending) = (Vec::new(), Vec::new());
    for (offset, trigger) in triggers.iter().filter(|(offset, _)| !ended.contains(offset)) {
        match ended_ids.get(trigger.trigger_id.as_str()) {
            Some(first) => repeats.push((*offset, *first)),
            None => pending.push((*offset, trigger)),
        }
    }
    let force = pending.iter().any(|(_, trigger)| trigger.force);
    let task = pending.split_last().map(|(&(offset, trigger), earlier)| {
        let collapsed =
            earlier.iter().map(|(offset, trigger)| (*offset, trigger.trigger_id.clone())).collect();
        Task { offset, trigger: trigger.clone(), collapsed, force }
    });
    Plan { repeats, task }
}

#[cfg(test)]
mod tests {
    use schemas::Cause;

    use super::*;

    fn trigger(id: &str, force: bool) -> RetrainTrigger {
        RetrainTrigger {
            trigger_id: id.to_owned(),
            ts: 0,
            model_name: "movies".to_owned(),
            cause: Cause::Operator,
            reason: "a test".to_owned(),
            actor: "test".to_owned(),
            force,
        }
    }

    fn plan_of(ids: &[&str], forced: &[i64], ended: &[i64]) -> Plan {
        let triggers =
            (0..).zip(ids).map(|(offset, id)| (offset, trigger(id, forced.contains(&offset)))).collect();
        plan(&triggers, &ended.iter().copied().collect())
    }

    fn served(plan: &Plan) -> Option<(i64, Vec<i64>, bool)> {
        plan.task.as_ref().map(|task| (task.offset, task.collapsed.keys().copied().collect(), task.force))
    }

    #[test]
    fn nothing_is_pending() {
        assert_eq!(plan_of(&["a", "b"], &[], &[0, 1]), Plan { repeats: vec![], task: None });
    }

    #[test]
    fn the_last_is_served_and_the_others_collapse_into_it() {
        let plan = plan_of(&["a", "b", "c", "d"], &[], &[0]);
        assert_eq!(served(&plan), Some((3, vec![1, 2], false)));
        assert_eq!(plan.task.unwrap().offsets(), [1, 2, 3]);
    }

    #[test]
    fn a_force_is_not_lost_by_collapsing() {
        assert_eq!(served(&plan_of(&["a", "b"], &[0], &[])), Some((1, vec![0], true)));
        assert_eq!(served(&plan_of(&["a", "b"], &[0], &[0])), Some((1, vec![], false)));
    }

    #[test]
    fn a_repeated_id_is_never_served_again() {
        let plan = plan_of(&["a", "a", "b", "a"], &[], &[0]);
        assert_eq!(plan.repeats, [(1, 0), (3, 0)]);
        assert_eq!(served(&plan), Some((2, vec![], false)));
        // Two that wait with one id: one of them is served.
        assert_eq!(served(&plan_of(&["a", "a"], &[], &[])), Some((1, vec![0], false)));
    }
}
