//! Which member of a group should have which partition: a pure function of who is there and who has what.

use std::collections::{BTreeMap, BTreeSet};

use schemas::TopicPartition;

/// What each live member has subscribed to.
pub(super) type Members = BTreeMap<String, BTreeSet<String>>;

/// For every partition that somebody subscribes to, the member that should have it.
///
/// Sticky and balanced: members keep what they have, free partitions go to whoever has least, and then one
/// partition at a time moves from the fullest member to an emptier one until they differ by at most one where
/// their subscriptions allow it. The same input gives the same answer to every member, and the answer is stable
/// when it has been carried out.
pub(super) fn assign(
    members: &Members,
    partitions: &BTreeSet<TopicPartition>,
    owners: &BTreeMap<TopicPartition, String>,
) -> BTreeMap<TopicPartition, String> {
    let mut target = Target::default();
    target.load.extend(members.keys().map(|member| (member.clone(), 0)));
    let wants = |member: &str, tp: &TopicPartition| {
        members.get(member).is_some_and(|topics| topics.contains(&tp.topic))
    };
    let (kept, free): (Vec<_>, Vec<_>) =
        partitions.iter().partition(|tp| owners.get(tp).is_some_and(|owner| wants(owner, tp)));
    for tp in kept {
        target.give(tp, &owners[tp]);
    }
    for tp in free {
        if let Some(member) = target.emptiest(|member| wants(member, tp)) {
            target.give(tp, &member);
        }
    }
    // Every step brings two members closer, so there is a last one.
    while let Some((tp, to)) = target.better(&wants) {
        target.give(&tp, &to);
    }
    target.owners
}

#[derive(Default)]
struct Target {
    owners: BTreeMap<TopicPartition, String>,
    load: BTreeMap<String, usize>,
}

impl Target {
    fn give(&mut self, tp: &TopicPartition, to: &str) {
        let from = self.owners.insert(tp.clone(), to.to_owned());
        if let Some(load) = from.and_then(|from| self.load.get_mut(&from)) {
            *load -= 1;
        }
        *self.load.entry(to.to_owned()).or_default() += 1;
    }

    /// Of those who may, the one with least; the first by name among equals.
    fn emptiest(&self, may: impl Fn(&str) -> bool) -> Option<String> {
        let all = self.load.iter().filter(|(member, _)| may(member));
        all.min_by_key(|(_, load)| **load).map(|(member, _)| member.clone())
    }

    /// A partition whose owner has at least two more than another who wants it: the last one of the fullest.
    fn better(&self, wants: &impl Fn(&str, &TopicPartition) -> bool) -> Option<(TopicPartition, String)> {
        let moves = self.owners.iter().filter_map(|(tp, from)| {
            let to = self.emptiest(|member| wants(member, tp))?;
            let (more, less) = (self.load[from], self.load[&to]);
            (more > less + 1).then_some((more, tp, to))
        });
        moves.max_by_key(|(load, tp, _)| (*load, *tp)).map(|(_, tp, to)| (tp.clone(), to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(names: &[&str], topics: &[&str]) -> Members {
        let topics: BTreeSet<_> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        names.iter().map(|name| ((*name).to_owned(), topics.clone())).collect()
    }

    fn partitions(topics: &[(&str, i32)]) -> BTreeSet<TopicPartition> {
        let of = |(topic, count): &(&str, i32)| {
            let topic = (*topic).to_owned();
            (0..*count).map(move |number| TopicPartition::new(topic.clone(), number))
        };
        topics.iter().flat_map(of).collect()
    }

    fn of(target: &BTreeMap<TopicPartition, String>, member: &str) -> Vec<String> {
        let own = target.iter().filter(|(_, owner)| *owner == member);
        own.map(|(tp, _)| tp.to_string()).collect()
    }

    #[test]
    fn one_member_has_all_and_nobody_has_nothing() {
        let all = partitions(&[("rate", 2), ("watch", 1)]);
        let target = assign(&members(&["a"], &["rate", "watch"]), &all, &BTreeMap::new());
        assert_eq!(of(&target, "a"), ["rate/0", "rate/1", "watch/0"]);
        assert_eq!(assign(&Members::new(), &all, &target), BTreeMap::new());
    }

    #[test]
    fn a_joiner_takes_from_the_end_and_the_rest_stays() {
        let all = partitions(&[("t", 5)]);
        let before = assign(&members(&["a"], &["t"]), &all, &BTreeMap::new());
        let after = assign(&members(&["a", "b"], &["t"]), &all, &before);
        assert_eq!(
            (of(&after, "a"), of(&after, "b")),
            (vec!["t/0".into(), "t/1".into(), "t/2".into()], vec!["t/3".to_owned(), "t/4".into()])
        );
        let left = assign(&members(&["b"], &["t"]), &all, &after);
        assert_eq!(of(&left, "b").len(), 5);
    }

    #[test]
    fn nobody_gets_what_they_did_not_ask_for() {
        let all = partitions(&[("rate", 4), ("watch", 1)]);
        let mut group = members(&["a"], &["rate"]);
        group.extend(members(&["b"], &["watch"]));
        let target = assign(&group, &all, &BTreeMap::new());
        assert_eq!((of(&target, "a").len(), of(&target, "b")), (4, vec!["watch/0".to_owned()]));
    }

    proptest! {
        #[test]
        fn all_is_given_evenly_and_stays(
            count in 1..40i32,
            here in prop::collection::btree_set(0..8u8, 1..8),
            had in prop::collection::vec(prop::option::of(0..8u8), 40),
        ) {
            let names: Vec<_> = here.iter().map(|n| n.to_string()).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let (group, all) = (members(&names, &["t"]), partitions(&[("t", count)]));
            let owners: BTreeMap<_, _> = all.iter().cloned().zip(had)
                .filter_map(|(tp, owner)| Some((tp, owner?.to_string()))).collect();
            let target = assign(&group, &all, &owners);
            prop_assert_eq!(target.keys().collect::<Vec<_>>(), all.iter().collect::<Vec<_>>());
            let loads: Vec<_> = names.iter().map(|name| of(&target, name).len()).collect();
            prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1, "{:?}", loads);
            prop_assert_eq!(&assign(&group, &all, &target), &target);
        }
    }
}
