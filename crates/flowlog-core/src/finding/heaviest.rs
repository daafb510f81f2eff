//! The rows of evidence that are shown, without keeping the others.

use std::cmp::Ordering;

use super::scene::Scene;
use super::{EVIDENCE_ROWS, EvidenceRow, Unit};
use crate::state::ConversationKey;

/// The conversations that count the most, and how many there were. 24 bytes a conversation, at most twice
/// [`EVIDENCE_ROWS`] of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Heaviest {
    rows: Vec<(u64, ConversationKey)>,
    /// What counts less is not shown.
    least: u64,
    all: u64,
}

impl Heaviest {
    /// Takes one more in.
    pub(super) fn push(&mut self, scene: &Scene<'_>, key: &ConversationKey, count: u64) {
        self.all += 1;
        if count < self.least {
            return;
        }
        self.rows.push((count, *key));
        if self.rows.len() >= 2 * EVIDENCE_ROWS {
            self.cut(scene);
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, scene: &Scene<'_>, other: &Self) {
        let more = other.all - other.rows.len() as u64;
        other.rows.iter().for_each(|(count, key)| self.push(scene, key, *count));
        self.all += more;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// The rows as they are shown, and how many there are.
    pub(super) fn shown(mut self, scene: &Scene<'_>, unit: Unit, note: &str) -> (Vec<EvidenceRow>, u64) {
        self.cut(scene);
        (self.rows.iter().map(|(count, key)| scene.row(key, (*count, unit), note)).collect(), self.all)
    }

    fn cut(&mut self, scene: &Scene<'_>) {
        self.rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| by_name(scene, &a.1, &b.1)));
        self.rows.truncate(EVIDENCE_ROWS);
        if let Some((count, _)) = self.rows.get(EVIDENCE_ROWS - 1) {
            self.least = *count;
        }
    }
}

/// As rows of evidence are ordered: by what they show.
fn by_name(scene: &Scene<'_>, a: &ConversationKey, b: &ConversationKey) -> Ordering {
    let name = |key: &ConversationKey| {
        let row = scene.row(key, (0, Unit::Connections), "");
        (row.source, row.destination, row.port, row.protocol)
    };
    name(a).cmp(&name(b))
}

/// The heaviest rows, and how many there are.
pub(super) fn shown(mut rows: Vec<EvidenceRow>) -> (Vec<EvidenceRow>, u64) {
    let all = rows.len() as u64;
    rows.sort_by(|a, b| {
        let key = |row: &EvidenceRow| (row.source.clone(), row.destination.clone(), row.port, row.protocol);
        b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b)))
    });
    rows.truncate(EVIDENCE_ROWS);
    (rows, all)
}
