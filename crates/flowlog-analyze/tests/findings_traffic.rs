//! Floods, sweeps and texts of findings on what real traffic looks like: each shape in a log written by hand.

mod common;
#[path = "common/nic_log.rs"]
mod nic_log;

use common::Bench;
use nic_log::{HOUR, Log, MINUTE, NSG, OWN, RESET, SECOND, SMALL, START, STRANGER, of, only, text, times};
use serde_json::{Value, json};

#[test]
fn resets_of_many_connections_are_no_answer_anywhere() {
    let mut log = Log::default();
    for n in 0..12 {
        log.out(n * MINUTE, "10.0.0.9", 21, RESET);
        log.out(n * MINUTE, STRANGER, 853, RESET);
        log.call(n * MINUTE, [STRANGER, OWN], 3389, 'I', 3, RESET);
    }
    let report = log.report();
    for rule in ["cleartext-protocol", "dns-bypass", "exposed-admin-port", "scan-accepted"] {
        assert!(of(&report, rule).is_empty(), "{rule}");
    }
    assert_eq!(report["admin_access"][0]["answered_sources"], 0);
    // One answer among them is one.
    log.out(HOUR, "10.0.0.9", 21, [8, 600, 8, 900]);
    log.out(HOUR, STRANGER, 853, [8, 600, 8, 3000]);
    log.call(HOUR, [STRANGER, OWN], 3389, 'I', 3 * SECOND, [8, 600, 8, 3000]);
    let report = log.report();
    for rule in ["cleartext-protocol", "dns-bypass", "exposed-admin-port"] {
        assert_eq!(times(only(&report, rule)).0, HOUR, "{rule}");
    }
    assert_eq!(report["admin_access"][0]["answered_sources"], 1);
}

#[test]
fn young_connections_have_not_failed_and_silent_ones_have() {
    let load = |goes_on: i64| {
        let mut log = Log::default();
        for n in 0..6000 {
            let from = log.port();
            log.put(HOUR + n * 30, format!("192.168.1.{},{OWN},{from},443,6,I,B,NX,0,0,0,0", n % 50));
        }
        for n in 0..goes_on {
            log.call(HOUR + n * MINUTE, ["192.168.2.1", OWN], 443, 'I', 40, SMALL);
        }
        log.report()
    };
    let young = load(3);
    let grave = |row: &&Value| matches!(text(&row["severity"]), "medium" | "high" | "critical");
    assert_eq!(young["findings"].as_array().unwrap().iter().find(grave), None);
    let silent = load(40);
    let flood = only(&silent, "flood");
    assert_eq!((text(&flood["severity"]), text(&flood["entity"])), ("high", OWN));
    assert_eq!(times(flood), (HOUR, HOUR + 4 * MINUTE));
}

#[test]
fn an_attack_that_goes_out_is_a_flood() {
    let mut log = Log::default();
    for n in 0..3000 {
        log.out(10 * MINUTE + n * 60, STRANGER, 80, RESET);
    }
    let report = log.report();
    let flood = only(&report, "flood");
    assert_eq!((text(&flood["severity"]), text(&flood["entity"])), ("high", OWN));
    assert_eq!(times(flood), (10 * MINUTE, 10 * MINUTE + 2999 * 60));
    assert!(text(&flood["title"]).contains("3,000 times"), "{flood:#}");
}

#[test]
fn pings_of_many_hosts_are_a_sweep_and_those_of_a_monitor_are_none() {
    let pings = |rounds: i64, answered: fn(i64) -> u8| {
        let mut log = Log::default();
        for round in 0..rounds {
            for n in 0..60 {
                let (at, ends) = (round * 10 * MINUTE + n * SECOND, format!("{OWN},10.0.7.{n},0,0,1,O"));
                log.put(at, format!("{ends},B,NX,0,0,0,0"));
                let answer = answered(n);
                log.put(at + SECOND, format!("{ends},E,NX,1,98,{answer},{}", u64::from(answer) * 98));
            }
        }
        log.report()
    };
    let report = pings(1, |n| u8::from(n % 3 == 0));
    let sweep = only(&report, "horizontal-sweep");
    assert!(text(&sweep["title"]).contains("pings up to 60 hosts"), "{sweep:#}");
    assert_eq!(report["port_scans"], json!([]));
    assert!(of(&pings(6, |n| u8::from(n % 3 == 0)), "horizontal-sweep").is_empty());
    assert!(of(&pings(1, |_| 1), "horizontal-sweep").is_empty());
}

