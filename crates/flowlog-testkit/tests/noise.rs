//! The internet's noise in generated sets: its share, its sources, and the truth about it.

use std::collections::HashMap;

use flowlog_testkit::scenario::{Format, Scenario, Volume};
use flowlog_testkit::slow_reader;
use flowlog_testkit::truth::Truth;

fn noisy(format: Format) -> Scenario {
    Scenario {
        noise: 0.125,
        format,
        volume: Volume::Tuples(40_000),
        internet_hosts: 100,
        plants: Vec::new(),
        ..Scenario::default()
    }
}

/// Tuples by source, and the fields of those that were denied on the way in by an NSG's last rule.
fn rows(blobs: &[(String, Vec<u8>)]) -> (HashMap<String, usize>, Vec<Vec<String>>) {
    let (mut by_source, mut denied) = (HashMap::new(), Vec::new());
    for (_, bytes) in blobs {
        let text = String::from_utf8_lossy(bytes);
        let mut rule = "";
        for part in text.split('"') {
            if part.starts_with("DefaultRule_") || part.starts_with("UserRule_") || part == "PlatformRule" {
                rule = part;
            }
            let fields: Vec<String> = part.split(',').map(str::to_owned).collect();
            if fields.len() == 13 {
                *by_source.entry(fields[1].clone()).or_default() += 1;
                if rule == "DefaultRule_DenyAllInBound" {
                    denied.push(fields);
                }
            }
        }
    }
    (by_source, denied)
}

#[test]
fn one_tuple_in_eight_is_of_a_source_that_is_never_seen_again() {
    let scenario = noisy(Format::VNet);
    let (blobs, truth) = scenario.collect();
    let quiet = Scenario { noise: 0.0, ..scenario }.collect().1;
    let (by_source, denied) = rows(&blobs);
    let known: Vec<String> = quiet.sources.iter().map(|host| host.ip.to_string()).collect();
    let passing: Vec<_> =
        denied.iter().filter(|fields| by_source[&fields[1]] <= 2 && !known.contains(&fields[1])).collect();

    let share = passing.len() as f64 / truth.totals.tuples as f64;
    assert!((0.122..0.129).contains(&share), "{share}");
    let new = truth.sources.iter().filter(|host| !known.contains(&host.ip.to_string())).count();
    assert!(new * 20 > passing.len() * 19, "{new} sources for {} tuples", passing.len());
    for fields in passing {
        assert_eq!((fields[6].as_str(), fields[7].as_str(), fields[8].as_str()), ("I", "D", "NX"));
        assert_eq!(fields[9..], ["0", "0", "0", "0"]);
        assert!(fields[2].starts_with("10."), "{fields:?}");
    }
}

#[test]
fn the_truth_holds_with_noise() {
    for format in [Format::VNet, Format::NsgV1, Format::NsgV2] {
        let (blobs, truth) = noisy(format).collect();
        let read = slow_reader::read(&blobs);
        assert_eq!(truth.totals, read.totals, "{format:?}");
        assert_eq!(truth.sources, read.sources, "{format:?}");
        // Which rows are one connection at two NICs, and what should be found, only the scenario knows.
        let (resolved, behaviours) = (truth.resolved.clone(), truth.behaviours.clone());
        assert!(truth == Truth { resolved, behaviours, ..read }, "{format:?}");
    }
}

#[test]
fn nothing_but_noise_comes_to_an_end() {
    let truth = Scenario { noise: 1.0, ..noisy(Format::VNet) }.collect().1;
    assert!(truth.states[&'D'] * 10 > truth.totals.tuples * 9, "{:?}", truth.states);
}
