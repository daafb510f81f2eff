//! Disks that are full or read-only and folders that are none, as they really are: on a small memory
//! disk in a mount namespace of its own.
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output},
};

use common::{CONTAINER, Container, assert_same_tree, day_of, said, tree};
use flowlog_testkit::azurite::Azurite;

/// Runs a shell script that may mount disks; `TOOL`, `ENDPOINT` and `D` are set for it.
fn in_own_mounts(container: &Container, dir: &Path, script: &str) -> Output {
    Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-eu", "-c", script])
        .env("TOOL", env!("CARGO_BIN_EXE_flowlog-download"))
        .env("ENDPOINT", container.azurite.endpoint())
        .env("AZ_STORAGE_KEY", Azurite::KEY)
        .env("D", dir)
        .output()
        .expect("unshare, of util-linux")
}

/// Whether this machine lets a test mount a disk of its own; where not, there is nothing to test with.
fn can_mount() -> bool {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tried = Command::new("unshare")
        .args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(dir.path())
        .output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        // The test harness shows this only with --nocapture; the test then proves nothing.
        let _ = writeln!(std::io::stderr(), "skipped: this machine lets no test mount a disk");
    }
    can
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 200).into_iter().take(60).collect());
    container
}

#[test]
fn a_full_disk_is_named_and_with_room_the_next_run_completes_the_tree() {
    if !can_mount() {
        return;
    }
    let container = container();
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("disk")).expect("a folder");
    let script = r#"
        mount -t tmpfs -o size=2m tmpfs "$D/disk"
        set +e
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk" > "$D/first.out" 2> "$D/first.err"
        echo $? > "$D/first.code"
        cp -a "$D/disk" "$D/half"
        mount -o remount,size=100m "$D/disk"
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk" > "$D/second.out" 2> "$D/second.err"
        echo $? > "$D/second.code"
        cp -a "$D/disk" "$D/whole"
    "#;
    let output = in_own_mounts(&container, dir.path(), script);
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("written by the script");
    assert_eq!(read("first.code"), "1\n", "{}{}", said(&output), read("first.err"));
    let told = read("first.err");
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{told}");
    let expected = container.expected();
    let half = tree(&dir.path().join("half"));
    assert!(half.len() < expected.len());
    assert!(half.iter().all(|(path, bytes)| expected[path] == *bytes), "a wrong file is left");
    assert_eq!(read("second.code"), "0\n", "{}", read("second.err"));
    assert_same_tree(&tree(&dir.path().join("whole")), &expected);
}

#[test]
fn a_read_only_disk_is_named() {
    if !can_mount() {
        return;
    }
    let container = container();
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("disk")).expect("a folder");
    let script = r#"
        mount -t tmpfs -o size=1m,ro tmpfs "$D/disk"
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk/FlowLogs"
    "#;
    let output = in_own_mounts(&container, dir.path(), script);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let told = said(&output);
    assert!(told.contains("cannot write to the download folder") && told.contains("Read-only"), "{told}");

    // A tree that became read-only after a first run.
    let script = r#"
        mount -t tmpfs -o size=100m tmpfs "$D/disk"
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk" > /dev/null 2>&1
        mount -o remount,ro "$D/disk"
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk"
    "#;
    let output = in_own_mounts(&container, dir.path(), script);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("Read-only"), "{}", said(&output));
}

#[test]
fn a_target_that_is_a_file_is_named_and_left_alone() {
    let container = container();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("FlowLogs");
    fs::write(&file, "the user's").expect("written");
    for root in [file.clone(), file.join("below")] {
        let output = container.tool(&root).output().expect("a run");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("cannot write to the download folder"), "{}", said(&output));
    }
    assert_eq!(fs::read(&file).expect("there"), b"the user's");
}

#[test]
fn a_link_that_leads_out_of_the_tree_is_not_followed() {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 1).into_iter().take(3).collect());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (root, outside) = (dir.path().join("tree"), dir.path().join("outside"));
    let first = container.expected().into_keys().next().expect("a path");
    let target = root.join(&first);
    fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
    fs::write(&outside, "the user's").expect("written");
    std::os::unix::fs::symlink(&outside, &target).expect("a link");
    let output = container.tool(&root).output().expect("a run");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("in the way"), "{}", said(&output));
    assert_eq!(fs::read(&outside).expect("there"), b"the user's");
    assert!(fs::symlink_metadata(&target).expect("there").file_type().is_symlink());
}
