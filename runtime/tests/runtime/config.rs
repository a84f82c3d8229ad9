//! Layers, refusals and secrets, on sections such as the services have.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use runtime::config::{Effective, Layers, Period, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Log {
    home: String,
    partitions: u16,
    retry: Period,
    brokers: Option<String>,
    batch: Option<u32>,
    share: f64,
    fsync: bool,
    topics: Vec<String>,
    properties: BTreeMap<String, String>,
    limits: Limits,
    password: Secret,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Limits {
    fetch_bytes: u64,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            home: "embedded".to_owned(),
            partitions: 6,
            retry: Period::from_secs(30),
            brokers: None,
            batch: None,
            share: 0.1,
            fsync: true,
            topics: vec!["a".to_owned()],
            properties: BTreeMap::new(),
            limits: Limits::default(),
            password: Secret::default(),
        }
    }
}

struct Given {
    folder: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl Given {
    fn file(text: &str) -> Given {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("m.toml"), text).unwrap();
        Given { folder, variables: Vec::new() }
    }

    fn variable(mut self, name: &str, value: &str) -> Given {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("m.toml")
    }

    fn layers(&self) -> Layers {
        Layers::load(Some(&self.path()), self.variables.clone()).unwrap()
    }

    fn log(&self) -> Log {
        self.layers().section("log").unwrap()
    }

