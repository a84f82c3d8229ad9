//! Cuts, their ids, and the records that come back.

use bytes::Bytes;
use futures::future::join_all;
use proptest::prelude::*;
use registry::segment::{Published, Row, Segment, publish};
use registry::{ChainPoint, Config, Error, Store, snapshot, tail};
use schemas::{TopicPartition, topic};

use crate::log::{DECLARED, in_memory, ingest, partition, rows, slow_id, watched};

/// Every declared partition with its records.
fn a_log() -> Vec<(TopicPartition, Vec<Row>)> {
    vec![
        (watched(0), rows(topic::WATCH_EVENTS, 0..40)),
        (watched(1), rows(topic::WATCH_EVENTS, (0..50).filter(|offset| offset % 3 == 0))),
        (partition(topic::RATE_EVENTS, 0), rows(topic::RATE_EVENTS, 0..25)),
    ]
}

async fn ingest_all(store: &Store, log: &[(TopicPartition, Vec<Row>)], lengths: &[usize]) {
    for (partition, rows) in log {
        ingest(store, partition, ChainPoint::START, rows, lengths).await;
    }
}

async fn all_rows(store: &Store, manifest: &snapshot::Manifest) -> Vec<(TopicPartition, Vec<Row>)> {
    let mut found: Vec<(TopicPartition, Vec<Row>)> = Vec::new();
    let mut reader = snapshot::rows(store, manifest);
    while let Some(batch) = reader.next_segment().await.unwrap() {
        match found.last_mut().filter(|(partition, _)| *partition == batch.partition) {
            Some((_, rows)) => rows.extend(batch.rows),
            None => found.push((batch.partition, batch.rows)),
        }
    }
    found
}

#[tokio::test]
async fn nothing_ingested_is_a_snapshot_too() {
    let store = in_memory();
    assert_eq!(snapshot::latest(&store).await.unwrap(), None);
    let empty = snapshot::cut(&store, &DECLARED, 5).await.unwrap();
    let log: Vec<_> = a_log().into_iter().map(|(partition, _)| (partition, vec![])).collect();
    assert_eq!(empty.data_snapshot_id, slow_id(&log));
    assert_eq!((empty.totals.partitions, empty.totals.rows), (3, 0));
    assert_eq!(empty.created_at, "1970-01-01T00:00:00.005Z");
}

#[tokio::test]
async fn a_cut_is_found_again_and_gives_its_records_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let mut log = a_log();
    ingest_all(&store, &log, &[7, 9]).await;
    let cut = snapshot::cut(&store, &DECLARED, 1_700_000_000_123).await.unwrap();
    assert_eq!(cut.data_snapshot_id, slow_id(&log));
    assert_eq!(cut.created_at, "2023-11-14T22:13:20.123Z");
    assert_eq!((cut.totals.partitions, cut.totals.segments, cut.totals.rows), (3, 9, 40 + 17 + 25));
    assert_eq!(snapshot::load(&store, &cut.data_snapshot_id).await.unwrap(), cut);
    assert_eq!(snapshot::latest(&store).await.unwrap(), Some(cut.clone()));
    // Sorted by the topic's bytes, so ratings come first.
    log.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all_rows(&store, &cut).await == log);
    let next = cut.next_offsets().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(next, ["rate-events/0@25", "watch-events/0@40", "watch-events/1@49"]);
}

#[tokio::test]
async fn the_same_cut_is_the_same_snapshot_and_a_later_one_goes_on_from_it() {
    let store = in_memory();
    let log = a_log();
    let (partition, rows) = &log[0];
    let at = ingest(&store, partition, ChainPoint::START, &rows[..10], &[4]).await;
    let first = snapshot::cut(&store, &DECLARED, 1000).await.unwrap();
    assert_eq!(snapshot::cut(&store, &DECLARED, 2000).await.unwrap(), first);
    assert_eq!(snapshot::list(&store).await.unwrap().len(), 1);
    ingest(&store, partition, at, &rows[10..], &[]).await;
    // The clock went backwards; the order of snapshots does not.
    let second = snapshot::cut(&store, &DECLARED, 500).await.unwrap();
    assert_eq!(second.partitions[1].segments[..2], first.partitions[1].segments[..]);
    assert_eq!(snapshot::latest(&store).await.unwrap(), Some(second.clone()));
    let times: Vec<i64> = snapshot::list(&store).await.unwrap().iter().map(|made| made.at_ms).collect();
    assert_eq!(times, [1000, 1001]);
}

