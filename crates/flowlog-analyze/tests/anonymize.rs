//! `anonymize`: the copies say the same and name nobody.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use common::{Bench, project};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flowlog_core::flow::AddressClass;
use flowlog_testkit::scenario::{Addresses, Behaviour, Scenario, Volume};
use serde_json::Value;

/// Fixed, so that no chance decides what is compared.
const KEY: &str = "000102030405060708090a0b0c0d0e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";
const RECORD: &str = r#"{"time":"2026-01-15T09:00:40.9836280Z","macAddress":"002248534000","flowRecords":{"flows":[{"aclID":"","flowGroups":[{"rule":"UserRule_Web","flowTuples":["1768467629088,8.8.4.4,10.10.1.4,36710,443,6,I,B,NX,0,0,0,0"]}]}]}}"#;

fn bench() -> Bench {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("key"), KEY).unwrap();
    bench
}

/// Copies `logs` to `copies`, which goes without a fault.
fn copy(bench: &Bench) {
    let run = bench.run(&["anonymize", "logs", "-o", "copies", "--key", "key"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert_eq!(run.out(), "");
}

/// Scenarios that have every format, address family and kind of finding between them.
fn scenarios() -> [Scenario; 2] {
    let traffic = Scenario {
        seed: 12,
        nics: 8,
        hours: 3,
        volume: Volume::Tuples(12_000),
        nsg_v2_nics: 2,
        internet_hosts: 300,
        ..Scenario::default()
    };
    let attacks = Scenario {
        seed: 31,
        nics: 20,
        hours: 6,
        volume: Volume::Tuples(40_000),
        addresses: Addresses::Documentation,
        plants: Vec::new(),
        behaviours: vec![
            Behaviour::VerticalScan,
            Behaviour::HorizontalSweep,
            Behaviour::BruteForceFromInternet,
            Behaviour::Beacon,
            Behaviour::Exfiltration,
        ],
        ..Scenario::default()
    };
    [traffic, attacks]
}

/// A report without what names somebody: numbers, and words of the program itself. Lists that are ranked have equals in
/// them, whose order goes by address: they are compared as sets.
fn numbers(value: &Value, key: &str) -> Value {
    const WORDS: [&str; 9] =
        ["kind", "class", "outcome", "severity", "service", "direction", "unit", "techniques", "meaning"];
    match value {
        Value::String(_) if WORDS.contains(&key) => value.clone(),
        Value::String(text) => Value::Bool(text.is_empty()),
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(|value| numbers(value, key)).collect();
            list.sort_by_cached_key(ToString::to_string);
            Value::Array(list)
        }
        Value::Object(object) => {
            // Names have other lengths, and whose a public address is, is lost.
            let kept = object.iter().filter(|(key, _)| !matches!(key.as_str(), "input_bytes" | "provider"));
            kept.map(|(key, value)| (key.clone(), numbers(value, key))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// How many findings there are of each detector and severity.
fn findings(report: &Value) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *found.entry((finding["rule"].to_string(), finding["severity"].to_string())).or_default() += 1;
    }
    found
}

fn same_report(bench: &Bench) -> Value {
    let report = |folder: &str| {
        let (mut report, code) = bench.json(&[folder, "--top", "100000"]);
        assert_eq!(code, 0);
        // Which pairs stand for a finding of many equals goes by address.
        for finding in report["findings"].as_array_mut().unwrap() {
            finding.as_object_mut().unwrap().remove("evidence");
        }
        for file in report["files"].as_array_mut().unwrap() {
            file.as_object_mut().unwrap().remove("bytes");
        }
        // Those of Microsoft and those of others are not told apart any more.
        let (public, mut others): (Vec<Value>, Vec<Value>) = report["classes"]
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .partition(|row| row["class"].as_str().unwrap().ends_with("Public"));
        for column in ["begins", "bytes_received", "bytes_sent", "conversations", "denied", "tuples"] {
            others.push(public.iter().map(|row| row[column].as_u64().unwrap()).sum::<u64>().into());
        }
        report["classes"] = others.into();
        report
    };
    let (before, after) = (report("logs"), report("copies"));
    assert_eq!(findings(&before), findings(&after));
    let other: BTreeMap<&str, (Value, Value)> = before
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), (numbers(value, key), numbers(&after[key], key))))
        .filter(|(_, (before, after))| before != after)
        .collect();
    assert!(other.is_empty(), "{:?}: {other:?}", other.keys());
    before
}

