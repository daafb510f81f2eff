//! The tool against a real blob service.

mod common;

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{
    CONTAINER, Container, assert_same_tree, blob_name, bytes, day_of, figure, leftovers, record, said, tree,
};
use flowlog_core::blob_path::Form;
use flowlog_download::{
    fetch::{Fetcher, Origin},
    grow::Growing,
    listing::list_container,
    plan::{Job, Why},
    progress::Progress,
};
use flowlog_testkit::azurite::Azurite;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

#[test]
fn a_container_becomes_a_tree_and_a_rerun_fetches_only_what_is_new() {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&["VNET-A", "VNET-B_2", "VNET-C"], 4));
    assert_eq!(container.blobs.len(), 216);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("Flow Logs");
    let run = || container.tool(&root).output().expect("a run");

    let first = run();
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    assert_eq!((figure(&first, "Listed"), figure(&first, "Downloaded")), (216, 216));
    let text = String::from_utf8_lossy(&first.stdout).into_owned();
    let quote = if cfg!(windows) { '"' } else { '\'' };
    assert!(text.contains(&format!("Next: flowlog-analyze {quote}{}{quote}", root.display())), "{text}");
    assert_same_tree(&tree(&root), &container.expected());
    assert!(
        tree(&root)
            .keys()
            .any(|path| path.starts_with("2025-10-05/23/FlowLog_230000_VNET-B_2_7C1E52648402_"))
    );

    let again = run();
    assert_eq!(again.status.code(), Some(0));
    assert_eq!((figure(&again, "Downloaded"), figure(&again, "Unchanged")), (0, 216));

    let grown = blob_name("VNET-A", 5, 23, 1);
    container.grow(&grown);
    let after_growth = container.tool(&root).output().expect("a run");
    assert_eq!((figure(&after_growth, "Downloaded"), figure(&after_growth, "Unchanged")), (1, 215));
    assert_same_tree(&tree(&root), &container.expected());

    // A vanished and a cut file are fetched again; a file of the user's is left alone.
    let paths: Vec<String> = container.expected().into_keys().collect();
    fs::remove_file(root.join(&paths[0])).expect("removed");
    fs::write(root.join(&paths[1]), "{\"rec").expect("cut");
    fs::write(root.join("notes.txt"), "mine").expect("written");
    let repaired = container.tool(&root).output().expect("a run");
    assert_eq!((figure(&repaired, "Downloaded"), figure(&repaired, "Failed")), (2, 0));
    let mut expected = container.expected();
    expected.insert("notes.txt".into(), b"mine".to_vec());
    assert_same_tree(&tree(&root), &expected);
    assert_eq!(leftovers(&root), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_file_that_was_there_before_is_never_overwritten() {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&["VNET-A"], 1).into_iter().take(3).collect());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path();
    let expected = container.expected();
    let paths: Vec<&String> = expected.keys().collect();
    for path in &paths {
        fs::create_dir_all(root.join(path).parent().expect("a parent")).expect("a folder");
    }
    // One is the same as the blob, one is not, of the third there is a folder.
    fs::write(root.join(paths[0]), &expected[paths[0]]).expect("written");
    fs::write(root.join(paths[1]), "the user's").expect("written");
    fs::create_dir(root.join(paths[2])).expect("a folder");
    for _ in 0..2 {
        let output = container.tool(root).output().expect("a run");
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert_eq!(figure(&output, "Failed"), 2);
        assert!(String::from_utf8_lossy(&output.stdout).contains("in the way"));
        assert_eq!(fs::read(root.join(paths[1])).expect("there"), b"the user's");
        assert_eq!(fs::read(root.join(paths[0])).expect("there"), expected[paths[0]]);
    }
    fs::remove_file(root.join(paths[1])).expect("removed");
    fs::remove_dir(root.join(paths[2])).expect("removed");
    let output = container.tool(root).output().expect("a run");
    assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 2));
    assert_same_tree(&tree(root), &expected);
}

