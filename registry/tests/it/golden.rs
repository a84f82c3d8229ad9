//! Objects of every format version that was ever published. They stay here for ever: what is in a store must
//! be readable, and what is written today must have the bytes that it had.

use std::path::PathBuf;

use bytes::Bytes;
use registry::segment::{Segment, read};
use registry::{ChainPoint, model, outcome, sha256, snapshot};
use schemas::topic;

use crate::log::{DECLARED, in_memory, ingest, partition, rows, watched};
use crate::model::draft;

fn golden(name: &str) -> Bytes {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

/// The committed object has the hash that is written here, and is what is written today.
fn same(name: &str, sha: &str, today: &Bytes) {
    let kept = golden(name);
    assert_eq!(sha256::hex_of(&kept), sha, "{name} was changed");
    assert_eq!(sha256::hex_of(today), sha, "{name}: the bytes that are written today differ");
}

#[test]
fn segments_of_format_1() {
    let watches = Segment::build(&watched(3), ChainPoint::START, &rows(topic::WATCH_EVENTS, 0..50)).unwrap();
    let gap = Segment::gap(&watched(3), watches.header.end, 100).unwrap();
    let ratings = rows(topic::RATE_EVENTS, (100..150).filter(|offset| offset % 9 != 0));
    let ratings = Segment::build(&partition(topic::RATE_EVENTS, 0), gap.header.end, &ratings).unwrap();
    for (segment, name, sha) in [
        (
            watches,
            "segment-1-watch.parquet",
            "55f988b4c8fc91e923c92fcabf31495fa8a86e6c136cdbf772f9c64feee13853",
        ),
        (
            ratings,
            "segment-1-rate.parquet",
            "a264db6868af8ab7b8a5e09751b1d1a6f1b7311ec5e237394589d9af5b4153ab",
        ),
        (gap, "segment-1-gap.parquet", "86783c5e9c67178fcf38024a2bfd0d86b89ce88c04404e3ffa7d7c34aaf31af6"),
    ] {
        same(name, sha, &segment.bytes);
        let (header, rows) = read(name, &golden(name)).unwrap();
        assert_eq!(header, segment.header);
        assert_eq!(rows, read(name, &segment.bytes).unwrap().1);
    }
}

#[tokio::test]
async fn the_manifest_of_format_1() {
    let store = in_memory();
    let at = ingest(&store, &watched(1), ChainPoint::START, &rows(topic::WATCH_EVENTS, 0..50), &[20]).await;
    registry::segment::publish(&store, &Segment::gap(&watched(1), at, 60).unwrap()).await.unwrap();
    let cut = snapshot::cut(&store, &DECLARED, 1_700_000_000_000).await.unwrap();
    let path = format!("snapshots/{}.json", cut.data_snapshot_id);
    let today = store.get(&path).await.unwrap().unwrap();
    same("snapshot-1.json", "30a2621d6b8b9b71daf46ae39b8f6c8bac2b08ecb8a1bfe90b75028830e667e2", &today);
    let reread = in_memory();
    reread.put_if_absent(&path, golden("snapshot-1.json")).await.unwrap();
    assert_eq!(snapshot::load(&reread, &cut.data_snapshot_id).await.unwrap(), cut);
}

#[tokio::test]
async fn the_meta_of_format_1() {
    let store = in_memory();
    let published = model::publish(&store, Bytes::from_static(b"bytes"), draft(&[5, 6])).await.unwrap();
    let today = store.get("model_registry/v0.1/meta.json").await.unwrap().unwrap();
    same("meta-1.json", "88fec415bc07bb7fccf9cf899dfd94e64f8472108370c6273b6078dad686f96e", &today);
    let meta: model::Meta = serde_json::from_slice(&golden("meta-1.json")).unwrap();
    assert_eq!(meta, published.meta);
}

#[test]
fn a_meta_of_a_later_version_is_kept_as_it_is() {
    let mut later: serde_json::Value = serde_json::from_slice(&golden("meta-1.json")).unwrap();
    later["drift_reference"] = "new".into();
    later["gate"] = "canary".into();
    later["metrics"]["mrr"] = 0.5.into();
    let meta: model::Meta = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(serde_json::to_value(&meta).unwrap(), later);
}

#[test]
fn the_outcomes_of_format_1() {
    let today = Bytes::from(serde_json::to_vec_pretty(&crate::outcome::all()).unwrap());
    same("outcomes-1.json", "3cf250e3a2ca6a47eb6dea850b78832c2c966e0a924d8c1bd8385c487c0e0245", &today);
    let reread: Vec<outcome::Outcome> = serde_json::from_slice(&golden("outcomes-1.json")).unwrap();
    assert_eq!(reread, crate::outcome::all());
}
