//! Things that are no files, and links, where the tool's own files and folders belong: an error at once,
//! nothing that waits for ever, nothing written outside the tree.
#![cfg(unix)]

mod common;

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Output,
    time::Duration,
};

use assert_cmd::Command;
use common::{assert_same_tree, blob_name, content, figure, record, said, tree};
use flowlog_core::blob_path::{Form, LocalName};

/// Two hours of one NIC.
fn fill(dir: &Path) -> [String; 2] {
    [9, 10].map(|hour| {
        let name = blob_name("VNET-A", 5, hour, 0);
        let path = dir.join(&name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content(&[record(&name, hour as usize)])).expect("written");
        name
    })
}

/// A run that may not wait: a minute is generous.
fn run(source: &Path, root: &Path, extra: &[&str]) -> Output {
    let mut command = Command::from_std(common::tool(root));
    command.arg("--from-dir").arg(source).args(extra).timeout(Duration::from_secs(60));
    command.output().expect("a run")
}

/// What stands in a place, and how it is put there.
type Made = (&'static str, fn(&Path));

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
}

#[test]
fn what_is_no_file_is_told_at_once_and_left_alone() {
    let source = tempfile::tempdir().expect("a folder");
    fill(source.path());
    let make: [Made; 5] = [
        ("pipe", fifo),
        ("folder", |path| fs::create_dir(path).expect("a folder")),
        ("socket", |path| drop(UnixListener::bind(path).expect("a socket"))),
        ("link to a device", |path| symlink("/dev/zero", path).expect("a link")),
        ("link to nothing", |path| symlink("nowhere", path).expect("a link")),
    ];
    for name in ["lock", "manifest.redb", "tmp", ""] {
        for (what, make) in make {
            if what == "folder" && matches!(name, "tmp" | "") {
                continue;
            }
            let dir = tempfile::tempdir().expect("a folder");
            let state = dir.path().join(".flowlog");
            if !name.is_empty() {
                fs::create_dir(&state).expect("a folder");
            }
            let place = if name.is_empty() { state } else { state.join(name) };
            make(&place);
            let before = fs::symlink_metadata(&place).expect("there").file_type();
            for extra in [&[][..], &["--dry-run"], &["--verify"]] {
                let output = run(source.path(), dir.path(), extra);
                let told = said(&output);
                let untouched = extra == ["--dry-run"] && matches!(name, "lock" | "tmp");
                // Where there is no store, a dry run needs none of it; and a check needs a record at all.
                let code = if untouched {
                    0
                } else if extra == ["--verify"] && name.is_empty() {
                    5
                } else {
                    1
                };
                assert_eq!(output.status.code(), Some(code), "{what} as '{name}', {extra:?}: {told}");
                if code == 1 {
                    assert!(told.contains(&place.display().to_string()), "{what} as '{name}': {told}");
                    assert!(told.contains("hint: move it away"), "{what} as '{name}': {told}");
                }
            }
            assert_eq!(fs::symlink_metadata(&place).expect("still there").file_type(), before);
        }
    }
}

#[test]
fn the_doctor_looks_at_the_record_too() {
    let source = tempfile::tempdir().expect("a folder");
    fill(source.path());
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run(source.path(), dir.path(), &[]).status.code(), Some(0));
    let doctor = || {
        let mut command = Command::from_std(common::tool(dir.path()));
        command.args(["--doctor", "--endpoint", "http://127.0.0.1:1/devstoreaccount1"]);
        command.env("AZ_STORAGE_KEY", "c2VjcmV0").timeout(Duration::from_secs(60));
        said(&command.output().expect("a run"))
    };
    assert!(doctor().contains("sound, with 2 blobs"), "{}", doctor());
    fs::write(dir.path().join(".flowlog/manifest.redb"), "no record").expect("written");
    assert!(doctor().contains("2 files in the tree are gone"), "{}", doctor());
    fs::remove_file(dir.path().join(".flowlog/manifest.redb")).expect("removed");
    fifo(&dir.path().join(".flowlog/manifest.redb"));
    assert!(doctor().contains("manifest.redb is in the way"), "{}", doctor());
}

#[test]
fn a_folder_of_the_tree_that_leads_out_is_refused_and_the_others_are_served() {
    let source = tempfile::tempdir().expect("a folder");
    let [nine, ten] = fill(source.path()).map(|name| LocalName::new(&name).path(Form::Full, ""));
    for (link, served) in [("2025-10-05", 0), ("2025-10-05/09", 1)] {
        let dir = tempfile::tempdir().expect("a folder");
        let (root, outside) = (dir.path().join("tree"), dir.path().join("outside"));
        fs::create_dir_all(outside.join("09")).expect("a folder");
        let place = root.join(link);
        fs::create_dir_all(place.parent().expect("a parent")).expect("a folder");
        symlink(&outside, &place).expect("a link");
        let output = run(source.path(), &root, &[]);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert_eq!((figure(&output, "Copied"), figure(&output, "Failed")), (served, 2 - served), "{told}");
        assert!(told.contains(&format!("{} is a link to {}", place.display(), outside.display())), "{told}");
        assert!(tree(&outside).is_empty(), "written outside the tree");
        // Without the link the next run completes the tree.
        fs::remove_file(&place).expect("removed");
        assert_eq!(run(source.path(), &root, &[]).status.code(), Some(0));
        assert_eq!(tree(&root).into_keys().collect::<Vec<_>>(), [nine.clone(), ten.clone()]);
    }
}

#[test]
fn a_folder_that_became_a_link_later_is_not_written_through_either() {
    let source = tempfile::tempdir().expect("a folder");
    let [nine, _] = fill(source.path());
    let dir = tempfile::tempdir().expect("a folder");
    let (root, outside) = (dir.path().join("tree"), dir.path().join("outside"));
    assert_eq!(run(source.path(), &root, &[]).status.code(), Some(0));
    fs::rename(root.join("2025-10-05"), &outside).expect("moved");
    symlink(&outside, root.join("2025-10-05")).expect("a link");
    let before = tree(&outside);
    fs::write(source.path().join(&nine), content(&[record(&nine, 9), record(&nine, 10)])).expect("grown");
    let output = run(source.path(), &root, &[]);
    assert_eq!((output.status.code(), figure(&output, "Failed")), (Some(3), 1), "{}", said(&output));
    assert_same_tree(&tree(&outside), &before);
}

#[test]
fn the_download_folder_itself_may_be_a_link() {
    let source = tempfile::tempdir().expect("a folder");
    fill(source.path());
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("disk")).expect("a folder");
    symlink(dir.path().join("disk"), dir.path().join("tree")).expect("a link");
    let output = run(source.path(), &dir.path().join("tree"), &[]);
    assert_eq!((output.status.code(), figure(&output, "Copied")), (Some(0), 2), "{}", said(&output));
    assert_eq!(tree(&dir.path().join("disk")).len(), 2);
}
