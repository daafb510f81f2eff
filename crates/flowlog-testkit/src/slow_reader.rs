//! The slow, obvious reader: the whole document as a JSON tree, every tuple in a list, and each
//! question answered by its definition. An oracle for tests, sharing nothing with the generator's
//! own counting or with the tools but the shape of the answer.

mod lists;
mod network;
mod rows;

use std::collections::BTreeSet;

use crate::truth::{FileTruth, Totals, Truth};
use lists::{Count, by_key, conversations, hosts, ports_and_pairs, rules};
use rows::{Row, file_rows};

/// Reads whole or cut JSON files of flow logs, as the generator writes them or pretty-printed.
///
/// # Panics
/// If a file that is not cut off is no flow log: an oracle has no business guessing.
#[must_use]
pub fn read(files: &[(String, Vec<u8>)]) -> Truth {
    let mut rows = Vec::new();
    let mut truths = Vec::new();
    for (name, bytes) in files {
        let (records, malformed, cut, of_file) = file_rows(bytes);
        truths.push(FileTruth {
            name: name.clone(),
            bytes: bytes.len() as u64,
            records,
            tuples: of_file.len() as u64,
            malformed,
            first_time_ms: of_file.iter().map(|row| row.time_ms).min(),
            last_time_ms: of_file.iter().map(|row| row.time_ms).max(),
            cut,
        });
        rows.extend(of_file);
    }
    truth(&rows, truths)
}

fn truth(rows: &[Row], files: Vec<FileTruth>) -> Truth {
    let sources = hosts(rows, |row| row.source);
    let destinations = hosts(rows, |row| row.destination);
    let (ports, port_scans) = ports_and_pairs(rows);
    let mut truth = Truth {
        resolved: None,
        totals: Totals {
            files: files.len() as u64,
            files_with_errors: files.iter().filter(|file| file.cut).count() as u64,
            bytes: files.iter().map(|file| file.bytes).sum(),
            records: files.iter().map(|file| file.records).sum(),
            tuples: rows.len() as u64,
            malformed: files.iter().map(|file| file.malformed).sum(),
            denied_by_rule: rows.iter().filter(|row| row.state == 'D' && !row.is_dropped()).count() as u64,
            dropped_for_encryption: rows.iter().filter(|row| row.is_dropped()).count() as u64,
            packets_sent: rows.iter().map(|row| row.counters[0]).sum(),
            bytes_sent: rows.iter().map(|row| row.counters[1]).sum(),
            packets_received: rows.iter().map(|row| row.counters[2]).sum(),
            bytes_received: rows.iter().map(|row| row.counters[3]).sum(),
            unique_sources: sources.len() as u64,
            unique_destinations: destinations.len() as u64,
            unique_nics: rows.iter().map(|row| &row.mac).collect::<BTreeSet<_>>().len() as u64,
            conversations: rows.iter().map(Row::conversation).collect::<BTreeSet<_>>().len() as u64,
            first_time_ms: rows.iter().map(|row| row.time_ms).min(),
            last_time_ms: rows.iter().map(|row| row.time_ms).max(),
        },
        states: by_key(rows, |row| row.state),
        directions: by_key(rows, |row| row.direction),
        protocols: by_key(rows, |row| row.protocol),
        encryption: by_key(rows, |row| row.encryption.clone()),
        rules: rules(rows),
        sources,
        destinations,
        ports,
        denied: conversations(rows.iter().filter(|row| row.state == 'D').map(Row::conversation)),
        begins: conversations(rows.iter().filter(|row| row.state == 'B').map(Row::conversation)),
        incomplete: lists::incomplete(rows),
        one_way: lists::one_way(rows),
        port_scans,
        encryption_pairs: network::encryption_pairs(rows),
        classes: network::classes(rows),
        files,
        ..Truth::default()
    };
    truth.lengths = [
        ("rules", truth.rules.count()),
        ("sources", truth.sources.count()),
        ("destinations", truth.destinations.count()),
        ("ports", truth.ports.count()),
        ("denied", truth.denied.count()),
        ("begins", truth.begins.count()),
        ("incomplete", truth.incomplete.count()),
        ("one_way", truth.one_way.count()),
        ("port_scans", truth.port_scans.count()),
        ("files", truth.files.count()),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into();
    truth
}
