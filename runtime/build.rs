//! Tells the crate which commit it is built from.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=MATINEE_GIT_SHA");
    let sha = match std::env::var("MATINEE_GIT_SHA") {
        Ok(sha) if !sha.is_empty() => sha,
        _ => {
            watch_commits();
            git(&["rev-parse", "--verify", "--quiet", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
        }
    };
    println!("cargo::rustc-env=MATINEE_BUILD_SHA={sha}");
}

/// A commit or a checkout changes `HEAD`, the branch that it names, or where branches are packed. Cargo takes a
/// missing path for a change, so only what exists is named; for a branch that is packed, the folder of its file.
fn watch_commits() {
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    let file = |name: &str| git(&["rev-parse", "--git-path", name]).map(PathBuf::from);
    let branch_file = branch.as_deref().and_then(file);
    let branch_folder = branch_file.as_deref().and_then(Path::parent).map(Path::to_owned);
    let branch_watched = [branch_file, branch_folder].into_iter().flatten().find(|path| path.exists());
    for path in [file("HEAD"), file("packed-refs"), branch_watched].into_iter().flatten() {
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