#[test]
fn the_report_of_the_copies_has_the_same_numbers() {
    for scenario in scenarios() {
        let (bench, _) = bench().scenario(&scenario);
        copy(&bench);
        let report = same_report(&bench);
        assert!(!report["findings"].as_array().unwrap().is_empty());
        assert!(!report["denied"].as_array().unwrap().is_empty());
    }
}

/// All files below a folder, by their path in it.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The strings of a text, and the text without them. No string here has a quotation mark inside.
fn parts(text: &str) -> (Vec<&str>, String) {
    let (mut strings, mut bones) = (Vec::new(), String::new());
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 1 { strings.push(part) } else { bones.push_str(part) }
    }
    (strings, bones)
}

/// What names somebody in the strings and names of a set.
fn secrets(files: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for (path, bytes) in files {
        let text = std::str::from_utf8(bytes).unwrap();
        let path = path.to_str().unwrap();
        for word in parts(text).0.into_iter().chain([path]).flat_map(|text| text.split([',', '/', '=', '\\']))
        {
            let word = word.strip_prefix("UserRule_").unwrap_or(word);
            let word = word.split_once("_NETWORKWATCHERRG").map_or(word, |(subscription, _)| subscription);
            let address = word.parse::<IpAddr>().ok().map(AddressClass::of);
            let names = word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
                || word.len() == 36 && word.matches('-').count() == 4 && !word.starts_with("00000000")
                || ["rg-", "RG-", "vnet-", "nsg-", "NSG-", "VNET-", "Allow-", "Deny-", "avnm-"]
                    .iter()
                    .any(|start| word.starts_with(start))
                || address.is_some_and(|class| class.is_private() || class.is_public());
            if names && (word.len() == 12 || !word.bytes().all(|byte| byte.is_ascii_digit())) {
                secrets.insert(word.to_owned());
            }
        }
    }
    secrets
}

