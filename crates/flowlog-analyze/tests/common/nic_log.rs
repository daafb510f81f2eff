//! The log of one NIC, written by hand, and what findings say of it.
#![allow(dead_code)] // not every test file uses everything

use std::collections::BTreeMap;

use crate::common::Bench;
use serde_json::{Value, json};

/// 2026-01-15 08:00:00 UTC.
pub(crate) const START: i64 = 1_768_464_000_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const OWN: &str = "10.0.0.4";
pub(crate) const STRANGER: &str = "203.0.114.9";
pub(crate) const NSG: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg";

/// What one NIC logs: tuples, in records of a minute.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) tuples: Vec<(i64, String)>,
    pub(crate) ports: i64,
    pub(crate) state: u64,
}

/// Packets and bytes sent, packets and bytes received.
pub(crate) type Counters = [u64; 4];
pub(crate) const SMALL: Counters = [8, 900, 6, 700];
pub(crate) const RESET: Counters = [1, 66, 1, 54];

impl Log {
    /// A number of chance from 0 to 1.
    pub(crate) fn chance(&mut self) -> f64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About `ms`, up to `share` of it more or less.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn about(&mut self, ms: i64, share: f64) -> i64 {
        (ms as f64 * (1.0 + share * (2.0 * self.chance() - 1.0))) as i64
    }

    pub(crate) fn port(&mut self) -> i64 {
        self.ports = (self.ports + 1) % 20_000;
        40_000 + self.ports
    }

    pub(crate) fn put(&mut self, at: i64, rest: String) {
        self.tuples.push((START + at, rest));
    }

    /// A connection from `at` on: begin and end.
    pub(crate) fn call(
        &mut self,
        at: i64,
        ends: [&str; 2],
        port: u16,
        direction: char,
        life: i64,
        counters: Counters,
    ) {
        let from = self.port();
        let [packets_sent, bytes_sent, packets_received, bytes_received] = counters;
        let tuple = format!("{},{},{from},{port},6,{direction}", ends[0], ends[1]);
        self.put(at, format!("{tuple},B,NX,0,0,0,0"));
        let counters = format!("{packets_sent},{bytes_sent},{packets_received},{bytes_received}");
        self.put(at + life, format!("{tuple},E,NX,{counters}"));
    }

    /// A connection to the internet.
    pub(crate) fn out(&mut self, at: i64, to: &str, port: u16, counters: Counters) {
        self.call(at, [OWN, to], port, 'O', 300, counters);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
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

    pub(crate) fn report(&self) -> Value {
        let (report, code) = Bench::new().file("log.json", self.bytes()).json(&["logs"]);
        assert_eq!(code, 0);
        report
    }
}

pub(crate) fn of<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    report["findings"].as_array().unwrap().iter().filter(|row| row["rule"] == rule).collect()
}

pub(crate) fn only<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let found = of(report, rule);
    assert_eq!(found.len(), 1, "{rule}: {:#}", report["findings"]);
    found[0]
}

pub(crate) fn times(finding: &Value) -> (i64, i64) {
    (finding["first_time_ms"].as_i64().unwrap() - START, finding["last_time_ms"].as_i64().unwrap() - START)
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
