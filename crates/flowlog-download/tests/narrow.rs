//! Only what is needed: filters, and a listing that goes only where wanted blobs can be.
#![allow(clippy::print_stdout, reason = "figures for docs/download.md, shown with --nocapture")]

#[path = "common/bulk.rs"]
mod bulk;
mod common;
#[path = "common/proxy.rs"]
mod proxy;

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

use common::{CONTAINER, Container, assert_same_tree, blob_name, figure, record, said, tool, tree};
use flowlog_core::blob_path::{Form, LocalName};
use flowlog_testkit::azurite::Azurite;
use proxy::Counting;
use serde_json::json;

const SUBSCRIPTION: &str = "8ad06da4-71eb-4b2a-9c9e-c4a1b2f3d4e5";

fn small(name: String) -> (String, Vec<Vec<u8>>) {
    let content = vec![record(&name, 1)];
    (name, content)
}

fn through(proxy: &Counting, root: &Path) -> Command {
    let mut command = tool(root);
    command.args(["--endpoint", &format!("http://{}/{}", proxy.address, Azurite::ACCOUNT)]);
    command.env("AZ_STORAGE_KEY", Azurite::KEY);
    command
}

fn counting(container: &Container) -> Counting {
    let endpoint = container.azurite.endpoint();
    Counting::before(endpoint.trim_start_matches("http://").split('/').next().expect("a host"))
}

fn ok(mut command: Command) -> Output {
    let output = command.output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    output
}

/// An older VNet layout and the NSG layout of the same hours.
fn old_layouts(day: u32, hour: u32) -> [String; 2] {
    let path = "/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK";
    let rest = format!("y=2025/m=10/d={day:02}/h={hour:02}/m=00/macAddress=7C1E52648402/PT1H.json");
    let subscription = SUBSCRIPTION.to_uppercase();
    [
        format!(
            "flowLogResourceID=/SUBSCRIPTIONS/{subscription}{path}/NETWORKWATCHERS/NETWORKWATCHER_EASTUS/FLOWLOGS/OLD/{rest}"
        ),
        format!("resourceId=/SUBSCRIPTIONS/{subscription}{path}/NETWORKSECURITYGROUPS/WEB-NSG/{rest}"),
    ]
}

