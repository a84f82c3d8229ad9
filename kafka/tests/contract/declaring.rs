//! Topics are made as declared and never changed.

use kafka::{Declaration, Error, declared};

use crate::home::Home;

pub async fn missing_topics_are_made(home: &Home) {
    let log = home.open().await;
    assert_eq!(log.topics().await.unwrap(), []);
    for _ in 0..2 {
        assert_eq!(log.declare(&declared()).await.unwrap(), []);
    }
    let mut expected: Vec<_> = declared().into_iter().map(|topic| (topic.name, topic.partitions)).collect();
    expected.sort();
    assert_eq!(log.topics().await.unwrap(), expected);
    assert_eq!(home.open().await.topics().await.unwrap(), expected);
}

pub async fn what_differs_is_reported_and_stays(home: &Home) {
    let log = home.with_topic(3).await;
    let mut other = Declaration::new("t", 6);
    other.config.insert("retention.ms".to_owned(), "-1".to_owned());
    for _ in 0..2 {
        let differences = log.declare(std::slice::from_ref(&other)).await.unwrap();
        let settings: Vec<_> = differences.iter().map(|difference| difference.setting.as_str()).collect();
        assert_eq!(settings, ["partitions", "retention.ms"]);
    }
    assert_eq!(log.topics().await.unwrap(), [("t".to_owned(), 3)]);
}

pub async fn half_a_declaration_is_none(home: &Home) {
    let log = home.open().await;
    let topics = [Declaration::new("good", 1), Declaration::new("bad name", 1)];
    let error = log.declare(&topics).await.unwrap_err();
    assert!(matches!(&error, Error::BadDeclaration { topic, .. } if topic == "bad name"), "{error}");
    assert_eq!(log.topics().await.unwrap(), []);
}
