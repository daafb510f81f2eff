//! `flowlog-analyze host`: one page, whose numbers are those of the flows.

mod common;

use common::Bench;
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use serde_json::Value;

fn bench(seed: u64) -> Bench {
    let volume = Volume::Tuples(12_000);
    let scenario =
        Scenario { seed, nics: 5, hours: 3, volume, capture: Capture::HalfBoth, ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

fn json(bench: &Bench, arguments: &[&str]) -> Value {
    let run = bench.run(arguments);
    assert_eq!(run.code(), 0, "{}", run.talk());
    serde_json::from_str(&run.out()).unwrap()
}

/// The destination of the most denials.
fn busy(bench: &Bench) -> String {
    let report = json(bench, &["logs", "--format", "json"]);
    report["denied"][0]["destination"].as_str().unwrap().to_owned()
}

#[test]
fn the_page_fits_a_screen_and_says_what_the_flows_say() {
    let bench = bench(61);
    let host = busy(&bench);
    let page = json(&bench, &["host", &host, "logs", "--format", "json", "--top", "1000000"]);
    let flows =
        |arguments: &[&str]| json(&bench, &[&["flows", "logs", "--format", "json"], arguments].concat());
    let all = flows(&["--host", &host]);
    assert_eq!(page["total"], all["total"]);
    let count =
        |rows: &Value, key: &str| rows.as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap()).sum();
    let (connections, denied): (u64, u64) =
        (count(&page["timeline"], "connections"), count(&page["timeline"], "denied"));
    assert_eq!(connections + denied, all["total"]["connections"].as_u64().unwrap());
    let denials = flows(&["--where", &format!("host {host} and denied")]);
    assert_eq!(denied, denials["total"]["connections"].as_u64().unwrap());
    assert!(denied > 0);
    assert_eq!(count(&page["denied"]["flows"], "connections"), denied);
    let let_in = flows(&["--direction", "in", "--where", &format!("dst {host} and not denied")]);
    assert_eq!(
        count(&page["let_in"]["flows"], "connections"),
        let_in["total"]["connections"].as_u64().unwrap()
    );
    let rules = page["let_in"]["flows"].as_array().unwrap();
    assert!(rules.iter().all(|row| !row["rule"].as_str().unwrap().contains("OutBound")), "{rules:?}");
    assert_eq!(page["is_logged"], true);
    let text = bench.command(&["host", &host, "logs"]).env("COLUMNS", "80").output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.lines().count() <= 48, "{text}");
    assert!(text.contains("Denied, from it or to it: 5 of"), "{text}");
}

#[test]
fn findings_that_name_the_host_are_told() {
    let bench = bench(62);
    let report = json(&bench, &["logs", "--format", "json"]);
    let findings = report["findings"].as_array().unwrap();
    let one = findings
        .iter()
        .find(|finding| finding["entity"].as_str().unwrap().parse::<std::net::IpAddr>().is_ok());
    let host = one.unwrap()["entity"].as_str().unwrap();
    let page = json(&bench, &["host", host, "logs", "--format", "json"]);
    let ids: Vec<&Value> =
        page["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]).collect();
    let about: Vec<&Value> =
        findings.iter().filter(|finding| finding["entity"] == host).map(|finding| &finding["id"]).collect();
    assert!(!about.is_empty() && about.iter().all(|id| ids.contains(id)), "{about:?} {ids:?}");
    assert!(ids.len() < findings.len());
}

#[test]
fn a_host_nobody_met_and_a_slip_are_told() {
    let bench = bench(63);
    let run = bench.run(&["host", "203.0.113.77", "logs"]);
    assert_eq!(run.code(), 0);
    assert!(run.out().contains("Nothing is logged of it."), "{}", run.out());
    let slip = bench.run(&["host", "10.0.0.300", "logs"]);
    assert_eq!(slip.code(), 2);
    assert!(slip.talk().contains("is no IP address"), "{}", slip.talk());
    let window = json(&bench, &["host", "10.0.0.0/8", "logs", "--last-of-data", "10m", "--format", "json"]);
    let span = window["timeline"].as_array().unwrap().len();
    assert!((1..=12).contains(&span), "{span}");
}

/// With standard output as wide as a terminal of 80 columns.
fn text(bench: &Bench, arguments: &[&str]) -> String {
    let output = bench.command(arguments).env("COLUMNS", "80").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn specific_addresses_get_the_very_pages_before_the_report() {
    let bench = bench(64);
    let host = busy(&bench);
    let both = format!("{host},203.0.113.77,10.0.0.0/8");
    let report = text(&bench, &["logs"]);
    let pages =
        [&host, "203.0.113.77", "10.0.0.0/8"].map(|host| text(&bench, &["host", host, "logs"])).join("\n");
    let asked = text(&bench, &["logs", "--specific-ips", &both]);
    let told = asked.strip_prefix(&format!("{pages}\n")).unwrap_or_else(|| panic!("{asked}\n{pages}"));
    assert_eq!(told.lines().next(), report.lines().next());
    assert_eq!(told.lines().last(), report.lines().last());
    // The index tells of the section that was asked for.
    assert!(told.contains("  addresses          3\n"), "{told}");
    // Filters, time and rows are those of the report.
    let narrow = ["--last-of-data", "1h", "--port", "443", "--top", "2", "logs"];
    let page = text(&bench, &[&["host", &host][..], &narrow].concat());
    let asked = text(&bench, &[&["--brief", "--no-findings", "--specific-ips", &host][..], &narrow].concat());
    // Findings and the width of a bucket are of what was chosen.
    let same = page.split_once("\n\nTalked with: 2 of ").unwrap().1;
    assert!(asked.contains(&format!("\n\nTalked with: 2 of {same}\nFLOW LOG REPORT")), "{asked}\n{page}");
    assert!(asked.contains("\nFindings that name it: not looked for (--no-findings)\n"), "{asked}");
}

#[test]
fn the_pages_go_to_a_file_and_are_made_of_a_state_and_are_no_part_of_json() {
    let bench = bench(65);
    let host = busy(&bench);
    let asked = ["--specific-ips", &host];
    let printed = text(&bench, &[&["logs", "--full"][..], &asked].concat());
    assert!(printed.contains(&format!("HOST {host} ")) && printed.contains(&format!("\n{host} as source: ")));
    assert_eq!(bench.run(&["partial", "logs", "-o", "s.flowstate", "-q"]).code(), 0);
    assert_eq!(text(&bench, &[&["merge", "s.flowstate", "--full"][..], &asked].concat()), printed);
    for (file, head) in [("r.txt", format!("HOST {host} ")), ("r.md", format!("## Host {host}\n"))] {
        let run = bench.run(&[&["logs", "--output", file][..], &asked].concat());
        assert_eq!((run.code(), run.out().as_str()), (0, ""), "{}", run.talk());
        let told = std::fs::read_to_string(bench.folder.path().join(file)).unwrap();
        assert!(told.starts_with(&head), "{file}: {told}");
        assert!(told.contains("Next: flowlog-analyze flows --host"), "{file}: {told}");
    }
    let report = json(&bench, &[&["logs", "--format", "json"][..], &asked].concat());
    assert_eq!(report["specific_ips"][0]["query"], host.as_str());
}
