//! `--mmdb`: country and autonomous system of addresses in every output, and ways to ask for them.

mod common;

use std::fs;

use common::{Bench, hour_of};
use flowlog_testkit::mmdb::Mmdb;
use serde_json::{Value, json};

/// On 2025-12-01 from 02:00 on: calls to three hosts of the internet and one of one's own, and what one of them was let in to.
fn log() -> String {
    let ms = |minute: i64| 1_764_554_400_000 + minute * 60_000;
    let mut tuples = Vec::new();
    for minute in 0..3 {
        for (ends, way) in [
            (format!("10.0.0.4,203.0.113.7,{},443", 40_000 + minute), 'O'),
            (format!("10.0.0.5,203.0.113.200,{},443", 41_000 + minute), 'O'),
            (format!("10.0.0.4,10.0.0.5,{},443", 43_000 + minute), 'O'),
            (format!("198.51.100.9,10.0.0.4,{},443", 44_000 + minute), 'I'),
            (format!("2001:db8::9,fd00::4,{},443", 45_000 + minute), 'I'),
        ] {
            tuples.push(format!("\"{},{ends},6,{way},B,NX,0,0,0,0\"", ms(minute)));
            tuples.push(format!("\"{},{ends},6,{way},E,NX,9,900,8,8000\"", ms(minute) + 9_000));
        }
    }
    hour_of("/s/networkSecurityGroups/web-nsg", &[("UserRule_allow", &tuples)])
}

fn bench() -> Bench {
    let bench = Bench::new().file("PT1H.json", log());
    let put = |name: &str, base: Mmdb| fs::write(bench.folder.path().join(name), base.bytes()).unwrap();
    let place = |code: &str| json!({ "country": { "iso_code": code } });
    put(
        "country.mmdb",
        Mmdb::new("GeoLite2-Country")
            .row("203.0.113.0/24", &place("RU"))
            .row("203.0.113.128/25", &place("DE"))
            .row("198.51.100.0/24", &json!({ "registered_country": { "iso_code": "RU" } }))
            .row("2001:db8::/32", &place("ES")),
    );
    let system = |number: u32, name: &str| json!({ "autonomous_system_number": number, "autonomous_system_organization": name });
    put(
        "asn.mmdb",
        Mmdb::new("GeoLite2-ASN")
            .row("203.0.113.0/24", &system(64_500, "Example Cloud"))
            .row("198.51.100.0/24", &system(64_501, "=evil()")),
    );
    bench
}

const FILES: [&str; 4] = ["--mmdb", "country.mmdb", "--mmdb", "asn.mmdb"];

fn with(bench: &Bench, arguments: &[&str]) -> String {
    bench.printed(&[arguments, &FILES[..]].concat())
}

