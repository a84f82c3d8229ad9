//! Making topics.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::fault::Fault;
use crate::{Declaration, Difference};

/// Makes what is missing and says what differs.
pub(super) fn declare(connection: &Connection, topics: &[Declaration]) -> Result<Vec<Difference>, Fault> {
    // All are checked first: a refusal must not leave half of them.
    topics.iter().try_for_each(Declaration::check)?;
    let mut differences = Vec::new();
    for topic in topics {
        match find(connection, &topic.name)? {
            Some((partitions, config)) => differences.extend(topic.differences(partitions, &config)),
            None => make(connection, topic)?,
        }
    }
    Ok(differences)
}

fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<(i32, BTreeMap<String, String>)>> {
    let mut select = connection.prepare_cached("SELECT partitions, config FROM topics WHERE name = ?")?;
    let found = select.query_row([name], |row| {
        let config = serde_json::from_str(row.get_ref(1)?.as_str()?);
        let unreadable = |error: serde_json::Error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        };
        Ok((row.get(0)?, config.map_err(unreadable)?))
    });
    found.optional()
}

fn make(connection: &Connection, topic: &Declaration) -> rusqlite::Result<()> {
    let config = serde_json::to_string(&topic.config)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut insert =
        connection.prepare_cached("INSERT INTO topics (name, partitions, config) VALUES (?, ?, ?)")?;
    let id = insert.insert((&topic.name, topic.partitions, config))?;
    let mut partition = connection.prepare_cached("INSERT INTO partitions VALUES (?, ?, 0, 0, NULL)")?;
    for number in 0..topic.partitions {
        partition.execute((id, number))?;
    }
    Ok(())
}
