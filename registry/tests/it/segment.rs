//! Segments: there and back, and what must not be believed.

use bytes::Bytes;
use registry::segment::{FORMAT, Header, Published, Row, Segment, publish, read};
use registry::{ChainPoint, Error, chain};
use schemas::topic;

use crate::log::{in_memory, ingest, partition, row, rows, watched};

#[test]
fn rows_come_back_as_they_went() {
    for topic in [topic::WATCH_EVENTS, topic::RATE_EVENTS] {
        let rows = rows(topic, (0..20_000).filter(|offset| offset % 11 != 0));
        let segment = Segment::build(&partition(topic, 3), ChainPoint::START, &rows).unwrap();
        let (header, reread) = read("a", &segment.bytes).unwrap();
        assert_eq!(header, segment.header);
        assert_eq!(Header::read("a", &segment.bytes).unwrap(), segment.header);
        assert!(reread == rows);
        assert_eq!((header.start.next_offset, header.end.next_offset), (0, 20_000));
        assert_eq!(header.min_timestamp_ms, Some(rows[0].timestamp_ms));
        assert_eq!(
            header.path().unwrap(),
            format!("snapshots/segments/{topic}/3/00000000000000000000.parquet")
        );
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let rows = rows(topic::RATE_EVENTS, 0..5000);
    let build = || Segment::build(&partition(topic::RATE_EVENTS, 0), ChainPoint::START, &rows).unwrap();
    assert_eq!((build().bytes, build().sha256), (build().bytes, build().sha256));
}

#[test]
fn a_topic_that_is_not_decoded_keeps_its_bytes() {
    let rows = vec![Row::new(7, -5, None, Some(vec![0; 900_000])), Row::new(9, i64::MAX, Some(vec![]), None)];
    let segment = Segment::build(&partition("catalog-updates", 0), ChainPoint::START, &rows).unwrap();
    assert_eq!(read("a", &segment.bytes).unwrap(), (segment.header, rows));
}

#[test]
fn a_gap_says_so() {
    let gap = Segment::gap(&watched(0), ChainPoint::START, 100).unwrap();
    assert!(gap.header.is_gap());
    assert_eq!(gap.header.end, ChainPoint::START.gap(100));
    assert_eq!(read("a", &gap.bytes).unwrap(), (gap.header.clone(), vec![]));
    assert!(Segment::gap(&watched(0), gap.header.end, 100).is_err());
    assert!(Segment::build(&watched(0), ChainPoint::START, &[]).is_err());
}

#[test]
fn rows_that_cannot_stand_there_are_refused_with_their_coordinates() {
    let refused =
        |rows: &[Row]| Segment::build(&watched(1), ChainPoint::START, rows).unwrap_err().to_string();
    let (one, two) = (row(topic::WATCH_EVENTS, 1), row(topic::WATCH_EVENTS, 2));
    let expected = "watch-events/1@1: its offset lies before 3, where the chain goes on";
    assert_eq!(refused(&[two, one.clone()]), expected);
    assert_eq!(refused(&[row(topic::RATE_EVENTS, 1)]), "watch-events/1@1: it holds an event of rate-events");
    let both = Row { error: Some("bad".into()), ..one };
    assert_eq!(refused(&[both]), "watch-events/1@1: it holds an event and an error");
}

#[test]
fn an_erased_value_leaves_its_digest_and_the_chain_holds() {
    let mut rows = rows(topic::WATCH_EVENTS, 0..10);
    let whole = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    (rows[2].value, rows[2].event) = (None, None);
    let erased = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    assert_eq!(erased.header, whole.header);
    let (_, reread) = read("a", &erased.bytes).unwrap();
    assert!(reread[2].is_erased() && !reread[4].is_erased() && !reread[0].is_erased());
    assert_eq!(reread[4].value, None);
}

#[test]
fn a_record_that_is_not_what_its_digest_says_is_named() {
    let mut rows = rows(topic::WATCH_EVENTS, 0..10);
    rows[6].digest = chain::digest(None, Some(b"other"));
    let segment = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    let error = read("a", &segment.bytes).unwrap_err().to_string();
    assert_eq!(error, "watch-events/0@6: its key or value in a is not what its digest says");
}

#[test]
fn another_format_is_refused_before_anything_else() {
    let segment = Segment::build(&watched(0), ChainPoint::START, &rows(topic::WATCH_EVENTS, 0..3)).unwrap();
    // The format is the one character after its key's length-prefixed name and the value's length.
    let key = b"matinee.segment";
    let at = segment.bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    let mut later = segment.bytes.to_vec();
    let digit = later[at..].iter().position(|byte| *byte == b'1').unwrap();
    later[at + digit] = b'2';
    let error = read("later.parquet", &later.into()).unwrap_err();
    assert!(matches!(&error, Error::Format { found, known: FORMAT, .. } if found == "2"), "{error}");
    assert!(error.to_string().starts_with("later.parquet: written in format 2"), "{error}");
}

#[test]
fn a_torn_file_is_an_error_that_names_it() {
    let segment = Segment::build(&watched(0), ChainPoint::START, &rows(topic::WATCH_EVENTS, 0..300)).unwrap();
    for length in [0, 3, 8, segment.bytes.len() / 2, segment.bytes.len() - 1] {
        let error = read("torn.parquet", &segment.bytes.slice(..length)).unwrap_err();
        assert!(error.to_string().starts_with("torn.parquet: "), "{error}");
    }
    let error = read("text", &Bytes::from_static(b"not Parquet at all, only text")).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn a_flipped_byte_never_changes_a_record() {
    let rows = rows(topic::WATCH_EVENTS, 0..40);
    let segment = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    let kept = |row: &Row| (row.offset, row.timestamp_ms, row.key.clone(), row.value.clone(), row.digest);
    for at in 0..segment.bytes.len() {
        let mut bytes = segment.bytes.to_vec();
        bytes[at] ^= 0x41;
        let bytes = Bytes::from(bytes);
        // Whatever it says, it says it without a panic: it is read where a panic would end the caller.
        let _ = Header::read("flipped", &bytes);
        if let Ok((_, reread)) = read("flipped", &bytes) {
            for (read, row) in reread.iter().zip(&rows) {
                assert!(kept(read) == kept(row) || read.is_erased(), "byte {at}, offset {}", row.offset);
            }
            assert_eq!(reread.len(), rows.len(), "byte {at}");
        }
    }
}

#[tokio::test]
async fn the_first_writer_of_a_position_wins_and_the_loser_goes_on_from_there() {
    let store = in_memory();
    let rows = rows(topic::WATCH_EVENTS, 0..10);
    let long = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    let short = Segment::build(&watched(0), ChainPoint::START, &rows[..4]).unwrap();
    assert_eq!(publish(&store, &short).await.unwrap(), Published::Won);
    assert_eq!(publish(&store, &long).await.unwrap(), Published::Lost(short.header.clone()));
    let end = ingest(&store, &watched(0), short.header.end, &rows[4..], &[]).await;
    assert_eq!(end, long.header.end);
}

#[tokio::test]
async fn a_segment_of_another_chain_is_never_spliced_on() {
    let store = in_memory();
    let other = ChainPoint { next_offset: 5, hash: [1; 32] };
    let ours = ChainPoint { next_offset: 5, hash: [2; 32] };
    let rows = rows(topic::WATCH_EVENTS, 5..7);
    publish(&store, &Segment::build(&watched(0), other, &rows).unwrap()).await.unwrap();
    let lost = publish(&store, &Segment::build(&watched(0), ours, &rows).unwrap()).await.unwrap_err();
    assert!(lost.to_string().contains("watch-events/0: the segment chain is broken at offset 5"), "{lost}");
}

/// The speed of both directions: `cargo test -p registry --test it speed -- --ignored --nocapture`.
#[test]
#[ignore = "needs a quiet machine: it prints figures"]
fn speed() {
    let rows = rows(topic::WATCH_EVENTS, 0..200_000);
    let started = std::time::Instant::now();
    let segment = Segment::build(&watched(0), ChainPoint::START, &rows).unwrap();
    let built = started.elapsed();
    read("a", &segment.bytes).unwrap();
    let reread = started.elapsed() - built;
    println!("{} rows, {} bytes: build {built:?}, read {reread:?}", rows.len(), segment.bytes.len());
}
