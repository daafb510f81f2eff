//! Growing blobs: a real service, blocks as Azure writes them, and counts of what was transferred.
#![allow(clippy::print_stdout, reason = "figures for docs/download.md, shown with --nocapture")]

mod common;
#[path = "common/proxy.rs"]
mod proxy;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use chrono::{Datelike as _, Timelike as _, Utc};
use common::{
    CONTAINER, Container, assert_same_tree, blob_name, content, figure, leftovers, said, tool, tree,
};
use flowlog_testkit::azurite::Azurite;
use proxy::Counting;

fn counting(container: &Container) -> Counting {
    let endpoint = container.azurite.endpoint();
    Counting::before(endpoint.trim_start_matches("http://").split('/').next().expect("a host"))
}

fn through(proxy: &Counting, root: &Path) -> Command {
    let mut command = tool(root);
    command.args(["--endpoint", &format!("http://{}/{}", proxy.address, Azurite::ACCOUNT)]);
    command.env("AZ_STORAGE_KEY", Azurite::KEY);
    command
}

/// The blob of the hour that runs now.
fn current_blob() -> String {
    let now = Utc::now();
    let (month, year) = (format!("/m={:02}/d=", now.month()), format!("y={}", now.year()));
    blob_name("VNET-A", now.day(), now.hour(), 1).replace("/m=10/d=", &month).replace("y=2025", &year)
}

/// A minute's record of the size that a busy NIC writes.
fn minute(name: &str, number: usize) -> Vec<u8> {
    let mut record = common::record(name, number);
    let padding = format!(",\"tuples\":{:?}}}", "x".repeat(2_500));
    record.pop();
    record.extend_from_slice(padding.as_bytes());
    record
}

fn local(root: &Path) -> Vec<u8> {
    let files = tree(root);
    assert_eq!(files.len(), 1, "{:?}", files.keys());
    files.into_values().next().expect("a file")
}

#[test]
fn following_an_hour_of_sixty_appends_transfers_it_about_once() {
    let mut container = Container::new(CONTAINER);
    let counter = counting(&container);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = current_blob();
    let mut records = Vec::new();
    let mut whole_each_time = 0;
    for number in 0..60 {
        records.push(minute(&name, number));
        container.upload(vec![(name.clone(), records.clone())]);
        let blob = content(&records);
        whole_each_time += blob.len() as u64;
        let output = through(&counter, dir.path()).output().expect("a run");
        assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 1), "{}", said(&output));
        assert!(local(dir.path()) == blob, "after append {number}");
        serde_json::from_slice::<serde_json::Value>(&local(dir.path())).expect("valid JSON");
    }
    let (received, once) = (counter.received(), content(&records).len() as u64);
    // Listings, block lists and headers are in `received`: 60 runs list and ask for up to 62 blocks each.
    println!(
        "60 appends, {once} bytes at the end: {received} bytes received in all, whole each time: {whole_each_time}"
    );
    assert!(received * 5 < whole_each_time, "{received} of {whole_each_time}");
    assert_eq!(leftovers(dir.path()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_is_not_the_same_beginning_is_fetched_whole() {
    let mut container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = current_blob();
    let records =
        |from: usize, count: usize| (from..from + count).map(|n| minute(&name, n)).collect::<Vec<_>>();
    let run = |container: &Container| {
        let output = container.tool(dir.path()).output().expect("a run");
        assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 1), "{}", said(&output));
        assert_same_tree(&tree(dir.path()), &container.expected());
        String::from_utf8_lossy(&output.stdout).contains("that grew were here")
    };
    container.upload(vec![(name.clone(), records(0, 3))]);
    assert!(!run(&container), "the first time all of it comes");
    container.upload(vec![(name.clone(), records(0, 5))]);
    assert!(run(&container), "only the new blocks come");

    // Another blob under the same name, longer and shorter.
    container.upload(vec![(name.clone(), records(100, 9))]);
    assert!(!run(&container));
    container.upload(vec![(name.clone(), records(100, 2))]);
    assert!(!run(&container));
    container.upload(vec![(name.clone(), records(100, 3))]);
    assert!(run(&container));

    // A file that someone changed without changing its length is not built upon.
    let path = dir.path().join(tree(dir.path()).into_keys().next().expect("a file"));
    let mut changed = fs::read(&path).expect("readable");
    changed[100] ^= 1;
    fs::write(&path, changed).expect("written");
    container.upload(vec![(name.clone(), records(100, 4))]);
    assert!(!run(&container));

    // Put in one piece: the blob has no blocks any more, and grows again later.
    container.upload_whole(vec![(name.clone(), records(100, 6))]);
    assert!(!run(&container));
    container.upload(vec![(name.clone(), records(100, 7))]);
    assert!(!run(&container));
    container.upload(vec![(name.clone(), records(100, 8))]);
    assert!(run(&container));
}