/// What it is, exit code, arguments, environment.
type Refusal<'a> = (&'a str, i32, &'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn refusals_have_their_exit_codes_and_no_secret_shows() {
    let container = Container::new("emptycontainer");
    let endpoint = container.azurite.endpoint();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let wrong_key = "d3JvbmcgYnV0IHZhbGlkIGJhc2U2NCBrZXkgb2YgYW4gYWNjb3VudA==";
    let connection = container.azurite.connection_string();
    let wrong_connection = connection.replace(Azurite::KEY, wrong_key);
    let cases: [Refusal; 8] = [
        ("wrong key", 4, &["--endpoint", &endpoint], &[("AZURE_STORAGE_KEY", wrong_key)]),
        ("wrong connection string", 4, &[], &[("AZURE_STORAGE_CONNECTION_STRING", &wrong_connection)]),
        ("missing container", 5, &["--endpoint", &endpoint], &[("AZ_STORAGE_KEY", Azurite::KEY)]),
        (
            "empty container",
            5,
            &["--container-name", "emptycontainer", "--connection-string", &connection],
            &[],
        ),
        ("no account", 2, &[], &[]),
        ("two sources", 2, &["--from-dir", ".", "--endpoint", &endpoint], &[]),
        ("move without a folder", 2, &["--move"], &[]),
        ("key that is none", 2, &["--endpoint", &endpoint], &[("AZ_STORAGE_KEY", "no-key!")]),
    ];
    for (what, code, arguments, environment) in cases {
        let output = common::tool(dir.path())
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .expect("a run");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{what}: {said}");
        for secret in [wrong_key, Azurite::KEY, "no-key!"] {
            assert!(!said.contains(secret), "{what} shows a secret: {said}");
        }
        let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{what}: {said}");
    }
}

#[test]
fn a_service_that_cannot_be_reached_is_tried_again_and_then_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let endpoint = "http://127.0.0.1:9/devstoreaccount1";
    let mut tool = common::tool(dir.path());
    let output =
        tool.args(["--endpoint", endpoint]).env("AZ_STORAGE_KEY", Azurite::KEY).output().expect("a run");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("cannot reach container 'insights-logs-flowlogflowevent' at 127.0.0.1"));
    assert!(!said(&output).contains(Azurite::KEY));
}

#[test]
fn a_connection_string_is_enough() {
    let mut container = Container::new("logs");
    container.upload(day_of(&["VNET-A"], 1).into_iter().take(5).collect());
    let connection = container.azurite.connection_string();
    for by_option in [true, false] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut tool = common::tool(dir.path());
        tool.args(["--container-name", "logs", "--force"]);
        if by_option {
            tool.args(["--connection-string", &connection]);
        } else {
            tool.env("AZURE_STORAGE_CONNECTION_STRING", &connection);
        }
        let output = tool.output().expect("a run");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_same_tree(&tree(dir.path()), &container.expected());
    }
}

/// An account SAS that may read and list blobs; Microsoft Learn, "Create an account SAS".
fn read_only_sas(version: &str) -> String {
    let (permissions, services, types, expiry) = ("rl", "b", "co", "2099-01-01T00:00:00Z");
    let text =
        format!("{}\n{permissions}\n{services}\n{types}\n\n{expiry}\n\n\n{version}\n\n", Azurite::ACCOUNT);
    let key = STANDARD.decode(Azurite::KEY).expect("base64");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes()).replace('+', "%2B").replace('/', "%2F");
    format!(
        "sv={version}&ss={services}&srt={types}&sp={permissions}&se={expiry}&sig={}",
        signature.replace('=', "%3D")
    )
}

#[test]
fn a_connection_string_may_hold_a_shared_access_signature() {
    let mut container = Container::new("logs");
    container.upload(day_of(&["VNET-A"], 1).into_iter().take(5).collect());
    let sas = read_only_sas("2021-10-04");
    let run = |sas: &str, root: &std::path::Path| {
        let connection = format!("BlobEndpoint={};SharedAccessSignature={sas}", container.azurite.endpoint());
        let mut tool = common::tool(root);
        tool.args(["--container-name", "logs"]).env("AZURE_STORAGE_CONNECTION_STRING", connection);
        tool.output().expect("a run")
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = run(&sas, dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_same_tree(&tree(dir.path()), &container.expected());
    let signature = sas.split("sig=").nth(1).expect("a signature");
    assert!(!said(&output).contains(signature));

    let expired = run(&sas.replace("2099", "2001"), &dir.path().join("other"));
    assert_eq!(expired.status.code(), Some(4), "{}", said(&expired));
    assert!(!said(&expired).contains(signature));
}

#[test]
fn names_too_long_are_shortened_and_stay_short() {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&[&"L".repeat(60)], 1));
    let dir = tempfile::tempdir().expect("a temporary folder");
    let room = dir.path().display().to_string().chars().count() + 60;
    let run = |extra: &[&str], path: &std::path::Path| {
        let limit = room.to_string();
        container.tool(path).args(["--max-path", &limit]).args(extra).output().expect("a run")
    };
    let output = run(&[], dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("72 file names are shortened"), "{}", said(&output));
    let files = tree(dir.path());
    assert_eq!(files.len(), 72);
    let mut contents: Vec<Vec<u8>> = files.values().cloned().collect();
    let mut expected: Vec<Vec<u8>> = container.expected().into_values().collect();
    contents.sort();
    expected.sort();
    assert!(contents == expected);
    assert!(files.keys().all(|path| path.len() < 60 && path.ends_with("_PT1H.json")), "{:?}", files.keys());

    // With room again nothing is fetched, nothing renamed: a second name would count flows twice.
    let roomy = container.tool(dir.path()).arg("--auto-shorten").output().expect("a run");
    assert_eq!(figure(&roomy, "Downloaded"), 0);
    assert_same_tree(&tree(dir.path()), &files);

    let quiet = dir.path().join("q");
    let output = run(&["--auto-shorten"], &quiet);
    assert!(!said(&output).contains("warning"), "{}", said(&output));
    let nowhere = dir.path().join("n".repeat(40));
    let output = run(&["--force"], &nowhere);
    assert_eq!((output.status.code(), figure(&output, "Failed")), (Some(3), 72));
}

