//! `flowlog-generate` as a user meets it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use flowlog_testkit::slow_reader;
use flowlog_testkit::truth::Truth;

fn generate(out: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowlog-generate"))
        .arg("--out")
        .arg(out)
        .args(options)
        .output()
        .expect("it runs")
}

#[test]
fn it_writes_the_container_and_the_truth() {
    for options in
        [&["--format", "vnet"][..], &["--format", "nsg1"], &["--format", "nsg2", "--both-ends", "false"]]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let size = ["--hours", "2", "--nics", "3", "--tuples", "5000", "--truth-rows", "1000000"];
        let output = generate(folder.path(), &[&size[..], options].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let truth = fs::read(folder.path().join("truth.json")).expect("truth.json");
        let truth: Truth = serde_json::from_slice(&truth).expect("the truth reads back");
        let read = |name: &String| {
            (name.clone(), fs::read(folder.path().join("container").join(name)).expect("a blob"))
        };
        let blobs: Vec<_> = truth.files.iter().map(|file| read(&file.name)).collect();
        assert!(truth.totals.tuples > 4000, "{:?}", truth.totals);
        let read = slow_reader::read(&blobs);
        assert!(
            Truth { resolved: truth.resolved.clone(), behaviours: truth.behaviours.clone(), ..read } == truth,
            "{options:?}"
        );
    }
}

#[test]
fn it_does_not_write_over_a_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--hours", "1", "--nics", "1", "--tuples", "100"];
    assert!(generate(folder.path(), &options).status.success());
    let again = generate(folder.path(), &options);
    assert_eq!(again.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(stderr.contains("is there already") && stderr.contains("--out"), "{stderr}");
}

#[test]
fn it_refuses_what_it_does_not_understand() {
    let folder = tempfile::tempdir().expect("a folder");
    for options in [
        &["--target-bytes", "3 pounds"][..],
        &["--nics", "0"],
        &["--tuples", "5", "--target-bytes", "1MB"],
        &["--noise", "1.5"],
        &["--noise", "much"],
    ] {
        assert_eq!(generate(folder.path(), options).status.code(), Some(2), "{options:?}");
    }
}
