//! What a machine can refuse is said in one line that names it.

use std::net::TcpListener;

use crate::stack::{matinee, says};

#[test]
fn a_port_in_use_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = says(&mut matinee(data.path(), &["up", "--port", &port]));
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("in use"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("a-file");
    std::fs::write(&file, "not a folder").unwrap();
    let said = says(&mut matinee(&file.join("data"), &["up", "--port", "0"]));
    assert!(said.contains("a-file"), "{said}");
}

#[test]
fn a_log_of_another_format_is_named() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("log.sqlite"), "this is a diary, not a log".repeat(100)).unwrap();
    let said = says(&mut matinee(data.path(), &["up", "--port", "0"]));
    assert!(said.contains("log.sqlite") && said.contains("not a Matinee log"), "{said}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("matinee.toml");
    std::fs::write(&file, "[ingestor]\nsegment_aeg = \"1s\"\n").unwrap();
    let said = says(&mut matinee(data.path(), &["config", "--config", file.to_str().unwrap()]));
    assert!(said.contains("ingestor.segment_aeg") && said.contains("ingestor.segment_age"), "{said}");
}

#[test]
fn a_simulation_without_a_stack_says_what_is_missing() {
    let data = tempfile::tempdir().unwrap();
    let said = says(&mut matinee(data.path(), &["simulate", "--duration", "1s"]));
    assert!(said.contains("there is no log"), "{said}");
}
