//! `--names`: names beside addresses in everything that is printed or written, and as a way to ask.

mod common;

use std::fs;

use common::{Bench, hour_of};
use serde_json::Value;

const NSG: &str = "/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web-nsg";

/// Tuples of a minute of 2025-12-01, 02:00 on.
fn log() -> String {
    let ms = |minute: i64| 1_764_554_400_000 + minute * 60_000;
    let mut tuples = Vec::new();
    for minute in 0..20 {
        let port = 40_000 + minute;
        tuples.push(format!("\"{},10.0.0.4,10.0.1.5,{port},1433,6,O,B,NX,0,0,0,0\"", ms(minute)));
        tuples
            .push(format!("\"{},10.0.0.4,10.0.1.5,{port},1433,6,O,E,NX,9,900,8,8000\"", ms(minute) + 9_000));
    }
    for minute in 0..30 {
        let port = 50_000 + minute;
        tuples.push(format!("\"{},10.0.0.4,203.0.113.9,{port},443,6,O,B,NX,0,0,0,0\"", ms(minute)));
    }
    let denied: Vec<String> = (0..15)
        .map(|minute| {
            format!("\"{},10.0.0.77,10.0.1.5,{},22,6,O,D,NX,0,0,0,0\"", ms(minute), 30_000 + minute)
        })
        .collect();
    hour_of(NSG, &[("UserRule_allow", &tuples), ("UserRule_deny", &denied)])
}

/// Two databases have one name, and a subnet has a name that some of its hosts do not share.
fn bench() -> Bench {
    let bench = Bench::new().file("PT1H.json", log());
    let names = "address,name\n10.0.0.4,web01\n10.0.1.5,db01\n10.0.1.6,db01\n10.0.0.0/24,frontends\n203.0.113.0/24,\"=partner, Inc.\"\n";
    fs::write(bench.folder.path().join("names.csv"), names).unwrap();
    bench
}

fn json(bench: &Bench, arguments: &[&str]) -> Value {
    serde_json::from_str(&bench.printed(arguments)).unwrap()
}

#[test]
fn the_report_shows_names_in_text_and_json() {
    let bench = bench();
    let text = bench.printed(&["logs", "--names", "names.csv", "--full"]);
    for shown in ["10.0.0.4 web01", "10.0.1.5 db01", "10.0.0.77 frontends", "203.0.113.9 =partner, Inc."] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let short = bench.printed(&["logs", "--names", "names.csv"]);
    assert!(short.contains("10.0.1.5 db01") && short.lines().count() <= 60, "{short}");
    let report = json(&bench, &["logs", "--names", "names.csv", "--format", "json"]);
    assert_eq!(report["hosts"]["203.0.113.9"]["name"], "=partner, Inc.");
    assert_eq!(
        (&report["top_sources"][0]["ip"], &report["top_sources"][0]["name"]),
        (&"10.0.0.4".into(), &"web01".into())
    );
    let without = json(&bench, &["logs", "--format", "json"]);
    assert!(without.get("hosts").is_none() && without["top_sources"][0].get("name").is_none());
}

#[test]
fn flows_have_names_as_columns_and_as_groups() {
    let bench = bench();
    let named = ["flows", "logs", "--names", "names.csv"];
    let flows = |arguments: &[&str]| bench.printed(&[&named[..], arguments].concat());
    insta::assert_snapshot!("flows", flows(&["--sort", "connections"]));
    insta::assert_snapshot!(
        "by_name",
        flows(&["--by", "source_name,destination_name,outcome", "--format", "csv"])
    );
    let csv = flows(&["--format", "csv"]);
    assert!(csv.starts_with("source,source_name,destination,destination_name,port,"), "{csv}");
    assert!(csv.contains("203.0.113.9,\"'=partner, Inc.\""), "{csv}");
    let row: Value = serde_json::from_str(flows(&["--format", "ndjson", "--port", "22"]).trim()).unwrap();
    assert_eq!((&row["source_name"], &row["destination_name"]), (&"frontends".into(), &"db01".into()));
}

#[test]
fn connections_are_asked_for_by_name() {
    let bench = bench();
    let total = |arguments: &[&str]| {
        let flows = ["flows", "logs", "--names", "names.csv", "--format", "json"];
        json(&bench, &[&flows[..], arguments].concat())["total"]["connections"].as_u64().unwrap()
    };
    let all = total(&[]);
    assert_eq!(total(&["--host", "db01"]), total(&["--host", "10.0.1.5"]));
    assert_eq!(total(&["--source", "web01"]) + total(&["--source", "frontends"]), all);
    assert_eq!(total(&["--source", "frontends"]), total(&["--source", "10.0.0.77"]));
    assert_eq!(total(&["--destination", "DB*"]), total(&["--where", "dst db01"]));
    assert_eq!(total(&["--where", "not dst \"=partner, Inc.\""]), total(&["--where", "dst in [db01]"]));
    let report = json(&bench, &["logs", "--names", "names.csv", "--source", "frontends", "--format", "json"]);
    assert_eq!(report["totals"]["tuples"], 15);
    assert_eq!(report["selection"]["filter"], "source frontends");
}

