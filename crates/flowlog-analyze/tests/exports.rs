//! What the exports replace: nothing that is there, unless asked, and an input never.

mod common;

use std::fs;
use std::process::{Child, Stdio};

use common::{Bench, names};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Scenario, Volume};

fn good() -> Vec<u8> {
    faults::named("plain").map_or_else(|| panic!("the kit has a plain file"), |fault| fault.bytes)
}

fn bench() -> Bench {
    Bench::new().file("a.ndjson", good())
}

/// Runs with an export to `name`, which must be refused as a usage error before anything is read, with `words`.
fn refused(bench: &Bench, arguments: &[&str], name: &str, words: &str) {
    let before = names(bench.folder.path());
    let run = bench.run(&[arguments, &["--export-connections", name]].concat());
    assert_eq!((run.code(), run.out().as_str()), (2, ""), "{name}: {}", run.talk());
    assert!(run.talk().contains(words), "{name}: {}", run.talk());
    assert_eq!(names(bench.folder.path()), before, "{name}");
}

#[test]
fn an_input_is_never_replaced_whatever_it_is_called() {
    let bench = bench();
    let folder = bench.folder.path();
    let mut spellings = vec!["logs/a.ndjson".to_owned(), "./logs/../logs/a.ndjson".to_owned()];
    spellings.push(folder.join("logs/a.ndjson").to_str().unwrap().to_owned());
    fs::hard_link(bench.logs().join("a.ndjson"), folder.join("hard.csv")).unwrap();
    spellings.push("hard.csv".to_owned());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("logs/a.ndjson", folder.join("soft.csv")).unwrap();
        std::os::unix::fs::symlink("logs", folder.join("door")).unwrap();
        spellings.extend(["soft.csv".to_owned(), "door/a.ndjson".to_owned()]);
    }
    for input in ["logs", "logs/a.ndjson", "logs/*.ndjson"] {
        for name in &spellings {
            refused(&bench, &[input], name, "is one of the inputs (logs/a.ndjson)");
            refused(&bench, &[input, "--overwrite"], name, "is one of the inputs (logs/a.ndjson)");
        }
    }
    assert_eq!(fs::read(bench.logs().join("a.ndjson")).unwrap(), good());
}

#[cfg(unix)]
#[test]
fn a_file_that_comes_as_standard_input_is_an_input_too() {
    let bench = bench();
    let path = bench.logs().join("a.ndjson");
    let child = common::tool()
        .current_dir(bench.folder.path())
        .args(["-", "--overwrite", "--export-connections", "logs/a.ndjson"])
        .stdin(fs::File::open(&path).unwrap())
        .stderr(Stdio::piped())
        .spawn();
    let output = child.unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is one of the inputs (-)"));
    assert_eq!(fs::read(&path).unwrap(), good());
}

