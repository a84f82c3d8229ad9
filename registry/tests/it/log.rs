//! A log in memory, ingested into a store, and the ids of §4 recomputed from its records alone.

use std::sync::Arc;

use object_store::memory::InMemory;
use registry::segment::{Published, Row, Segment, publish};
use registry::{ChainPoint, Store, sha256};
use schemas::{Event, RateEvent, TopicPartition, WatchEvent, topic};

/// The declared topics of these tests.
pub const DECLARED: [(&str, i32); 2] = [(topic::WATCH_EVENTS, 2), (topic::RATE_EVENTS, 1)];

pub fn partition(topic: &str, number: i32) -> TopicPartition {
    TopicPartition::new(topic, number)
}

pub fn watched(number: i32) -> TopicPartition {
    partition(topic::WATCH_EVENTS, number)
}

pub fn in_memory() -> Store {
    Store::over(Arc::new(InMemory::new()), "memory")
}

/// The row at `offset`: mostly an event of the topic, sometimes one that could not be decoded, sometimes a null.
pub fn row(topic: &str, offset: i64) -> Row {
    let timestamp_ms = 1_700_000_000_000 + offset * 10;
    let key = Some(format!("{}", offset % 7).into_bytes());
    let value = (offset % 5 != 4).then(|| format!("value {offset} of {topic}").into_bytes());
    let mut row = Row::new(offset, timestamp_ms, key, value);
    match offset % 5 {
        4 => row.error = Some("the value is null".into()),
        3 => row.error = Some("unknown fingerprint".into()),
        _ => row.event = Some(event(topic, offset, timestamp_ms)),
    }
    row
}

fn event(topic: &str, offset: i64, ts: i64) -> Event {
    let (event_id, user_id, movie_id) = (format!("e-{offset}"), (offset % 7) as i32, (offset % 100) as i32);
    let request_id = (offset % 2 == 0).then(|| format!("r-{offset}"));
    if topic == topic::WATCH_EVENTS {
        Event::Watch(WatchEvent { event_id, ts, user_id, movie_id, progress: 0.25, request_id })
    } else {
        Event::Rate(RateEvent { event_id, ts, user_id, movie_id, rating: 3.5, request_id })
    }
}

pub fn rows(topic: &str, offsets: impl IntoIterator<Item = i64>) -> Vec<Row> {
    offsets.into_iter().map(|offset| row(topic, offset)).collect()
}

/// Ingests `rows` in segments of the given lengths (the last one goes on to the end); the chain's end.
pub async fn ingest(
    store: &Store,
    partition: &TopicPartition,
    mut at: ChainPoint,
    mut rows: &[Row],
    lengths: &[usize],
) -> ChainPoint {
    let mut lengths = lengths.iter().copied();
    while !rows.is_empty() {
        let length = lengths.next().unwrap_or(rows.len()).clamp(1, rows.len());
        let segment = Segment::build(partition, at, &rows[..length]).unwrap();
        assert_eq!(publish(store, &segment).await.unwrap(), Published::Won);
        at = segment.header.end;
        rows = &rows[length..];
    }
    at
}

/// The id of §4, from the records of every declared partition and nothing else.
pub fn slow_id(log: &[(TopicPartition, Vec<Row>)]) -> String {
    let mut lines: Vec<(Vec<u8>, i32, String)> = Vec::new();
    for (partition, rows) in log {
        let (mut hash, mut next) = (vec![0u8; 32], 0);
        for row in rows {
            let mut input = Vec::new();
            for part in [&row.key, &row.value] {
                let length = part.as_ref().map_or(-1i32, |bytes| bytes.len() as i32);
                input.extend(length.to_be_bytes());
                input.extend(part.as_deref().unwrap_or_default());
            }
            let digest = sha256::of(&input);
            let mut input = hash;
            input.extend((row.offset as u64).to_be_bytes());
            input.extend(row.timestamp_ms.to_be_bytes());
            input.extend(digest);
            (hash, next) = (sha256::of(&input).to_vec(), row.offset + 1);
        }
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let line = format!("{}\t{}\t0\t{next}\t{hex}\n", partition.topic, partition.partition);
        lines.push((partition.topic.clone().into_bytes(), partition.partition, line));
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, _, line)| line).collect();
    sha256::hex_of(text.as_bytes())
}