#[test]
fn blobs_of_other_names_come_too_and_none_leaves_the_folder() {
    let mut container = Container::new(CONTAINER);
    let names = [
        "../../outside.json",
        "CON.json",
        "con.json",
        "a:b|c?.json",
        "/etc/passwd",
        "exports/no-time.json",
        "plain",
        "caf\u{e9} \u{202e}nosj.json",
    ];
    let with_time = |name: &str| (name.to_owned(), vec![record(name, 3)]);
    let mut blobs: Vec<_> = names.iter().map(|name| with_time(name)).collect();
    blobs[5].1 = vec![b"{}".to_vec()];
    container.upload(blobs);
    let outer = tempfile::tempdir().expect("a temporary folder");
    let root = outer.path().join("tree");
    let output = container.tool(&root).output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let found = tree(&root);
    assert_eq!(found.len(), names.len());
    assert_eq!(found.keys().filter(|path| path.starts_with("2025-10-05/09/")).count(), names.len() - 1);
    assert_eq!(
        found.keys().filter(|path| path.starts_with("unknown/no-time_")).count(),
        1,
        "{:?}",
        found.keys()
    );
    assert_eq!(fs::read_dir(outer.path()).expect("the folder").count(), 1);
    let again = container.tool(&root).output().expect("a run");
    assert_eq!(figure(&again, "Downloaded"), 0);

    // The file without a time gets one, and moves from `unknown/` to its hour.
    container.upload(vec![with_time("exports/no-time.json")]);
    let moved = container.tool(&root).output().expect("a run");
    assert_eq!(figure(&moved, "Downloaded"), 1);
    assert!(tree(&root).keys().all(|path| path.starts_with("2025-10-05/09/")), "{:?}", tree(&root).keys());
    assert_eq!(tree(&root).len(), names.len());
}

#[test]
fn a_blob_that_changed_after_the_listing_is_fetched_as_it_is_now() {
    let mut container = Container::new(CONTAINER);
    let name = blob_name("VNET-A", 5, 9, 0);
    container.upload(vec![(name.clone(), vec![record(&name, 0)])]);
    let listing = container.block_on(list_container(&container.client, |_, _| {})).expect("a listing");
    container.grow(&name);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let fetcher = Fetcher {
        origin: Origin::Container(common::open(&container.azurite, CONTAINER)).into(),
        temp_folder: dir.path().to_owned(),
        progress: std::sync::Arc::new(Progress::default()),
        counter: 0.into(),
        growing: Growing::default(),
    };
    let blob = listing.blobs[0].clone();
    let (listed_version, listed_length) = (blob.version.clone(), blob.length);
    let job = Job { blob, why: Why::New, prior: None, form: Form::Full };
    let now = container.block_on(fetcher.fetch(job)).expect("fetched");
    let content = common::content(&container.blobs[&name]);
    assert_ne!(now.version, listed_version);
    assert_eq!(now.length, content.len() as u64);
    assert!(now.length > listed_length);
    assert!(fs::read(&now.temp.path).expect("there") == content);
}

#[test]
fn empty_and_large_blobs_come_whole() {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&["VNET-A"], 1).into_iter().take(1).collect());
    let large: Vec<u8> = (0..20_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, content) in [("empty.json", &[][..]), ("large.json", &large)] {
        let blob = container.client.blob_client(name);
        container.block_on(async { blob.upload(bytes(content), None).await }).expect("uploaded");
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = container.tool(dir.path()).output().expect("a run");
    assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 3), "{}", said(&output));
    let files = tree(dir.path());
    let named = |part: &str| files.iter().find(|(path, _)| path.contains(part)).expect("a file").1;
    assert!(named("large_") == &large && named("empty_").is_empty());
}
