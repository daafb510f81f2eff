//! Every fault of a service and of the way to it, injected in front of a real one: a run ends complete
//! and right, or says what failed, and the next run completes the tree.

mod common;
#[path = "common/way.rs"]
mod way;

use std::{path::Path, time::Duration};

use common::{CONTAINER, Container, assert_same_tree, bytes, content, day_of, figure, leftovers, said, tree};
use flowlog_testkit::fault_proxy::{Fault, Seen};
use way::Way;

/// The blob that alone is hurt in the cases that hurt one.
const VICTIM: &str = "h=05/m=00/macAddress=7C1E52648401/";
const BLOBS: usize = 48;

fn busy(code: u16, error: &'static str, retry_after: Option<u32>) -> Fault {
    Fault::Status { code, error, retry_after }
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 20).into_iter().take(BLOBS).collect());
    assert_eq!(container.blobs.len(), BLOBS);
    container
}

/// Whatever is in the tree is right, and nothing half-done is left.
fn assert_nothing_wrong(root: &Path, container: &Container) {
    let expected = container.expected();
    for (path, bytes) in tree(root) {
        assert!(expected.get(&path) == Some(&bytes), "{path} is wrong");
    }
    assert_eq!(leftovers(root), Vec::<std::path::PathBuf>::new());
}

fn victim(seen: &Seen) -> bool {
    seen.is_content() && seen.target.replace("%2F", "/").replace("%3D", "=").contains(VICTIM)
}

type Script = fn(&Seen) -> Option<Fault>;

/// Most of the time is spent waiting before retries, so all of it runs at once.
#[test]
fn every_fault_of_the_service_ends_well_or_clearly() {
    let container = container();
    std::thread::scope(|scope| {
        scope.spawn(|| faults_that_pass_leave_a_complete_tree(&container));
        scope.spawn(|| faults_that_last_are_named_and_the_next_run_completes_the_tree(&container));
        scope.spawn(retries_are_bounded_spread_and_wait_as_long_as_the_service_asks);
    });
}

fn faults_that_pass_leave_a_complete_tree(container: &Container) {
    let cases: [(&str, Script); 16] = [
        ("reset", |s| (s.is_content() && s.again <= 2).then_some(Fault::Reset)),
        ("reset in the middle", |s| (s.is_content() && s.again == 1).then_some(Fault::ResetAfter(1000))),
        ("cut", |s| (s.is_content() && s.again == 1).then_some(Fault::Truncate(1000))),
        ("stall", |s| (victim(s) && s.again == 1).then_some(Fault::Stall(1000))),
        ("stall before the answer", |s| (victim(s) && s.again == 1).then_some(Fault::StallBeforeAnswer)),
        ("500", |s| (s.is_content() && s.again == 1).then_some(busy(500, "InternalError", None))),
        ("503", |s| (victim(s) && s.again <= 2).then_some(busy(503, "ServerBusy", Some(1)))),
        ("429", |s| (s.is_content() && s.number % 5 == 0).then_some(busy(429, "TooManyRequests", None))),
        ("length too large", |s| (s.is_content() && s.again == 1).then_some(Fault::WrongLength(500))),
        ("length too small", |s| (s.is_content() && s.again == 1).then_some(Fault::WrongLength(-500))),
        ("drip", |s| victim(s).then_some(Fault::Drip { bytes: 500, pause: Duration::from_millis(30) })),
        ("flipped bit", |s| (s.is_content() && s.again == 1).then_some(Fault::FlipBit)),
        ("listing reset", |s| (s.is_list() && s.again == 1).then_some(Fault::Reset)),
        ("listing cut", |s| (s.is_list() && s.again == 1).then_some(Fault::Truncate(3000))),
        ("listing stalls", |s| (s.is_list() && s.again == 1).then_some(Fault::Stall(3000))),
        ("listing busy", |s| (s.is_list() && s.again <= 2).then_some(busy(503, "ServerBusy", Some(1)))),
    ];
    std::thread::scope(|scope| {
        for (what, script) in cases {
            scope.spawn(move || {
                let way = Way::new(container, script);
                let dir = tempfile::tempdir().expect("a temporary folder");
                let output = way.run(dir.path());
                assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
                assert_eq!(figure(&output, "Downloaded"), BLOBS as u64, "{what}");
                assert_same_tree(&tree(dir.path()), &container.expected());
                assert_eq!(leftovers(dir.path()), Vec::<std::path::PathBuf>::new(), "{what}");
                let hurt = way.proxy.requests().iter().filter(|seen| seen.fault.is_some()).count();
                assert!(hurt > 0, "{what}: the fault never came");
            });
        }
    });
}

/// What it is, its script, exit code, blobs that fail, what is said.
type Lasting = (&'static str, Script, i32, u64, &'static str);

