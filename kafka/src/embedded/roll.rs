//! The rows of a group: members, leases, generation.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};
use schemas::TopicPartition;

use super::assignment::Members;
use super::fault::Fault;
use super::group::Who;

/// The member lives: its time begins again. `false` if it has been taken out.
pub(super) fn renew(connection: &Connection, who: &Who, now_ms: i64) -> Result<bool, Fault> {
    let mut update = connection
        .prepare_cached("UPDATE members SET expires_at_ms = ?3 WHERE group_name = ?1 AND member = ?2")?;
    Ok(update.execute((&who.group, &who.member, now_ms.saturating_add(who.session_ms)))? > 0)
}

pub(super) fn enter(
    connection: &Connection,
    who: &Who,
    generation: i64,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let topics = serde_json::to_string(&who.topics)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let expires_at_ms = now_ms.saturating_add(who.session_ms);
    let row = (&who.group, &who.member, generation, expires_at_ms, topics);
    connection.execute("INSERT INTO members VALUES (?, ?, ?, ?, ?)", row).map(drop)
}

pub(super) fn remove(connection: &Connection, group: &str, member: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM leases WHERE group_name = ? AND member = ?", [group, member])?;
    connection.execute("DELETE FROM members WHERE group_name = ? AND member = ?", [group, member]).map(drop)
}

/// Takes out the others whose time is over.
pub(super) fn expire(connection: &Connection, who: &Who, now_ms: i64) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached(
        "SELECT member FROM members WHERE group_name = ? AND expires_at_ms <= ? AND member <> ?",
    )?;
    let gone = select.query_map((&who.group, now_ms, &who.member), |row| row.get::<_, String>(0))?;
    let gone: Vec<_> = gone.collect::<rusqlite::Result<_>>()?;
    for member in &gone {
        tracing::info!(group = who.group, member, "a member was not heard of and is taken out");
        remove(connection, &who.group, member)?;
    }
    Ok(!gone.is_empty())
}

pub(super) fn release(connection: &Connection, who: &Who, tp: &TopicPartition) -> rusqlite::Result<bool> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM leases WHERE group_name = ? AND topic = ? AND partition = ? AND member = ?",
    )?;
    Ok(delete.execute((&who.group, &tp.topic, tp.partition, &who.member))? > 0)
}

pub(super) fn owners(
    connection: &Connection,
    group: &str,
) -> rusqlite::Result<BTreeMap<TopicPartition, String>> {
    let mut select =
        connection.prepare_cached("SELECT topic, partition, member FROM leases WHERE group_name = ?")?;
    let owner = |row: &rusqlite::Row<'_>| {
        Ok((TopicPartition::new(row.get::<_, String>(0)?, row.get(1)?), row.get(2)?))
    };
    select.query_map([group], owner)?.collect()
}

pub(super) fn members(connection: &Connection, group: &str) -> rusqlite::Result<Members> {
    let mut select = connection.prepare_cached("SELECT member, topics FROM members WHERE group_name = ?")?;
    let member = |row: &rusqlite::Row<'_>| {
        let topics = serde_json::from_str(row.get_ref(1)?.as_str()?);
        let unreadable = |error: serde_json::Error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        };
        Ok((row.get(0)?, topics.map_err(unreadable)?))
    };
    select.query_map([group], member)?.collect()
}

/// Every partition of every topic that somebody subscribes to.
pub(super) fn partitions(
    connection: &Connection,
    members: &Members,
) -> rusqlite::Result<BTreeSet<TopicPartition>> {
    let mut select = connection.prepare_cached("SELECT partitions FROM topics WHERE name = ?")?;
    let topics: BTreeSet<_> = members.values().flatten().collect();
    let mut all = BTreeSet::new();
    for topic in topics {
        let count: Option<i32> = select.query_row([topic], |row| row.get(0)).optional()?;
        all.extend((0..count.unwrap_or(0)).map(|number| TopicPartition::new(topic.clone(), number)));
    }
    Ok(all)
}

pub(super) fn generation(connection: &Connection, group: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT generation FROM groups WHERE name = ?")?
        .query_row([group], |row| row.get(0))
}

pub(super) fn next_generation(connection: &Connection, group: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("UPDATE groups SET generation = generation + 1 WHERE name = ? RETURNING generation")?
        .query_row([group], |row| row.get(0))
}
