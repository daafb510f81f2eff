//! Findings on what real traffic looks like: each shape in a log written by hand, and what must be said of it.

mod common;

use std::collections::BTreeMap;

use common::Bench;
use serde_json::{Value, json};

/// 2026-01-15 08:00:00 UTC.
const START: i64 = 1_768_464_000_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 3_600_000;
const OWN: &str = "10.0.0.4";
const STRANGER: &str = "203.0.114.9";
const NSG: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg";

/// What one NIC logs: tuples, in records of a minute.
#[derive(Default)]
struct Log {
    tuples: Vec<(i64, String)>,
    ports: i64,
    state: u64,
}

/// Packets and bytes sent, packets and bytes received.
type Counters = [u64; 4];
const SMALL: Counters = [8, 900, 6, 700];
const RESET: Counters = [1, 66, 1, 54];

impl Log {
    /// A number of chance from 0 to 1.
    fn chance(&mut self) -> f64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About `ms`, up to `share` of it more or less.
    #[allow(clippy::cast_possible_truncation)]
    fn about(&mut self, ms: i64, share: f64) -> i64 {
        (ms as f64 * (1.0 + share * (2.0 * self.chance() - 1.0))) as i64
    }

    fn port(&mut self) -> i64 {
        self.ports = (self.ports + 1) % 20_000;
        40_000 + self.ports
    }

    fn put(&mut self, at: i64, rest: String) {
        self.tuples.push((START + at, rest));
    }

    /// A connection from `at` on: begin and end.
    fn call(&mut self, at: i64, ends: [&str; 2], port: u16, direction: char, life: i64, counters: Counters) {
        let from = self.port();
        let [packets_sent, bytes_sent, packets_received, bytes_received] = counters;
        let tuple = format!("{},{},{from},{port},6,{direction}", ends[0], ends[1]);
        self.put(at, format!("{tuple},B,NX,0,0,0,0"));
        let counters = format!("{packets_sent},{bytes_sent},{packets_received},{bytes_received}");
        self.put(at + life, format!("{tuple},E,NX,{counters}"));
    }

    /// A connection to the internet.
    fn out(&mut self, at: i64, to: &str, port: u16, counters: Counters) {
        self.call(at, [OWN, to], port, 'O', 300, counters);
    }

    fn bytes(&self) -> Vec<u8> {
        let mut minutes: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (time, rest) in &self.tuples {
            minutes.entry(time / MINUTE).or_default().push(format!("{time},{rest}"));
        }
        let record = |(minute, tuples): (&i64, &Vec<String>)| {
            let time = chrono::DateTime::from_timestamp_millis((minute + 1) * MINUTE).unwrap();
            json!({
                "time": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": "000D3A000001",
                "category": "FlowLogFlowEvent", "flowLogVersion": 4, "targetResourceID": "/vnet",
                "flowRecords": {"flows": [{"aclID": NSG, "flowGroups": [{"rule": "r", "flowTuples": tuples}]}]},
            })
        };
        json!({"records": minutes.iter().map(record).collect::<Vec<_>>()}).to_string().into_bytes()
    }

    fn report(&self) -> Value {
        let (report, code) = Bench::new().file("log.json", self.bytes()).json(&["logs"]);
        assert_eq!(code, 0);
        report
    }
}

fn of<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    report["findings"].as_array().unwrap().iter().filter(|row| row["rule"] == rule).collect()
}

fn only<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let found = of(report, rule);
    assert_eq!(found.len(), 1, "{rule}: {:#}", report["findings"]);
    found[0]
}