#[test]
fn nothing_that_names_somebody_is_left_and_all_else_is() {
    let [scenario, _] = scenarios();
    let (bench, _) = bench().scenario(&scenario);
    copy(&bench);
    let (logs, copies) = (tree(&bench.logs()), tree(&bench.folder.path().join("copies")));
    let (before, after) = (secrets(&logs), secrets(&copies));
    assert!(before.len() > 500 && before.iter().any(|word| word.contains(':')));
    assert!(
        before.iter().any(|word| word.starts_with("nsg-"))
            && before.iter().any(|word| word.starts_with("Allow-"))
    );
    let both: Vec<_> = before.intersection(&after).collect();
    assert!(both.is_empty(), "{both:?}");
    for (path, bytes) in &copies {
        let text = format!("{}{}", path.display(), String::from_utf8_lossy(bytes));
        // Not inside of anything else, either.
        for secret in before.iter().filter(|word| !word.contains(['.', ':'])) {
            assert!(!text.contains(secret.as_str()), "{secret} in {}", path.display());
        }
    }

    // Sorted by what stays of them: the bones and every string that is not replaced.
    let bones = |files: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<String> {
        let mut all: Vec<_> =
            files.values().map(|bytes| parts(std::str::from_utf8(bytes).unwrap()).1).collect();
        all.sort();
        all
    };
    assert_eq!(bones(&logs), bones(&copies));
    assert_eq!(logs.len(), copies.len());
    let numbers = |files: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<String> {
        let texts = files.values().map(|bytes| std::str::from_utf8(bytes).unwrap());
        let tuples = texts.flat_map(|text| parts(text).0).filter(|text| text.matches(',').count() == 12);
        let mut all: Vec<_> = tuples
            .map(|tuple| {
                let fields: Vec<&str> = tuple.split(',').collect();
                format!("{} {}", fields[0], fields[3..].join(","))
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(numbers(&logs), numbers(&copies));
    assert!(numbers(&logs).len() > 10_000);
}

#[test]
fn one_key_gives_the_same_copies_and_another_one_others() {
    let sample = fs::read(project().join("samples/sample-flowlog.json")).unwrap();
    let bench = bench().file("sample.json", &sample);
    let copies = |key: &str, threads: &str| {
        let out = format!("out-{key}-{threads}");
        let run = bench.run(&["anonymize", "logs", "-o", &out, "--key", key, "--threads", threads]);
        assert_eq!(run.code(), 0, "{}", run.talk());
        (tree(&bench.folder.path().join(out)), run.talk())
    };
    let (first, talk) = copies("key", "1");
    assert!(talk.starts_with("wrote 1 file with ") && !talk.contains("new key"), "{talk}");
    assert_eq!(copies("key", "3").0, first);
    let (other, talk) = copies("made", "1");
    assert!(talk.starts_with("made a new key, made: "), "{talk}");
    assert_ne!(other.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    assert_eq!(copies("made", "2").0, other);

    let made = bench.folder.path().join("made");
    assert_eq!(fs::read_to_string(&made).unwrap().trim().len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_samples_stay_in_their_tree() {
    let bench = bench();
    let container = project().join("samples/container");
    let container = container.to_str().unwrap();
    let run = bench.run(&["anonymize", container, "-o", "copies", "--key", "key"]);
    // One of them is cut off inside a string.
    assert!(matches!(run.code(), 0 | 3), "{}", run.talk());
    let copies = tree(&bench.folder.path().join("copies"));
    assert_eq!(copies.len(), tree(Path::new(container)).len());
    let paths: Vec<String> = copies.keys().map(|path| path.to_str().unwrap().replace('\\', "/")).collect();
    assert!(paths.iter().filter(|path| path.starts_with("flowLogResourceID=/")).count() >= 6);
    assert!(paths.iter().all(|path| path.contains("/y=2026/m=01/d=15/h=") && path.ends_with("/PT1H.json")));
    let totals = |folder: &str| numbers(&bench.json(&[folder]).0["totals"], "totals");
    assert_eq!(totals("copies"), totals(container));
}

#[test]
fn what_exists_stays_unless_it_may_go() {
    let bench = bench().file("PT1H.json", RECORD);
    copy(&bench);
    let again = ["anonymize", "logs", "-o", "copies", "--key", "key"];
    let target = bench.folder.path().join("copies/PT1H.json");
    fs::write(&target, "mine").unwrap();
    let run = bench.run(&again);
    assert_eq!(run.code(), 2, "{}", run.talk());
    assert!(run.talk().contains("PT1H.json exists") && run.talk().contains("--overwrite"), "{}", run.talk());
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    for option in ["--overwrite", "--force"] {
        fs::write(&target, "mine").unwrap();
        assert_eq!(bench.run(&[&again[..], &[option]].concat()).code(), 0);
        assert!(fs::read_to_string(&target).unwrap().starts_with(r#"{"time":"#));
    }
    assert_eq!(common::names(&bench.folder.path().join("copies")), ["PT1H.json"]);
}

#[test]
fn copies_originals_and_key_are_kept_apart() {
    let bench = bench().file("a/PT1H.json", RECORD);
    let refused = |arguments: &[&str], why: &str| {
        let run = bench.run(&[&["anonymize"], arguments].concat());
        assert_eq!(run.code(), 2, "{}", run.talk());
        assert!(run.talk().contains(why), "{}", run.talk());
    };
    refused(&["logs", "-o", "logs/copies", "--key", "key"], "is inside logs, which is read");
    refused(&["logs/a/PT1H.json", "-o", "logs", "--key", "key"], "the folder for the copies");
    refused(&["logs", "-o", "copies", "--key", "copies/key"], "handed on with the copies");
    refused(&["logs", "-o", "key", "--key", "other"], "key is no folder");
    fs::write(bench.folder.path().join("bad"), "secret").unwrap();
    refused(&["logs", "-o", "copies", "--key", "bad"], "bad is no key file: a key is 64 hexadecimal digits");
    refused(&["logs", "--key", "key"], "--output");
    assert!(!bench.folder.path().join("copies").exists());
    let run = bench.run(&["anonymize", "logs", "-o", "copies", "--key", "none/key"]);
    assert_eq!(run.code(), 2, "{}", run.talk());
    assert!(run.talk().contains("cannot make the key none/key"), "{}", run.talk());
}

#[test]
fn packed_files_are_packed_again() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(RECORD.as_bytes()).unwrap();
    let bench = bench().file("PT1H.json.gz", gzip.finish().unwrap()).file("PT1H.json", RECORD);
    copy(&bench);
    let copies = tree(&bench.folder.path().join("copies"));
    let names: Vec<_> = copies.keys().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(names, ["PT1H.json", "PT1H.json.gz"]);
    let mut unpacked = String::new();
    GzDecoder::new(copies[Path::new("PT1H.json.gz")].as_slice()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked.as_bytes(), copies[Path::new("PT1H.json")]);
    assert!(!unpacked.contains("8.8.4.4") && !unpacked.contains("Web"));

    // Files of the same name in two places, and standard input.
    let mut command = bench.command(&["anonymize", "-", "-o", "piped", "--key", "key"]);
    command.write_stdin(RECORD).assert().success();
    assert_eq!(fs::read_to_string(bench.folder.path().join("piped/standard-input.json")).unwrap(), unpacked);
}

#[test]
fn what_is_no_flow_log_is_not_copied() {
    let cut = RECORD.find("443").unwrap();
    let bench = bench()
        .file("PT1H.json", format!("{RECORD}\nGET /secret\n{RECORD}\n"))
        .file("cut.json", &RECORD[..cut])
        .file("web.log", "203.0.113.9 - - GET /secret\n")
        .file("vms.json", r#"{"vms":["secret"]}"#);
    let run = bench.run(&["anonymize", "logs", "-o", "copies", "--key", "key"]);
    assert_eq!(run.code(), 3, "{}", run.talk());
    let talk = run.talk();
    for line in [
        "web.log: no flow log in it: not copied",
        "vms.json: no flow log in it: not copied",
        "PT1H.json: 12 bytes that are no JSON, from byte ",
        "exit code 3: 4 of 4 files could not be copied whole",
        "wrote 2 files with 2 tuples",
    ] {
        assert!(talk.contains(line), "{line} in {talk}");
    }
    let copies = tree(&bench.folder.path().join("copies"));
    assert_eq!(copies.len(), 2);
    for bytes in copies.values() {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(
            !text.contains("secret") && !text.contains("8.8.4.4") && text.ends_with(['"', '\n']),
            "{text}"
        );
    }
    let run = bench.run(&["anonymize", "logs/web.log", "-o", "nothing", "--key", "key"]);
    assert_eq!(
        (run.code(), run.talk().ends_with("error: nothing was written\n")),
        (1, true),
        "{}",
        run.talk()
    );
}

/// Neither a string without an end nor many files' worth of records is held in memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let bench = bench();
    let mut file = fs::File::create(bench.logs().join("long.json")).unwrap();
    for _ in 0..100_000 {
        writeln!(file, "{RECORD}").unwrap();
    }
    file.write_all(br#"{"time":""#).unwrap();
    let nines = vec![b'9'; 1 << 20];
    for _ in 0..200 {
        file.write_all(&nines).unwrap();
    }
    drop(file);
    let script = format!(
        "ulimit -v {}; exec \"$PROGRAM\" anonymize logs -o copies --key key --threads 1 --quiet",
        120 << 10
    );
    let run = bench.shell(&script);
    let talk = run.talk();
    assert_eq!(run.code(), 3, "{talk}");
    assert!(talk.contains("wrote 1 file with 100,000 tuples"), "{talk}");
}
