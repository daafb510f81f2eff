//! Nothing from outside drives the terminal: names of files and folders, arguments, the environment.
#![cfg(unix)]

mod common;

use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _, path::Path, process::Output};

use common::{content, record, said};

/// A title, a bell, a clear, a C1 control, a direction, and a byte that is no text.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}1m\u{202e}\u{ad}";

fn assert_harmless(what: &str, output: &Output) {
    let told = said(output);
    let drives = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202e}' | '\u{ad}');
    assert!(!told.contains(drives), "{what}: {told:?}");
}

#[test]
fn names_of_files_and_folders_are_escaped() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, root) =
        (dir.path().join(format!("from{HOSTILE}")), dir.path().join(format!("into{HOSTILE}")));
    fs::create_dir(&source).expect("a folder");
    let mut bytes = format!("log{HOSTILE}").into_bytes();
    bytes.extend(b"\xff\xfe.json");
    fs::write(source.join(OsString::from_vec(bytes)), content(&[record("x", 1)])).expect("a file");
    let run = |root: &Path, extra: &[&str]| {
        common::tool(root).arg("--from-dir").arg(&source).args(extra).output().expect("a run")
    };
    let planned = run(&root, &["--dry-run"]);
    assert!(
        planned.status.success() && said(&planned).contains("\\u{1b}]0;owned\\u{7}"),
        "{}",
        said(&planned)
    );
    assert_harmless("dry run", &planned);
    let copied = run(&root, &[]);
    assert_eq!(copied.status.code(), Some(0), "{}", said(&copied));
    assert_harmless("copy", &copied);
    assert_harmless("verify", &run(&root, &["--verify"]));
    let inside = common::tool(&source).arg("--from-dir").arg(&source).output().expect("a run");
    assert_eq!(inside.status.code(), Some(2));
    assert_harmless("inside itself", &inside);
    let missing = common::tool(&root).arg("--from-dir").arg(source.join("missing")).output().expect("a run");
    assert_eq!(missing.status.code(), Some(5));
    assert_harmless("missing", &missing);
}

#[test]
fn arguments_and_environment_are_escaped_and_cut() {
    let dir = tempfile::tempdir().expect("a folder");
    let long = format!("{HOSTILE}{}", "x".repeat(100_000));
    for arguments in [
        &["--storage-account", HOSTILE][..],
        &["--storage-account", "logs1", "--container-name", HOSTILE],
        &["--endpoint", HOSTILE],
        &["--endpoint", long.as_str()],
        &["--connection-string", HOSTILE],
        &["--from", HOSTILE],
        &["--last", HOSTILE],
        &["--mac", HOSTILE],
        &["--format", HOSTILE],
        &["--storage-account", "logs1", "--account-key-file", HOSTILE],
        &[HOSTILE],
        &[long.as_str()],
    ] {
        let output = common::tool(dir.path()).args(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert_harmless(arguments[0], &output);
        assert!(said(&output).len() < 20_000, "{} bytes", said(&output).len());
    }
    let timeout = common::tool(dir.path())
        .args(["--storage-account", "logs1"])
        .env("FLOWLOG_TIMEOUT", HOSTILE)
        .env("AZ_STORAGE_KEY", "c2VjcmV0")
        .output()
        .expect("a run");
    assert_eq!(timeout.status.code(), Some(2));
    assert_harmless("FLOWLOG_TIMEOUT", &timeout);
    // What stands on the command line may be a secret pasted into the wrong place.
    let pasted = "https://logs1.blob.core.windows.net/c?sv=1&sig=c2VjcmV0c2lnbmF0dXJl";
    for place in [&[][..], &["--storage-account", "logs1", "--container-name"], &["--mac"], &["--format"]] {
        let output = common::tool(dir.path()).args(place).arg(pasted).output().expect("a run");
        assert_eq!(output.status.code(), Some(2));
        assert!(!said(&output).contains("c2VjcmV0c2lnbmF0dXJl"), "{}", said(&output));
        assert!(said(&output).contains("sig=***"), "{}", said(&output));
    }
}
