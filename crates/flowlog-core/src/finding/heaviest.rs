//! The rows of evidence that are shown, without keeping the others.

use std::cmp::Reverse;

use super::scene::Scene;
use super::{EVIDENCE_ROWS, EvidenceRow, Note, Unit};
use crate::state::ConversationKey;

/// The conversations that count the most, and how many there were. At most twice [`EVIDENCE_ROWS`] of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Heaviest {
    rows: Vec<Row>,
    /// The last of them that is shown, once there are enough: what comes after it is not.
    last: Option<Rank>,
    all: u64,
}

#[derive(Clone, Debug)]
struct Row {
    key: ConversationKey,
    rank: Rank,
}

/// Rows of evidence are ordered by count, and then by what they show: source, destination, port, protocol.
type Rank = (Reverse<u64>, (String, Option<String>, Option<u16>, Option<u8>));

impl Heaviest {
    /// Takes one more in.
    pub(super) fn push(&mut self, scene: &Scene<'_>, key: &ConversationKey, count: u64) {
        self.all += 1;
        if self.last.as_ref().is_some_and(|(least, _)| count < least.0) {
            return;
        }
        let EvidenceRow { source, destination, port, protocol, .. } =
            scene.row(key, (count, Unit::Connections), Note::None);
        self.keep(Row { key: *key, rank: (Reverse(count), (source, destination, port, protocol)) });
    }

    fn keep(&mut self, row: Row) {
        if self.last.as_ref().is_some_and(|last| row.rank > *last) {
            return;
        }
        self.rows.push(row);
        if self.rows.len() >= 2 * EVIDENCE_ROWS {
            self.cut();
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        self.all += other.all;
        other.rows.iter().for_each(|row| self.keep(row.clone()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// The rows as they are shown, and how many there are.
    pub(super) fn shown(mut self, scene: &Scene<'_>, unit: Unit, note: &Note) -> (Vec<EvidenceRow>, u64) {
        self.cut();
        let row = |row: &Row| scene.row(&row.key, (row.rank.0.0, unit), note.clone());
        (self.rows.iter().map(row).collect(), self.all)
    }

    fn cut(&mut self) {
        self.rows.sort_by(|a, b| a.rank.cmp(&b.rank));
        self.rows.truncate(EVIDENCE_ROWS);
        self.last = self.rows.get(EVIDENCE_ROWS - 1).map(|row| row.rank.clone());
    }
}

/// The heaviest rows, and how many there are.
pub(super) fn shown(mut rows: Vec<EvidenceRow>) -> (Vec<EvidenceRow>, u64) {
    let all = rows.len() as u64;
    rows.sort_by(|a, b| rank(a).cmp(&rank(b)));
    rows.truncate(EVIDENCE_ROWS);
    (rows, all)
}

fn rank(row: &EvidenceRow) -> (Reverse<u64>, &str, Option<&str>, Option<u16>, Option<u8>) {
    (Reverse(row.count), &row.source, row.destination.as_deref(), row.port, row.protocol)
}
