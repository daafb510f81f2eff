//! Ways in that do not answer: a person can stop, and what is not needed is not waited for.
#![cfg(unix)]

mod auth_support;
mod common;

use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use auth_support::{Programs, STORAGE, Site, StandIn, token};
use common::{assert_same_tree, said, tree};

#[test]
fn ctrl_c_ends_a_login_that_hangs() {
    let programs = Programs::new();
    programs.az_hangs();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(&dir.path().join("tree"));
    programs.in_front_of(&mut tool);
    // Somebody is at the address: what is not there is told without a login.
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("https://{}/logs1", service.local_addr().expect("an address"));
    tool.args(["--endpoint", &endpoint]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = tool.spawn().expect("a run");
    let deadline = Instant::now() + Duration::from_secs(60);
    while programs.calls().is_empty() {
        assert!(Instant::now() < deadline, "az was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let begun = Instant::now();
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(!dir.path().join("tree").exists());
}

#[test]
fn a_resource_manager_that_does_not_answer_is_done_without() {
    let site = Site::new();
    let programs = Programs::new();
    programs.az("management", "token-for-the-resource-manager");
    programs.az("storage", &token(STORAGE));
    let silent = StandIn::secure(&site.certificates, |_| {
        std::thread::sleep(Duration::from_secs(120));
        (500, "{}".to_owned())
    });
    for (address, reason) in [
        (silent.address(), "no answer within 20 seconds"),
        ("https://127.0.0.1:9", "cannot reach Azure Resource Manager"),
    ] {
        let run = |arguments: &[&str]| {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let mut tool = site.tool(dir.path());
            programs.in_front_of(&mut tool);
            let begun = Instant::now();
            let output =
                tool.env("FLOWLOG_RESOURCE_MANAGER", address).args(arguments).output().expect("a run");
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
            (output, tree(dir.path()))
        };
        if address != silent.address() {
            let (pinned, _) = run(&["--auth-mode", "key"]);
            assert_eq!(pinned.status.code(), Some(1), "{}", said(&pinned));
            assert!(said(&pinned).contains(reason), "{}", said(&pinned));
        }
        let (output, found) = run(&[]);
        assert_eq!(output.status.code(), Some(0), "{reason}: {}", said(&output));
        assert!(said(&output).contains(" with login"), "{reason}: {}", said(&output));
        assert_same_tree(&found, &site.container.expected());
    }
    assert!(!silent.requests().is_empty());
}
