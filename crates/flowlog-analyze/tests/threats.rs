//! `--threat-list`: findings of what own hosts have to do with listed addresses, marks in every output, and ways to ask.

mod common;

use std::fs;

use common::{Bench, hour_of};
use serde_json::Value;

const NSG: &str = "/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web-nsg";

/// On 2025-12-01 from 02:00 on: calls that are answered, and not; what is let in; calls denied; knocks denied.
fn log() -> String {
    let ms = |minute: i64| 1_764_554_400_000 + minute * 60_000;
    let begin = |minute, ends: &str| format!("\"{},{ends},6,O,B,NX,0,0,0,0\"", ms(minute));
    let mut tuples = Vec::new();
    for minute in 0..3 {
        for (ends, received) in [
            (format!("10.0.0.4,198.51.100.7,{},443", 40_000 + minute), "8,8000"),
            (format!("10.0.0.5,198.51.100.8,{},443", 41_000 + minute), "0,0"),
            (format!("10.0.0.5,198.51.100.99,{},443", 42_000 + minute), "8,8000"),
            (format!("10.0.0.4,10.0.0.5,{},443", 43_000 + minute), "8,8000"),
        ] {
            tuples.push(begin(minute, &ends));
            tuples.push(format!("\"{},{ends},6,O,E,NX,9,900,{received}\"", ms(minute) + 9_000));
        }
        let ends = format!("203.0.113.9,10.0.0.4,{},443", 50_000 + minute);
        tuples.push(format!("\"{},{ends},6,I,B,NX,0,0,0,0\"", ms(minute)));
        tuples.push(format!("\"{},{ends},6,I,E,NX,9,900,8,8000\"", ms(minute) + 9_000));
    }
    let denied: Vec<String> = (0..3)
        .flat_map(|minute| {
            [
                format!("\"{},10.0.0.5,203.0.113.10,{},25,6,O,D,NX,0,0,0,0\"", ms(minute), 30_000 + minute),
                format!(
                    "\"{},203.0.113.{},10.0.0.4,{},22,6,I,D,NX,0,0,0,0\"",
                    ms(minute),
                    20 + minute,
                    31_000
                ),
            ]
        })
        .collect();
    hour_of(NSG, &[("UserRule_allow", &tuples), ("UserRule_deny", &denied)])
}

/// The list has own addresses, too: blocklists of unrouted networks do.
fn bench() -> Bench {
    let bench = Bench::new().file("PT1H.json", log());
    let put = |name: &str, text: &str| fs::write(bench.folder.path().join(name), text).unwrap();
    put("level5.txt", "# level 5\n198.51.100.7\n198.51.100.8 ; rented\n10.0.0.0/8\n");
    put("scanners.netset", "203.0.113.0/24\n198.51.100.7\n");
    bench
}

const LISTS: [&str; 4] = ["--threat-list", "level5.txt", "--threat-list", "scanners.netset"];

fn json(bench: &Bench, arguments: &[&str]) -> Value {
    let asked = [arguments, &["--format", "json"], &LISTS[..]].concat();
    serde_json::from_str(&bench.printed(&asked)).unwrap()
}

/// Entity, severity and title of the findings of the rule.
fn found(report: &Value) -> Vec<(&str, &str, &str)> {
    let findings = report["findings"].as_array().unwrap();
    let text = |finding: &'static str| move |row: &'_ Value| row[finding].as_str().unwrap().to_owned();
    assert!(findings.iter().all(|row| !text("title")(row).is_empty()));
    let mine = findings.iter().filter(|row| row["rule"] == "threat-list");
    mine.map(|row| {
        let text = |key: &str| row[key].as_str().unwrap();
        (text("entity"), text("severity"), text("title"))
    })
    .collect()
}

