//! What the machine allows: the disk and SQLite without a log around it.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

use crate::{SPAN, VALUE_BYTES};

/// How often a second 4 KiB reach the disk.
pub fn syncs(path: &Path) -> f64 {
    let mut file = File::create(path).unwrap();
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < SPAN {
        if count.is_multiple_of(256) {
            file.rewind().unwrap();
        }
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// How many rows a second can be inserted with one statement in a loop, so many a transaction.
pub fn inserts(path: &Path, per_transaction: i64) -> f64 {
    let connection = Connection::open(path).unwrap();
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE records (topic INTEGER, partition INTEGER, offset INTEGER, timestamp_ms INTEGER, key BLOB,
            value BLOB, headers BLOB, PRIMARY KEY (topic, partition, offset)) STRICT, WITHOUT ROWID";
    connection.execute_batch(setup).unwrap();
    let mut insert = connection.prepare("INSERT INTO records VALUES (1, 0, ?, ?, ?, ?, NULL)").unwrap();
    let (began, mut offset) = (Instant::now(), 0_i64);
    while began.elapsed() < SPAN {
        let tx = connection.unchecked_transaction().unwrap();
        for _ in 0..per_transaction {
            insert.execute(params![offset, 1_700_000_000_000_i64, b"7", [7_u8; VALUE_BYTES]]).unwrap();
            offset += 1;
        }
        tx.commit().unwrap();
    }
    offset as f64 / began.elapsed().as_secs_f64()
}

/// How many rows a second one statement gives back.
pub fn selects(path: &Path) -> f64 {
    let connection = Connection::open(path).unwrap();
    let mut select = connection
        .prepare("SELECT offset, timestamp_ms, key, value, headers FROM records ORDER BY offset")
        .unwrap();
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < SPAN {
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (_, _): (i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
            let (_, _): (Vec<u8>, Vec<u8>) = (row.get(2).unwrap(), row.get(3).unwrap());
            count += 1;
        }
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}
