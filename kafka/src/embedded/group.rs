//! The transactions of a group: its members, their leases, its progress.
//!
//! Whoever comes by does what is due: takes out members whose time is over, and gives free partitions to those
//! who should have them. A partition that should move stays with its owner until the owner has released it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use schemas::TopicPartition;

use super::assignment::assign;
use super::fault::Fault;
pub(super) use super::roll::renew;
use super::roll::{enter, expire, generation, members, next_generation, owners, partitions, release, remove};
use crate::Error;

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) group: String,
    pub(super) member: String,
    pub(super) topics: BTreeSet<String>,
    pub(super) session_ms: i64,
}

/// What the group knows of the member that asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// It had been taken out, and is in again.
    pub(super) rejoined: bool,
    /// The partitions that are leased to it.
    pub(super) leased: BTreeSet<TopicPartition>,
    /// The partitions that it should have.
    pub(super) target: BTreeSet<TopicPartition>,
    /// The group's generation, if this has raised it.
    pub(super) changed: Option<i64>,
}

/// Enters the group.
pub(super) fn join(connection: &Connection, who: &Who, now_ms: i64) -> Result<i64, Fault> {
    for topic in &who.topics {
        let known = connection.prepare_cached("SELECT 1 FROM topics WHERE name = ?")?.exists([topic])?;
        if !known {
            return Err(Error::UnknownTopic { topic: topic.clone() }.into());
        }
    }
    let mut live = connection
        .prepare_cached("SELECT 1 FROM members WHERE group_name = ? AND member = ? AND expires_at_ms > ?")?;
    if live.exists((&who.group, &who.member, now_ms))? {
        let (group, member) = (who.group.clone(), who.member.clone());
        return Err(Error::MemberExists { group, member }.into());
    }
    connection.execute("INSERT OR IGNORE INTO groups VALUES (?, 0)", [&who.group])?;
    remove(connection, &who.group, &who.member)?;
    let generation = next_generation(connection, &who.group)?;
    enter(connection, who, generation, now_ms)?;
    Ok(generation)
}

/// Leaves the group: its partitions are free.
pub(super) fn leave(connection: &Connection, who: &Who) -> Result<i64, Fault> {
    remove(connection, &who.group, &who.member)?;
    Ok(next_generation(connection, &who.group)?)
}

