//! One record as text, written tuple by tuple.

use super::event::{Event, RuleId};
use super::settings::Format;
use super::tuple_text;
use super::world::World;

/// A record is closed before it grows beyond this; real ones measure 32,180 to 32,270 bytes.
const RECORD_CAP: usize = 32_270;
/// The longest tuple and what closes a record after it.
const TUPLE_REST: usize = 190;
/// The same with the names of a rule and its ACL.
const RULE_REST: usize = 520;

/// A record while it is written.
pub(crate) struct Record<'b> {
    bytes: &'b mut Vec<u8>,
    blocks: &'b mut Vec<usize>,
    start: usize,
    world: &'b World,
    nic: usize,
    /// ACL and rule that are open.
    open: Option<(usize, RuleId)>,
    /// A tuple stands before the next one.
    comma: bool,
}

impl<'b> Record<'b> {
    pub(crate) fn begin(
        bytes: &'b mut Vec<u8>,
        blocks: &'b mut Vec<usize>,
        head: &str,
        nic: usize,
        world: &'b World,
    ) -> Self {
        let start = bytes.len();
        if blocks.len() > 1 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(head.as_bytes());
        Self { bytes, blocks, start, world, nic, open: None, comma: false }
    }

    pub(crate) fn has_room_for_tuple(&self) -> bool {
        self.has_room_for(TUPLE_REST)
    }

    /// Room for a new group with its first tuple.
    pub(crate) fn has_room_for_rule(&self) -> bool {
        self.has_room_for(RULE_REST)
    }

    fn has_room_for(&self, rest: usize) -> bool {
        self.bytes.len() - self.start + rest <= RECORD_CAP
    }

    /// Opens the group of a rule, and its ACL where the format has one.
    pub(crate) fn rule(&mut self, rule: RuleId) {
        let entry = &self.world.rules.rules[usize::from(rule)];
        let nic = &self.world.nics[self.nic];
        if nic.format == Format::VNet {
            match self.open {
                Some((acl, _)) if acl == entry.acl => self.put("]},"),
                Some(_) => self.put("]}]},"),
                None => {}
            }
            if self.open.is_none_or(|(acl, _)| acl != entry.acl) {
                let acl = &self.world.rules.acls[entry.acl];
                self.put_all(&[r#"{"aclID":""#, acl, r#"","flowGroups":["#]);
            }
            self.put_all(&[r#"{"rule":""#, entry.name, r#"","flowTuples":["#]);
        } else {
            if self.open.is_some() {
                self.put("]}]},");
            }
            self.put_all(&[
                r#"{"rule":""#,
                entry.name,
                r#"","flows":[{"mac":""#,
                &nic.mac,
                r#"","flowTuples":["#,
            ]);
        }
        self.open = Some((entry.acl, rule));
        self.comma = false;
    }

    pub(crate) fn tuple(&mut self, event: &Event, format: Format) {
        self.bytes.extend_from_slice(if self.comma { b",\"" } else { b"\"" });
        tuple_text::write(self.bytes, self.world, event, format);
        self.bytes.push(b'"');
        self.comma = true;
    }

    pub(crate) fn end(self) {
        // Group, ACL (or NSG rule), flows, flowRecords (or properties), record.
        self.bytes.extend_from_slice(b"]}]}]}}");
        self.blocks.push(self.bytes.len() - self.start);
    }

    /// The first half of a tuple, and no more.
    pub(crate) fn break_off(&mut self, event: &Event, format: Format) {
        let start = self.bytes.len();
        self.tuple(event, format);
        let half = (self.bytes.len() - start) / 2;
        self.bytes.truncate(start + half);
    }

    pub(crate) fn leave_open(self) {
        self.blocks.push(self.bytes.len() - self.start);
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn put_all(&mut self, texts: &[&str]) {
        for text in texts {
            self.put(text);
        }
    }
}
