//! `--verify`, `--doctor` and `--format json` against a real service.

mod common;

use std::{fs, process::Output};

use common::{CONTAINER, Container, assert_same_tree, blob_name, day_of, figure, said, tree};
use flowlog_testkit::azurite::Azurite;
use serde_json::Value;

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {}", said(output)))
}

#[test]
fn a_tree_is_proved_complete_and_every_difference_is_named() {
    let mut container = Container::new(CONTAINER);
    let mut blobs = day_of(&["VNET-A"], 3).into_iter().take(20);
    container.upload_whole(blobs.by_ref().take(12).collect());
    // Blobs made of blocks, as Azure writes them: the service keeps no hash of these.
    container.upload(blobs.by_ref().take(6).collect());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("tree");
    let verify = |extra: &[&str]| {
        let mut command = container.tool(&root);
        if !extra.iter().any(|argument| argument.starts_with("--verify")) {
            command.arg("--verify");
        }
        command.args(extra).output().expect("a run")
    };

    let nothing = verify(&[]);
    assert_eq!(nothing.status.code(), Some(5), "{}", said(&nothing));
    assert!(!root.exists(), "--verify writes nothing");

    let first = container.tool(&root).args(["--format", "json"]).output().expect("a run");
    let summary = json(&first);
    assert_eq!(summary["outcome"], "complete", "{}", said(&first));
    for (field, value) in [("listed", 18), ("matched", 18), ("new", 18), ("fetched", 18), ("unchanged", 0)] {
        assert_eq!(summary[field], value, "{field}");
    }
    let bytes: usize = container.expected().values().map(Vec::len).sum();
    assert_eq!(summary["fetched_bytes"], bytes);

    let right = verify(&[]);
    assert_eq!(right.status.code(), Some(0), "{}", said(&right));
    let proved = |output: &Output| ["Content", "As fetched", "Length"].map(|label| figure(output, label));
    assert_eq!(proved(&right), [12, 6, 0], "a blob in blocks has no hash, but what came is known");
    assert!(said(&right).contains("The tree is complete"));
    let right = verify(&["--verify=content"]);
    assert_eq!((right.status.code(), proved(&right)), (Some(0), [18, 0, 0]), "{}", said(&right));

    let paths: Vec<String> = container.expected().into_keys().collect();
    let hurt = |number: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let path = root.join(&paths[number]);
        let mut bytes = fs::read(&path).expect("there");
        change(&mut bytes);
        fs::write(path, bytes).expect("written");
    };
    fs::remove_file(root.join(&paths[0])).expect("removed");
    hurt(1, &|bytes| bytes.truncate(9));
    hurt(2, &|bytes| bytes[20] ^= 1);
    // The service keeps no hash of these: the second has the right length, and JSON that is closed.
    hurt(17, &|bytes| *bytes.last_mut().expect("bytes") = b' ');
    hurt(16, &|bytes| bytes[30] ^= 1);
    let new = blob_name("VNET-A", 5, 23, 2);
    container.upload_whole(vec![(new.clone(), vec![common::record(&new, 1)])]);
    container.grow(&blob_name("VNET-A", 5, 1, 0));
    let before = tree(&root);
    let verify = |extra: &[&str]| {
        let mut command = container.tool(&root);
        if !extra.iter().any(|argument| argument.starts_with("--verify")) {
            command.arg("--verify");
        }
        command.args(extra).output().expect("a run")
    };
    let different = verify(&[]);
    assert_eq!(different.status.code(), Some(3), "{}", said(&different));
    assert_eq!(figure(&different, "Different"), 7);
    assert_eq!(figure(&verify(&["--verify=content"]), "Different"), 7);
    let report = json(&verify(&["--format", "json"]));
    let mut words: Vec<&str> = report["different"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["difference"].as_str().expect("a word"))
        .collect();
    words.sort_unstable();
    assert_eq!(words, ["content", "content", "content", "gone", "length", "missing", "outdated"]);
    assert_same_tree(&tree(&root), &before);
}

/// What the record says is believed by `--verify` alone: a record that was made to fit a changed file is
/// found out by reading the blob.
#[test]
fn reading_the_blob_again_believes_no_record() {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&["VNET-A"], 3).into_iter().take(4).collect());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (root, other) = (dir.path().join("tree"), dir.path().join("other"));
    assert_eq!(container.tool(&root).output().expect("a run").status.code(), Some(0));
    // The same names and lengths, one other byte in one blob, and then its record for the right tree.
    let name = container.blobs.keys().next().expect("a blob").clone();
    let path = container.expected().into_keys().next().expect("a path");
    let source = flowlog_download::manifest::Manifest::open(&root).expect("the record");
    let id = format!("{}/{CONTAINER}", container.azurite.endpoint());
    let mut entry = source.entries(&id).expect("read")[&name].clone();
    let mut bytes = fs::read(root.join(&path)).expect("there");
    bytes[30] ^= 1;
    fs::write(root.join(&path), &bytes).expect("written");
    fs::write(&other, &bytes).expect("written");
    entry.content = Some(flowlog_download::digest::content_of(&other).expect("a digest"));
    let rows = [(flowlog_download::manifest::key(&id, &name), entry.clone())];
    source.record(&rows, &[], &[]).expect("recorded");
    drop(source);
    let verify = |how: &str| container.tool(&root).arg(how).output().expect("a run");
    assert_eq!(verify("--verify").status.code(), Some(0));
    let read = verify("--verify=content");
    assert_eq!(read.status.code(), Some(3), "{}", said(&read));
    assert_eq!((figure(&read, "Content"), figure(&read, "Different")), (3, 1));

    // A record of an older version, without digests: version, length and closed JSON are what is proved.
    entry.content = None;
    let source = flowlog_download::manifest::Manifest::open(&root).expect("the record");
    source.record(&[(flowlog_download::manifest::key(&id, &name), entry)], &[], &[]).expect("recorded");
    drop(source);
    let old = verify("--verify");
    assert_eq!((old.status.code(), figure(&old, "Length")), (Some(0), 1), "{}", said(&old));
    let end = bytes.len() - 1;
    bytes[end] = b' ';
    fs::write(root.join(&path), &bytes).expect("written");
    let open = verify("--verify");
    assert_eq!(open.status.code(), Some(3));
    assert!(said(&open).contains("ends inside its JSON"), "{}", said(&open));
}

