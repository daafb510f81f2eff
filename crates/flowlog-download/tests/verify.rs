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
    let verify = |extra: &[&str]| container.tool(&root).arg("--verify").args(extra).output().expect("a run");

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
    assert_eq!((figure(&right, "Content"), figure(&right, "Length")), (12, 6));
    assert!(said(&right).contains("The tree is complete"));

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
    // The service keeps no hash of this one, but its JSON is open now.
    hurt(17, &|bytes| *bytes.last_mut().expect("bytes") = b' ');
    let new = blob_name("VNET-A", 5, 23, 2);
    container.upload_whole(vec![(new.clone(), vec![common::record(&new, 1)])]);
    container.grow(&blob_name("VNET-A", 5, 1, 0));
    let before = tree(&root);
    let verify = |extra: &[&str]| container.tool(&root).arg("--verify").args(extra).output().expect("a run");
    let different = verify(&[]);
    assert_eq!(different.status.code(), Some(3), "{}", said(&different));
    assert_eq!(figure(&different, "Different"), 6);
    let report = json(&verify(&["--format", "json"]));
    let mut words: Vec<&str> = report["different"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["difference"].as_str().expect("a word"))
        .collect();
    words.sort_unstable();
    assert_eq!(words, ["content", "gone", "length", "missing", "open-json", "outdated"]);
    assert_same_tree(&tree(&root), &before);
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
