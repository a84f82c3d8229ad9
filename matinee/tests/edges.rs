//! The shape of the house: who imports whom, who may name what, how large a file grows, where links lead.
//!
//! ARCHITECTURE.md says why. A change of these rules is a change of the architecture, with an ADR.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Every crate of the workspace with those it may import; a service never imports a service.
const FLOORS: [(&str, &[&str]); 10] = [
    ("schemas", &[]),
    ("als", &[]),
    ("stats", &[]),
    ("runtime", &[]),
    ("kafka", &["schemas"]),
    ("registry", &["schemas"]),
    ("ingestor", &["schemas", "runtime", "kafka", "registry"]),
    ("trainer", &["schemas", "runtime", "kafka", "registry", "als", "stats"]),
    ("recommender", &["schemas", "runtime", "kafka", "registry", "als", "stats"]),
    (
        "matinee",
        &["schemas", "als", "stats", "runtime", "kafka", "registry", "ingestor", "trainer", "recommender"],
    ),
];

/// The homes of the log stay behind its contract.
const ONLY_IN_KAFKA: [&str; 4] = ["rdkafka", "rdkafka-sys", "rusqlite", "libsqlite3-sys"];
const PURE: [&str; 3] = ["schemas", "als", "stats"];
const NOT_IN_PURE: [&str; 6] = ["tokio", "tokio-util", "futures", "axum", "reqwest", "object_store"];
const NAMES_OF_NOTHING: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];
const MOST_LINES: usize = 400;
const NOT_OURS: [&str; 3] = ["target", "matinee-data", "node_modules"];

#[test]
fn imports_point_down_only() {
    let floors = BTreeMap::from(FLOORS);
    assert_eq!(
        members(),
        floors.keys().map(|name| (*name).to_owned()).collect(),
        "a crate came or went: give it its floor in matinee/tests/edges.rs and in ARCHITECTURE.md"
    );
    let mut wrong = Vec::new();
    for (name, allowed) in &floors {
        let own = dependencies(&manifest(name)).into_iter().filter(|d| floors.contains_key(d.as_str()));
        wrong.extend(own.filter(|d| !allowed.contains(&d.as_str())).map(|d| format!("{name} imports {d}")));
    }
    report(wrong, "imports point down only: move what is shared to a lower floor, or pass it as a value");
}

#[test]
fn what_a_floor_must_not_name() {
    let mut wrong = Vec::new();
    for (name, _) in FLOORS {
        let forbidden = |d: &String| {
            (name != "kafka" && ONLY_IN_KAFKA.contains(&d.as_str()))
                || (PURE.contains(&name) && NOT_IN_PURE.contains(&d.as_str()))
        };
        wrong.extend(
            dependencies(&manifest(name)).into_iter().filter(forbidden).map(|d| format!("{name} names {d}")),
        );
    }
    report(wrong, "the log's homes are named in kafka alone, and the pure crates do no I/O");
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let lints =
        |name: &str| manifest(name).get("lints").and_then(|l| l.get("workspace")).and_then(Value::as_bool);
    let wrong = members().into_iter().filter(|name| lints(name) != Some(true)).collect();
    report(wrong, "add `[lints] workspace = true` to the Cargo.toml of these");
}

#[test]
fn files_are_small_and_named_after_something() {
    let mut wrong = Vec::new();
    for path in files("rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        let (lines, is_test) = (text.lines().count(), path.components().any(|c| c.as_os_str() == "tests"));
        if lines > MOST_LINES && !is_test {
            wrong.push(format!("{}: {lines} lines, over {MOST_LINES}: split it by idea", shown(&path)));
        }
        let module =
            if path.ends_with("mod.rs") { path.parent().and_then(Path::file_name) } else { path.file_stem() };
        if module.is_some_and(|m| NAMES_OF_NOTHING.iter().any(|n| m == *n)) {
            wrong.push(format!("{}: name it after what it is about", shown(&path)));
        }
    }
    report(wrong, "files stay small and say what they hold");
}

#[test]
fn an_ignored_test_says_what_it_needs() {
    let mut wrong = Vec::new();
    for path in files("rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("#[ignore") && !line.starts_with("#[ignore = \"needs ") {
                wrong.push(format!("{} line {}: {line}", shown(&path), number + 1));
            }
        }
    }
    report(wrong, "a test is ignored only for a need: write `#[ignore = \"needs ...\"]`");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in files("md") {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text).into_iter().filter(|link| !is_elsewhere(link)) {
            if let Some(why) = dead(&page, &link) {
                wrong.push(format!("{}: ({link}) {why}", shown(&page)));
            }
        }
    }
    report(wrong, "these links lead nowhere");
}

#[test]
fn links_and_anchors_are_read_as_github_does() {
    let text =
        "# The `log`: a home\n[a](x.md \"T\") `[b](y.md)`\n```\n# no\n[c](z.md)\n```\n## The `log`: a home\n";
    assert_eq!(links(text), ["x.md"]);
    let expected = ["the-log-a-home", "the-log-a-home-1"];
    assert_eq!(anchors(text), expected.map(str::to_owned).into());
}

fn report(wrong: Vec<String>, what_to_do: &str) {
    assert!(wrong.is_empty(), "{what_to_do}:\n  {}", wrong.join("\n  "));
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(top()).unwrap_or(path).display().to_string()
}

fn read_toml(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn manifest(name: &str) -> Table {
    read_toml(&top().join(name).join("Cargo.toml"))
}

fn members() -> BTreeSet<String> {
    let workspace = read_toml(&top().join("Cargo.toml"));
    workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap().to_owned())
        .collect()
}

/// The packages that a manifest names, under any heading, for any target.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(of_targets)
        .flat_map(|table| {
            ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind))
        })
        .flatten()
        .filter_map(Value::as_table)
        .flatten()
        .map(|(name, spec)| spec.get("package").and_then(Value::as_str).unwrap_or(name).to_owned())
        .collect()
}

fn files(extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![top()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The lines of a page that are not code.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    };
    text.lines().filter(is_prose).collect()
}

/// The targets of `[text](target)`, without titles.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        let without_code: String = line.split('`').step_by(2).collect();
        let mut rest = without_code.as_str();
        while let Some((_, after)) = rest.split_once("](") {
            let (target, after) = after.split_once(')').unwrap_or((after, ""));
            let target = target.split_whitespace().next().unwrap_or_default();
            found.push(target.trim_matches(['<', '>']).to_owned());
            rest = after;
        }
    }
    found
}

fn is_elsewhere(link: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

fn dead(page: &Path, link: &str) -> Option<&'static str> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some("is no file");
    }
    let is_page = target.extension().is_some_and(|e| e == "md");
    let missing = |path: &Path| !anchors(&std::fs::read_to_string(path).unwrap()).contains(anchor);
    (is_page && !anchor.is_empty() && missing(&target)).then_some("has no such heading")
}

/// The headings of a page as GitHub makes anchors of them; a repeated one is numbered.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let times = seen.entry(slug.clone()).and_modify(|n| *n += 1).or_insert(0);
            if *times == 0 { slug } else { format!("{slug}-{times}") }
        })
        .collect()
}
