//! What the service refuses is one sentence from its error code, with the cause that is the real one.

mod common;
#[path = "common/way.rs"]
mod way;

use common::{CONTAINER, Container, day_of, figure, said};
use flowlog_testkit::fault_proxy::Fault;
use way::Way;

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 1).into_iter().take(12).collect());
    container
}

/// As Azure writes it: a byte-order mark, XML, and a message of two lines.
fn body(code: &str) -> String {
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>Secret words.\n\
         RequestId:6e7b8f7c\nTime:2025-10-05T09:00:00.0000000Z</Message></Error>"
    )
}

/// A refusal whose code is in the head, or in the body alone.
fn refusal(status: u16, code: &str, in_head: bool) -> Fault {
    let mut headers =
        vec![("Content-Type", "application/xml".to_owned()), ("x-ms-request-id", "1".to_owned())];
    if in_head {
        headers.push(("x-ms-error-code", code.to_owned()));
    }
    Fault::Answer { code: status, headers, body: body(code) }
}

fn is_plain(told: &str) {
    for word in
        ["<", "\u{feff}", "Secret words", "RequestId", "reqwest", "retry policy", "azure_storage_blob"]
    {
        assert!(!told.contains(word), "{word}: {told}");
    }
}

#[test]
fn a_refused_listing_names_the_real_cause() {
    let container = container();
    let cases = [
        (403, "AccountIsDisabled", 4, "storage account is disabled", "owner must enable it"),
        (403, "AuthorizationProtocolMismatch", 4, "allows https only", "https://"),
        (400, "AccountRequiresHttps", 1, "allows https only", "https://"),
        (403, "KeyVaultEncryptionKeyNotFound", 4, "not in its key vault", "key vault must restore"),
        (
            403,
            "KeyVaultAccessTokenCannotBeAcquired",
            4,
            "cannot log in to the key vault",
            "key vault must restore",
        ),
        (409, "KeyVaultSomethingNew", 1, "key in the key vault", "key vault must restore"),
        (403, "AuthorizationFailure", 4, "refused (403 AuthorizationFailure)", "firewall"),
        (404, "ContainerNotFound", 5, "not found in account", "insights-logs"),
        (400, "InvalidHeaderValue", 1, "answered 400 InvalidHeaderValue", ""),
        (400, "OutOfRangeInput", 1, "answered 400 OutOfRangeInput", ""),
        (418, "", 1, "answered 418 for container", ""),
    ];
    for (status, code, exit, sentence, hint) in cases {
        for in_head in [true, false] {
            let way =
                Way::new(&container, move |seen| seen.is_list().then(|| refusal(status, code, in_head)));
            let dir = tempfile::tempdir().expect("a temporary folder");
            for arguments in [&[][..], &["--doctor"]] {
                let output = way.tool(dir.path()).args(arguments).output().expect("a run");
                let told = said(&output);
                assert_eq!(output.status.code(), Some(exit), "{code} {arguments:?}: {told}");
                assert!(told.contains(sentence) && told.contains(hint), "{code} {arguments:?}: {told}");
                is_plain(&told);
                if hint.starts_with("key vault") || hint.starts_with("owner") || hint == "https://" {
                    assert!(!told.contains("Data Reader") && !told.contains("rotated"), "{code}: {told}");
                }
            }
        }
    }
}

#[test]
fn blobs_that_are_refused_alike_are_one_line() {
    let container = container();
    for (status, code, sentence) in [
        (403, "AuthorizationFailure", "12 blobs: the service refused it (403 AuthorizationFailure)"),
        (
            403,
            "KeyVaultEncryptionKeyNotFound",
            "12 blobs: the key that encrypts the account is not in its key vault",
        ),
        (409, "SnapshotsPresent", "12 blobs: the service answered 409 SnapshotsPresent"),
        (400, "InvalidHeaderValue", "12 blobs: the service answered 400 InvalidHeaderValue"),
        (404, "BlobNotFound", "12 blobs: the blob is gone"),
    ] {
        for in_head in [true, false] {
            let way =
                Way::new(&container, move |seen| seen.is_content().then(|| refusal(status, code, in_head)));
            let dir = tempfile::tempdir().expect("a temporary folder");
            let output = way.run(dir.path());
            let told = said(&output);
            assert_eq!(output.status.code(), Some(if status == 403 { 4 } else { 3 }), "{code}: {told}");
            assert_eq!(figure(&output, "Failed"), 12, "{told}");
            assert_eq!(told.matches(sentence).count(), 1, "{code}: {told}");
            assert!(told.lines().count() < 20, "{told}");
            is_plain(&told);
        }
    }
}

#[test]
fn broken_xml_of_the_service_is_told_as_such() {
    let container = container();
    let whole = "<Name>".to_owned();
    for (from, to) in [
        (whole.clone(), "<Name".to_owned()),
        ("</Blobs>".to_owned(), String::new()),
        (whole, "</x>".to_owned()),
    ] {
        let way = Way::new(&container, move |seen| {
            seen.is_list().then(|| Fault::Replace(vec![(from.clone(), to.clone())]))
        });
        let dir = tempfile::tempdir().expect("a temporary folder");
        for arguments in [&[][..], &["--doctor"], &["--last", "7d"]] {
            let output = way.tool(dir.path()).args(arguments).output().expect("a run");
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
            assert!(said(&output).contains("its XML is cut or broken"), "{}", said(&output));
            is_plain(&said(&output));
        }
    }
}