    /// The refusal, with the file's folder cut off.
    fn refusal(&self) -> String {
        let error = self.layers().section::<Log>("log").unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(Given::file("").log(), Log::default());
}

#[test]
fn the_environment_lies_over_the_file_and_the_command_line_over_both() {
    let given = Given::file("[log]\nhome = 'file'\npartitions = 1\nretry = '1m'\n")
        .variable("MATINEE__LOG__PARTITIONS", "2")
        .variable("MATINEE__LOG__RETRY", "5s");
    let mut layers = given.layers();
    layers.set("--retry", "log.retry", "7s");
    layers.suppose("--data", "log.home", "supposed");
    layers.suppose("--data", "log.share", 0.5);
    let log: Log = layers.section("log").unwrap();
    assert_eq!((log.home.as_str(), log.partitions, log.share), ("file", 2, 0.5));
    assert_eq!(log.retry, Period::from_secs(7));
}

#[test]
fn text_takes_the_type_of_its_key() {
    let log = Given::file("")
        .variable("MATINEE__LOG__HOME", "123")
        .variable("MATINEE__LOG__BROKERS", "true")
        .variable("MATINEE__LOG__BATCH", "64")
        .variable("MATINEE__LOG__SHARE", "0.25")
        .variable("MATINEE__LOG__FSYNC", "false")
        .variable("MATINEE__LOG__TOPICS", "['x', 'y']")
        .variable("MATINEE__LOG__LIMITS__FETCH_BYTES", "1_000")
        .log();
    assert_eq!((log.home.as_str(), log.brokers.as_deref()), ("123", Some("true")));
    assert_eq!((log.batch, log.share, log.fsync), (Some(64), 0.25, false));
    assert_eq!((log.topics, log.limits.fetch_bytes), (vec!["x".to_owned(), "y".to_owned()], 1000));
}

#[test]
fn a_map_takes_any_key_and_a_struct_only_its_own() {
    let given = Given::file("[log.properties]\n'ssl.ca.location' = '/ca'\n")
        .variable("MATINEE__LOG__PROPERTIES__ACKS", "1");
    let properties = given.log().properties;
    assert_eq!(properties["ssl.ca.location"], "/ca");
    assert_eq!(properties["acks"], "1");
    let nested = Given::file("[log.limits]\nfetch_byte = 1\n").refusal();
    assert_eq!(
        nested,
        "m.toml line 2: unknown key `log.limits.fetch_byte`; the nearest known one is `log.limits.fetch_bytes`"
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_origin_and_the_nearest() {
    let file = Given::file("[log]\n\npartition = 6\n").refusal();
    assert_eq!(file, "m.toml line 3: unknown key `log.partition`; the nearest known one is `log.partitions`");
    let variable = Given::file("").variable("MATINEE__LOG__BROKER", "x").refusal();
    assert_eq!(
        variable,
        "environment variable MATINEE__LOG__BROKER: unknown key `log.broker`; the nearest known one is `log.brokers`"
    );
    let empty_table = Given::file("[log.limit]\n").refusal();
    assert!(empty_table.contains("unknown key `log.limit`"), "{empty_table}");
}

#[test]
fn a_wrong_value_is_refused_with_its_key_and_origin() {
    let port = Given::file("[log]\npartitions = 'six'\n").refusal();
    assert_eq!(
        port,
        "m.toml line 2: `log.partitions`: invalid type: string \"six\", expected a whole number from 0 to 65535"
    );
    let range = Given::file("").variable("MATINEE__LOG__PARTITIONS", "70000").refusal();
    assert!(
        range.contains("MATINEE__LOG__PARTITIONS: `log.partitions`: invalid value: integer `70000`"),
        "{range}"
    );
    let period = Given::file("[log]\nretry = '30'\n").refusal();
    assert!(period.starts_with("m.toml line 2: `log.retry`: `30` is no duration"), "{period}");
    let section = Given::file("log = 3\n").refusal();
    assert_eq!(section, "m.toml line 1: `log`: invalid type: integer `3`, expected a table");
    let below = Given::file("").variable("MATINEE__LOG__PARTITIONS__X", "1").refusal();
    assert!(below.contains("`log.partitions.x`"), "{below}");
}

#[test]
fn what_is_not_a_number_is_refused_by_its_key() {
    let nan = |key: &str| {
        let text = format!("[log]\n{key} = nan\n");
        let given = Given::file(&text);
        Layers::load(Some(&given.path()), []).unwrap_err().to_string()
    };
    assert!(nan("share").ends_with("m.toml line 2: `log.share`: nan is not a finite number"));
    assert!(nan("batch").ends_with("`log.batch`: nan is not a finite number"));
    let variable = Given::file("").variable("MATINEE__LOG__SHARE", "nan").refusal();
    assert!(variable.ends_with("invalid type: string \"nan\", expected a finite number"), "{variable}");
    // An option that is not set is null: what is not a number must not unset it.
    let option = Given::file("").variable("MATINEE__LOG__BATCH", "nan").refusal();
    assert!(option.contains("`log.batch`") && option.contains("\"nan\""), "{option}");
}

#[test]
fn an_unknown_section_is_refused_and_a_known_one_skipped() {
    let layers = Given::file("[trainer]\nanything = 1\n[stroe]\n").layers();
    assert!(layers.check_sections(&["trainer", "stroe"]).is_ok());
    let error = layers.check_sections(&["log", "store", "trainer"]).unwrap_err().to_string();
    assert!(
        error.ends_with("m.toml line 3: unknown section [stroe]; the nearest known one is [store]"),
        "{error}"
    );
}

#[test]
fn an_unknown_section_is_where_it_begins() {
    for (text, line) in [("[stroe]\n\nanything = 1\n", 1), ("[log]\n[stroe.a.b]\nc = 1\n", 2)] {
        let error = Given::file(text).layers().check_sections(&["log", "store"]).unwrap_err().to_string();
        assert!(error.contains(&format!("m.toml line {line}: unknown section [stroe]")), "{error}");
    }
}

#[test]
fn a_named_file_must_exist_and_the_default_one_need_not() {
    let missing = PathBuf::from("no/such/m.toml");
    let error = Layers::load(Some(&missing), []).unwrap_err().to_string();
    assert_eq!(error, "cannot read no/such/m.toml: there is no such file; option --config names it");
    assert!(Layers::load(None, []).is_ok());
}

#[test]
fn a_secret_comes_by_value_or_by_file_and_is_never_shown() {
    let given = Given::file("[log]\npassword = 'hunter2'\n");
    let log = given.log();
    assert_eq!(log.password.reveal(), "hunter2");
    assert!(!format!("{log:?}").contains("hunter2"));

    let held = given.folder.path().join("password");
    std::fs::write(&held, "s3cret\n").unwrap();
    let by_file = given.variable("MATINEE__LOG__PASSWORD_FILE", held.to_str().unwrap()).log();
    assert_eq!(by_file.password.reveal(), "s3cret");

    let mut effective = Effective::default();
    effective.add("log", &by_file).unwrap();
    let toml = effective.clone().toml().unwrap();
    assert!(toml.contains("password = \"***\"") && !toml.contains("s3cret"), "{toml}");
    assert_eq!(effective.json()["log"]["password"], json!("***"));
}

#[test]
fn a_file_for_a_key_that_is_no_secret_is_refused() {
    for key in ["HOME", "PARTITIONS"] {
        let given = Given::file("# s3cret");
        let path = given.path();
        let variable = format!("MATINEE__LOG__{key}_FILE");
        let error = given.variable(&variable, path.to_str().unwrap()).refusal();
        assert!(error.contains("unknown key `log.") && !error.contains("s3cret"), "{error}");
    }
    let missing = Given::file("[log]\npassword_file = 'no/such'\n").refusal();
    assert!(
        missing.starts_with("cannot read no/such") && missing.ends_with("m.toml line 2 names it"),
        "{missing}"
    );
}

#[test]
fn the_effective_values_read_back_as_they_are() {
    let mut effective = Effective::default();
    effective.add("log", &Log::default()).unwrap();
    let printed = effective.toml().unwrap();
    assert_eq!(Given::file(&printed).log(), Log::default());
}
