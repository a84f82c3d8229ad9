//! What the README tells a newcomer to type is what the command takes and what CI runs.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::path::Path;

use clap::Parser;
use matinee::cli::Cli;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The lines of the README's shell blocks, without comments.
fn commands() -> Vec<String> {
    let readme = read("README.md");
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(""));
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or("").trim());
    lines.filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

#[test]
fn every_matinee_command_in_it_is_understood() {
    let mut understood = 0;
    for line in commands() {
        let words: Vec<&str> = line.split_whitespace().skip_while(|word| word.contains('=')).collect();
        let arguments = match words.as_slice() {
            ["matinee", rest @ ..] => rest,
            ["cargo", "run", "--release", "-p", "matinee", "--", rest @ ..] => rest,
            _ => continue,
        };
        let parsed = Cli::try_parse_from(std::iter::once(&"matinee").chain(arguments));
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        understood += 1;
    }
    assert!(understood >= 7, "only {understood} commands were found in README.md");
}

#[test]
fn its_test_command_is_what_ci_runs_first() {
    assert!(commands().iter().any(|line| line == "cargo test --workspace"));
    let script = read(".ci/run");
    let first = script.lines().find(|line| line.starts_with("run ")).unwrap_or("");
    assert_eq!(first, "run cargo test --workspace");
}

#[test]
fn its_settings_are_known() {
    let environment = commands().into_iter().flat_map(|line| {
        let settings = line.split_whitespace().filter_map(|word| word.split_once('='));
        let settings = settings.filter(|(name, _)| name.starts_with("MATINEE__"));
        settings.map(|(name, value)| (name.into(), value.into())).collect::<Vec<_>>()
    });
    let environment: Vec<(std::ffi::OsString, std::ffi::OsString)> = environment.collect();
    assert!(!environment.is_empty());
    let file = tempfile::NamedTempFile::new().unwrap();
    let layers = runtime::config::Layers::load(Some(file.path()), environment).unwrap();
    matinee::settings::Settings::read(&layers, Path::new("data")).unwrap();
}
