//! Every record: its schema, its golden file, its way through the codec.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use proptest::prelude::*;
use schemas::{
    Cause, Codec, EMBEDDED, Embedded, Error, LiveRange, ModelUpdate, Movie, RateEvent, RecoResponse, Record,
    RetrainTrigger, RolloutUpdate, Strategy as Rollout, WatchEvent,
};

fn watch() -> WatchEvent {
    WatchEvent {
        event_id: "w-1".into(),
        ts: 1_700_000_000_123,
        user_id: 7,
        movie_id: 318,
        progress: 0.75,
        request_id: Some("0198-a".into()),
    }
}

fn rate() -> RateEvent {
    RateEvent {
        event_id: "r-1".into(),
        ts: 1_700_000_000_456,
        user_id: 7,
        movie_id: 50,
        rating: 4.5,
        request_id: None,
    }
}

fn movie() -> Movie {
    Movie {
        movie_id: 318,
        ts: 1_700_000_000_000,
        title: "Shawshank Redemption, The (1994)".into(),
        genres: vec!["Crime".into(), "Drama".into()],
        available: true,
    }
}

fn trigger() -> RetrainTrigger {
    RetrainTrigger {
        trigger_id: "schedule-2026-01-01T03:00".into(),
        ts: 1_700_000_001_000,
        model_name: "movies".into(),
        cause: Cause::Schedule,
        reason: "daily".into(),
        actor: "trainer".into(),
        force: false,
    }
}

fn model_update() -> ModelUpdate {
    ModelUpdate {
        ts: 1_700_000_002_000,
        model_name: "movies".into(),
        model_version: "v0.2".into(),
        artifact_sha: "a".repeat(64),
        data_snapshot_id: "b".repeat(64),
        git_sha: "c".repeat(40),
        parent: Some("v0.1".into()),
        triggers: vec![3, 4],
        hr_at_10: 0.1029,
        ndcg_at_10: 0.0522,
    }
}

fn rollout() -> RolloutUpdate {
    RolloutUpdate {
        update_id: "u-1".into(),
        ts: 1_700_000_003_000,
        model_name: "movies".into(),
        base_epoch: 2,
        strategy: Rollout::AbTest,
        primary: Some("v0.1".into()),
        canary: Some("v0.2".into()),
        canary_percent: 50.0,
        salt: "pepper".into(),
        actor: "ops".into(),
        reason: "is it better?".into(),
    }
}

fn response() -> RecoResponse {
    RecoResponse {
        request_id: "0198-b".into(),
        ts: 1_700_000_004_000,
        user_id: 7,
        status: 200,
        latency_ms: 3,
        k: 2,
        movie_ids: vec![50, 318],
        model_version: "v0.2".into(),
        model_name: "movies".into(),
        git_sha: "c".repeat(40),
        data_snapshot_id: "b".repeat(64),
        container_image_digest: None,
        variant: Some("A".into()),
        strategy: "ab_test".into(),
        served_by: "fold_in".into(),
        artifact_sha: "a".repeat(64),
        kernel_version: 1,
        live: vec![LiveRange { topic: "watch-events".into(), partition: 3, from: 10, to: 12 }],
        scores: vec![0.875, 0.5],
        catalog_offset: 9742,
        rollout_epoch: 3,
        error_type: None,
        endpoint: "/recommend/{user_id}".into(),
        method: "GET".into(),
        instance_id: "i-1".into(),
        instance_seq: 41,
        traceparent: None,
        shadow_of: None,
        service_git_sha: "d".repeat(40),
    }
}

/// What was written once is read forever, and is still written so.
fn golden<R: Record + PartialEq + std::fmt::Debug>(file: &str, record: &R) {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let codec = Codec::new();
    let written = codec.encode(record).unwrap();
    // A new record or version: write its file once, read the difference, commit it.
    if std::env::var_os("MATINEE_WRITE_GOLDEN").is_some() && !std::path::Path::new(&path).exists() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(&codec.decode::<R>(&kept).unwrap(), record, "{file}");
    assert_eq!(kept, written, "{file}");
}

