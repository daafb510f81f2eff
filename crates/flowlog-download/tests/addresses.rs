//! Addresses as people paste them, against a real blob service, and what is said of risky ones.

mod common;
#[path = "common/sas.rs"]
mod sas;

use std::{path::Path, process::Output};

use common::{Container, assert_same_tree, blob_name, record, said, tool, tree};
use flowlog_testkit::azurite::Azurite;
use sas::sas;

/// Not the container that is meant where none is named.
const OTHER: &str = "other-logs";

fn with_blobs() -> Container {
    let mut container = Container::new(OTHER);
    let names = [9, 10].map(|hour| blob_name("VNET-A", 5, hour, 0));
    container.upload_whole(names.map(|name| (name.clone(), vec![record(&name, 1)])).to_vec());
    container
}

fn run(root: &Path, arguments: &[&str], key: bool) -> Output {
    let mut command = tool(root);
    if key {
        command.env("AZ_STORAGE_KEY", Azurite::KEY);
    }
    command.args(arguments).output().expect("a run")
}

#[test]
fn an_address_of_the_container_is_enough_in_either_option() {
    let container = with_blobs();
    let endpoint = container.azurite.endpoint();
    let host = endpoint.trim_start_matches("http://");
    let below = blob_name("VNET-A", 5, 9, 0);
    for address in [
        format!("{endpoint}/{OTHER}"),
        format!("{endpoint}/{OTHER}///"),
        format!(" '{endpoint}/{OTHER}' "),
        format!("{host}/{OTHER}"),
        format!("{endpoint}/{OTHER}?restype=container&comp=list"),
        format!("{endpoint}/{OTHER}/{below}"),
    ] {
        for option in ["--endpoint", "--storage-account"] {
            let dir = tempfile::tempdir().expect("a folder");
            let output = run(dir.path(), &[option, &address], true);
            assert_eq!(output.status.code(), Some(0), "{option} {address}: {}", said(&output));
            assert_same_tree(&tree(dir.path()), &container.expected());
            let told = said(&output);
            assert_eq!(
                told.contains("only account and container are used"),
                address.contains(&below),
                "{told}"
            );
            assert!(!told.contains("plain http"), "loopback needs no warning: {told}");
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    let address = format!("{endpoint}/{OTHER}");
    let variable = tool(dir.path())
        .env("AZURE_STORAGE_ACCOUNT", &address)
        .env("AZ_STORAGE_KEY", Azurite::KEY)
        .output()
        .expect("a run");
    assert_eq!(variable.status.code(), Some(0), "{}", said(&variable));
    let same = run(dir.path(), &["--endpoint", &address, "--container-name", OTHER], true);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    let two = run(dir.path(), &["--endpoint", &address, "--container-name", "third"], true);
    assert_eq!(two.status.code(), Some(2), "{}", said(&two));
    assert!(
        said(&two).contains("--container-name says 'third'") && said(&two).contains(OTHER),
        "{}",
        said(&two)
    );
}

#[test]
fn the_address_of_the_second_region_is_the_same_account() {
    let container = with_blobs();
    let address = format!("{}-secondary/{OTHER}", container.azurite.endpoint());
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(dir.path(), &["--endpoint", &address], true);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_same_tree(&tree(dir.path()), &container.expected());
}

#[test]
fn a_token_in_the_address_is_used_and_never_told() {
    let container = with_blobs();
    let token = sas("rl", "co", "2099-01-01T00:00:00Z");
    let (_, signature) = token.split_once("sig=").expect("a signature");
    let address = format!("{}/{OTHER}?{token}", container.azurite.endpoint());
    for option in ["--endpoint", "--storage-account"] {
        for extra in [&[][..], &["--doctor"], &["--format", "json"], &["--dry-run"]] {
            let dir = tempfile::tempdir().expect("a folder");
            let output = run(dir.path(), &[&[option, address.as_str()], extra].concat(), false);
            let told = said(&output);
            assert_eq!(output.status.code(), Some(0), "{option} {extra:?}: {told}");
            assert!(!told.contains(signature), "{option} {extra:?}: {told}");
            assert!(told.contains("other users of this machine can see the SAS token"), "{extra:?}: {told}");
            let store = std::fs::read(dir.path().join(".flowlog/manifest.redb")).unwrap_or_default();
            assert!(!store.windows(signature.len()).any(|window| window == signature.as_bytes()));
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    let login = run(dir.path(), &["--endpoint", &address, "--auth-mode", "key"], false);
    assert_eq!(login.status.code(), Some(2), "{}", said(&login));
    assert!(!said(&login).contains(signature), "{}", said(&login));
    let wrong = run(dir.path(), &["--endpoint", &address.replace("http://", "ftp://")], false);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(!said(&wrong).contains(signature) && said(&wrong).contains("is no address"), "{}", said(&wrong));
}

#[test]
fn secrets_over_plain_http_are_warned_of() {
    let dir = tempfile::tempdir().expect("a folder");
    // A name that nobody has: the warning comes before the first request.
    let address = "http://logs1.blob.invalid/logs";
    let token = sas("rl", "co", "2099-01-01T00:00:00Z");
    for (what, variable, value) in [
        ("the SAS token", "AZURE_STORAGE_SAS_TOKEN", token.as_str()),
        ("what the account key signs", "AZ_STORAGE_KEY", Azurite::KEY),
    ] {
        for extra in [&[][..], &["--doctor"]] {
            let output = tool(dir.path())
                .args(["--endpoint", address])
                .args(extra)
                .env(variable, value)
                .output()
                .expect("a run");
            assert_ne!(output.status.code(), Some(0));
            let told = said(&output);
            assert!(told.contains(&format!("plain http carries {what}")), "{told}");
            assert!(told.contains("use https"), "{told}");
        }
        let https = tool(dir.path())
            .args(["--endpoint", &address.replace("http:", "https:")])
            .env(variable, value)
            .output()
            .expect("a run");
        assert!(!said(&https).contains("plain http"), "{}", said(&https));
    }
    let string = "DefaultEndpointsProtocol=http;AccountName=logs1;AccountKey=c2VjcmV0;EndpointSuffix=invalid";
    let output = run(dir.path(), &["--connection-string", string], false);
    assert!(said(&output).contains("plain http carries what the account key signs"), "{}", said(&output));
}
