//! docs/flows.schema.json and docs/host.schema.json held against what flows and host print, of the samples and with every
//! option that adds to it; and against output with a slip in it. compare.rs holds that of comparisons.

mod common;

use std::fs;

use common::schema::Schema;
use common::{Bench, project};
use flowlog_testkit::mmdb::Mmdb;
use serde_json::{Value, json};

const NAMES: &str = "10.10.1.4,web1\n10.10.3.7,db01\n10.10.2.0/24,app\n203.0.113.254,partner\n";
const THREATS: &str = "203.0.113.254\n10.10.3.7\n";

/// Everything that can be known of addresses.
const KNOWN: [&str; 6] = ["--names", "names.csv", "--threat-list", "bad.txt", "--mmdb", "places.mmdb"];

/// What `arguments` print of the samples, which the schema must take.
fn held(schema: &Schema, arguments: &[&str]) -> Value {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("names.csv"), NAMES).unwrap();
    fs::write(bench.folder.path().join("bad.txt"), THREATS).unwrap();
    let place = json!({ "country": { "iso_code": "ES" }, "autonomous_system_number": 64_500 });
    let places = Mmdb::new("Test-City").row("203.0.113.0/24", &place).row("10.10.3.0/24", &place).bytes();
    fs::write(bench.folder.path().join("places.mmdb"), places).unwrap();
    let samples = project().join("samples/container");
    let run = bench.run(&[arguments, &[samples.to_str().unwrap(), "--quiet", "--format", "json"]].concat());
    // The samples hold a file that is cut off: 3.
    assert_eq!(run.code(), 3, "{arguments:?}: {}", run.talk());
    let printed = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(schema.fault(&printed), None, "{arguments:?}");
    printed
}

#[test]
fn of_flows_by_every_field() {
    let schema = Schema::read("flows.schema.json");
    let every = "source_port,port,protocol,direction,outcome,rule,nsg,nic,resource,source_class,destination_class,class,provider,\
                 source_provider,destination_provider,encryption,source_name,destination_name,source_country,destination_country,source_as,\
                 destination_as,country,as,source_threat,destination_threat,minute";
    for more in [
        &[][..],
        &["--by", &format!("source,destination,{every}")],
        &["--by", &format!("source/24,destination/16,{every}"), "--limit", "3"],
        &["--by", "source,hour"],
        &["--by", "day", "--sort", "duration", "--no-dedup"],
        &["--where", "port 7777"],
        &["--host", "10.10.1.4", "--last-of-data", "1h"],
    ] {
        let by_name = more.iter().any(|word| word.contains("source_name"));
        let printed = held(&schema, &[&["flows"][..], more, if by_name { &KNOWN[..] } else { &[] }].concat());
        let (fields, rows) = (printed["by"].as_array().unwrap(), printed["flows"].as_array().unwrap());
        for row in rows {
            // A row has its fields and sums, and no others.
            assert_eq!(row.as_object().unwrap().len(), fields.len() + 9, "{more:?}");
        }
    }
}

#[test]
fn of_hosts_networks_and_names() {
    let schema = Schema::read("host.schema.json");
    for (host, more) in [
        ("10.10.1.4", &[][..]),
        ("10.10.3.7", &KNOWN),
        ("web*", &KNOWN),
        ("10.10.0.0/16", &["--no-findings", "--top", "2"]),
        ("fd00:db8:a:2::5", &["--port", "443", "--last-of-data", "2h"]),
        ("203.0.113.254", &["--where", "bytes > 1"]),
        ("1.2.3.4", &[]),
    ] {
        let printed = held(&schema, &[&["host", host][..], more].concat());
        assert_eq!(printed["host"], host);
    }
}

type Slip = fn(&mut Value);

#[test]
fn a_slip_is_refused() {
    let flows: [(&str, Slip); 5] = [
        ("a key more", |flows| flows["more"] = json!(1)),
        ("a sum less", |flows| drop(flows["flows"][0].as_object_mut().unwrap().remove("bytes_sent"))),
        ("a word that is no outcome", |flows| flows["flows"][0]["outcome"] = json!("closed")),
        ("a number as text", |flows| flows["total"]["connections"] = json!("7")),
        ("a field that there is not", |flows| flows["flows"][0]["colour"] = json!("blue")),
    ];
    let host: [(&str, Slip); 4] = [
        ("a part less", |host| drop(host.as_object_mut().unwrap().remove("let_in"))),
        ("a negative count", |host| host["peers"]["found"] = json!(-1)),
        ("a key less in a finding", |host| {
            drop(host["findings"][0].as_object_mut().unwrap().remove("next_step"));
        }),
        ("a rule more", |host| host["peers"]["flows"][0]["rule"] = json!("Allow")),
    ];
    for (name, arguments, slips) in
        [("flows", &["flows"][..], &flows[..]), ("host", &["host", "10.10.1.4"], &host)]
    {
        let schema = Schema::read(&format!("{name}.schema.json"));
        let right = held(&schema, arguments);
        for (slip, make) in slips {
            let mut wrong = right.clone();
            make(&mut wrong);
            assert_ne!(wrong, right, "{name}: {slip}");
            assert!(schema.fault(&wrong).is_some(), "{name}: {slip} is not refused");
        }
    }
}