#[test]
fn calls_rank_above_denials_and_findings_name_the_list() {
    let bench = bench();
    let report = json(&bench, &["logs"]);
    let mut rows = found(&report);
    rows.sort_unstable();
    let titles: Vec<(&str, &str)> = rows.iter().map(|(entity, severity, _)| (*entity, *severity)).collect();
    assert_eq!(
        titles,
        [
            ("198.51.100.7", "high"),
            ("198.51.100.8", "medium"),
            ("203.0.113.10", "low"),
            ("203.0.113.9", "medium"),
            ("scanners", "info"),
        ]
    );
    assert_eq!(
        rows[0].2,
        "1 own host called 198.51.100.7, which is on list level5, scanners: 2.6 KiB sent, 23.4 KiB received"
    );
    assert_eq!(rows[4].2, "3 hosts on list scanners tried to get in, and rules denied it");
    let severities: Vec<&str> = found(&report).iter().map(|row| row.1).collect();
    assert_eq!(severities, ["high", "medium", "medium", "low", "info"]);
    let one = bench.printed(
        &["logs", "--format", "json", "--threads", "1"].iter().chain(&LISTS).copied().collect::<Vec<_>>(),
    );
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap()["findings"], report["findings"]);
    // Without a list, and of addresses that no list has, there is none.
    let plain: Value = serde_json::from_str(&bench.printed(&["logs", "--format", "json"])).unwrap();
    assert!(found(&plain).is_empty() && plain.get("hosts").is_none());
}

#[test]
fn findings_of_lists_are_accepted_and_stop_scripts_as_others_do() {
    let bench = bench();
    let run = bench.run(&[&["logs", "--fail-on", "high"][..], &LISTS].concat());
    assert_eq!(run.code(), 10, "{}", run.talk());
    let accepted = "threat_list = [\"level5.txt\", \"scanners.netset\"]\n[[suppress]]\nrule = \"threat-list\"\nentity = \"198.51.100.7\"\nreason = \"ours\"\nexpires = \"2999-12-31\"\n";
    fs::write(bench.folder.path().join("flowlog.toml"), accepted).unwrap();
    let report: Value = serde_json::from_str(&bench.printed(&["logs", "--format", "json"])).unwrap();
    assert_eq!(found(&report).len(), 4);
    assert_eq!(report["suppressed"][0]["id"], "threat-list:198.51.100.7:out");
}

#[test]
fn listed_addresses_are_marked_in_every_output() {
    let bench = bench();
    let text = bench.printed(&[&["logs", "--full"][..], &LISTS].concat());
    assert!(text.contains("198.51.100.8 !level5") && text.contains("203.0.113.9 !scanners"), "{text}");
    let report = json(&bench, &["logs"]);
    assert_eq!(report["hosts"]["198.51.100.7"]["threat"], "level5, scanners");
    assert!(report["hosts"].get("198.51.100.99").is_none());
    let top = report["top_destinations"].as_array().unwrap();
    let row = top.iter().find(|row| row["ip"] == "198.51.100.8").unwrap();
    assert_eq!(row["threat"], "level5");
    let page = json(&bench, &["host", "198.51.100.7", "logs"]);
    assert_eq!(page["threat"], "level5, scanners");
    let page = bench.printed(&[&["host", "198.51.100.7", "logs"][..], &LISTS].concat());
    assert!(page.contains("on list level5, scanners"), "{page}");
    let csv = bench.printed(&[&["logs", "--export-connections", "-.csv"][..], &LISTS].concat());
    let (head, rows) = csv.split_once('\n').unwrap();
    assert!(head.ends_with(",source_threat,destination_threat"), "{head}");
    assert!(rows.contains(",\"level5, scanners\"\n") && rows.contains(",scanners,level5\n"), "{rows}");
    let findings = bench.printed(&[&["logs", "--export-findings", "-.csv"][..], &LISTS].concat());
    assert!(findings.lines().next().unwrap().ends_with(",entity_threat"), "{findings}");
    assert!(findings.contains(",\"level5, scanners\"\n"), "{findings}");
    bench.printed(&["partial", "logs", "-o", "a.flowstate"]);
    assert_eq!(json(&bench, &["merge", "a.flowstate"])["findings"], report["findings"]);
    fs::create_dir(bench.folder.path().join("later")).unwrap();
    fs::write(bench.folder.path().join("later/PT1H.json"), log().replace("198.51.100.8", "198.51.100.88"))
        .unwrap();
    let compared = json(&bench, &["compare", "logs", "later"]);
    assert_eq!(compared["known_hosts"]["198.51.100.8"]["threat"], "level5");
    let spanish = [&["logs", "--html", "es.html", "--lang", "es"][..], &LISTS].concat();
    bench.printed(&spanish);
    let page = fs::read_to_string(bench.folder.path().join("es.html")).unwrap();
    assert!(page.contains("Las listas contienen") && !page.contains("Lists hold addresses"), "{page}");
    assert!(page.contains("3 conexiones hacia ella pudieron salir, con respuesta"), "{page}");
}

