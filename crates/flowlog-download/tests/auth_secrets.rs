//! Keys, SAS tokens and no credential at all, against a real blob service.

mod common;
#[path = "common/sas.rs"]
mod sas;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use azure_storage_blob::models::{BlobContainerClientCreateOptions, PublicAccessType};
use common::{CONTAINER, Container, assert_same_tree, day_of, said, tree};
use flowlog_testkit::azurite::Azurite;
use sas::sas;

fn with_blobs() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload(day_of(&["VNET-A"], 1).into_iter().take(3).collect());
    container
}

fn run(
    container: &Container,
    root: &Path,
    arguments: &[&str],
    variable: (&str, &str),
    input: &str,
) -> Output {
    let mut tool = common::tool(root);
    tool.args(["--endpoint", &container.azurite.endpoint()]).args(arguments).env(variable.0, variable.1);
    tool.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tool.spawn().expect("a run");
    // A run that needs no input may be over before it is written.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("an end")
}

const NONE: (&str, &str) = ("UNUSED", "1");

#[test]
fn secrets_come_from_variables_files_and_standard_input() {
    let container = with_blobs();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let token = sas("rl", "co", "2099-01-01T00:00:00Z");
    let address = format!("{}/{CONTAINER}?{token}\r\n", container.azurite.endpoint());
    let (key_file, token_file) = (folder.path().join("key.txt"), folder.path().join("sas.txt"));
    fs::write(&key_file, format!("{}\n", Azurite::KEY)).expect("written");
    fs::write(&token_file, &address).expect("written");
    let (key_file, token_file) = (key_file.display().to_string(), token_file.display().to_string());
    let key_line = format!("{}\n", Azurite::KEY);
    for (way, arguments, variable, input) in [
        (
            "shared access signature (AZURE_STORAGE_SAS_TOKEN)",
            &[][..],
            ("AZURE_STORAGE_SAS_TOKEN", token.as_str()),
            "",
        ),
        ("shared access signature (--sas-token-file", &["--sas-token-file", &token_file], NONE, ""),
        ("shared access signature (--sas-token-file -)", &["--sas-token-file", "-"], NONE, address.as_str()),
        ("account key (--account-key-file", &["--account-key-file", &key_file], NONE, ""),
        ("account key (--account-key-file -)", &["--account-key-file", "-"], NONE, &key_line),
        // An option comes before the environment.
        (
            "account key (--account-key-file -)",
            &["--account-key-file", "-", "--auth-mode", "key"],
            ("AZ_STORAGE_KEY", "c2VjcmV0"),
            &key_line,
        ),
        (
            "shared access signature (--sas-token-file -)",
            &["--auth-mode", "sas", "--sas-token-file", "-"],
            ("AZ_STORAGE_KEY", Azurite::KEY),
            address.as_str(),
        ),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let output = run(&container, dir.path(), arguments, variable, input);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(0), "{way}: {text}");
        assert!(text.contains(&format!(" with {way}")), "{way}: {text}");
        assert_same_tree(&tree(dir.path()), &container.expected());
    }
}

#[test]
fn a_refused_sas_token_says_why() {
    let container = with_blobs();
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (token, reason) in [
        (sas("rl", "co", "2001-01-01T00:00:00Z"), "the SAS token expired at 2001-01-01T00:00:00Z"),
        (sas("r", "co", "2099-01-01T00:00:00Z"), "the SAS token has no permission to list (l)"),
        (sas("rl", "s", "2099-01-01T00:00:00Z"), "it needs container and object (co)"),
    ] {
        let output = run(&container, dir.path(), &[], ("AZURE_STORAGE_SAS_TOKEN", &token), "");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(4), "{reason}: {text}");
        assert!(text.contains(reason), "{reason}: {text}");
        assert!(text.contains("shared access signature (AZURE_STORAGE_SAS_TOKEN): refused"), "{text}");
        assert!(
            !text.contains("rotated") && !text.contains(token.split("sig=").nth(1).expect("signed")),
            "{text}"
        );
    }
}

#[test]
fn only_public_containers_open_without_a_credential() {
    let container = with_blobs();
    let public = common::open(&container.azurite, "open");
    let access = Some(PublicAccessType::Container);
    let options = BlobContainerClientCreateOptions { access, ..Default::default() };
    container.block_on(public.create(Some(options))).expect("a public container");
    let content = common::bytes(b"{\"records\":[]}");
    container.block_on(async { public.blob_client("a.json").upload(content, None).await }).expect("uploaded");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let anonymous = ["--auth-mode", "anonymous", "--container-name"];
    // The key is there, and is not used.
    let key = ("AZ_STORAGE_KEY", Azurite::KEY);
    let output = run(&container, dir.path(), &[&anonymous[..], &["open"]].concat(), key, "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(tree(dir.path()).len(), 1);
    let closed = run(&container, dir.path(), &[&anonymous[..], &[CONTAINER]].concat(), key, "");
    assert!(matches!(closed.status.code(), Some(4 | 5)), "{}", said(&closed));
    assert!(said(&closed).contains("open to the public"), "{}", said(&closed));
}

#[test]
fn secrets_that_are_none_are_told_without_showing_them() {
    let container = with_blobs();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let anonymous = ["--auth-mode", "anonymous", "--account-key-file", "-"];
    for (what, arguments, variable, input) in [
        ("an empty input", &["--account-key-file", "-"][..], NONE, ""),
        ("no key", &["--account-key-file", "-"], NONE, "hush-hush!\n"),
        ("no token", &["--sas-token-file", "-"], NONE, "hush-hush!\n"),
        ("no token in a variable", &[], ("AZURE_STORAGE_SAS_TOKEN", "hush-hush!"), ""),
        ("a missing file", &["--account-key-file", "no/such/file"], NONE, ""),
        ("another mode", &anonymous, NONE, Azurite::KEY),
        ("two files", &["--account-key-file", "-", "--sas-token-file", "-"], NONE, ""),
        ("an unknown cloud", &["--cloud", "moon"], NONE, ""),
    ] {
        let output = run(&container, dir.path(), arguments, variable, input);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{what}: {text}");
        assert!(!text.contains("hush-hush!") && !text.contains(Azurite::KEY), "{what}: {text}");
    }
}