#[test]
fn a_doctor_advises_what_a_run_would() {
    let container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("tree");
    let sas = "sv=2021-10-04&ss=b&srt=o&sp=r&se=2020-01-01T00:00:00Z&sig=AAAA";
    let key = "d3JvbmcgYnV0IHZhbGlkIGJhc2U2NCBrZXkgb2YgYW4gYWNjb3VudA==";
    for (variable, secret) in [("AZ_STORAGE_KEY", key), ("AZURE_STORAGE_SAS_TOKEN", sas), ("NONE", "")] {
        let run = |argument: &str| {
            let mut tool = common::tool(&root);
            tool.args(["--endpoint", &container.azurite.endpoint(), argument]).env(variable, secret);
            if secret.is_empty() {
                tool.args(["--auth-mode", "anonymous"]);
            }
            said(&tool.output().expect("a run"))
        };
        let (run, doctor) = (run("--force"), run("--doctor"));
        let hints: Vec<&str> = run.lines().filter_map(|line| line.trim().strip_prefix("hint: ")).collect();
        assert!(!hints.is_empty(), "{run}");
        for hint in hints {
            assert!(doctor.contains(&format!("-> {hint}")), "{variable}: {hint}\n{doctor}");
        }
    }
}

#[test]
fn a_doctor_says_what_is_wrong_and_what_to_do() {
    let mut container = Container::new(CONTAINER);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("tree");
    let empty = container.tool(&root).arg("--doctor").output().expect("a run");
    assert_eq!(empty.status.code(), Some(5), "{}", said(&empty));
    assert!(said(&empty).contains("FAILED  blobs      the container is empty"), "{}", said(&empty));

    container.upload_whole(day_of(&["VNET-A"], 1).into_iter().take(3).collect());
    let well = container.tool(&root).arg("--doctor").output().expect("a run");
    assert_eq!(well.status.code(), Some(0), "{}", said(&well));
    assert!(said(&well).contains("3 of the first 3 are flow logs"), "{}", said(&well));
    assert!(!root.exists(), "--doctor writes nothing");

    let endpoint = container.azurite.endpoint();
    let wrong_key = "d3JvbmcgYnV0IHZhbGlkIGJhc2U2NCBrZXkgb2YgYW4gYWNjb3VudA==";
    let cases: [(&[&str], &str, i32, &str); 5] = [
        (&["--endpoint", &endpoint], wrong_key, 4, "FAILED  access"),
        (&["--endpoint", &endpoint, "--container-name", "nosuch"], Azurite::KEY, 5, "FAILED  container"),
        (&["--endpoint", "http://127.0.0.1:9/devstoreaccount1"], Azurite::KEY, 1, "FAILED  port"),
        (&["--endpoint", "http://no-such-account.invalid"], Azurite::KEY, 5, "FAILED  name"),
        (&["--endpoint", &endpoint.replace("http:", "https:")], Azurite::KEY, 1, "FAILED  TLS"),
    ];
    for (arguments, key, code, told) in cases {
        let mut tool = common::tool(&root);
        let output = tool.arg("--doctor").args(arguments).env("AZ_STORAGE_KEY", key).output().expect("a run");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{told}: {said}");
        assert!(said.contains(told) && said.contains(" -> ") && !said.contains(key), "{told}: {said}");
    }
    let mut tool = common::tool(&root);
    tool.args(["--doctor", "--format", "json", "--endpoint", &endpoint]).env("AZ_STORAGE_KEY", Azurite::KEY);
    let steps = json(&tool.output().expect("a run"));
    assert_eq!(steps["exit_code"], 0);
    assert!(steps["steps"].as_array().is_some_and(|steps| steps.iter().all(|step| step["ok"] == true)));
}

#[test]
fn a_run_that_ends_early_is_json_too() {
    let container = Container::new("other");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = container.tool(dir.path()).args(["--format", "json"]).output().expect("a run");
    let failure = json(&output);
    assert_eq!((failure["exit_code"].as_i64(), output.status.code()), (Some(5), Some(5)));
    assert!(failure["error"].as_str().is_some_and(|error| error.contains("not found")), "{failure}");
    assert!(!failure["hints"].as_array().expect("a list").is_empty());
}
