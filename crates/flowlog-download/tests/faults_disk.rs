//! Disks that are full or read-only and folders that are none, as they really are: on a small memory
//! disk in a mount namespace of its own. Where a test may not mount one, the system's other ways to
//! refuse: a limit on the size of files, and a folder in which nobody may create anything.
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use common::{CONTAINER, Container, assert_same_tree, blob_name, bytes, day_of, leftovers, said, tree};
use flowlog_core::blob_path::{Form, LocalName};
use flowlog_testkit::azurite::Azurite;

/// Runs a shell script that may mount disks; `TOOL`, `ENDPOINT` and `D` are set for it. `None` if this
/// machine lets no test mount a disk, neither as it is nor as the root of a namespace of its own.
fn in_own_mounts(container: &Container, dir: &Path, script: &str) -> Option<Output> {
    let unshare = |user: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.arg("--mount").args(user).args(["sh", "-eu", "-c", script]);
        with_tool(&mut command, container, dir).output().expect("unshare, of util-linux")
    };
    let try_it = r#"mkdir -p "$D/try" && mount -t tmpfs -o size=64k tmpfs "$D/try" && umount "$D/try""#;
    let ways: [&[&str]; 2] = [&["--map-root-user"], &[]];
    let way = ways.into_iter().find(|way| unshare(way, try_it).status.success())?;
    Some(unshare(way, script))
}

fn with_tool<'a>(command: &'a mut Command, container: &Container, dir: &Path) -> &'a mut Command {
    command
        .env("TOOL", env!("CARGO_BIN_EXE_flowlog-download"))
        .env("ENDPOINT", container.azurite.endpoint())
        .env("AZ_STORAGE_KEY", Azurite::KEY)
        .env("D", dir)
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 200).into_iter().take(60).collect());
    container
}

#[test]
fn a_full_disk_is_named_and_with_room_the_next_run_completes_the_tree() {
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
    let Some(output) = in_own_mounts(&container, dir.path(), script) else {
        return a_file_that_may_not_grow_is_named(&container);
    };
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
fn a_limit_on_the_size_of_files_is_named() {
    a_file_that_may_not_grow_is_named(&container());
}

/// One blob is larger than the process may write, the others are not: that blob fails and is named, the
/// others are right, and without the limit the tree is completed.
fn a_file_that_may_not_grow_is_named(container: &Container) {
    const LIMIT: usize = 16 * 1024 * 1024;
    let large = blob_name("VNET-LARGE", 5, 1, 0);
    let content = vec![b' '; LIMIT + 4096];
    container.block_on(async {
        let blob = container.client.blob_client(&large);
        blob.upload(bytes(&content), None).await.expect("uploaded");
    });
    let mut expected = container.expected();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("tree");
    // The signal would end the process before it can say anything; programs inherit that it is ignored.
    // dash counts in 512 bytes, bash in 1024: half the limit must still hold the record and the others.
    let script = format!(
        r#"trap '' XFSZ; ulimit -f {}; exec "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/tree""#,
        LIMIT / 1024
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    let limited = with_tool(&mut command, container, dir.path()).output().expect("a shell");
    assert_eq!(limited.status.code(), Some(3), "{}", said(&limited));
    assert!(
        said(&limited).contains("File too large") && said(&limited).contains(&large),
        "{}",
        said(&limited)
    );
    assert_same_tree(&tree(&root), &expected);
    assert!(leftovers(&root).is_empty());

    let whole = container.tool(&root).output().expect("a run");
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    expected.insert(LocalName::new(&large).path(Form::Full, ""), content);
    assert_same_tree(&tree(&root), &expected);
}

#[test]
fn a_read_only_disk_is_named() {
    let container = container();
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("disk")).expect("a folder");
    let script = r#"
        mount -t tmpfs -o size=1m,ro tmpfs "$D/disk"
        "$TOOL" --endpoint "$ENDPOINT" --download-path "$D/disk/FlowLogs"
    "#;
    let Some(output) = in_own_mounts(&container, dir.path(), script) else {
        // Not even root may make a folder there.
        let output = container.tool(Path::new("/sys/FlowLogs")).output().expect("a run");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("cannot write to the download folder"), "{}", said(&output));
        return;
    };
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
    let output = in_own_mounts(&container, dir.path(), script).expect("it could before");
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