#[test]
fn lists_are_asked_for_and_grouped_by() {
    let bench = bench();
    let total = |condition: &str| {
        json(&bench, &["flows", "logs", "--where", condition])["total"]["connections"].as_u64().unwrap()
    };
    let all = json(&bench, &["flows", "logs"])["total"]["connections"].as_u64().unwrap();
    assert_eq!(total("threat") + total("not threat"), all);
    assert_eq!(total("dst threat level5 and dst class documentation"), 6);
    assert_eq!(total("dst threat scan*"), 6);
    assert_eq!(total("src threat scanners and allowed"), 3);
    assert_eq!(total("dst threat in [level5 scanners] and denied"), total("denied and dst threat"));
    let grouped = json(&bench, &["flows", "logs", "--by", "destination_threat", "--sort", "connections"]);
    let groups: Vec<&Value> =
        grouped["flows"].as_array().unwrap().iter().map(|row| &row["destination_threat"]).collect();
    assert!(groups.contains(&&"level5, scanners".into()) && groups.contains(&&Value::Null), "{groups:?}");
}

#[test]
fn slips_are_told_in_a_sentence() {
    let bench = bench();
    fs::write(bench.folder.path().join("wrong.txt"), "203.0.113.7\nevil.example\n").unwrap();
    fs::write(bench.folder.path().join("empty.txt"), "# nothing\n").unwrap();
    for (arguments, message) in [
        (&["logs", "--threat-list", "wrong.txt"][..], "wrong.txt, line 2: \"evil.example\" is no IP address"),
        (&["logs", "--threat-list", "empty.txt"], "empty.txt, line 1: no address stands here"),
        (&["logs", "--threat-list", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (
            &["flows", "logs", "--where", "threat"],
            "threat asks for what --threat-list FILE tells, and no such file",
        ),
        (
            &["flows", "logs", "--threat-list", "level5.txt", "--where", "threat levle5"],
            "no list of threats is called levle5; did you mean level5?",
        ),
        (&["flows", "logs", "--by", "source_threat"], "source_threat asks for what --threat-list FILE tells"),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.talk());
        assert!(run.talk().contains(message), "{arguments:?}: {}", run.talk());
    }
}

/// A list as wide as the internet: the gravest have findings of their own, all others are one, and nothing is lost.
#[test]
fn hosts_of_a_very_wide_list_share_a_finding() {
    let ms = |minute: i64| 1_764_554_400_000 + minute * 60_000;
    let mut tuples = Vec::new();
    for number in 0..1_200_u32 {
        let host = format!("203.{}.113.{}", number / 250, number % 250);
        // The higher the number, the more was sent.
        let bytes = 1_000 + number;
        tuples.push(format!("\"{},{host},10.0.0.4,50000,443,6,I,B,NX,0,0,0,0\"", ms(0)));
        tuples.push(format!("\"{},{host},10.0.0.4,50000,443,6,I,E,NX,9,{bytes},8,8000\"", ms(1)));
    }
    let bench = Bench::new().file("PT1H.json", hour_of(NSG, &[("UserRule_allow", &tuples)]));
    fs::write(bench.folder.path().join("all.txt"), "0.0.0.0/0\n").unwrap();
    let report = |threads: &str| -> Value {
        let arguments = ["logs", "--threat-list", "all.txt", "--format", "json", "--threads", threads];
        serde_json::from_str(&bench.printed(&arguments)).unwrap()
    };
    let report_of_one = report("1");
    let rows = found(&report_of_one);
    assert_eq!(rows.len(), 1_001);
    let rest: Vec<_> = rows.iter().filter(|(entity, ..)| *entity == "all").collect();
    // The least of them, 200 with 1000 to 1199 bytes sent, and 8000 received each.
    let title = "1 own host let in 200 more hosts, which are on list all: 214.7 KiB sent, 1.5 MiB received";
    assert_eq!(rest, [&("all", "medium", title)]);
    assert!(
        rows.iter().any(|row| row.0 == "203.4.113.199") && rows.iter().all(|row| row.0 != "203.0.113.199")
    );
    assert_eq!(report("3")["findings"], report_of_one["findings"]);
}