#[test]
fn late_packets_of_servers_are_no_scan() {
    for (server, denied) in [("10.0.0.9", true), ("10.0.0.9", false), (STRANGER, true), (STRANGER, false)] {
        let mut log = Log::default();
        for n in 0..60 {
            log.out(n * SECOND, server, 443, SMALL);
            let late = format!("{server},{OWN},443,{},6,I", 40_001 + n);
            if denied {
                log.put(n * SECOND + 900, format!("{late},D,NX,0,0,0,0"));
            } else {
                log.put(n * SECOND + 900, format!("{late},B,NX,0,0,0,0"));
                log.put(n * SECOND + 950, format!("{late},E,NX,1,54,1,54"));
            }
        }
        let report = log.report();
        assert_eq!(report["findings"], json!([]), "{server} {denied}");
        assert_eq!(report["noise"]["sources"], 0, "{server} {denied}");
        // Without the calls it is one, where it goes to many of them.
    }
    let mut log = Log::default();
    for n in 0..60 {
        log.put(n * SECOND, format!("{STRANGER},{OWN},443,{},6,I,D,NX,0,0,0,0", 20_001 + n));
    }
    let noise = &log.report()["noise"];
    assert_eq!(
        (&noise["top_total"], &noise["targets"], &noise["conversations"]),
        (&json!(1), &json!(1), &json!(60))
    );
    let top = &noise["top"][0];
    assert_eq!((text(&top["source"]), &top["let_through"]), (STRANGER, &json!(0)));
}

#[test]
fn an_upload_is_dated_by_its_connections() {
    let mut log = Log::default();
    for n in 0..10 * 60 {
        log.out(n * MINUTE, "203.0.114.77", 443, SMALL);
        for other in 5..12 {
            let (host, site) = (format!("10.0.0.{other}"), format!("203.0.115.{other}"));
            if n % 20 == 0 {
                log.call(n * MINUTE, [&host, &site], 443, 'O', 300, [90, 60_000, 60, 70_000]);
            }
        }
    }
    log.call(
        5 * HOUR,
        [OWN, STRANGER],
        443,
        'O',
        6 * MINUTE,
        [2_000_000, 3_000_000_000, 900_000, 60_000_000],
    );
    let report = log.report();
    let upload = only(&report, "exfiltration");
    assert_eq!(times(upload), (5 * HOUR, 5 * HOUR + 6 * MINUTE));
    assert!(text(&upload["title"]).contains("sent 2.7 GiB"), "{upload:#}");
}

#[test]
fn others_use_a_far_end_whichever_side_calls() {
    let long = |other: Option<(&str, &str, char)>| {
        let mut log = Log::default();
        let ends = format!("{STRANGER},{OWN},50000,8443,6,I");
        log.put(0, format!("{ends},B,NX,0,0,0,0"));
        for n in 1..13 * 12 {
            log.put(n * 5 * MINUTE, format!("{ends},C,NX,5,600,5,900"));
        }
        if let Some((from, to, direction)) = other {
            log.call(HOUR, [from, to], 443, direction, 900, SMALL);
        }
        let report = log.report();
        text(&only(&report, "long-connection")["severity"]).to_owned()
    };
    assert_eq!(long(None), "medium");
    assert_eq!(long(Some(("10.0.0.8", STRANGER, 'O'))), "low");
    assert_eq!(long(Some((STRANGER, "10.0.0.8", 'I'))), "low");
}

