//! Encryption between subnets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::flow::{AddressClass, Encryption, OwnNetwork};
use crate::state::Summary;

/// What was encrypted between two subnets, per tuple as logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EncryptedPairRow {
    /// Subnet of the initiator.
    pub source: String,
    /// Subnet of the responder.
    pub destination: String,
    /// Tuples.
    pub tuples: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Of the tuples, encrypted (`X`).
    pub encrypted_tuples: u64,
    /// Of the bytes, encrypted.
    pub encrypted_bytes: u64,
    /// Tuples dropped for want of encryption.
    pub dropped_tuples: u64,
    /// By word of the log.
    pub words: BTreeMap<&'static str, WordRow>,
}

/// What one word stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WordRow {
    /// Tuples.
    pub tuples: u64,
    /// Begun and denied tuples.
    pub attempts: u64,
    /// Bytes both ways.
    pub bytes: u64,
}

/// True if the data says anything of encryption: any word but a plain `NX`.
pub(super) fn is_in_use(summary: &Summary) -> bool {
    let plain = [Encryption::NotEncrypted, Encryption::NotRecorded, Encryption::Unknown];
    let words = Encryption::ALL.iter().filter(|word| !plain.contains(word));
    words.into_iter().any(|&word| summary.overall.encryption(word) > 0)
}

/// Subnets in which a NIC is logged.
fn logged_subnets(summary: &Summary) -> BTreeSet<OwnNetwork> {
    let own = summary.near.own().filter_map(|host| summary.hosts.address(host));
    own.map(|address| summary.encryption().subnet_of(address)).collect()
}

/// The first `limit` pairs of own subnets, by tuples, and how many there are; none if nothing was encrypted or meant to be.
pub(super) fn pairs(summary: &Summary, limit: usize) -> (Vec<EncryptedPairRow>, u64) {
    if !is_in_use(summary) {
        return (Vec::new(), 0);
    }
    let mut rows: Vec<(&OwnNetwork, &OwnNetwork, EncryptedPairRow)> = Vec::new();
    let logged = logged_subnets(summary);
    let named = summary.encryption().named();
    // Who names networks names the own ones: other private subnets are those of others. Who does not may have subnets
    // without a logged NIC, and nothing tells these from the others'.
    let is_own = |subnet: &OwnNetwork| {
        let private = || named.is_empty() && AddressClass::of(subnet.network.first()).is_private();
        named.contains(subnet) || logged.contains(subnet) || private()
    };
    let all = summary.encryption().rows();
    for (source, destination, counts) in all.filter(|(a, b, _)| is_own(a) && is_own(b)) {
        let mut row = EncryptedPairRow {
            source: source.to_string(),
            destination: destination.to_string(),
            tuples: 0,
            bytes: 0,
            encrypted_tuples: 0,
            encrypted_bytes: 0,
            dropped_tuples: 0,
            words: BTreeMap::new(),
        };
        for (word, counts) in counts.words() {
            row.tuples += counts.tuples;
            row.bytes = row.bytes.saturating_add(counts.bytes);
            if word == Encryption::Encrypted {
                row.encrypted_tuples += counts.tuples;
                row.encrypted_bytes = row.encrypted_bytes.saturating_add(counts.bytes);
            }
            row.dropped_tuples += if word.is_dropped() { counts.tuples } else { 0 };
            let (tuples, attempts, bytes) = (counts.tuples, counts.attempts, counts.bytes);
            row.words.insert(word.word(), WordRow { tuples, attempts, bytes });
        }
        rows.push((source, destination, row));
    }
    rows.sort_by(|a, b| b.2.tuples.cmp(&a.2.tuples).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    let found = rows.len() as u64;
    (rows.into_iter().take(limit).map(|(_, _, row)| row).collect(), found)
}
