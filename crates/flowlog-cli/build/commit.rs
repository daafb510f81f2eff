//! The commit of a folder that is a git repository's top, as git says it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Twelve digits of the commit and its day, such as `0123456789ab of 2026-11-26`. Nothing without git, outside of
/// a repository, and in a folder deeper in somebody else's.
pub(crate) fn of(root: &Path) -> Option<String> {
    is_top(root).then(|| git(root, &["log", "-1", "--abbrev=12", "--format=%h of %cs"])).flatten()
}

/// Files that change with each commit and checkout; only those that exist, or cargo would build every time.
pub(crate) fn watched(root: &Path) -> Vec<PathBuf> {
    if !is_top(root) {
        return Vec::new();
    }
    let head = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    let names = ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(head.as_deref());
    let paths = names.filter_map(|name| git(root, &["rev-parse", "--git-path", name]));
    paths.map(|path| root.join(path)).filter(|path| path.exists()).collect()
}

fn is_top(root: &Path) -> bool {
    let top =
        git(root, &["rev-parse", "--show-toplevel"]).and_then(|top| Path::new(&top).canonicalize().ok());
    top.is_some() && top == root.canonicalize().ok()
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