#[test]
fn a_host_is_found_by_its_name() {
    let bench = bench();
    let page = json(&bench, &["host", "web01", "logs", "--names", "names.csv", "--format", "json"]);
    let by_address = json(&bench, &["host", "10.0.0.4", "logs", "--names", "names.csv", "--format", "json"]);
    assert_eq!(
        (&page["host"], &page["named"][0], &page["name"]),
        (&"web01".into(), &"10.0.0.4".into(), &"web01".into())
    );
    assert_eq!((&page["total"], &page["peers"]), (&by_address["total"], &by_address["peers"]));
    assert_eq!(page["peers"]["flows"][0]["destination_name"], "db01");
    insta::assert_snapshot!("host", bench.printed(&["host", "db01", "logs", "--names", "names.csv"]));
}

#[test]
fn files_that_are_written_have_names() {
    let bench = bench();
    let written = |name: &str| fs::read_to_string(bench.folder.path().join(name)).unwrap();
    for form in ["csv", "ndjson"] {
        let connections = format!("connections.{form}");
        bench.printed(&["logs", "--names", "names.csv", "--export-connections", &connections]);
    }
    let csv = written("connections.csv");
    let (head, rows) = csv.split_once('\n').unwrap();
    assert!(head.ends_with(",source_class,destination_class,source_name,destination_name"), "{head}");
    assert!(rows.lines().all(|row| row.split(',').count() >= head.split(',').count()), "{rows}");
    assert!(rows.contains(",private,private,frontends,db01\n"), "{rows}");
    assert!(rows.contains(",private,documentation,web01,\"'=partner, Inc.\"\n"), "{rows}");
    let lines = written("connections.ndjson");
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["source_name"], &first["outcome"]), (&"web01".into(), &"completed".into()));
    bench.printed(&["logs", "--names", "names.csv", "--output", "report.csv"]);
    let summary = written("report.csv");
    let mut reader = csv_rows(&summary);
    let head = reader.remove(0);
    let at = |name: &str| head.iter().position(|title| title == name).unwrap();
    let top = reader.iter().find(|row| row[at("Section")] == "Top sources").unwrap();
    assert_eq!((top[at("Item")].as_str(), top[at("SourceName")].as_str()), ("10.0.0.4", "web01"));
    let denied = reader.iter().find(|row| row[at("Section")] == "Denied").unwrap();
    assert_eq!(denied[at("DestinationName")], "db01");
}

/// Cells of lines without a comma in quotes.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn comparisons_and_states_take_names_too() {
    let bench = bench();
    fs::write(bench.folder.path().join("moved.json"), log().replace("10.0.1.5", "10.0.1.6")).unwrap();
    let compare = ["compare", "logs", "moved.json", "--names", "names.csv"];
    let text = bench.printed(&compare);
    assert!(text.contains("10.0.1.6 db01") && text.contains("10.0.1.5 db01"), "{text}");
    let compared = json(&bench, &[&compare[..], &["--format", "json"]].concat());
    assert_eq!(compared["hosts"]["new"]["rows"][0]["name"], "db01");
    assert_eq!(compared["known_hosts"]["10.0.1.6"]["name"], "db01");
    bench.printed(&["partial", "logs", "-o", "a.flowstate"]);
    let merged = json(&bench, &["merge", "a.flowstate", "--names", "names.csv", "--format", "json"]);
    assert_eq!(merged["top_sources"][0]["name"], "web01");
}

#[test]
fn files_of_the_azure_cli_and_settings_name_hosts() {
    let bench = bench();
    let put = |name: &str, text: &str| fs::write(bench.folder.path().join(name), text).unwrap();
    put(
        "nics.json",
        r#"[{"name":"n1","virtualMachine":{"id":"/s/virtualMachines/sql01"},"ipConfigurations":[{"privateIPAddress":"10.0.1.5"}]}]"#,
    );
    put("flowlog.toml", "names = [\"names.csv\"]\n");
    let name = |arguments: &[&str]| {
        let flows = ["flows", "logs", "--format", "json", "--by", "destination", "--port", "22"];
        json(&bench, &[&flows[..], arguments].concat())["flows"][0]["destination_name"].clone()
    };
    assert_eq!(name(&[]), "db01");
    // The option's file comes after that of the settings.
    assert_eq!(name(&["--names", "nics.json"]), "sql01");
    assert_eq!(name(&["--no-config"]), Value::Null);
}

#[test]
fn slips_are_told_in_a_sentence() {
    let bench = bench();
    let put = |name: &str, text: &str| fs::write(bench.folder.path().join(name), text).unwrap();
    put("wrong.csv", "ip,name\n10.0.0.4,web01\n\n10.0.0.300,web02\n");
    put("vnets.json", r#"[{"name":"vnet1"}]"#);
    for (arguments, message) in [
        (&["logs", "--names", "wrong.csv"][..], "wrong.csv, line 4: \"10.0.0.300\" is no IP address"),
        (&["logs", "--names", "vnets.json"], "vnets.json, line 1: this is no output of az network nic list"),
        (&["logs", "--names", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (
            &["logs", "--names", "names.csv", "--host", "bd01"],
            "no address is called bd01; did you mean db01?",
        ),
        (&["host", "web1", "logs", "--names", "names.csv"], "no address is called web1; did you mean web01?"),
        (
            &["flows", "logs", "--where", "src db01"],
            "db01 asks for what --names FILE tells, and no such file was given",
        ),
        (&["flows", "logs", "--by", "source_name"], "source_name asks for what --names FILE tells"),
        (&["host", "10.0.0.300", "logs"], "\"10.0.0.300\" is no IP address"),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.talk());
        assert!(run.talk().contains(message), "{arguments:?}: {}", run.talk());
    }
}
