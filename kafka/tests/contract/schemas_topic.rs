//! Writers' schemas: published once, learnt by readers, and not waited for without end.

use std::time::{Duration, Instant};

use kafka::{Config, DecodeError, Decoder, Log, Record, declared, publish_schemas};
use schemas::{Codec, Fingerprint, WatchEvent, topic};

use crate::home::Home;

async fn open(home: &Home) -> Log {
    let log = home.open().await;
    log.declare(&declared()).await.unwrap();
    log
}

pub async fn schemas_are_published_once(home: &Home) {
    let log = open(home).await;
    let published = publish_schemas(&log, 7).await.unwrap();
    assert_eq!(published.len(), schemas::EMBEDDED.len());
    assert_eq!(publish_schemas(&log, 8).await.unwrap(), []);
    let stored = log.read(topic::AVRO_SCHEMAS, 0, 0, 100, 1 << 20).await.unwrap();
    assert_eq!(stored.len(), published.len());
    for (stored, fingerprint) in stored.iter().zip(published) {
        assert_eq!(stored.key, Some(fingerprint.to_string().into_bytes()));
        let json = std::str::from_utf8(stored.value.as_deref().unwrap()).unwrap();
        assert_eq!(Codec::new().learn(json).unwrap(), fingerprint);
    }
}

/// A writer of another build: its watch events have a field more.
fn other_writer() -> (Fingerprint, String, Vec<u8>) {
    let more = r#"{"name": "device", "type": "string", "default": ""}, {"name": "event_id""#;
    let schema = <WatchEvent as schemas::Record>::embedded().json;
    let begin = schema.find("{\"name\": \"event_id\"").expect("the schema begins otherwise");
    let schema =
        format!("{}{}{}", &schema[..begin], more, &schema[begin + "{\"name\": \"event_id\"".len()..]);
    let fingerprint = Codec::new().learn(&schema).unwrap();
    let ours = Codec::new().encode(&event()).unwrap();
    // The string "tv" before our fields: its length as a zigzag varint, its bytes.
    let bytes = [&[0xC3, 0x01], &fingerprint.0[..], &[4, b't', b'v'], &ours[10..]].concat();
    (fingerprint, schema, bytes)
}

fn event() -> WatchEvent {
    let (event_id, ts, user_id, movie_id, progress) = ("w-1".to_owned(), 5, 7, 42, 0.5);
    WatchEvent { event_id, ts, user_id, movie_id, progress, request_id: None }
}

pub async fn an_unknown_writer_is_learnt(home: &Home) {
    let log = open(home).await;
    let decoder = Decoder::new(&log);
    let (fingerprint, schema, bytes) = other_writer();
    // What is no schema is passed over.
    log.append(topic::AVRO_SCHEMAS, Record::new("nonsense", "nonsense", 0)).await.unwrap();
    log.append(topic::AVRO_SCHEMAS, Record::new(fingerprint.to_string(), schema, 0)).await.unwrap();
    let began = Instant::now();
    assert_eq!(decoder.decode::<WatchEvent>(&bytes).await.unwrap(), event());
    assert!(began.elapsed() < Duration::from_secs(4), "it was there already");
}

pub async fn one_that_comes_in_time_is_waited_for(home: &Home) {
    let log = open(home).await;
    let decoder = Decoder::new(&log);
    let (fingerprint, schema, bytes) = other_writer();
    let reader = decoder.clone();
    let reading = tokio::spawn(async move { reader.decode::<WatchEvent>(&bytes).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    log.append(topic::AVRO_SCHEMAS, Record::new(fingerprint.to_string(), schema, 0)).await.unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), event());
}

pub async fn garbage_waits_no_more_than_once(home: &Home) {
    let log = open(home).await;
    let decoder = Decoder::new(&log);
    let (began, bytes) = (Instant::now(), [0xC3, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for _ in 0..50 {
        let error = decoder.decode::<WatchEvent>(&bytes).await.unwrap_err();
        assert!(matches!(error, DecodeError::Undecodable(schemas::Error::UnknownFingerprint(_))), "{error}");
    }
    let waited = began.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
    // Where the log cannot be read, nothing is said about the bytes.
    let folder = tempfile::tempdir().unwrap();
    let empty = Log::open(&Config::default().within(folder.path())).await.unwrap();
    let error = Decoder::new(&empty).decode::<WatchEvent>(&bytes).await.unwrap_err();
    assert!(matches!(error, DecodeError::Log(_)), "{error}");
}
