//! What the build script finds out about the commit.

#[path = "../build/commit.rs"]
mod commit;

use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args([
        "-c",
        "user.name=n",
        "-c",
        "user.email=e",
        "-c",
        "commit.gpgsign=false",
    ]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_commit_is_that_of_the_folder_itself() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    assert_eq!((commit::of(top), commit::watched(top)), (None, Vec::new()), "no repository");
    git(top, &["init", "--quiet"]);
    assert_eq!(commit::of(top), None, "nothing is committed");
    git(top, &["commit", "--quiet", "--allow-empty", "--message=one"]);
    let told = commit::of(top).unwrap();
    let (digits, day) = told.split_once(" of ").unwrap();
    assert!(digits.len() == 12 && git(top, &["rev-parse", "HEAD"]).starts_with(digits), "{told}");
    assert_eq!(day, git(top, &["log", "-1", "--format=%cs"]));
    // What is watched exists, and changes with a commit.
    let contents = || {
        let read = |path: std::path::PathBuf| std::fs::read(path).unwrap();
        commit::watched(top).into_iter().map(read).collect::<Vec<_>>()
    };
    let before = contents();
    git(top, &["commit", "--quiet", "--allow-empty", "--message=two"]);
    assert!(before.len() > 1 && before != contents());
    assert_ne!(commit::of(top).unwrap(), told);
    // Unpacked in somebody's repository, the sources are not at its commit.
    let inner = top.join("vendored");
    std::fs::create_dir(&inner).unwrap();
    assert_eq!((commit::of(&inner), commit::watched(&inner)), (None, Vec::new()));
}
