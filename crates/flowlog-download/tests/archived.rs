//! Blobs that cannot be read as they are: archived ones, and directories that are no blobs at all.

mod common;
#[path = "common/way.rs"]
mod way;

use azure_core::http::RequestContent;
use azure_storage_blob::models::{AccessTier, BlobClientSetTierOptions, BlockBlobClientUploadOptions};
use common::{CONTAINER, Container, content, day_of, figure, said, tree};
use flowlog_testkit::fault_proxy::Fault;
use way::Way;

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 2).into_iter().take(5).collect());
    container
}

/// Puts the first `count` blobs into a tier.
fn move_first(container: &Container, count: usize, tier: &AccessTier) {
    for name in container.blobs.keys().take(count) {
        let blob = container.client.blob_client(name);
        container
            .block_on(blob.set_tier(tier.clone(), None::<BlobClientSetTierOptions<'_>>))
            .expect("another tier");
    }
}

#[test]
fn archived_blobs_are_counted_apart_and_come_once_they_are_rehydrated() {
    let container = container();
    move_first(&container, 2, &AccessTier::Archive);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = container.tool(dir.path()).output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        (figure(&output, "Downloaded"), figure(&output, "Archived"), figure(&output, "Failed")),
        (3, 2, 0)
    );
    assert!(said(&output).contains("2 in the archive tier: rehydrate them"), "{}", said(&output));

    for (arguments, code) in [
        (&["--strict"][..], 3),
        (&["--dry-run"], 0),
        (&["--verify"], 0),
        (&["--verify=content"], 0),
        (&["--verify", "--strict"], 3),
    ] {
        let output = container.tool(dir.path()).args(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(
            said(&output).contains("Archived    2 in the archive tier"),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    let output = container.tool(dir.path()).args(["--format", "json"]).output().expect("a run");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&json["archived"], &json["rehydrating"], &json["outcome"]),
        (&2.into(), &0.into(), &"complete".into())
    );

    move_first(&container, 2, &AccessTier::Hot);
    let output = container.tool(dir.path()).arg("--strict").output().expect("a run");
    assert_eq!((output.status.code(), figure(&output, "Downloaded")), (Some(0), 2), "{}", said(&output));
    common::assert_same_tree(&tree(dir.path()), &container.expected());

    // What is here already does not have to be fetched: nothing is amiss.
    move_first(&container, 5, &AccessTier::Archive);
    for arguments in [&["--strict"][..], &["--verify", "--strict"], &["--verify=content", "--strict"]] {
        let output = container.tool(dir.path()).args(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
        assert!(!said(&output).contains("Archived"), "{}", said(&output));
    }
}

#[test]
fn a_blob_on_its_way_back_is_told_as_such() {
    let container = container();
    let pending = "<AccessTier>Archive</AccessTier><ArchiveStatus>rehydrate-pending-to-cool</ArchiveStatus>";
    let tier = ("<AccessTier>Hot</AccessTier>".to_owned(), pending.to_owned());
    let way = Way::new(&container, move |seen| seen.is_list().then(|| Fault::Replace(vec![tier.clone()])));
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = way.run(dir.path());
    assert_eq!((output.status.code(), figure(&output, "Archived")), (Some(0), 5), "{}", said(&output));
    assert!(said(&output).contains("5 being rehydrated"), "{}", said(&output));
}

/// The listing says nothing of tiers, or they changed since.
#[test]
fn a_refusal_that_says_archived_is_no_failure() {
    let container = container();
    for (code, told) in
        [("BlobArchived", "5 in the archive tier"), ("BlobBeingRehydrated", "5 being rehydrated")]
    {
        let refuse = move |code| Fault::Status { code: 409, error: code, retry_after: None };
        let way = Way::new(&container, move |seen| seen.is_content().then(|| refuse(code)));
        let dir = tempfile::tempdir().expect("a temporary folder");
        let output = way.run(dir.path());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!((figure(&output, "Archived"), figure(&output, "Failed")), (5, 0));
        assert!(said(&output).contains(told), "{}", said(&output));
        let strict = way.tool(dir.path()).arg("--strict").output().expect("a run");
        assert_eq!(strict.status.code(), Some(3));
        let why = "exit code 3: 5 blobs left in the archive tier, and --strict is given";
        assert!(String::from_utf8_lossy(&strict.stderr).contains(why), "{}", said(&strict));
    }
}

/// As accounts with a hierarchical namespace list them; some are left without children by retention.
#[test]
fn directories_are_no_logs() {
    let mut container = Container::new(CONTAINER);
    let blobs: Vec<_> = day_of(&["VNET-A"], 2).into_iter().take(3).collect();
    let some = blobs[0].0.clone();
    let above: Vec<&str> = some.match_indices('/').map(|(at, _)| &some[..at]).collect();
    let gone = above[5].replace("d=05", "d=04");
    let put = |container: &Container, name: &str, folder: bool| {
        let metadata = folder.then(|| [("hdi_isfolder".to_owned(), "true".to_owned())].into());
        let options = BlockBlobClientUploadOptions { metadata, ..Default::default() };
        let blob = container.client.blob_client(name).block_blob_client();
        let nothing = RequestContent::from(Vec::new());
        container.block_on(blob.upload(nothing, Some(options))).expect("uploaded");
    };
    for name in &above[1..] {
        put(&container, name, false);
    }
    put(&container, &gone, false);
    put(&container, "an/exports/folder", true);
    // A log that Azure has just begun is empty, and a log all the same.
    let begun = some.replace("h=00", "h=23");
    put(&container, &begun, false);
    let dir = tempfile::tempdir().expect("a temporary folder");

    let doctor = container.tool(dir.path()).arg("--doctor").output().expect("a run");
    assert_eq!(doctor.status.code(), Some(0), "{}", said(&doctor));
    container.upload_whole(blobs);
    let output = container.tool(dir.path()).output().expect("a run");
    assert_eq!((output.status.code(), figure(&output, "Listed")), (Some(0), 4), "{}", said(&output));
    let names: Vec<String> = tree(dir.path()).into_keys().collect();
    assert!(
        names.iter().all(|name| name.starts_with("2025-10-05/") && name.contains("FlowLog_")),
        "{names:?}"
    );
    assert!(tree(dir.path()).values().any(|file| *file == content(&container.blobs[&some])));
    let output = container.tool(dir.path()).arg("--verify").output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
