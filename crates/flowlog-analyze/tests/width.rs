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

/// A network with long names: of rules, of an NSG, and IPv6 addresses.
fn long_names() -> Bench {
    let rule = format!("UserRule_{}", "a-rule-with-a-name-of-eighty-letters-".repeat(2));
    let nsg = "an-nsg-whose-name-says-everything-about-it-and-where-it-is";
    let acl =
        format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/{nsg}");
    let ends =
        |n: u32| format!("2001:db8:1111:2222:3333:4444:5555:{n:x},2001:db8:aaaa:bbbb:cccc:dddd:eeee:1");
    let tuples: Vec<String> = (0x1000..0x1020)
        .map(|n| {
            format!(
                "{},{},50000,{n},6,I,D,NX,0,0,0,0",
                1_768_464_000_000_i64 + i64::from(n),
                ends(n % 3 + 0x1000)
            )
        })
        .collect();
    let log = serde_json::json!({"records": [{
        "time": "2026-01-15T08:01:00.000Z", "macAddress": "000D3A000001", "category": "FlowLogFlowEvent",
        "flowLogVersion": 4, "targetResourceID": "/vnet",
        "flowRecords": {"flows": [{"aclID": acl, "flowGroups": [{"rule": rule, "flowTuples": tuples}]}]},
    }]});
    Bench::new().file("a.json", log.to_string())
}

#[test]
fn nothing_is_cut_where_no_terminal_is() {
    let bench = long_names();
    for view in [&[][..], &["--brief"], &["--full", "--show-graphs"], &["--section", "rules,denied"]] {
        let text = bench.run(&[&["logs", "-q"], view].concat()).out();
        assert!(!text.contains('\u{2026}'), "{view:?}: {text}");
        let rule = "a-rule-with-a-name-of-eighty-letters-".repeat(2);
        assert!(text.contains(&rule) && !text.contains("UserRule_a"), "{view:?}: {text}");
    }
}

#[test]
fn in_a_terminal_a_rule_loses_its_prefix_before_a_letter() {
    let bench = Bench::new().file("a.json", faults::named("plain").unwrap().bytes);
    for columns in ["80", "100", "160"] {
        let output =
            bench.command(&["logs", "-q", "--section", "rules"]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let table: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("  Rule ")).collect();
        assert!(table.len() > 1 && table[0].contains("  Kind "), "{text}");
        assert!(
            table.iter().all(|line| !line.contains("UserRule_")
                && !line.contains("DefaultRule_")
                && !line.contains('\u{2026}')),
            "{text}"
        );
    }
}