fn faults_that_last_are_named_and_the_next_run_completes_the_tree(container: &Container) {
    let cases: [Lasting; 10] = [
        (
            "refused",
            |s| victim(s).then_some(busy(403, "AuthorizationFailure", None)),
            3,
            1,
            "AuthorizationFailure",
        ),
        (
            "gone",
            |s| victim(s).then_some(busy(404, "BlobNotFound", None)),
            3,
            1,
            "deleted after it was listed",
        ),
        ("500", |s| victim(s).then_some(busy(500, "InternalError", None)), 3, 1, "InternalError"),
        ("reset", |s| victim(s).then_some(Fault::Reset), 3, 1, "Failed"),
        ("cut", |s| victim(s).then_some(Fault::Truncate(0)), 3, 1, "broke off at byte 0 of"),
        ("flipped bit", |s| victim(s).then_some(Fault::FlipBit), 3, 1, "MD5"),
        (
            "key taken away",
            |s| (s.is_content() && s.number > 15).then_some(busy(403, "AuthenticationFailed", None)),
            3,
            0,
            "AuthenticationFailed",
        ),
        (
            "all refused",
            |s| s.is_content().then_some(busy(403, "AuthorizationFailure", None)),
            4,
            0,
            "Not tried",
        ),
        (
            "listing refused",
            |s| s.is_list().then_some(busy(403, "AuthorizationFailure", None)),
            4,
            0,
            "firewall",
        ),
        ("listing fails", |s| s.is_list().then_some(busy(500, "InternalError", None)), 1, 0, "InternalError"),
    ];
    std::thread::scope(|scope| {
        for (what, script, code, failed, told) in cases {
            scope.spawn(move || {
                let way = Way::new(container, script);
                let dir = tempfile::tempdir().expect("a temporary folder");
                // Few at once, so that there is something left when a run gives up.
                let output = way.tool(dir.path()).args(["--concurrency", "4"]).output().expect("a run");
                let said = said(&output);
                assert_eq!(output.status.code(), Some(code), "{what}: {said}");
                assert!(said.contains(told), "{what}: {said}");
                if failed > 0 {
                    assert_eq!(figure(&output, "Failed"), failed, "{what}: {said}");
                }
                assert_nothing_wrong(dir.path(), container);
                let there = tree(dir.path()).len() as u64;

                way.heal();
                let healed = way.run(dir.path());
                assert_eq!(healed.status.code(), Some(0), "{what}");
                assert_eq!(figure(&healed, "Unchanged"), there, "{what}: what was there came again");
                assert_same_tree(&tree(dir.path()), &container.expected());
            });
        }
    });
}

fn retries_are_bounded_spread_and_wait_as_long_as_the_service_asks() {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 1).into_iter().take(6).collect());
    let way = Way::new(&container, |seen| match seen.again {
        1 if seen.is_content() => Some(busy(503, "ServerBusy", Some(2))),
        _ if seen.is_content() => Some(busy(500, "InternalError", None)),
        _ => None,
    });
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = way.run(dir.path());
    assert_eq!((output.status.code(), figure(&output, "Failed")), (Some(3), 6), "{}", said(&output));
    let requests: Vec<Seen> = way.proxy.requests().into_iter().filter(Seen::is_content).collect();
    let mut waits = Vec::new();
    for first in requests.iter().filter(|seen| seen.again == 1) {
        let tries: Vec<&Seen> = requests.iter().filter(|seen| seen.target == first.target).collect();
        assert_eq!(tries.len(), 6, "one try and five more");
        let waited = |number: usize| tries[number].at.duration_since(tries[number - 1].at);
        assert!(waited(1) >= Duration::from_secs(2), "{:?}", waited(1));
        // Half of a doubling time is fixed. Waits are not compared with each other: a busy machine
        // makes any of them longer, none shorter.
        for (number, least) in (2..6).zip([400, 800, 1600, 3200]) {
            assert!(waited(number) >= Duration::from_millis(least), "{number}: {:?}", waited(number));
        }
        waits.push(waited(5).as_millis());
    }
    waits.sort_unstable();
    // Drawn from 3.2 seconds' room: six equal waits would mean that nothing is random.
    assert!(waits[5] - waits[0] > 50, "{waits:?}");
}

#[test]
fn a_slow_line_is_no_fault_and_a_cap_is_kept() {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 1).into_iter().take(1).collect());
    let large: Vec<u8> = (0..4_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let blob = container.client.blob_client("large.json");
    container.block_on(async { blob.upload(bytes(&large), None).await }).expect("uploaded");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let before = std::time::Instant::now();
    let output = container.tool(dir.path()).args(["--cap-mbps", "16"]).output().expect("a run");
    let took = before.elapsed().as_secs_f64();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // 4 MB at 2 MB/s.
    assert!((1.9..8.0).contains(&took), "took {took} s");
    let first = container.blobs.values().next().expect("a blob");
    assert!(tree(dir.path()).values().any(|file| *file == content(first)));
    assert!(tree(dir.path()).values().any(|file| *file == large));
}
