//! Runs that end early leave a tree that the next run completes.
#![cfg(unix)]

mod common;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use common::{CONTAINER, Container, assert_same_tree, day_of, figure, leftovers, said, tree};

/// Starts a slow run and waits until some, not all, of its files are there.
fn half_done(container: &Container, root: &Path) -> Child {
    let total = container.blobs.len();
    let mut run = container.tool(root);
    run.args(["--concurrency", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = run.spawn().expect("a run");
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut there = 0;
    while there < 5 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
        there = tree(root).len();
    }
    if there < 5 || there >= total {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{there} of {total} files are there: the run cannot be ended half-way");
    }
    child
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A", "VNET-B", "VNET-C"], 60));
    container
}

fn completes(container: &Container, root: &Path, already: usize) {
    let output = container.tool(root).output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_same_tree(&tree(root), &container.expected());
    assert!(leftovers(root).is_empty(), "{:?}", leftovers(root));
    // What was in place is not fetched again, be it for the file whose record was just being written.
    assert!(figure(&output, "Unchanged") >= already as u64);
}

#[test]
fn a_killed_run_is_completed_by_the_next_one() {
    let container = container();
    for _ in 0..3 {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut child = half_done(&container, dir.path());
        child.kill().expect("killed");
        child.wait().expect("ended");
        let half = tree(dir.path());
        let expected = container.expected();
        assert!(half.iter().all(|(path, bytes)| expected[path] == *bytes), "a killed run left a wrong file");
        completes(&container, dir.path(), half.len());
    }
}

#[test]
fn ctrl_c_ends_cleanly_and_the_next_run_resumes() {
    let container = container();
    for signal in ["-INT", "-TERM"] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let child = half_done(&container, dir.path());
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), Some(130), "{}", said(&output));
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("Stopped early: run the same command again")
        );
        assert!(leftovers(dir.path()).is_empty());
        let half = tree(dir.path()).len();
        assert_eq!(figure(&output, "Downloaded"), half as u64);
        completes(&container, dir.path(), half);
    }
}

#[test]
fn a_second_run_on_the_folder_says_so_and_harms_nothing() {
    let container = container();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let first = half_done(&container, dir.path());
    let second = container.tool(dir.path()).output().expect("a run");
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another run is writing to"), "{}", said(&second));
    let output = first.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_same_tree(&tree(dir.path()), &container.expected());
}

/// Kills at a hundred moments spread over the whole of a run, from its first millisecond to after its
/// last: whatever stands in the tree is right each time, and each run goes on where the last one ended.
#[test]
fn a_hundred_kills_leave_no_wrong_file() {
    // More than one batch of files, so that half a tree is there for a good part of a run.
    let container = container();
    // Four trees at once: the time goes into starting processes and waiting for the service.
    let halves: usize = std::thread::scope(|scope| {
        let lanes = [0.0, 0.25, 0.5, 0.75].map(|start| {
            scope.spawn({
                let container = &container;
                move || kill_often(container, start, 25)
            })
        });
        lanes.into_iter().map(|lane| lane.join().expect("a lane without a wrong file")).sum()
    });
    assert!(halves > 0, "no run was killed half-way");
}

/// Kills so many runs on one tree after the other; how many of them left it half-done.
fn kill_often(container: &Container, start: f64, kills: u32) -> usize {
    let expected = container.expected();
    let mut dir = tempfile::tempdir().expect("a temporary folder");
    let begun = Instant::now();
    let whole = container.tool(dir.path()).output().expect("a run");
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    let length = begun.elapsed().min(Duration::from_secs(2));
    dir = tempfile::tempdir().expect("a temporary folder");
    // Steps of the golden ratio fall evenly everywhere and never on the same moment twice.
    let (mut part, mut halves) = (start, 0);
    for _ in 0..kills {
        part = (part + 0.618_033_988_749_895_f64).fract();
        let mut run = container.tool(dir.path());
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a run");
        std::thread::sleep(length.mul_f64(part));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let half = tree(dir.path());
        for (path, bytes) in &half {
            assert!(expected.get(path) == Some(bytes), "a killed run left {path} wrong");
        }
        halves += usize::from((1..expected.len()).contains(&half.len()));
        if half.len() == expected.len() {
            completes(container, dir.path(), half.len());
            dir = tempfile::tempdir().expect("a temporary folder");
        }
    }
    completes(container, dir.path(), tree(dir.path()).len());
    halves
}