#[test]
fn golden_files_are_read_and_written_as_ever() {
    golden("watch-event-v1.avro", &watch());
    golden("rate-event-v1.avro", &rate());
    golden("movie-v1.avro", &movie());
    golden("retrain-trigger-v1.avro", &trigger());
    golden("model-update-v1.avro", &model_update());
    golden("rollout-update-v1.avro", &rollout());
    golden("reco-response-v1.avro", &response());
}

/// The names of a record's fields, in order, as its schema has them.
fn fields_of_schema(embedded: &Embedded) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(embedded.json).unwrap();
    let fields = schema["fields"].as_array().unwrap();
    fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

/// The names of a record's fields, in order, as the Rust record has them.
fn fields_of_record<R: Record>(record: &R) -> Vec<String> {
    // serde_json's map sorts; its text does not.
    let text = serde_json::to_string(record).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
    names.sort_by_key(|name| text.find(&format!("\"{name}\":")));
    names
}

#[test]
fn rust_records_have_their_schemas_fields_in_order() {
    fn same<R: Record>(record: &R) {
        assert_eq!(fields_of_record(record), fields_of_schema(R::embedded()), "{}", R::embedded().name);
    }
    same(&watch());
    same(&rate());
    same(&movie());
    same(&trigger());
    same(&model_update());
    same(&rollout());
    same(&response());
}

#[test]
fn every_schema_file_is_embedded() {
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/avro"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut embedded: Vec<_> = EMBEDDED.iter().map(|embedded| format!("{}.avsc", embedded().name)).collect();
    embedded.sort();
    assert_eq!(files, embedded);
}

#[test]
fn the_first_twelve_fields_read_every_response() {
    let whole: serde_json::Value = serde_json::from_str(RecoResponse::embedded().json).unwrap();
    let mut twelve = whole.clone();
    twelve["fields"].as_array_mut().unwrap().truncate(12);
    let reader = apache_avro::Schema::parse_str(&twelve.to_string()).unwrap();
    let writer = apache_avro::Schema::parse_str(&whole.to_string()).unwrap();
    let bytes = Codec::new().encode(&response()).unwrap();
    let value = apache_avro::reader::datum::GenericDatumReader::builder(&writer)
        .reader_schema(&reader)
        .build()
        .unwrap()
        .read_value(&mut &bytes[10..])
        .unwrap();
    let apache_avro::types::Value::Record(fields) = value else { panic!("not a record") };
    assert_eq!(fields.len(), 12);
    assert_eq!(fields[11].0, "container_image_digest");
}

#[test]
fn a_record_of_twelve_fields_is_read_with_defaults() {
    let mut twelve: serde_json::Value = serde_json::from_str(RecoResponse::embedded().json).unwrap();
    twelve["fields"].as_array_mut().unwrap().truncate(12);
    let mut codec = Codec::new();
    let fingerprint = codec.learn(&twelve.to_string()).unwrap();
    let writer = apache_avro::Schema::parse_str(&twelve.to_string()).unwrap();
    let value = apache_avro::to_value(response()).unwrap();
    let apache_avro::types::Value::Record(mut fields) = value else { panic!("not a record") };
    fields.truncate(12);
    let fields = apache_avro::types::Value::Record(fields).resolve(&writer).unwrap();
    let mut bytes = [&[0xC3, 0x01][..], &fingerprint.0].concat();
    bytes.extend(
        apache_avro::writer::datum::GenericDatumWriter::builder(&writer)
            .build()
            .unwrap()
            .write_value_to_vec(fields)
            .unwrap(),
    );
    let read: RecoResponse = codec.decode(&bytes).unwrap();
    assert_eq!(read.movie_ids, response().movie_ids);
    assert_eq!((read.instance_seq, read.strategy.as_str(), read.live.len()), (0, "", 0));
}

