//! docs/report.schema.json held against what the program prints, of many sets and with every option that adds to it; and
//! against reports with a slip in them, which it must refuse.

mod common;

use std::fs;

use common::schema::Schema;
use common::{Bench, project};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Behaviour, Capture, Scenario, Volume};
use serde_json::{Value, json};

/// Reports on `paths` with `options`, which the schema must take.
fn holds(schema: &Schema, bench: &Bench, paths: &[&str], options: &[&str]) -> Value {
    let run = bench.run(&[paths, options, &["--format", "json"]].concat());
    assert!([0, 1, 3].contains(&run.code()), "{paths:?} {options:?}: {}", run.talk());
    let report = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(schema.fault(&report), None, "{paths:?} {options:?}");
    report
}

#[test]
fn of_the_samples_with_every_option_that_changes_the_report() {
    let (schema, bench) = (Schema::read("report.schema.json"), Bench::new());
    let container = project().join("samples/container");
    let container = container.to_str().unwrap();
    let rules = r#"[{"name":"nsg-a","securityRules":[{"name":"never","access":"Allow","direction":"Inbound","priority":100,"protocol":"*","sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}]}]"#;
    fs::write(bench.folder.path().join("rules.json"), rules).unwrap();
    let settings = "[vertical_scan]\nports = 7\n\n[[suppress]]\nrule = \"beacon\"\nentity = \"10.0.0.0/8\"\n\
                    reason = \"monitoring\"\nexpires = \"2000-01-01\"\n";
    fs::write(bench.folder.path().join("settings.toml"), settings).unwrap();
    let options: [&[&str]; 9] = [
        &[],
        &["--no-findings"],
        &["--no-dedup", "--top", "1"],
        &["--bucket", "5m"],
        &["--specific-ips", "10.0.0.0/8,8.8.8.8,2001:db8::1"],
        &["--internal-cidr", "hub=10.10.0.0/16", "--rules", "rules.json"],
        &["--config", "settings.toml"],
        &["--last-of-data", "1h", "--where", "denied"],
        &["--host", "192.0.2.77"],
    ];
    for options in options {
        let report = holds(&schema, &bench, &[container], options);
        let said = &report["options"];
        assert_eq!(report["tool"]["name"], "flowlog-analyze");
        assert_eq!(said["findings"], json!(!options.contains(&"--no-findings")), "{options:?}");
        assert_eq!(said["dedup"], json!(!options.contains(&"--no-dedup")), "{options:?}");
        let ports = said["thresholds"].get("vertical_scan.ports");
        assert_eq!(ports.is_some(), options.contains(&"settings.toml"), "{said}");
        let top = if options.contains(&"--top") { 1 } else { 15 };
        assert_eq!(said["top"], json!(top));
    }
}

#[test]
fn of_networks_of_all_kinds() {
    let schema = Schema::read("report.schema.json");
    let everything = Scenario {
        seed: 91,
        nics: 12,
        hours: 5,
        volume: Volume::Tuples(40_000),
        behaviours: Behaviour::ALL.to_vec(),
        ..Scenario::default()
    };
    let one_end = Scenario {
        seed: 92,
        nics: 5,
        hours: 3,
        volume: Volume::Tuples(6000),
        capture: Capture::SourceOnly,
        behaviours: Vec::new(),
        ..Scenario::default()
    };
    for scenario in [everything, one_end] {
        let (bench, _) = Bench::new().scenario(&scenario);
        let report = holds(&schema, &bench, &["logs"], &["--top", "3"]);
        cut_lists_say_so(&report, "");
    }
}

/// Every list with a total beside it has as many rows as that says, or fewer.
fn cut_lists_say_so(value: &Value, at: &str) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some(list) = key.strip_suffix("_total").and_then(|list| fields[list].as_array()) {
                    assert!(
                        list.len() as u64 <= value.as_u64().unwrap(),
                        "{at}.{key}: {value} < {}",
                        list.len()
                    );
                }
                cut_lists_say_so(value, &format!("{at}.{key}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| cut_lists_say_so(item, at)),
        _ => {}
    }
}

#[test]
fn of_faulty_files_and_of_none_at_all() {
    let schema = Schema::read("report.schema.json");
    let bench = Bench::new();
    for fault in faults::all() {
        let name = format!("{}.{}", fault.name, fault.extension);
        fs::write(bench.folder.path().join(&name), &fault.bytes).unwrap();
        holds(&schema, &bench, &[&name], &[]);
    }
    holds(&schema, &bench, &["."], &["--section", "files"]);
}

type Slip = fn(&mut Value);

#[test]
fn a_slip_is_refused() {
    let (schema, bench) = (Schema::read("report.schema.json"), Bench::new());
    let container = project().join("samples/container");
    let report = holds(&schema, &bench, &[container.to_str().unwrap()], &[]);
    let slips: [(&str, Slip); 8] = [
        ("a key more", |report| report["more"] = json!(1)),
        ("a key more in a row", |report| report["denied"][0]["more"] = json!(1)),
        ("a key less", |report| drop(report.as_object_mut().unwrap().remove("denied_total"))),
        ("a key less in a row", |report| {
            drop(report["findings"][0]["evidence"][0].as_object_mut().unwrap().remove("unit"));
        }),
        ("a number as text", |report| report["totals"]["tuples"] = json!("7")),
        ("a negative count", |report| report["rules"][0]["tuples"] = json!(-1)),
        ("prose in place of a unit", |report| {
            report["findings"][0]["evidence"][0]["unit"] = json!("hosts denied");
        }),
        ("a technique as one text", |report| {
            report["findings"][0]["techniques"] = json!(["T1046 Network Service Discovery"]);
        }),
    ];
    for (name, slip) in slips {
        let mut wrong = report.clone();
        slip(&mut wrong);
        assert_ne!(wrong, report, "{name}");
        assert!(schema.fault(&wrong).is_some(), "{name} is not refused");
    }
}
