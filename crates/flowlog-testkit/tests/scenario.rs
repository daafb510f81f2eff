//! The generator's own proof: same seed, same bytes; its truth equals what a slow reader finds in its blobs.

use std::collections::BTreeSet;

use flowlog_testkit::scenario::{Addresses, Capture, Cut, Format, Gap, Scenario, Volume};
use flowlog_testkit::slow_reader;
use flowlog_testkit::truth::Truth;

/// Compares part by part, so that a failure names the part.
fn assert_proven(blobs: &[(String, Vec<u8>)], truth: &Truth) {
    let read = slow_reader::read(blobs);
    assert_eq!(truth.totals, read.totals);
    assert_eq!(truth.states, read.states);
    assert_eq!(truth.directions, read.directions);
    assert_eq!(truth.protocols, read.protocols);
    assert_eq!(truth.encryption, read.encryption);
    assert_eq!(truth.rules, read.rules);
    assert_eq!(truth.sources, read.sources);
    assert_eq!(truth.destinations, read.destinations);
    assert_eq!(truth.ports, read.ports);
    assert_eq!(truth.denied, read.denied);
    assert_eq!(truth.begins, read.begins);
    assert_eq!(truth.incomplete, read.incomplete);
    assert_eq!(truth.one_way, read.one_way);
    assert_eq!(truth.port_scans, read.port_scans);
    assert_eq!(truth.files, read.files);
    assert_eq!(truth.encryption_pairs, read.encryption_pairs);
    assert_eq!(truth.classes, read.classes);
    // Which rows are one connection at two NICs, and what should be found, only the scenario knows.
    let (resolved, behaviours) = (truth.resolved.clone(), truth.behaviours.clone());
    assert!(truth == &Truth { resolved, behaviours, ..read }, "something else");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = Scenario::default().collect();
    assert_eq!(first, Scenario::default().collect());
    assert_ne!(first.0, Scenario { seed: 2, ..Scenario::default() }.collect().0);
}

#[test]
fn the_truth_is_what_a_slow_reader_finds() {
    for seed in 1..=3 {
        let (blobs, truth) = Scenario { seed, ..Scenario::default() }.collect();
        assert_proven(&blobs, &truth);
    }
}

#[test]
fn the_truth_holds_for_every_format_and_capture() {
    for format in [Format::NsgV1, Format::NsgV2, Format::VNet] {
        for capture in [Capture::SourceOnly, Capture::HalfBoth] {
            let (blobs, truth) = Scenario { format, capture, seed: 7, ..Scenario::default() }.collect();
            assert!(truth.totals.tuples > 10_000, "{format:?} {capture:?}: {:?}", truth.totals);
            assert_proven(&blobs, &truth);
        }
    }
}

#[test]
fn the_truth_holds_for_mixed_formats_one_nic_and_cut_blobs() {
    let mixed = Scenario { nsg_v2_nics: 2, addresses: Addresses::Documentation, ..Scenario::default() };
    let (blobs, truth) = mixed.collect();
    assert_proven(&blobs, &truth);
    let alone = Scenario {
        nics: 1,
        hours: 1,
        volume: Volume::Tuples(900),
        quiet_minutes: 0.6,
        ..Scenario::default()
    };
    let (blobs, truth) = alone.collect();
    assert_proven(&blobs, &truth);
    // Every place in a record: in a group, at its start, at a minute's first tuple.
    for tuples in 300..360 {
        let scenario = Scenario {
            nics: 2,
            hours: 1,
            volume: Volume::Tuples(1_200),
            cut: Some(Cut { nic: 1, hour: 0, tuples }),
            ..Scenario::default()
        };
        let (blobs, truth) = scenario.collect();
        assert_eq!(truth.totals.files_with_errors, 1);
        let cut = truth.files.iter().find(|file| file.cut).expect("one is cut");
        assert_eq!(cut.tuples, tuples);
        assert_proven(&blobs, &truth);
    }
}

#[test]
fn a_gap_is_a_blob_less_and_in_no_truth() {
    let whole = Scenario::default().collect().1;
    let gaps = vec![Gap { nic: 2, hour: 1 }];
    let (blobs, truth) = Scenario { gaps, ..Scenario::default() }.collect();
    assert_eq!(truth.totals.files, whole.totals.files - 1);
    assert!(truth.totals.tuples < whole.totals.tuples);
    assert_proven(&blobs, &truth);
}