/// The member lives, and releases what it was told to and has stopped working on.
///
/// `held` is what it works on: a lease beyond that was never told and can be taken back without asking.
pub(super) fn visit(
    connection: &Connection,
    who: &Who,
    held: &BTreeSet<TopicPartition>,
    released: &[TopicPartition],
    now_ms: i64,
) -> Result<Standing, Fault> {
    let group = &who.group;
    let rejoined = !renew(connection, who, now_ms)?;
    let mut changed = rejoined;
    if rejoined {
        enter(connection, who, generation(connection, group)?, now_ms)?;
    }
    changed |= expire(connection, who, now_ms)?;
    for tp in released {
        changed |= release(connection, who, tp)?;
    }
    let mut owners = owners(connection, group)?;
    let members = members(connection, group)?;
    let target = assign(&members, &partitions(connection, &members)?, &owners);
    let own = |map: &BTreeMap<TopicPartition, String>| -> BTreeSet<_> {
        map.iter().filter(|(_, owner)| **owner == who.member).map(|(tp, _)| tp.clone()).collect()
    };
    let own_target = own(&target);
    for stray in own(&owners).iter().filter(|tp| !held.contains(tp) && !own_target.contains(tp)) {
        changed |= release(connection, who, stray)?;
        owners.remove(stray);
    }
    let free: Vec<_> = target.iter().filter(|(tp, _)| !owners.contains_key(tp)).collect();
    changed |= !free.is_empty();
    let generation = if changed { Some(next_generation(connection, group)?) } else { None };
    for (tp, member) in free {
        let mut give = connection.prepare_cached("INSERT INTO leases VALUES (?, ?, ?, ?, ?)")?;
        give.execute((group, &tp.topic, tp.partition, member, generation))?;
        owners.insert(tp.clone(), member.clone());
    }
    Ok(Standing { rejoined, leased: own(&owners), target: own_target, changed: generation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Declaration;
    use crate::embedded::topics;

    const SESSION_MS: i64 = 1_000;

    fn log(partitions: i32) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        topics::declare(&connection, &[Declaration::new("t", partitions)]).unwrap();
        connection
    }

    fn who(member: &str) -> Who {
        let topics = BTreeSet::from(["t".to_owned()]);
        Who { group: "g".to_owned(), member: member.to_owned(), topics, session_ms: SESSION_MS }
    }

    fn all(numbers: &[i32]) -> BTreeSet<TopicPartition> {
        numbers.iter().map(|number| TopicPartition::new("t", *number)).collect()
    }

    fn come(log: &Connection, member: &str, held: &[i32], released: &[i32], now_ms: i64) -> Standing {
        let released: Vec<_> = all(released).into_iter().collect();
        visit(log, &who(member), &all(held), &released, now_ms).unwrap()
    }

    #[test]
    fn a_partition_moves_only_after_its_owner_has_released_it() {
        let log = log(2);
        join(&log, &who("a"), 0).unwrap();
        assert_eq!(come(&log, "a", &[], &[], 0).leased, all(&[0, 1]));
        join(&log, &who("b"), 0).unwrap();
        // b should have t/1 and does not get it yet.
        let b = come(&log, "b", &[], &[], 1);
        assert_eq!((b.leased, b.target), (all(&[]), all(&[1])));
        let a = come(&log, "a", &[0, 1], &[], 2);
        assert_eq!((a.leased, a.target), (all(&[0, 1]), all(&[0])));
        // a has stopped, releases it, and gives it to b in the same breath.
        assert!(come(&log, "a", &[0], &[1], 3).changed.is_some());
        assert_eq!(come(&log, "b", &[], &[], 4).leased, all(&[1]));
    }

    #[test]
    fn who_is_not_heard_of_is_taken_out_and_comes_in_again_as_another() {
        let log = log(2);
        join(&log, &who("a"), 0).unwrap();
        come(&log, "a", &[], &[], 0);
        join(&log, &who("b"), 500).unwrap();
        assert_eq!(come(&log, "b", &[], &[], SESSION_MS - 1).leased, all(&[]));
        assert_eq!(come(&log, "b", &[], &[], SESSION_MS).leased, all(&[0, 1]));
        let a = come(&log, "a", &[0, 1], &[], SESSION_MS + 1);
        assert!(a.rejoined && a.leased.is_empty(), "{a:?}");
    }

    #[test]
    fn who_was_late_and_not_missed_goes_on() {
        let log = log(1);
        join(&log, &who("a"), 0).unwrap();
        come(&log, "a", &[], &[], 0);
        let a = come(&log, "a", &[0], &[], 10 * SESSION_MS);
        assert_eq!((a.rejoined, a.leased, a.changed), (false, all(&[0]), None));
    }

    #[test]
    fn a_lease_that_was_never_told_goes_straight_to_whom_it_should() {
        let log = log(2);
        join(&log, &who("a"), 0).unwrap();
        come(&log, "a", &[], &[], 0);
        join(&log, &who("b"), 0).unwrap();
        assert_eq!(come(&log, "a", &[], &[], 0).leased, all(&[0]));
        assert_eq!(come(&log, "b", &[], &[], 0).leased, all(&[1]));
    }

    #[test]
    fn a_name_is_taken_while_its_member_lives() {
        let log = log(1);
        join(&log, &who("a"), 0).unwrap();
        let again = join(&log, &who("a"), SESSION_MS - 1);
        assert!(matches!(again, Err(Fault::Refused(Error::MemberExists { .. }))), "{again:?}");
        join(&log, &who("a"), SESSION_MS).unwrap();
        leave(&log, &who("a")).unwrap();
        join(&log, &who("a"), SESSION_MS).unwrap();
    }

    #[test]
    fn nothing_due_changes_nothing() {
        let log = log(3);
        join(&log, &who("a"), 0).unwrap();
        assert!(come(&log, "a", &[], &[], 0).changed.is_some());
        assert_eq!(come(&log, "a", &[0, 1, 2], &[], 1).changed, None);
    }
}
