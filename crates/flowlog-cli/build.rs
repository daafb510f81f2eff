//! Hands the commit that a program is built from to its `--version`.

#[path = "build/commit.rs"]
mod commit;

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/commit.rs");
    println!("cargo::rerun-if-env-changed=FLOWLOG_COMMIT");
    let given = env::var("FLOWLOG_COMMIT").ok().filter(|commit| !commit.is_empty());
    // Each commit would otherwise mean building both programs again while working on them.
    let debug = env::var("PROFILE").is_ok_and(|profile| profile == "debug");
    let found = || {
        let crates = env::var("CARGO_MANIFEST_DIR").ok()?;
        let root = Path::new(&crates).parent()?.parent()?;
        for path in commit::watched(root) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        commit::of(root)
    };
    let commit = match given {
        Some(commit) => commit,
        None if debug => "not recorded in a debug build".to_owned(),
        None => found().unwrap_or_else(|| "unknown".to_owned()),
    };
    println!("cargo::rustc-env=FLOWLOG_COMMIT={commit}");
}
