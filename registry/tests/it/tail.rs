//! Where an ingestor goes on.

use bytes::Bytes;
use registry::segment::{Segment, publish};
use registry::{ChainPoint, LastRow, Store, snapshot, tail};
use schemas::topic;

use crate::log::{DECLARED, in_memory, ingest, rows, watched};

/// Puts a segment without asking whether the chain is there.
async fn put(store: &Store, start: ChainPoint, offsets: std::ops::Range<i64>) -> ChainPoint {
    let segment = Segment::build(&watched(0), start, &rows(topic::WATCH_EVENTS, offsets)).unwrap();
    publish(store, &segment).await.unwrap();
    segment.header.end
}

#[tokio::test]
async fn an_empty_chain_ends_where_it_starts() {
    let tail = tail(&in_memory(), &watched(0)).await.unwrap();
    assert_eq!((tail.end, tail.last), (ChainPoint::START, None));
}

#[tokio::test]
async fn the_end_and_the_last_record_are_found_with_and_without_a_snapshot() {
    let store = in_memory();
    let rows = rows(topic::WATCH_EVENTS, 0..30);
    let last = |offset: usize| {
        let row = &rows[offset];
        Some(LastRow { offset: row.offset, timestamp_ms: row.timestamp_ms, digest: row.digest })
    };
    let at = ingest(&store, &watched(0), ChainPoint::START, &rows[..20], &[7, 7]).await;
    let found = tail(&store, &watched(0)).await.unwrap();
    assert_eq!((found.end, found.last), (at, last(19)));
    snapshot::cut(&store, &DECLARED, 1).await.unwrap();
    assert_eq!(tail(&store, &watched(0)).await.unwrap(), found);
    let at = ingest(&store, &watched(0), at, &rows[20..], &[]).await;
    let found = tail(&store, &watched(0)).await.unwrap();
    assert_eq!((found.end, found.last), (at, last(29)));
    assert_eq!(tail(&store, &watched(1)).await.unwrap().end, ChainPoint::START);
}

#[tokio::test]
async fn a_gap_at_the_end_leaves_the_last_record_before_it() {
    let store = in_memory();
    let at = put(&store, ChainPoint::START, 0..5).await;
    let gap = Segment::gap(&watched(0), at, 50).unwrap();
    publish(&store, &gap).await.unwrap();
    let found = tail(&store, &watched(0)).await.unwrap();
    assert_eq!((found.end.next_offset, found.last.map(|last| last.offset)), (50, Some(4)));
    snapshot::cut(&store, &DECLARED, 1).await.unwrap();
    assert_eq!(tail(&store, &watched(0)).await.unwrap(), found);
}

#[tokio::test]
async fn a_hole_is_an_error_with_its_coordinates() {
    let store = in_memory();
    put(&store, ChainPoint::START, 0..5).await;
    put(&store, ChainPoint { next_offset: 9, hash: [1; 32] }, 9..12).await;
    let error = tail(&store, &watched(0)).await.unwrap_err().to_string();
    let expected = "watch-events/0: the segment chain is broken at offset 5: \
                    no segment begins here, and one begins at 9";
    assert_eq!(error, expected);
    assert_eq!(snapshot::cut(&store, &DECLARED, 1).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn an_overlap_is_an_error_with_its_coordinates() {
    let store = in_memory();
    put(&store, ChainPoint::START, 0..5).await;
    put(&store, ChainPoint { next_offset: 3, hash: [1; 32] }, 3..12).await;
    let error = tail(&store, &watched(0)).await.unwrap_err().to_string();
    assert!(error.ends_with(".parquet reaches beyond 3, where another segment begins"), "{error}");
}

#[tokio::test]
async fn strangers_in_the_folder_are_passed_over() {
    let store = in_memory();
    let at = put(&store, ChainPoint::START, 0..5).await;
    let stranger = "snapshots/segments/watch-events/0/notes.txt";
    store.put_if_absent(stranger, Bytes::from_static(b"?")).await.unwrap();
    assert_eq!(tail(&store, &watched(0)).await.unwrap().end, at);
}
