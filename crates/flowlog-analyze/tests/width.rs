//! How wide the text is where standard output is no terminal: behind a pipe, and in a file.
#![cfg(unix)]

mod common;

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use common::Bench;
use flowlog_testkit::faults;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The near end of a terminal of so many columns; it is one as long as the other part is kept.
fn terminal(columns: u16) -> (File, rustix::fd::OwnedFd) {
    let keeper = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keeper).unwrap();
    unlockpt(&keeper).unwrap();
    let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&keeper, size).unwrap();
    let name = ptsname(&keeper, Vec::new()).unwrap();
    let near = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (near, keeper)
}

/// Columns of the headings, which fill the width.
fn width(text: &str) -> usize {
    text.lines().find(|line| line.starts_with("FLOW LOG REPORT")).unwrap().chars().count()
}

#[test]
fn a_pager_fits_the_terminal_and_a_file_has_its_one_width() {
    let bench = Bench::new().file("a.json", faults::named("plain").unwrap().bytes);
    let tool = |stdout: Stdio, stderr: Stdio, columns: Option<&str>| {
        let mut command = common::tool();
        command.current_dir(bench.folder.path()).args(["logs", "--quiet"]).env("LANG", "C.UTF-8");
        command.env_remove("COLUMNS").envs(columns.map(|columns| ("COLUMNS", columns)));
        let output = command.stdout(stdout).stderr(stderr).spawn().unwrap().wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (near, _keeper) = terminal(66);
    let near = || Stdio::from(near.try_clone().unwrap());
    assert_eq!(width(&tool(Stdio::piped(), near(), None)), 66);
    assert_eq!(width(&tool(Stdio::piped(), near(), Some("72"))), 72, "COLUMNS goes before");
    assert_eq!(width(&tool(Stdio::piped(), Stdio::piped(), None)), 100, "a job without a terminal");
    let path = bench.folder.path().join("report.txt");
    tool(File::create(&path).unwrap().into(), near(), None);
    assert_eq!(width(&std::fs::read_to_string(&path).unwrap()), 100);
}