fn times(finding: &Value) -> (i64, i64) {
    (finding["first_time_ms"].as_i64().unwrap() - START, finding["last_time_ms"].as_i64().unwrap() - START)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn calls_every_few_seconds_for_some_minutes_are_a_beacon_within_one_hour_file() {
    for (pace, minutes) in [(5 * SECOND, 6), (10 * SECOND, 12), (15 * SECOND, 15)] {
        let mut log = Log::default();
        // Long before, something else.
        log.out(0, "203.0.114.77", 443, SMALL);
        let (mut at, mut last) = (20 * MINUTE, 0);
        while at < (20 + minutes) * MINUTE {
            log.out(at, STRANGER, 443, SMALL);
            last = at;
            at += log.about(pace, 0.1);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        assert_eq!(beacon["severity"], "medium", "{beacon:#}");
        assert_eq!(times(beacon), (20 * MINUTE, last / SECOND * SECOND));
        assert!(!text(&beacon["reason"]).contains("0 h"), "{beacon:#}");
    }
}

#[test]
fn a_connection_that_is_refused_and_tried_again_without_end_is_a_beacon() {
    let mut log = Log::default();
    for n in 0..600 {
        log.out(n * 500, STRANGER, 4444, RESET);
    }
    let report = log.report();
    assert!(text(&only(&report, "beacon")["evidence"][0]["what"]).contains("failed"));
    // As many answered ones are a busy client, not a punctual one.
    let mut log = Log::default();
    for n in 0..600 {
        log.out(n * 500, STRANGER, 443, SMALL);
    }
    assert!(of(&log.report(), "beacon").is_empty());
}

#[test]
fn chance_is_no_beacon_however_busy() {
    let mut log = Log::default();
    let mut at = 0;
    while at < 20 * HOUR {
        log.out(at, STRANGER, 443, SMALL);
        #[allow(clippy::cast_possible_truncation)]
        let gap = (-90_000.0 * (1.0 - log.chance()).ln()) as i64;
        at += gap.max(1);
    }
    assert!(of(&log.report(), "beacon").is_empty());
}

#[test]
fn a_longer_set_does_not_change_the_score_of_a_clock() {
    let score = |hours: i64| {
        let mut log = Log::default();
        for n in 0..hours * 60 {
            log.out(n * MINUTE, STRANGER, 443, SMALL);
        }
        let report = log.report();
        let title = text(&only(&report, "beacon")["title"]).to_owned();
        title.rsplit("score ").next().unwrap().trim_end_matches(')').parse::<f64>().unwrap()
    };
    // More than the 4,096 begins that are kept.
    assert!((score(24) - score(168)).abs() < 0.02);
}

#[test]
fn jitter_double_connections_and_nights_hide_no_clock() {
    for office in [false, true] {
        let mut log = Log::default();
        let mut at = 0;
        while at < 47 * HOUR {
            if !office || (at / HOUR) % 24 < 9 {
                log.out(at, STRANGER, 443, SMALL);
                log.out(at + 1500, STRANGER, 443, [9, 4000, 9, 9000]);
            }
            at += log.about(5 * MINUTE, 0.5);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        assert!(text(&beacon["reason"]).contains("shape"), "{beacon:#}");
    }
}

#[test]
fn vendors_are_named_and_lower_the_severity_in_small_networks_too() {
    let beacon = |to: &str| {
        let mut log = Log::default();
        for n in 0..600 {
            log.out(n * 2 * MINUTE, to, 443, SMALL);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        (text(&beacon["severity"]).to_owned(), text(&beacon["title"]).to_owned())
    };
    let (severity, title) = beacon("13.107.42.14");
    assert!(severity == "low" && title.contains("(Microsoft Azure)"), "{severity} {title}");
    assert_eq!(beacon(STRANGER).0, "medium");
    let (severity, title) = beacon("88.198.1.1");
    assert!(severity == "medium" && title.contains("(Hetzner)"), "{severity} {title}");
}

#[test]
fn a_shown_score_agrees_with_its_severity() {
    for pace in [61_i64, 97, 133, 171, 214, 309] {
        for jitter in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let mut log = Log { state: pace.unsigned_abs(), ..Log::default() };
            let mut at = 0;
            while at < 20 * HOUR {
                log.out(at, STRANGER, 443, SMALL);
                at += log.about(pace * SECOND, jitter);
            }
            let report = log.report();
            for beacon in of(&report, "beacon") {
                let title = text(&beacon["title"]);
                let score: f64 =
                    title.rsplit("score ").next().unwrap().trim_end_matches(')').parse().unwrap();
                assert_eq!(beacon["severity"] == "medium", score >= 0.9, "{title}");
                assert!(score >= 0.8, "{title}");
            }
        }
    }
}

/// `tries` failed logins from `source`, spread over 28 minutes from `at` on.
fn guess(log: &mut Log, at: i64, source: &str, tries: i64) {
    for n in 0..tries {
        log.call(at + n * 28 * MINUTE / tries, [source, OWN], 22, 'I', 4000, [14, 1500, 12, 2300]);
    }
}

#[test]
fn guessing_is_told_by_service_and_critical_only_after_a_login() {
    let mut log = Log::default();
    guess(&mut log, 41 * MINUTE, STRANGER, 15);
    guess(&mut log, 47 * MINUTE, "203.0.114.10", 28);
    guess(&mut log, 44 * MINUTE, "203.0.114.11", 20);
    // An idle login stands for 120 s.
    log.call(80 * MINUTE, [STRANGER, OWN], 22, 'I', 120 * SECOND, [9, 900, 9, 1500]);
    let report = log.report();
    let finding = only(&report, "brute-force");
    assert_eq!((text(&finding["entity"]), text(&finding["severity"])), (OWN, "high"));
    assert!(text(&finding["title"]).starts_with("3 sources"), "{finding:#}");
    assert!(text(&finding["reason"]).contains("203.0.114.10"), "the worst: {finding:#}");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 3);
    log.call(90 * MINUTE, [STRANGER, OWN], 22, 'I', 10 * MINUTE, [300, 30_000, 300, 50_000]);
    let report = log.report();
    let finding = only(&report, "brute-force");
    assert_eq!(finding["severity"], "critical");
    assert!(text(&finding["reason"]).contains(STRANGER), "{finding:#}");
    // The same session before the guesses says nothing, and 14 tries are none.
    let mut log = Log::default();
    log.call(0, [STRANGER, OWN], 22, 'I', 10 * MINUTE, [300, 30_000, 300, 50_000]);
    guess(&mut log, 41 * MINUTE, STRANGER, 15);
    assert_eq!(only(&log.report(), "brute-force")["severity"], "high");
    let mut log = Log::default();
    guess(&mut log, 41 * MINUTE, STRANGER, 14);
    assert!(of(&log.report(), "brute-force").is_empty());
}

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
        (&noise["scanners"], &noise["targets"], &noise["conversations"]),
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
    let out = Bench::new().file("log.json", log.to_string()).run(&["logs"]).out();
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
fn inside_guessers_are_found_at_any_pace_and_monitors_are_none() {
    let log_in = |tries: i64, pace: i64, from: i64, port: u16, others: i64| {
        let mut log = Log::default();
        for n in 0..others {
            log.out(n * 10 * MINUTE, "203.0.114.77", 443, SMALL);
        }
        for n in 0..tries {
            let at = from + n * pace + n * n * 7919 % (pace / 3);
            log.call(at, [OWN, "10.0.0.9"], port, 'O', 2000, [14, 1500, 12, 2300]);
        }
        let report = log.report();
        of(&report, "brute-force").iter().map(|row| text(&row["severity"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(log_in(16, 10 * SECOND, HOUR, 3389, 30), ["high"]);
    assert_eq!(log_in(21, 10 * SECOND, HOUR, 445, 30), ["high"]);
    assert_eq!(log_in(24, 70 * SECOND, HOUR, 22, 30), ["medium"]);
    // Slower than that, or by the clock as long as there are data.
    assert_eq!(log_in(24, 140 * SECOND, HOUR, 22, 30), [""; 0]);
    assert_eq!(log_in(60, MINUTE, 0, 22, 6), [""; 0]);
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