#[test]
fn a_blob_of_long_ago_that_grows_is_known_from_its_second_growth_on() {
    let mut container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = blob_name("VNET-A", 5, 9, 0);
    let mut spliced = Vec::new();
    for count in 1..4 {
        container.upload(vec![(name.clone(), (0..count).map(|n| minute(&name, n)).collect())]);
        let output = container.tool(dir.path()).output().expect("a run");
        assert_same_tree(&tree(dir.path()), &container.expected());
        spliced.push(said(&output).contains("that grew were here"));
    }
    assert_eq!(spliced, [false, false, true]);
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let mut container = Container::new(CONTAINER);
    let names: Vec<String> = (0..4).map(|nic| blob_name("VNET-A", 5, 9, nic)).collect();
    let upload = |container: &mut Container, name: &str, count: usize, from: usize| {
        container.upload(vec![(name.to_owned(), (from..from + count).map(|n| minute(name, n)).collect())]);
    };
    for name in &names[..3] {
        upload(&mut container, name, 2, 0);
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("tree");
    let dry = |container: &Container| {
        let output = container.tool(&root).arg("--dry-run").output().expect("a run");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    };
    let text = dry(&container);
    assert!(text.contains("Would fetch 3 blobs") && !root.exists(), "{text}");
    assert_eq!(container.tool(&root).output().expect("a run").status.code(), Some(0));

    upload(&mut container, &names[0], 3, 0);
    upload(&mut container, &names[1], 1, 50);
    upload(&mut container, &names[3], 1, 0);
    let state = || {
        let store = fs::read(root.join(".flowlog/manifest.redb")).expect("the record");
        (tree(&root), store, leftovers(&root))
    };
    let before = state();
    let text = dry(&container);
    assert!(state() == before, "a dry run changed something");
    let paths: Vec<String> = container.expected().into_keys().collect();
    let lines: Vec<Vec<&str>> =
        text.lines().filter(|line| line.contains('\t')).map(|line| line.split('\t').collect()).collect();
    let bytes: Vec<String> = names.iter().map(|n| content(&container.blobs[n]).len().to_string()).collect();
    assert_eq!(
        lines,
        [
            ["grown", &bytes[0], &paths[0], &names[0]],
            ["changed", &bytes[1], &paths[1], &names[1]],
            ["new", &bytes[3], &paths[3], &names[3]],
        ]
    );
    assert!(text.contains("1 unchanged; nothing was written"), "{text}");
}

#[cfg(unix)]
#[test]
fn following_prints_a_line_an_update_and_ends_cleanly() {
    let mut container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = current_blob();
    container.upload(vec![(name.clone(), vec![minute(&name, 0)])]);
    let mut tool = container.tool(dir.path());
    let mut process =
        tool.args(["--follow", "1s"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let mut wait_for = |words: &str| {
        let line = lines.by_ref().take(60).find(|line| line.contains(words));
        assert!(line.is_some(), "no line with {words}");
    };
    wait_for("1 fetched (0 grown)");
    wait_for("0 fetched (0 grown), 0 B received, 1 unchanged");
    for count in 2..5 {
        container.upload(vec![(name.clone(), (0..count).map(|n| minute(&name, n)).collect())]);
        wait_for("1 fetched (1 grown)");
        assert_same_tree(&tree(dir.path()), &container.expected());
    }
    let ended = Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill runs");
    assert!(ended.success());
    wait_for("Downloaded  4 blobs");
    assert_eq!(process.wait().expect("ended").code(), Some(0));
    assert_eq!(leftovers(dir.path()), Vec::<std::path::PathBuf>::new());
}

/// Between the block list and the range request the blob grows again: the range is refused (412).
#[test]
fn a_blob_that_grows_while_its_rest_is_fetched_is_planned_again() {
    let mut container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = current_blob();
    let records = |count: usize| (0..count).map(|n| minute(&name, n)).collect::<Vec<_>>();
    let endpoint = container.azurite.endpoint();
    let (service, account) = endpoint.trim_start_matches("http://").split_once('/').expect("a path");
    let (asked, proceed) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let address = proxy::pausing_before_ranges(service, asked.0, proceed.1);
    let mut tool = tool(dir.path());
    tool.args(["--endpoint", &format!("http://{address}/{account}")]).env("AZ_STORAGE_KEY", Azurite::KEY);
    tool.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = |container: &mut Container, grown_meanwhile: Option<usize>| {
        let process = tool.spawn().expect("started");
        asked.1.recv_timeout(std::time::Duration::from_secs(60)).expect("a range is asked for");
        if let Some(count) = grown_meanwhile {
            container.upload(vec![(name.clone(), records(count))]);
            // The range is refused now; the next one may pass.
            proceed.0.send(()).expect("the proxy waits");
            asked.1.recv_timeout(std::time::Duration::from_secs(60)).expect("another range is asked for");
        }
        proceed.0.send(()).expect("the proxy waits");
        let output = process.wait_with_output().expect("ended");
        assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 1), "{}", said(&output));
        assert_same_tree(&tree(dir.path()), &container.expected());
        said(&output).contains("that grew were here")
    };
    container.upload(vec![(name.clone(), records(2))]);
    assert!(!run(&mut container, None));
    container.upload(vec![(name.clone(), records(4))]);
    assert!(run(&mut container, Some(7)));
}