fn json_of(bench: &Bench, arguments: &[&str]) -> Value {
    serde_json::from_str(&with(bench, &[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn country_and_system_stand_in_every_output() {
    let bench = bench();
    let text = with(&bench, &["logs", "--full"]);
    assert!(text.contains("203.0.113.7 RU") && text.contains("203.0.113.200 DE"), "{text}");
    assert!(text.contains("documentation, AS64500 Example Cloud"), "{text}");
    let report = json_of(&bench, &["logs"]);
    let expected = json!({ "country": "RU", "as": "AS64500 Example Cloud" });
    assert_eq!(report["hosts"]["203.0.113.7"], expected);
    assert_eq!(report["hosts"]["2001:db8::9"], json!({ "country": "ES" }));
    assert!(report["hosts"].get("10.0.0.4").is_none());
    let top = report["top_destinations"].as_array().unwrap();
    let row = top.iter().find(|row| row["ip"] == "203.0.113.200").unwrap();
    assert_eq!([&row["country"], &row["as"]], ["DE", "AS64500 Example Cloud"]);
    let page = with(&bench, &["host", "203.0.113.7", "logs"]);
    assert!(page.contains("RU, AS64500 Example Cloud"), "{page}");
    let csv = with(&bench, &["logs", "--export-connections", "-.csv"]);
    let (head, rows) = csv.split_once('\n').unwrap();
    assert!(head.ends_with("source_country,source_as,destination_country,destination_as"), "{head}");
    // No cell is a formula.
    assert!(rows.contains(",RU,AS64501 =evil(),,\n"), "{rows}");
    let lines = with(&bench, &["logs", "--export-connections", "-.ndjson"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = rows.iter().find(|row| row["destination"] == "203.0.113.200").unwrap();
    assert_eq!([&row["destination_country"], &row["destination_as"]], ["DE", "AS64500 Example Cloud"]);
    assert_eq!(row["source_country"], Value::Null);
}

#[test]
fn countries_and_systems_are_asked_for_and_grouped_by() {
    let bench = bench();
    let connections = |condition: &str| {
        let found = json_of(&bench, &["flows", "logs", "--where", condition]);
        found["total"]["connections"].as_u64().unwrap()
    };
    assert_eq!(connections("country RU"), 6);
    assert_eq!(connections("dst country ru"), 3);
    assert_eq!(connections("src country RU or country in [DE, ES]"), 9);
    assert_eq!(connections("not country RU"), 9);
    assert_eq!(connections("country FR"), 0);
    assert_eq!(connections("as 64500"), 6);
    assert_eq!(connections("src as AS64501"), 3);
    assert_eq!(connections("as 'example*' and country DE"), 3);
    let grouped = |by: &str| {
        let found = json_of(&bench, &["flows", "logs", "--by", by]);
        let rows = found["flows"].as_array().unwrap().clone();
        let row = |row: &Value| (row[by].as_str().map(str::to_owned), row["connections"].as_u64().unwrap());
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        rows.sort();
        rows
    };
    let some = |text: &str| Some(text.to_owned());
    // Of the end that has one.
    assert_eq!(grouped("country"), [(None, 3), (some("DE"), 3), (some("ES"), 3), (some("RU"), 6)]);
    assert_eq!(grouped("destination_country"), [(None, 9), (some("DE"), 3), (some("RU"), 3)]);
    assert_eq!(grouped("as"), [(None, 6), (some("AS64500 Example Cloud"), 6), (some("AS64501 =evil()"), 3)]);
}

#[test]
fn a_later_file_counts_and_settings_name_files() {
    let bench = bench();
    let later = Mmdb::new("GeoLite2-City").row("203.0.113.0/28", &json!({ "country": { "iso_code": "FR" } }));
    fs::write(bench.folder.path().join("later.mmdb"), later.bytes()).unwrap();
    fs::write(bench.folder.path().join("flowlog.toml"), "mmdb = [\"country.mmdb\"]\n").unwrap();
    let report: Value =
        serde_json::from_str(&bench.printed(&["logs", "--format", "json", "--mmdb", "later.mmdb"])).unwrap();
    let country = |host: &str| &report["hosts"][host]["country"];
    assert_eq!(
        [country("203.0.113.7"), country("203.0.113.200"), country("198.51.100.9")],
        ["FR", "DE", "RU"]
    );
}

#[test]
fn slips_are_told_in_a_sentence() {
    let bench = bench();
    let put = |name: &str, bytes: &[u8]| fs::write(bench.folder.path().join(name), bytes).unwrap();
    let whole = fs::read(bench.folder.path().join("country.mmdb")).unwrap();
    put("cut.mmdb", &whole[..whole.len() / 2]);
    put("none.mmdb", b"this is no database");
    put("other.mmdb", &Mmdb::new("Anonymous-IP").row("203.0.113.0/24", &json!({ "is_vpn": true })).bytes());
    // The double of a key that nobody needs has 4 bytes, as in one of MaxMind's broken test databases.
    let broken = Mmdb::new("GeoIP2-City").raw("203.0.113.0/24", b"\xe1\x48latitude\x64\x3f\xe0\x00\x00");
    put("double.mmdb", &broken.bytes());
    for (arguments, message) in [
        (&["logs", "--mmdb", "cut.mmdb"][..], "cut.mmdb: this is no whole MaxMind database"),
        (&["logs", "--mmdb", "none.mmdb"], "none.mmdb: this is no whole MaxMind database"),
        (
            &["logs", "--mmdb", "double.mmdb"],
            "double.mmdb: this is no whole MaxMind database (invalid database at offset",
        ),
        (
            &["logs", "--mmdb", "other.mmdb"],
            "other.mmdb: this database, of the type Anonymous-IP, says neither",
        ),
        (&["logs", "--mmdb", "nowhere.mmdb"], "nowhere.mmdb: cannot be read"),
        (&["flows", "logs", "--where", "country RU"], "country RU asks for what --mmdb FILE tells"),
        (&["flows", "logs", "--by", "as"], "as asks for what --mmdb FILE tells"),
        (
            &["flows", "logs", "--mmdb", "asn.mmdb", "--where", "as exmple"],
            "no autonomous system is called exmple",
        ),
        (
            &["flows", "logs", "--mmdb", "country.mmdb", "--where", "country Russia"],
            "a country's code of two letters",
        ),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.talk());
        assert!(run.talk().contains(message), "{arguments:?}: {}", run.talk());
    }
}

/// A large database is not read whole; what is damaged in it is told when an address, or a filter, asks for it.
#[test]
fn damage_that_is_met_later_is_told() {
    let bench = bench();
    let mut large = Mmdb::new("GeoLite2-Country").raw("203.0.113.0/24", b"\xe1\x45score\x5fabc");
    for number in 0..4_000 {
        let network = format!("10.{}.{}.0/24", 100 + number / 128, number % 128 * 2);
        large = large.row(&network, &json!({ "country": { "iso_code": "DE" } }));
    }
    fs::write(bench.folder.path().join("large.mmdb"), large.bytes()).unwrap();
    let damage = "large.mmdb: this is no whole MaxMind database";
    let later = ["--mmdb", "large.mmdb"];
    for command in [&["logs"][..], &["host", "203.0.113.7", "logs"]] {
        let run = bench.run(&[command, &later].concat());
        assert_eq!(run.code(), 3, "{command:?}: {}", run.talk());
        let told =
            "exit code 3: what a database says of some addresses is missing: large.mmdb: this is no whole";
        assert!(run.talk().contains(told), "{command:?}: {}", run.talk());
    }
    let run = bench.run(&["flows", "logs", "--by", "country", "--mmdb", "large.mmdb"]);
    assert_eq!(run.code(), 3, "{}", run.talk());
    // Nothing is chosen by half an answer.
    let run = bench.run(&["flows", "logs", "--where", "country DE", "--mmdb", "large.mmdb"]);
    assert_eq!(run.code(), 2, "{}", run.talk());
    assert!(run.talk().contains(damage), "{}", run.talk());
    // Hosts that it is not damaged for.
    let run = bench.run(&[
        "flows",
        "logs",
        "--mmdb",
        "large.mmdb",
        "--where",
        "src 2001:db8::9",
        "--by",
        "country",
    ]);
    assert_eq!(run.code(), 0, "{}", run.talk());
}
