//! Encryption between subnets.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aggregate::Aggregate;
use crate::flow::{Encryption, OwnNetwork};

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
pub(super) fn is_in_use(aggregate: &Aggregate) -> bool {
    let plain = [Encryption::NotEncrypted, Encryption::NotRecorded, Encryption::Unknown];
    let words = Encryption::ALL.iter().filter(|word| !plain.contains(word));
    words.into_iter().any(|&word| aggregate.overall.encryption(word) > 0)
}

/// The first `limit` pairs of own subnets, by tuples; none if nothing was encrypted or meant to be.
pub(super) fn pairs(aggregate: &Aggregate, limit: usize) -> Vec<EncryptedPairRow> {
    if !is_in_use(aggregate) {
        return Vec::new();
    }
    let mut rows: Vec<(&OwnNetwork, &OwnNetwork, EncryptedPairRow)> = Vec::new();
    for (source, destination, counts) in aggregate.encryption.rows() {
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
    rows.into_iter().take(limit).map(|(_, _, row)| row).collect()
}