#[test]
fn what_is_there_is_replaced_only_when_asked_and_only_by_something() {
    let bench = bench().file("page/x.json", "<html>");
    let path = bench.folder.path().join("out.csv");
    fs::write(&path, "yesterday").unwrap();
    refused(&bench, &["logs/a.ndjson"], "out.csv", "out.csv exists: give another name, or --overwrite");
    assert_eq!(fs::read_to_string(&path).unwrap(), "yesterday");
    // A run that has nothing to say keeps what an earlier one said.
    let nothing = bench.run(&["logs/page", "--export-connections", "out.csv", "--overwrite", "--export-csv"]);
    assert_eq!(nothing.code(), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "yesterday");
    assert_eq!(names(bench.folder.path()), ["logs", "out.csv"]);
    let run = bench.run(&["logs/a.ndjson", "--export-connections", "out.csv", "--overwrite"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(fs::read_to_string(&path).unwrap().starts_with("first_time,"));
    assert_eq!(names(bench.folder.path()), ["logs", "out.csv"]);
    let alone = bench.run(&["logs/a.ndjson", "--overwrite"]);
    assert_eq!(alone.code(), 2, "it belongs to --export-connections");
}

#[test]
fn connections_may_go_into_the_folder_that_is_made_for_the_csv_files() {
    let bench = bench();
    let run = bench.run(&[
        "logs",
        "--export-csv",
        "--output-path",
        "new/out",
        "--export-connections",
        "new/out/c.csv",
    ]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert_eq!(names(&bench.folder.path().join("new/out")).len(), 3);
}

#[test]
fn folders_links_to_nothing_and_devices_are_refused() {
    let bench = bench();
    fs::create_dir(bench.folder.path().join("folder.csv")).unwrap();
    refused(&bench, &["logs", "--overwrite"], "folder.csv", "is no regular file");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", bench.folder.path().join("dangling.csv")).unwrap();
        std::os::unix::fs::symlink("/dev/null", bench.folder.path().join("null.csv")).unwrap();
        refused(&bench, &["logs"], "dangling.csv", "exists");
        refused(&bench, &["logs", "--overwrite"], "null.csv", "is no regular file");
    }
}

/// A tool at work, with its exports in the folder `out`.
fn start(bench: &Bench, arguments: &[&str]) -> Child {
    common::tool()
        .current_dir(bench.folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn two_exports_into_one_folder_at_once_hold_their_own_rows() {
    let logs = |seed, nics| {
        let volume = Volume::Tuples(4000);
        Bench::new().scenario(&Scenario { seed, nics, hours: 2, volume, ..Scenario::default() }).0
    };
    let (one, two) = (logs(71, 3), logs(72, 4));
    let shared = tempfile::tempdir().unwrap();
    let expected: Vec<(Vec<u8>, Vec<u8>)> = [&one, &two]
        .into_iter()
        .map(|bench| {
            assert_eq!(bench.run(&["logs", "--export-csv", "--export-connections", "c.csv"]).code(), 0);
            let all = names(bench.folder.path());
            let details = all.iter().find(|name| name.contains("Details")).unwrap();
            let read = |name: &str| fs::read(bench.folder.path().join(name)).unwrap();
            (read(details), read("c.csv"))
        })
        .collect();
    for round in 0..12 {
        let out = shared.path().join(format!("{round}"));
        let folder = out.to_str().unwrap();
        let connections = out.join("c.csv");
        fs::create_dir(&out).unwrap();
        let arguments = ["logs", "--export-csv", "--output-path", folder, "--export-connections"];
        let arguments = [&arguments[..], &[connections.to_str().unwrap()]].concat();
        let children = [start(&one, &arguments), start(&two, &arguments)];
        let ends = children.map(|child| child.wait_with_output().unwrap());
        let codes = ends.each_ref().map(|end| end.status.code().unwrap());
        let told: Vec<_> = ends.iter().map(|end| String::from_utf8_lossy(&end.stderr)).collect();
        // One name for both: the second to come is told so, before its run or instead of it.
        assert!(matches!(codes, [0, 1 | 2] | [1 | 2, 0]), "{codes:?}: {told:?}");
        let winner = usize::from(codes[1] == 0);
        assert_eq!(fs::read(&connections).unwrap(), expected[winner].1);
        let refusal = &told[1 - winner];
        let words = ["is being written by another run", "exists: give another name"];
        assert!(words.iter().any(|words| refusal.contains(words)), "{refusal}");
        assert_eq!(names(&out).len(), 3, "{:?}", names(&out));
        // The CSV files have names enough for both.
        let arguments = ["logs", "--export-csv", "--output-path", folder];
        let ends =
            [start(&one, &arguments), start(&two, &arguments)].map(|child| child.wait_with_output().unwrap());
        for (end, (details, _)) in ends.iter().zip(&expected) {
            assert_eq!(end.status.code(), Some(0));
            let talk = String::from_utf8_lossy(&end.stderr).into_owned();
            let name = talk.lines().find_map(|line| line.strip_prefix("wrote ")).unwrap();
            assert!(fs::read(name).unwrap() == *details, "round {round}: {name}");
        }
        assert_eq!(names(&out).len(), 7, "{:?}", names(&out));
    }
}

#[test]
fn a_reader_that_leaves_early_changes_neither_exports_nor_exit_code() {
    let scenario = Scenario { seed: 73, nics: 3, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    let bench = bench.file("page.json", "<html>");
    let bench = bench.file(
        "telnet.json",
        r#"{"records":[{"time":"2026-01-15T08:00:00Z","macAddress":"000D3A0000FF","flowRecords":{"flows":[{"aclID":"a","flowGroups":[{"rule":"r","flowTuples":["1768464001000,10.10.1.4,10.10.2.5,40001,23,6,O,B,NX,0,0,0,0","1768464002000,10.10.1.4,10.10.2.5,40001,23,6,O,E,NX,50,9000,50,9000"]}]}]}}]}"#,
    );
    let cases: [(&[&str], i32); 4] = [
        (&["logs"], 3),
        (&["logs", "--format", "json"], 3),
        (&["logs", "--fail-on", "low"], 10),
        (&["compare", "logs/telnet.json", "logs"], 3),
    ];
    for (arguments, code) in cases {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_str().unwrap();
        let exporting = arguments[0] != "compare";
        let export = if exporting { vec!["--export-csv", "--output-path", out] } else { Vec::new() };
        let mut child = common::tool()
            .current_dir(bench.folder.path())
            .args([arguments, &export].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let end = child.wait_with_output().unwrap();
        let talk = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.code(), Some(code), "{arguments:?}: {talk}");
        assert!(!talk.contains("error"), "{talk}");
        assert_eq!(names(folder.path()).len(), if exporting { 2 } else { 0 }, "{arguments:?}: {talk}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_told_and_the_exports_are_there() {
    let bench = bench();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = common::tool()
        .current_dir(bench.folder.path())
        .args(["logs", "--export-connections", "c.csv"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn();
    let end = child.unwrap().wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&end.stderr);
    assert_eq!(end.status.code(), Some(1));
    assert!(talk.contains("wrote c.csv") && talk.contains("cannot write the report"), "{talk}");
    assert!(bench.folder.path().join("c.csv").exists());
}

#[cfg(unix)]
#[test]
fn nobody_listening_on_standard_error_changes_nothing() {
    let bench = bench();
    let page = bench.logs().join("page.json");
    for (input, code) in [("logs/a.ndjson", 0), ("logs/page.json", 1)] {
        fs::write(&page, "<html>").unwrap();
        let mut child = common::tool()
            .current_dir(bench.folder.path())
            .args([input, "--export-csv"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{input}");
    }
}
