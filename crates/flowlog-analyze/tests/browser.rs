//! The page of `--html` in a real browser: no console error, no request, nothing that the policy refuses, charts,
//! sorting, filtering, saving and narrowing, no barrier that axe-core finds, on a desktop, on a phone, in the dark and
//! on paper. `browser/check.mjs` does it, and says what is wrong.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Bench;
use flowlog_testkit::mmdb::Mmdb;
use flowlog_testkit::{browser, faults};

/// A minute, ms.
const MINUTE: i64 = 60_000;
/// 2025-12-01 00:00 UTC.
const START: i64 = 1_764_547_200_000;

/// Opens a page and uses it; with `used` it must have everything. Pictures are left in `target/pages`.
fn check(bench: &Bench, name: &str, used: bool) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pictures = manifest.join("../../target/pages");
    fs::create_dir_all(&pictures).unwrap();
    let page = bench.folder.path().join(name);
    let script = manifest.join("tests/browser/check.mjs");
    let pictures = fs::canonicalize(pictures).unwrap();
    let arguments: &[&Path] = &[&page, &pictures, Path::new("used")];
    let told = browser::run(&script, &arguments[..if used { 3 } else { 2 }]);
    assert_eq!(told.trim(), "[]", "{name}");
}

/// Writes the page of the bench's logs.
fn write(bench: &Bench, name: &str, more: &[&str]) -> String {
    let run = bench.run(&[&["logs", "--html", name], more].concat());
    assert!([0, 3].contains(&run.code()), "{}", run.talk());
    fs::read_to_string(bench.folder.path().join(name)).unwrap()
}

fn samples() -> Bench {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, to).map(|_| ()).unwrap() }
        }
    }
    let bench = Bench::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/container"), &bench.logs());
    bench
}

/// One record of a NIC, at a minute behind [`START`], with these tuples.
fn record(mac: &str, minute: i64, rule: &str, tuples: &[String]) -> String {
    let time = chrono(START + minute * MINUTE);
    format!(
        r#"{{"time":"{time}","macAddress":"{mac}","category":"FlowLogFlowEvent","targetResourceID":"/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/{rule}","flowGroups":[{{"rule":{},"flowTuples":[{}]}}]}}]}}}}"#,
        serde_json::to_string(rule).unwrap(),
        tuples.join(",")
    )
    .replace(&format!("networkSecurityGroups/{rule}\""), "networkSecurityGroups/web\"")
}

fn chrono(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
}