/// Days in the container, half of them in another month. `FLOWLOG_TEST_DAYS=60` gives the 20,000 blobs
/// of the figures in docs/download.md; uploading them took 25 minutes on a busy machine, and the calls are
/// the same.
fn days() -> u32 {
    std::env::var("FLOWLOG_TEST_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(6)
}

/// Two flow logs, seven NICs, all hours of some days, and what else may lie about.
#[test]
fn one_hour_of_a_large_container_costs_a_few_dozen_list_calls() {
    let mut container = Container::new(CONTAINER);
    let mut blobs = Vec::new();
    for day in 0..days() {
        for hour in 0..24 {
            for nic in 0..7 {
                for log in ["VNET-A", "VNET-B"] {
                    let name = blob_name(log, (day / 2 + 4) % 30 + 1, hour, nic);
                    blobs.push(small(name.replace("m=10", &format!("m={:02}", 9 + day % 2))));
                }
            }
        }
    }
    blobs.extend((4..12).flat_map(|hour| old_layouts(5, hour)).map(small));
    blobs.extend((0..60).map(|number| small(format!("exports/{number}.json"))));
    let count = blobs.len();
    bulk::upload(&mut container, CONTAINER, blobs);

    let dir = tempfile::tempdir().expect("a temporary folder");
    let counter = counting(&container);
    let mut command = through(&counter, dir.path());
    command.args(["--from", "2025-10-05T09:00", "--to", "2025-10-05T10:00"]);
    let output = ok(command);

    let hours = ["/m=10/d=05/h=09/", "/m=10/d=05/h=10/"];
    let wanted = |name: &String| hours.iter().any(|hour| name.contains(hour));
    let names: Vec<&String> = container.blobs.keys().filter(|name| wanted(name)).collect();
    // Two hours: two flow logs of seven NICs, and one blob of either old layout.
    assert_eq!(names.len(), 2 * (2 * 7 + 2));
    let expected: BTreeMap<String, Vec<u8>> = names
        .iter()
        .map(|name| (LocalName::new(name).path(Form::Full, ""), common::content(&container.blobs[*name])))
        .collect();
    assert_same_tree(&tree(dir.path()), &expected);
    assert_eq!((figure(&output, "Listed"), figure(&output, "Left out")), (32, 60));
    assert!(counter.lists() <= 48, "{} list calls", counter.lists());
    assert!(said(&output).contains(&format!("in {} requests", counter.lists())), "{}", said(&output));

    println!("{count} blobs: {} list calls for one hour", counter.lists());

    let before = counter.lists();
    let mut command = through(&counter, &dir.path().join("none"));
    command.args(["--subscription", "none"]);
    assert_eq!(command.output().expect("a run").status.code(), Some(5));
    assert!(counter.lists() - before <= 6, "resources that are not wanted are not entered");
}

#[test]
fn filters_take_names_in_any_case_and_say_what_they_leave_out() {
    let mut container = Container::new(CONTAINER);
    let mut blobs: Vec<_> = (8..11).flat_map(|hour| old_layouts(5, hour)).map(small).collect();
    for log in ["VNET-A", "VNET-B_2"] {
        blobs.extend((0..3).flat_map(|nic| (8..11).map(move |hour| small(blob_name(log, 5, hour, nic)))));
    }
    blobs.push(small("exports/other.json".to_owned()));
    container.upload_whole(blobs);
    let listed = |arguments: &[&str]| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut command = container.tool(dir.path());
        command.args(arguments);
        let output = ok(command);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let left = if text.contains("Left out") { figure(&output, "Left out") } else { 0 };
        assert_eq!(tree(dir.path()).len() as u64, figure(&output, "Listed"));
        (figure(&output, "Listed"), left)
    };
    assert_eq!(listed(&[]), (25, 0));
    assert_eq!(listed(&["--flow-log", "vnet-b_2"]), (9, 1));
    assert_eq!(listed(&["--flow-log", "Old", "--flow-log", "web-nsg"]), (6, 1));
    assert_eq!(listed(&["--subscription", SUBSCRIPTION]), (24, 1));
    assert_eq!(listed(&["--mac", "7c:1e:52:64:84:02"]), (12, 1));
    assert_eq!(listed(&["--from", "2025-10-05T10:00"]), (8, 1));
    assert_eq!(
        listed(&["--to", "2025-10-05T09:00", "--mac", "7c1e52648402", "--flow-log", "vnet-a"]),
        (2, 1)
    );

    let dir = tempfile::tempdir().expect("a temporary folder");
    for (arguments, code, words) in [
        (&["--flow-log", "none"][..], 5, "hint: there is: NETWORKWATCHER_EASTUS_VNET-A"),
        (&["--last", "6h"], 5, "no blob matches: hours from"),
        (&["--flow-log", "VNET"], 5, "no blob matches: flow log vnet"),
        (
            &["--from", "2025-10-06", "--to", "2025-10-05"],
            2,
            "--from 2025-10-06 is later than --to 2025-10-05",
        ),
        (&["--from", "2025-10-07", "--to", "2025-10-05T09:00"], 2, "--from 2025-10-05T09:00 --to 2025-10-07"),
        (
            &["--from", "2025-10-05T09:00", "--to", "2025-10-05T09:00Z"],
            2,
            "is the same moment as --to 2025-10-05T09:00Z",
        ),
        (&["--from", "5 October"], 2, "expected a UTC date (2025-10-05)"),
        (&["--last", "6"], 2, "expected a number and a unit"),
        (&["--mac", "7C1E"], 2, "expected twelve hex digits"),
        (&["--last", "6h", "--from", "2025-10-05"], 2, "cannot be used with"),
    ] {
        let output = container.tool(dir.path()).args(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn flow_logs_of_watchers_with_names_of_their_own_are_found_and_the_rest_is_counted() {
    let mut container = Container::new(CONTAINER);
    let own =
        |watcher: &str, log: &str, hour| blob_name(log, 5, hour, 1).replace("NETWORKWATCHER_EASTUS", watcher);
    let old = |watcher: &str, log: &str, hour| {
        let [name, _] = old_layouts(5, hour);
        name.replace("NETWORKWATCHER_EASTUS", watcher).replace("FLOWLOGS/OLD", &format!("FLOWLOGS/{log}"))
    };
    let mut blobs = Vec::new();
    for hour in 8..10 {
        for watcher in ["NW", "NW_PROD", "NETWORKWATCHER_HUB_EU", "NETWORKWATCHER_EASTUS"] {
            blobs.extend([own(watcher, "FLOW1", hour), own(watcher, "FLOW2", hour)]);
            blobs.extend([old(watcher, "FLOW1", hour), old(watcher, "FLOW2", hour)]);
        }
        blobs.push(own("NETWORKWATCHER_EASTUS", "PROD_FLOW1", hour));
    }
    let wanted: Vec<String> = blobs
        .iter()
        .filter(|name| name.contains("FLOW1/") && !name.contains("EASTUS_PROD_FLOW1"))
        .map(|name| LocalName::new(name).path(Form::Full, ""))
        .collect();
    assert_eq!(wanted.len(), 16);
    container.upload_whole(blobs.into_iter().map(small).collect());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut command = container.tool(dir.path());
    command.args(["--flow-log", "flow1"]);
    let output = ok(command);
    let mut wanted = wanted;
    wanted.sort();
    assert_eq!(tree(dir.path()).into_keys().collect::<Vec<_>>(), wanted);
    let text = said(&output);
    // Five of the new layout, four of the old one.
    assert!(
        text.contains("Passed over 9 branches of the container (FLOW2, NETWORKWATCHER_EASTUS_FLOW2, "),
        "{text}"
    );

    let mut command = container.tool(dir.path());
    command.args(["--flow-log", "flow1", "--verify"]);
    let text = said(&ok(command));
    assert!(text.contains("Passed over 9 branches"), "{text}");
    assert!(text.contains("The tree is complete, as far as it was asked for"), "{text}");
    let mut command = container.tool(dir.path());
    command.args(["--flow-log", "NW_PROD_FLOW1", "--from", "2025-10-05T09:00", "--format", "json"]);
    let output = ok(command);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["listed"], &json["unchanged"]), (&1.into(), &1.into()), "{json}");
    assert_eq!(json["passed_over"]["branches"], json!(17), "{json}");
}

#[test]
fn the_next_command_analyses_what_was_asked_for() {
    let source = tempfile::tempdir().expect("a folder");
    for (name, records) in common::day_of(&["WEB", "DB"], 1) {
        let path = source.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, common::content(&records)).expect("written");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = tool(Path::new("my logs"));
        command.current_dir(dir.path()).arg("--from-dir").arg(source.path()).args(arguments);
        let text = said(&ok(command));
        text.lines().skip_while(|line| !line.starts_with("Next: ")).collect::<Vec<_>>().join("\n")
    };
    let quote = if cfg!(windows) { '"' } else { '\'' };
    let next = |parts: &[&str]| {
        let parts: Vec<String> = parts.iter().map(|part| format!("{quote}my logs{part}{quote}")).collect();
        format!("Next: flowlog-analyze {}", parts.join(" "))
    };
    // The tree holds nothing else yet.
    let hour = ["--from", "2025-10-05T09:00", "--to", "2025-10-05T10:00"];
    assert_eq!(run(&hour), next(&[""]));
    assert_eq!(run(&[]), next(&[""]));
    assert_eq!(run(&hour), next(&["/2025-10-05/09", "/2025-10-05/10"]));
    let mut none = tool(&dir.path().join("none"));
    let none = none.arg("--from-dir").arg(source.path()).args(["--flow-log", "x"]).output().expect("a run");
    assert!(said(&none).contains("144 blobs are there that are not asked for"), "{}", said(&none));
    assert_eq!(run(&["--flow-log", "web"]), next(&["/*/*/FlowLog_??????_WEB_????????????_*"]));
    assert_eq!(
        run(&["--mac", "7C1E52648401", "--flow-log", "db"]),
        next(&["/*/*/FlowLog_??????_DB_7C1E52648401_*"])
    );
    let many = run(&["--to", "2025-10-05T18:00"]);
    assert_eq!(many, format!("{}\n      (the tree holds more than was asked for)", next(&[""])));
}