#[test]
fn a_writer_that_nobody_knows_is_named_and_can_be_learnt() {
    let json = WatchEvent::embedded().json.replace(
        r#"{"name": "progress""#,
        r#"{"name": "device", "type": "string", "default": ""}, {"name": "progress""#,
    );
    let writer = apache_avro::Schema::parse_str(&json).unwrap();
    let record = watch();
    let value = apache_avro::types::Value::Record(vec![
        ("event_id".into(), record.event_id.clone().into()),
        ("ts".into(), record.ts.into()),
        ("user_id".into(), record.user_id.into()),
        ("movie_id".into(), record.movie_id.into()),
        ("device".into(), "television".into()),
        ("progress".into(), record.progress.into()),
        ("request_id".into(), record.request_id.clone().into()),
    ]);
    let datum = apache_avro::writer::datum::GenericDatumWriter::builder(&writer).build().unwrap();
    let datum = datum.write_value_to_vec(value.resolve(&writer).unwrap()).unwrap();
    let mut learnt = Codec::new();
    let fingerprint = learnt.learn(&json).unwrap();
    let bytes = [&[0xC3, 0x01][..], &fingerprint.0, &datum].concat();

    let unknown = Codec::new().decode::<WatchEvent>(&bytes).unwrap_err();
    assert!(matches!(unknown, Error::UnknownFingerprint(found) if found == fingerprint));
    assert_eq!(learnt.decode::<WatchEvent>(&bytes).unwrap(), record);
}

#[test]
fn another_kind_of_record_is_refused_by_name() {
    let bytes = Codec::new().encode(&movie()).unwrap();
    let error = Codec::new().decode::<WatchEvent>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "expected a record mlprod.WatchEvent, found mlprod.Movie");
}

#[test]
fn bytes_after_the_record_are_refused() {
    let mut bytes = Codec::new().encode(&watch()).unwrap();
    bytes.push(0);
    let error = Codec::new().decode::<WatchEvent>(&bytes).unwrap_err();
    assert!(matches!(error, Error::TrailingBytes { left: 1, .. }));
}

proptest! {
    #[test]
    fn events_survive_the_codec(
        event_id in ".{0,40}", ts: i64, user_id: i32, movie_id: i32, progress: f64,
        request_id in proptest::option::of(".{0,40}"),
    ) {
        prop_assume!(!progress.is_nan());
        let record = WatchEvent { event_id, ts, user_id, movie_id, progress, request_id };
        let codec = Codec::new();
        prop_assert_eq!(codec.decode::<WatchEvent>(&codec.encode(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn responses_survive_the_codec(
        movie_ids in proptest::collection::vec(any::<i32>(), 0..100),
        scores in proptest::collection::vec(-1e6f32..1e6, 0..100),
        live in proptest::collection::vec((".{0,9}", any::<i32>(), any::<i64>(), any::<i64>()), 0..4),
        instance_seq: i64,
    ) {
        let live = live.into_iter().map(|(topic, partition, from, to)| LiveRange { topic, partition, from, to });
        let record = RecoResponse { movie_ids, scores, instance_seq, live: live.collect(), ..response() };
        let codec = Codec::new();
        prop_assert_eq!(codec.decode::<RecoResponse>(&codec.encode(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn a_decoder_survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..7usize) {
        let header = [&[0xC3, 0x01][..], &EMBEDDED[which]().fingerprint.0, &bytes].concat();
        let codec = Codec::new();
        for bytes in [&bytes, &header] {
            let _ = codec.decode::<WatchEvent>(bytes);
            let _ = codec.decode::<Movie>(bytes);
            let _ = codec.decode::<ModelUpdate>(bytes);
            let _ = codec.decode::<RecoResponse>(bytes);
        }
    }

    #[test]
    fn a_decoder_survives_a_flipped_byte(at in 10..200usize, to: u8) {
        let codec = Codec::new();
        let mut bytes = codec.encode(&response()).unwrap();
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = codec.decode::<RecoResponse>(&bytes);
        let _ = codec.decode::<RecoResponse>(&bytes[..at]);
    }
}