#[test]
fn what_a_scanner_was_let_through_to_is_said_of_logs_without_answers_too() {
    let mut tuples: Vec<String> = (0..40)
        .map(|n| format!("{},{STRANGER},{OWN},{},{},T,I,D", START / 1000 + n, 50_000 + n, 100 + n))
        .collect();
    tuples.push(format!("{},{STRANGER},{OWN},50100,3389,T,I,A", START / 1000 + 50));
    let log = json!({"records": [{
        "time": "2026-01-15T08:01:00.000Z", "macAddress": "000D3A000001", "category": "NetworkSecurityGroupFlowEvent",
        "resourceId": NSG.to_uppercase(), "operationName": "NetworkSecurityGroupFlowEvents",
        "properties": {"Version": 1, "flows": [{"rule": "r", "flows": [
            {"mac": "000D3A000001", "flowTuples": tuples}]}]},
    }]});
    let (report, code) = Bench::new().file("log.json", log.to_string()).json(&["logs"]);
    assert_eq!(code, 0);
    let finding = only(&report, "scan-accepted");
    assert_eq!((text(&finding["entity"]), text(&finding["severity"])), (OWN, "medium"));
    assert!(text(&finding["title"]).contains("port 3389"), "{finding:#}");
    assert_eq!(report["noise"]["top"][0]["let_through"], 1);
    let out = Bench::new().file("log.json", log.to_string()).run(&["logs", "--full"]).out();
    assert!(out.contains("Top scanners") && out.contains("let through at 1"), "{out}");
}

#[test]
fn one_of_each_kind_stands_before_the_second_of_any() {
    let mut log = Log::default();
    // Thirty hosts whose administration ports are reached, and a scan that is found out later.
    for n in 0..30 {
        let host = format!("10.0.1.{n}");
        for port in [22, 3389] {
            log.call(n * SECOND, [STRANGER, &host], port, 'I', 9 * SECOND, [20, 3000, 20, 9000]);
        }
    }
    for n in 0..200 {
        log.out(2 * HOUR + n * 90, "10.0.0.9", 1000 + u16::try_from(n).unwrap(), RESET);
    }
    let report = log.report();
    let kinds: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|row| text(&row["rule"])).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "exposed-admin-port").count(), 30);
    assert!(kinds.iter().position(|kind| *kind == "vertical-scan") < Some(3), "{kinds:?}");
    let exposed = of(&report, "exposed-admin-port");
    assert!(text(&exposed[0]["title"]).contains("ports 22 and 3389"), "{:#}", exposed[0]);
}

#[test]
fn what_ended_in_an_hour_that_is_missing_has_not_failed() {
    let mut first = Log::default();
    for n in 0..4000 {
        let from = first.port();
        let at = 57 * MINUTE + n * 40;
        first.put(at, format!("192.168.1.{},{OWN},{from},443,6,I,B,NX,0,0,0,0", n % 50));
    }
    for n in 0..40 {
        let from = first.port();
        first.put(57 * MINUTE + n * SECOND, format!("{OWN},10.0.7.{n},{from},3389,6,O,B,NX,0,0,0,0"));
    }
    let with = |hour: i64| {
        let mut log = Log { tuples: first.tuples.clone(), ..Log::default() };
        for n in 0..60 {
            log.call(hour * HOUR + n * MINUTE, ["192.168.2.1", OWN], 443, 'I', 40, SMALL);
        }
        let report = log.report();
        let found = report["findings"].as_array().unwrap().iter();
        found
            .filter(|row| row["severity"] == "high")
            .map(|row| text(&row["rule"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(with(1), ["flood", "horizontal-sweep"]);
    assert_eq!(with(4), [""; 0]);
}

#[test]
fn a_second_sweep_over_the_same_hosts_is_no_slow_scan() {
    let mut log = Log::default();
    // The second meets 20 hosts that the first left out: as first contacts fewer than a sweep has.
    for (from, hosts) in [(0, 0..100), (3 * HOUR, 40..120)] {
        for host in hosts {
            log.call(from + host * 2 * SECOND, [OWN, &format!("10.9.0.{host}")], 80, 'O', 40, RESET);
        }
    }
    log.out(5 * HOUR, "203.0.114.77", 443, SMALL);
    let report = log.report();
    only(&report, "horizontal-sweep");
    assert!(of(&report, "slow-scan").is_empty(), "{:#}", report["findings"]);
}
