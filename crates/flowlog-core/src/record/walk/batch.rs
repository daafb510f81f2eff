//! What the short way finds in one record, until it is known that all of it could be read.

use crate::flow::FlowTuple;
use crate::record::rows::Rows;
use crate::record::seen::head;
use crate::record::time::unix_ms;
use crate::record::{LogKind, RecordContext, Sink};

/// A text of the record: where it stands, from the record's first byte on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Text {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Text {
    fn of(self, record: &[u8]) -> &str {
        record.get(self.start..self.end).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// Tuples of the same rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Context of the level above: the ACL (VNet) or the rule (NSG).
    pub(super) outer: Text,
    /// Its own: the rule (VNet) or the MAC address (NSG).
    pub(super) own: Text,
    /// Its tuples end here, and begin where those of the group before end.
    pub(super) end: usize,
}

/// One record's tuples and what is said of them. Its memory grows with the largest record that the short way
/// takes (1 MiB: at most 5 MB).
#[derive(Debug, Default)]
pub(in crate::record) struct Batch {
    /// Which of the two layouts it has.
    pub(super) kind: Option<LogKind>,
    pub(super) time: Option<Text>,
    pub(super) mac: Option<Text>,
    pub(super) resource: Option<Text>,
    pub(super) groups: Vec<Group>,
    pub(super) tuples: Vec<FlowTuple>,
    /// Told from other records by these; only if somebody wants to know.
    pub(super) rows: Option<Rows>,
}

impl Batch {
    pub(super) fn clear(&mut self, with_rows: bool) {
        let Self { groups, tuples, .. } = std::mem::take(self);
        *self = Self { groups, tuples, rows: with_rows.then(Rows::default), ..Self::default() };
        self.groups.clear();
        self.tuples.clear();
    }

    /// Number of well-formed tuples; there are no others.
    pub(in crate::record) fn len(&self) -> usize {
        self.tuples.len()
    }

    /// What tells it from other records of its NIC, if it has a time, and what its tuples are.
    pub(in crate::record) fn identity(&self, record: &[u8]) -> Option<(u64, Rows)> {
        let time_ms = self.time.and_then(|time| unix_ms(time.of(record)))?;
        // NSG records name the NIC further in, whether or not they name it here.
        let mac = self.mac.filter(|_| self.kind == Some(LogKind::VNet)).unwrap_or_default().of(record);
        let resource = self.resource.unwrap_or_default().of(record);
        Some((head(time_ms, mac, resource), self.rows?))
    }

    /// Hands everything over. `record` are the bytes that were read, `offset` is where they begin in the input.
    pub(in crate::record) fn push<S: Sink>(&self, record: &[u8], offset: u64, sink: &mut S) {
        let time_ms = self.time.and_then(|time| unix_ms(time.of(record)));
        let kind = self.kind.unwrap_or(LogKind::VNet);
        let outer_mac = self.mac.unwrap_or_default().of(record);
        let resource = self.resource.unwrap_or_default().of(record);
        let mut begin = 0;
        for group in &self.groups {
            let (outer, own) = (group.outer.of(record), group.own.of(record));
            let (mac, acl, rule) = match kind {
                LogKind::VNet => (outer_mac, outer, own),
                LogKind::Nsg => (if own.is_empty() { outer_mac } else { own }, resource, outer),
            };
            sink.record(&RecordContext { time_ms, mac, kind, resource, offset });
            sink.rule(acl, rule);
            sink.tuples(self.tuples.get(begin..group.end).unwrap_or_default());
            begin = group.end;
        }
    }
}