#[test]
fn every_behaviour_is_there() {
    let (_, truth) = Scenario::default().collect();
    assert_eq!(truth.states.keys().collect::<String>(), "BCDE");
    for protocol in [1, 6, 17, 50, 58] {
        assert!(truth.protocols.contains_key(&protocol), "protocol {protocol}: {:?}", truth.protocols);
    }
    assert!(truth.encryption.len() >= 6, "{:?}", truth.encryption);
    assert!(truth.begins[0].count > 10);
    assert!(truth.port_scans.iter().any(|pair| pair.denied >= 60), "internet port scan");
    assert!(truth.incomplete.iter().any(|row| row.port == 9100), "begun only");
    assert!(
        truth.one_way.iter().any(|row| row.protocol == 17)
            && truth.one_way.iter().any(|row| row.protocol == 6)
    );
    let rules: BTreeSet<_> = truth.rules.iter().map(|row| row.rule.as_str()).collect();
    for rule in
        ["unspecified", "PlatformRule", "BlockHighRiskTCPPortsFromInternet", "DefaultRule_DenyAllInBound"]
    {
        assert!(rules.contains(rule), "{rule} in {rules:?}");
    }
}

#[test]
fn blocks_are_those_of_an_append_by_the_minute() {
    let mut records = 0;
    let truth = Scenario::default()
        .generate(|blob| {
            assert_eq!(blob.blocks.iter().sum::<usize>(), blob.bytes.len());
            assert_eq!((blob.blocks.first(), blob.blocks.last()), (Some(&12), Some(&2)));
            let mut at = 12;
            for (number, block) in blob.blocks[1..blob.blocks.len() - 1].iter().enumerate() {
                let data = &blob.bytes[at..at + block];
                let start: &[u8] = if number == 0 { b"{\"time\":" } else { b",{\"time\":" };
                assert!(data.starts_with(start) && data.ends_with(b"]}]}]}}"));
                at += block;
                records += 1;
            }
            Ok::<(), String>(())
        })
        .expect("the sink takes everything");
    assert_eq!(records, truth.totals.records);
}

#[test]
fn busy_minutes_are_split_into_records_near_32_kib() {
    let scenario = Scenario { nics: 2, hours: 1, volume: Volume::Tuples(120_000), ..Scenario::default() };
    let mut sizes = Vec::new();
    let truth = scenario
        .generate(|blob| {
            sizes.extend_from_slice(&blob.blocks[1..blob.blocks.len() - 1]);
            Ok::<(), String>(())
        })
        .expect("the sink takes everything");
    assert!(truth.totals.records > 200, "{}", truth.totals.records);
    assert!(sizes.iter().all(|size| *size <= 32_271), "{:?}", sizes.iter().max());
    assert!(sizes.iter().filter(|size| **size > 31_900).count() > 100);
}

#[test]
fn the_first_record_of_an_hour_reaches_back_into_the_hour_before() {
    let (blobs, truth) = Scenario::default().collect();
    let spilled = truth.files.iter().filter(|file| {
        let hour: i64 = file
            .name
            .split("/h=")
            .nth(1)
            .and_then(|rest| rest.get(..2))
            .and_then(|h| h.parse().ok())
            .expect("hour");
        file.first_time_ms.is_some_and(|first| first < 1_768_435_200_000 + hour * 3_600_000)
    });
    assert!(spilled.count() > blobs.len() / 2);
}

#[test]
fn the_volume_is_met() {
    let tuples = Scenario { volume: Volume::Tuples(60_000), ..Scenario::default() }.collect().1.totals.tuples;
    assert!((58_500..=60_600).contains(&tuples), "{tuples}");
    let bytes = Scenario { volume: Volume::Bytes(5_000_000), ..Scenario::default() }.collect().1.totals.bytes;
    assert!((4_600_000..=5_400_000).contains(&bytes), "{bytes}");
}

#[test]
fn both_ends_log_the_same_connections() {
    let (blobs, _) = Scenario { nsg_v2_nics: 0, ..Scenario::default() }.collect();
    let (mut outbound, mut inbound) = (BTreeSet::new(), BTreeSet::new());
    for (_, bytes) in &blobs {
        let text = String::from_utf8_lossy(bytes);
        for tuple in text.split('"').filter(|part| part.split(',').count() == 13 && part.contains(",8080,6,"))
        {
            let fields: Vec<&str> = tuple.split(',').collect();
            let key = fields[1..5].join(",");
            match (fields[6], fields[7]) {
                ("O", "E") => outbound.insert(key),
                ("I", "E") => inbound.insert(key),
                _ => false,
            };
        }
    }
    let both = outbound.intersection(&inbound).count();
    assert!(both * 100 > outbound.len() * 95, "{both} of {}", outbound.len());
}

#[test]
fn a_shortened_truth_keeps_its_lengths_and_survives_json() {
    let (_, truth) = Scenario::default().collect();
    let full = truth.sources.len();
    let short = truth.shorten(5);
    assert_eq!(short.sources.len(), 5);
    assert_eq!(short.lengths["sources"], full as u64);
    let json = serde_json::to_string(&short).expect("serialises");
    assert_eq!(serde_json::from_str::<Truth>(&json).expect("reads back"), short);
}
