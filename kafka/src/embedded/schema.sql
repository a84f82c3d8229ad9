-- The embedded log, format 1. Offsets, positions and times are integers; times are Unix milliseconds.

CREATE TABLE topics (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    partitions  INTEGER NOT NULL,
    config      TEXT NOT NULL               -- JSON object of strings, settings as Apache Kafka names them
) STRICT;

CREATE TABLE partitions (
    topic             INTEGER NOT NULL REFERENCES topics (id),
    partition         INTEGER NOT NULL,
    low               INTEGER NOT NULL,     -- the first offset that can be read
    next_offset       INTEGER NOT NULL,     -- the offset that the next record gets
    max_timestamp_ms  INTEGER,              -- the largest timestamp of any record so far
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    topic         INTEGER NOT NULL,         -- topics.id
    partition     INTEGER NOT NULL,
    offset        INTEGER NOT NULL,
    timestamp_ms  INTEGER NOT NULL,
    key           BLOB,
    value         BLOB,
    headers       BLOB,                     -- NULL is none; else per header: u32 length, name, u32 length, value; big-endian
    PRIMARY KEY (topic, partition, offset)
) STRICT, WITHOUT ROWID;

-- A sparse index of time, one row per 1024 offsets: no record before `offset` is later than `max_timestamp_ms`.
CREATE TABLE marks (
    topic             INTEGER NOT NULL,
    partition         INTEGER NOT NULL,
    max_timestamp_ms  INTEGER NOT NULL,
    offset            INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, max_timestamp_ms, offset)
) STRICT, WITHOUT ROWID;

-- The generation rises with every change of a group's members or leases.
CREATE TABLE groups (
    name        TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    group_name     TEXT NOT NULL REFERENCES groups (name),
    member         TEXT NOT NULL,
    generation     INTEGER NOT NULL,        -- the group's when the member joined
    expires_at_ms  INTEGER NOT NULL,        -- from then on the member counts as gone
    topics         TEXT NOT NULL,           -- JSON array of names
    PRIMARY KEY (group_name, member)
) STRICT, WITHOUT ROWID;

-- Who has a partition. The row goes when the member has released it, has left, or has expired.
CREATE TABLE leases (
    group_name  TEXT NOT NULL,
    topic       TEXT NOT NULL,
    partition   INTEGER NOT NULL,
    member      TEXT NOT NULL,
    generation  INTEGER NOT NULL,           -- the group's when the partition was given
    PRIMARY KEY (group_name, topic, partition),
    FOREIGN KEY (group_name, member) REFERENCES members (group_name, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
    group_name       TEXT NOT NULL,
    topic            TEXT NOT NULL,
    partition        INTEGER NOT NULL,
    offset           INTEGER NOT NULL,      -- the next one that the group will read
    published_at_ms  INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
) STRICT, WITHOUT ROWID;

-- For people: SELECT * FROM log WHERE topic = 'watch-events' ORDER BY time DESC LIMIT 10;
CREATE VIEW log AS
SELECT
    topics.name AS topic,
    records.partition,
    records.offset,
    strftime('%Y-%m-%dT%H:%M:%fZ', records.timestamp_ms / 1000.0, 'unixepoch') AS time,
    CAST(records.key AS TEXT) AS key,
    length(records.value) AS value_bytes,
    records.value
FROM records JOIN topics ON topics.id = records.topic;