fn tuple(minute: i64, source: &str, destination: &str, port: u16, state: char) -> String {
    let (ms, from) = (START + minute * MINUTE, 20_000 + minute % 40_000);
    let counters = if state == 'E' { "10,4000,12,9000" } else { "0,0,0,0" };
    format!(r#""{ms},{source},{destination},{from},{port},6,O,{state},NX,{counters}""#)
}

fn log(records: &[String]) -> String {
    format!(r#"{{"records":[{}]}}"#, records.join(","))
}

#[test]
fn everything_on_the_page_of_the_samples_works() {
    let bench = samples();
    write(&bench, "samples.html", &["--specific-ips", "10.10.2.5"]);
    check(&bench, "samples.html", true);
}

#[test]
fn a_page_of_hosts_in_spanish() {
    let bench = samples();
    let page = write(&bench, "hosts.es.html", &["--lang", "es", "--host", "10.10.3.7,10.10.1.0/24"]);
    assert!(page.contains("<html lang=\"es\">") && page.contains("Informe de registros de flujo"));
    check(&bench, "hosts.es.html", true);
}

#[test]
fn what_files_say_of_addresses_stands_in_the_tables() {
    let bench = samples();
    let put = |name: &str, text: &[u8]| fs::write(bench.folder.path().join(name), text).unwrap();
    put("hosts.csv", b"10.10.2.5,web-front\n10.10.1.0/24,<img src=x onerror=hacked()>\n");
    put("level5.txt", b"0.0.0.0/1\n");
    let place = serde_json::json!({
        "country": { "iso_code": "DE" },
        "autonomous_system_number": 64_500, "autonomous_system_organization": "</script><script>hacked()</script>",
    });
    put("all.mmdb", &Mmdb::new("Enterprise").row("0.0.0.0/1", &place).bytes());
    let files = ["--names", "hosts.csv", "--threat-list", "level5.txt", "--mmdb", "all.mmdb"];
    let page = write(&bench, "known.html", &[&files[..], &["--host", "10.10.2.5"]].concat());
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let table = |id: &str| data["tables"].as_array().unwrap().iter().find(|table| table["id"] == id).unwrap();
    let hosts = table("hosts");
    assert_eq!(hosts["columns"][1]["name"], "Host: known as");
    let row = hosts["rows"].as_array().unwrap().iter().find(|row| row[0] == "10.10.2.5").unwrap();
    assert_eq!(row[1], "web-front, DE, AS64500 </script><script>hacked()</script>, on list level5");
    // What is drawn over time and what is sorted by time are still the columns that they were.
    let kind = |table: &serde_json::Value, place: &serde_json::Value| {
        let place = usize::try_from(place.as_u64().unwrap()).unwrap();
        table["columns"][place]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind(hosts, &hosts["series"]["columns"][0]), "bytes");
    let denied = table("denied");
    assert_eq!([0, 1].map(|end| kind(denied, &denied["times"][end])), ["time", "time"]);
    let evidence = &data["findings"]["groups"][0]["findings"][0]["evidence"];
    assert_eq!(evidence["columns"][1]["name"], "Source: known as", "{evidence}");
    check(&bench, "known.html", true);
}

#[test]
fn names_made_to_break_out_stay_text() {
    let hostile = [
        "</script><script>hacked()</script>",
        "<img src=x onerror=hacked()>",
        "\"><svg onload='hacked()'>",
        "' onmouseover='hacked()",
        "\u{202e}evil\u{2028}\u{2029}&lt;b&gt;",
        "{a|rich} =cmd|'/c calc'!A1",
        "<!--<script>",
    ];
    let records: Vec<String> = hostile
        .iter()
        .zip(0..)
        .flat_map(|(rule, minute)| {
            let tuples: Vec<String> = (0..12)
                .map(|more| tuple(minute * 3, "10.0.0.4", &format!("10.0.1.{more}"), 443, 'D'))
                .chain([tuple(minute * 3 + 1, "10.0.0.4", "10.0.1.9", 443, 'E')])
                .collect();
            [record("000D3A000001", minute * 3, rule, &tuples)]
        })
        .collect();
    let bench = Bench::new().file("hostile.json", log(&records));
    let page = write(&bench, "hostile.html", &[]);
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    assert!(page.contains(r"\u003cimg src=x onerror"), "the names are on the page");
    check(&bench, "hostile.html", false);
}

#[test]
fn small_and_odd_sets_have_a_page() {
    let quiet = [record("000D3A000001", 0, "r", &[tuple(0, "10.0.0.4", "10.0.0.5", 443, 'E')])];
    let ipv6: Vec<String> = (0..40)
        .map(|minute| {
            let to = format!("fd00:db8:2::{minute:x}");
            let tuples = [
                tuple(minute, "fd00:db8:1::4", &to, 443, 'E'),
                tuple(minute, "2606:4700::1111", "fd00:db8:1::4", 22, 'D'),
            ];
            record("000D3A000001", minute, "r", &tuples)
        })
        .collect();
    let plain = faults::named("plain").unwrap().bytes;
    let sets: [(&str, Vec<u8>); 3] =
        [("quiet", log(&quiet).into()), ("ipv6", log(&ipv6).into()), ("plain", plain)];
    for (name, bytes) in sets {
        let bench = Bench::new().file("a.json", bytes);
        write(&bench, &format!("{name}.html"), &[]);
        check(&bench, &format!("{name}.html"), false);
    }
}

#[test]
fn a_year_has_a_page() {
    let records: Vec<String> = (0..365_i64)
        .flat_map(|day| {
            (0..6_i64).filter(move |nic| (day + nic) % 40 > 2).map(move |nic| {
                let minute = day * 1_440 + nic * 17;
                let tuples: Vec<String> = (0..=day % 7)
                    .map(|more| {
                        let state = if (day + more) % 5 == 0 { 'D' } else { 'E' };
                        tuple(
                            minute + more * 61,
                            &format!("10.0.{nic}.4"),
                            &format!("10.1.{more}.9"),
                            443,
                            state,
                        )
                    })
                    .collect();
                record(&format!("000D3A00000{nic}"), minute, "r", &tuples)
            })
        })
        .collect();
    let bench = Bench::new().file("year.json", log(&records));
    write(&bench, "year.html", &[]);
    check(&bench, "year.html", false);
}
