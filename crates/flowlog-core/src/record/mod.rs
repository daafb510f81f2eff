//! From bytes to tuples: *framing* finds the record objects in a file's bytes, *meaning* reads one
//! record. Nothing is collected: tuples are pushed into a [`Sink`] as they are read.

mod decode;
mod digits;
mod document;
mod foreign;
mod framing;
mod hextets;
pub mod name;
mod rows;
mod scan;
mod seen;
mod shape;
pub mod time;
pub mod tuple;
mod walk;

use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::flow::FlowTuple;

pub use decode::{Decoded, Decoder};
pub use framing::MAX_RECORD_BYTES;
pub use seen::SeenRecords;

/// What records and tuples are told apart by: one seed for the whole run, since what one worker hashes another compares,
/// and at random, since whoever knew it could write records that pass for others.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Which log a record belongs to; the same 13 fields of a tuple mean different things in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum LogKind {
    /// Virtual network flow log (version 4).
    VNet,
    /// Network security group flow log (versions 1 and 2).
    Nsg,
}

/// What a record says of all its tuples.
#[derive(Clone, Copy, Debug)]
pub struct RecordContext<'a> {
    /// The record's own `time` in Unix milliseconds UTC (when it was written, up to a minute after its tuples).
    pub time_ms: Option<i64>,
    /// MAC address of the NIC as written (12 hex digits, no separators); empty if absent.
    pub mac: &'a str,
    /// VNet or NSG.
    pub kind: LogKind,
    /// `targetResourceID` (VNet) or `resourceId` (NSG); empty if absent.
    pub resource: &'a str,
    /// Byte offset of the record in the (decompressed) input.
    pub offset: u64,
}

/// A tuple that could not be read.
#[derive(Clone, Copy, Debug)]
pub struct MalformedTuple<'a> {
    /// What is wrong, e.g. `expected 13 fields, found 12`.
    pub reason: &'static str,
    /// The text as it stands in the log (possibly long, possibly hostile: escape before printing).
    pub text: &'a str,
    /// Byte offset in the (decompressed) input.
    pub offset: u64,
}

/// Receives what a decoder finds, in file order.
///
/// Every call belongs to the latest `record` and the latest `rule` call.
pub trait Sink {
    /// The following tuples stand in this record, of this NIC. Called before each `rule`; use
    /// [`Decoded::records`] to count records.
    fn record(&mut self, record: &RecordContext<'_>);
    /// The following tuples matched this rule of this ACL (for NSG logs the ACL is the NSG's own resource id).
    fn rule(&mut self, acl: &str, rule: &str);
    /// The encryption word of the tuple that follows, which is none that this version knows.
    fn encryption_word(&mut self, _word: &str) {}
    /// One well-formed tuple.
    fn tuple(&mut self, tuple: &FlowTuple);
    /// Well-formed tuples that follow each other: the same as one call of [`Sink::tuple`] for each.
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        for tuple in tuples {
            self.tuple(tuple);
        }
    }
    /// One tuple that could not be read.
    fn malformed(&mut self, tuple: &MalformedTuple<'_>);
}