#[tokio::test]
async fn a_cut_that_leaves_a_partition_out_is_refused() {
    let store = in_memory();
    ingest_all(&store, &a_log(), &[]).await;
    let whole = snapshot::cut(&store, &DECLARED, 1).await.unwrap();
    let error = snapshot::cut(&store, &[(topic::WATCH_EVENTS, 2)], 2).await.unwrap_err();
    let id = whole.data_snapshot_id;
    let expected = format!("rate-events/0: the cut ends at offset 0, behind snapshot {id} that ends at 25");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_manifest_whose_writer_died_before_its_time_is_used_and_recorded() {
    let (whole, halfway) = (in_memory(), in_memory());
    for store in [&whole, &halfway] {
        ingest_all(store, &a_log(), &[5]).await;
    }
    let cut = snapshot::cut(&whole, &DECLARED, 1).await.unwrap();
    let path = format!("snapshots/{}.json", cut.data_snapshot_id);
    halfway.put_if_absent(&path, whole.get(&path).await.unwrap().unwrap()).await.unwrap();
    assert_eq!(snapshot::latest(&halfway).await.unwrap(), None);
    assert_eq!(snapshot::cut(&halfway, &DECLARED, 99).await.unwrap(), cut);
    assert_eq!(snapshot::latest(&halfway).await.unwrap(), Some(cut));
}

#[tokio::test]
async fn a_damaged_segment_or_manifest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    ingest_all(&store, &a_log(), &[]).await;
    let cut = snapshot::cut(&store, &DECLARED, 1).await.unwrap();
    let object = &cut.partitions[0].segments[0].object;
    let mut bytes = std::fs::read(folder.path().join(object)).unwrap();
    bytes[100] ^= 1;
    std::fs::write(folder.path().join(object), &bytes).unwrap();
    let error = snapshot::rows(&store, &cut).next_segment().await.unwrap_err();
    assert!(matches!(&error, Error::Damaged { path, .. } if path == object), "{error}");
    std::fs::remove_file(folder.path().join(object)).unwrap();
    let error = snapshot::rows(&store, &cut).next_segment().await.unwrap_err();
    assert!(matches!(&error, Error::Absent { path } if path == object), "{error}");

    let path = format!("snapshots/{}.json", cut.data_snapshot_id);
    let text = std::fs::read_to_string(folder.path().join(&path)).unwrap();
    for (from, to, says) in [
        ("\"next\": 25", "\"next\": 24", "do not make its chain"),
        ("\"format\": 1", "\"format\": 2", "written in format 2"),
        ("{", "", "expected"),
        ("\"rows\": 25", "\"rows\": 26", "totals"),
    ] {
        std::fs::write(folder.path().join(&path), text.replacen(from, to, 1)).unwrap();
        let error = snapshot::load(&store, &cut.data_snapshot_id).await.unwrap_err().to_string();
        // Of the two "next", the part's own comes first; its segment then ends beyond it.
        assert!(error.starts_with(&path) && error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_segment_whose_file_was_changed_is_not_cut() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let log = a_log();
    ingest_all(&store, &log, &[]).await;
    let mut rows = log[0].1.clone();
    rows[3].digest = [9; 32];
    let other = Segment::build(&log[0].0, ChainPoint::START, &rows).unwrap();
    let path = other.header.path().unwrap();
    std::fs::write(folder.path().join(&path), &other.bytes).unwrap();
    let error = snapshot::cut(&store, &DECLARED, 1).await.unwrap_err().to_string();
    assert_eq!(error, format!("watch-events/0@3: its key or value in {path} is not what its digest says"));
}

/// Goes along a partition as an ingestor does, until everything is in the chain.
async fn race(store: Store, partition: TopicPartition, rows: Vec<Row>, length: usize) -> ChainPoint {
    let mut at = tail(&store, &partition).await.unwrap().end;
    loop {
        let ahead: Vec<Row> = rows.iter().filter(|row| row.offset >= at.next_offset).cloned().collect();
        if ahead.is_empty() {
            return at;
        }
        let segment = Segment::build(&partition, at, &ahead[..length.min(ahead.len())]).unwrap();
        at = match publish(&store, &segment).await.unwrap() {
            Published::Won => segment.header.end,
            Published::Lost(winner) => winner.end,
        };
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingestors_that_race_and_cuts_between_give_the_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    let log = a_log();
    let mut ingestors = Vec::new();
    for length in [3, 5, 7] {
        for (partition, rows) in log.clone() {
            ingestors.push(tokio::spawn(race(store.clone(), partition, rows, length)));
        }
    }
    let cutter = {
        let store = store.clone();
        tokio::spawn(async move {
            for now_ms in 0..10 {
                snapshot::cut(&store, &DECLARED, now_ms).await.unwrap();
            }
        })
    };
    for end in join_all(ingestors).await {
        end.unwrap();
    }
    cutter.await.unwrap();
    let cut = snapshot::cut(&store, &DECLARED, 10).await.unwrap();
    assert_eq!(cut.data_snapshot_id, slow_id(&log));
    let mut sorted = log;
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all_rows(&store, &cut).await == sorted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_cut_at_once_get_one_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::local(folder.path())).await.unwrap();
    ingest_all(&store, &a_log(), &[10]).await;
    let cuts = (0..8).map(|now_ms| {
        let store = store.clone();
        tokio::spawn(async move { snapshot::cut(&store, &DECLARED, now_ms).await })
    });
    let cuts: Vec<_> = join_all(cuts).await.into_iter().map(|cut| cut.unwrap().unwrap()).collect();
    assert!(cuts.iter().all(|cut| *cut == cuts[0]));
}

#[tokio::test]
async fn a_gap_counts() {
    let (plain, gapped) = (in_memory(), in_memory());
    let rows = rows(topic::WATCH_EVENTS, 10..20);
    ingest(&plain, &watched(0), ChainPoint::START, &rows, &[]).await;
    let gap = Segment::gap(&watched(0), ChainPoint::START, 10).unwrap();
    publish(&gapped, &gap).await.unwrap();
    ingest(&gapped, &watched(0), gap.header.end, &rows, &[]).await;
    let plain = snapshot::cut(&plain, &DECLARED, 1).await.unwrap();
    let cut = snapshot::cut(&gapped, &DECLARED, 1).await.unwrap();
    assert_ne!(plain.data_snapshot_id, cut.data_snapshot_id);
    assert_eq!(all_rows(&gapped, &cut).await, [(watched(0), rows)]);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let store = in_memory();
    store.put_if_absent("snapshots/x.json", Bytes::from_static(b"{}")).await.unwrap();
    assert!(matches!(snapshot::load(&store, "x").await, Err(Error::SnapshotId(_))));
    let none = "0".repeat(64);
    assert!(matches!(snapshot::load(&store, &none).await, Err(Error::Absent { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However the log is cut into segments, whenever snapshots are made on the way: one id.
    #[test]
    fn one_log_has_one_id(
        lengths in prop::collection::vec(1usize..12, 0..20),
        pauses in prop::collection::vec(0usize..40, 0..4),
    ) {
        let log = a_log();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(async {
            let store = in_memory();
            let mut ends = vec![ChainPoint::START; log.len()];
            let mut pauses = pauses.clone();
            pauses.sort();
            pauses.push(usize::MAX);
            let mut done = 0;
            for (now_ms, pause) in pauses.into_iter().enumerate() {
                for ((partition, rows), end) in log.iter().zip(&mut ends) {
                    let stretch = &rows[done.min(rows.len())..pause.min(rows.len())];
                    *end = ingest(&store, partition, *end, stretch, &lengths).await;
                }
                done = pause;
                snapshot::cut(&store, &DECLARED, now_ms as i64).await.unwrap();
            }
            snapshot::latest(&store).await.unwrap().unwrap().data_snapshot_id
        });
        prop_assert_eq!(found, slow_id(&log));
    }
}
