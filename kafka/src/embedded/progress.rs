//! How far groups have come, for whoever watches their lag.

use std::collections::BTreeMap;

use rusqlite::Connection;
use schemas::TopicPartition;

use super::fault::Fault;

pub(super) fn publish(
    connection: &Connection,
    group: &str,
    progress: &[(TopicPartition, i64)],
    now_ms: i64,
) -> Result<(), Fault> {
    let mut upsert = connection.prepare_cached("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)")?;
    for (tp, offset) in progress {
        upsert.execute((group, &tp.topic, tp.partition, offset, now_ms))?;
    }
    Ok(())
}

pub(super) fn of(connection: &Connection, group: &str) -> Result<BTreeMap<TopicPartition, i64>, Fault> {
    let mut select =
        connection.prepare_cached("SELECT topic, partition, offset FROM progress WHERE group_name = ?")?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok((TopicPartition::new(row.get::<_, String>(0)?, row.get(1)?), row.get(2)?))
    };
    Ok(select.query_map([group], row)?.collect::<rusqlite::Result<_>>()?)
}
