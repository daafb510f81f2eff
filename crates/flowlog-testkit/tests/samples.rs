//! The committed samples are what the generator writes, and their README tells the truth.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flowlog_testkit::truth::Truth;
use flowlog_testkit::{samples, slow_reader};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// Files below `folder` by their path with `/`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("readable folder") {
            let path = entry.expect("readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name =
                    path.strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read(&path).expect("readable file"));
            }
        }
    }
    found
}

/// The rows of the README's table for one set.
fn table(truth: &Truth) -> String {
    let totals = &truth.totals;
    let counts = |map: &BTreeMap<char, u64>| {
        map.iter().map(|(key, count)| format!("{key} {count}")).collect::<Vec<_>>().join(", ")
    };
    let protocols: Vec<_> =
        truth.protocols.iter().map(|(number, count)| format!("{number}: {count}")).collect();
    let encryption: Vec<_> = truth
        .encryption
        .iter()
        .map(|(word, count)| format!("{}: {count}", if word.is_empty() { "none (NSG)" } else { word }))
        .collect();
    let retries = truth.begins.iter().filter(|row| row.count > 10).count();
    let scans = truth.port_scans.iter().filter(|row| row.ports > 5).count();
    let connections =
        |rows: &[flowlog_testkit::truth::ConversationTruth]| rows.iter().map(|row| row.count).sum::<u64>();
    let mut table = String::new();
    for (name, value) in [
        ("files", format!("{} ({} broken off)", totals.files, totals.files_with_errors)),
        ("bytes", totals.bytes.to_string()),
        ("records", totals.records.to_string()),
        ("tuples", totals.tuples.to_string()),
        ("malformed", totals.malformed.to_string()),
        ("packets sent / received", format!("{} / {}", totals.packets_sent, totals.packets_received)),
        ("bytes sent / received", format!("{} / {}", totals.bytes_sent, totals.bytes_received)),
        ("sources / destinations", format!("{} / {}", totals.unique_sources, totals.unique_destinations)),
        ("NICs", totals.unique_nics.to_string()),
        ("conversations", totals.conversations.to_string()),
        ("states", counts(&truth.states)),
        ("directions", counts(&truth.directions)),
        ("protocols", protocols.join(", ")),
        ("encryption", encryption.join(", ")),
        ("denied conversations", truth.denied.len().to_string()),
        ("incomplete connections", connections(&truth.incomplete).to_string()),
        ("one-way connections", connections(&truth.one_way).to_string()),
        ("conversations begun more than 10 times", retries.to_string()),
        ("pairs with more than 5 ports", scans.to_string()),
    ] {
        let _ = writeln!(table, "| {name} | {value} |");
    }
    table
}

fn assert_in_readme(table: &str) {
    let readme =
        fs::read_to_string(folder().join("README.md")).expect("samples/README.md").replace("\r\n", "\n");
    assert!(readme.contains(table), "samples/README.md lacks this table:\n{table}");
}

#[test]
fn the_container_is_what_the_generator_writes() {
    let (blobs, truth) = samples::container().collect();
    let written: BTreeMap<_, _> = blobs.iter().cloned().collect();
    let committed = files(&folder().join("container"));
    assert_eq!(committed.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
    for (name, bytes) in &committed {
        assert!(bytes == &written[name], "{name} differs; remove samples/container and run flowlog-samples");
    }
    // Which rows tell of one connection, only the generator knows.
    let read = Truth { resolved: truth.resolved.clone(), ..slow_reader::read(&blobs) };
    assert_eq!(read.totals, truth.totals);
    // Which rows are one connection at two NICs only the generator knows.
    assert!(
        Truth { resolved: truth.resolved.clone(), behaviours: truth.behaviours.clone(), ..read } == truth,
        "some list differs"
    );
    assert_in_readme(&table(&truth));
}

#[test]
fn the_container_holds_something_of_everything() {
    let (blobs, truth) = samples::container().collect();
    assert_eq!(blobs.iter().filter(|(name, _)| name.starts_with("resourceId=")).count(), 1);
    assert_eq!(truth.files.iter().filter(|file| file.cut).count(), 1);
    assert_eq!(truth.encryption.len(), 9, "every encryption word, and none: {:?}", truth.encryption);
    assert_eq!(truth.protocols.keys().copied().collect::<Vec<_>>(), [1, 6, 17, 50, 58]);
    assert!(truth.sources.iter().any(|row| row.ip.is_ipv6()));
    let bytes: usize = files(&folder())
        .iter()
        .filter(|(name, _)| !name.starts_with("reports/"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(bytes < 400_000, "{bytes} bytes");
}

#[test]
fn the_sample_file_is_as_described() {
    let name = "sample-flowlog.json".to_owned();
    let bytes = fs::read(folder().join(&name)).expect("the sample file");
    let truth = slow_reader::read(&[(name, bytes)]);
    assert_in_readme(&table(&truth));
}
