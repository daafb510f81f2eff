//! Why one log has what the other lacks, as far as the data can tell.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::Serialize;

use crate::compare::Set;
use crate::compare::model::Counts;
use crate::compare::union::{Key, Seen, Union};
use crate::flow::{AddressClass, Protocol, State};
use crate::state::{NicTimes, Origin, RuleClass, Summary};

/// Why one log has what the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Neither TCP nor UDP: NSG flow logs have no other protocol.
    Protocol,
    /// Dropped for want of encryption.
    Encryption,
    /// Decided by a rule of a virtual network manager.
    AdminRule,
    /// Handled by the platform.
    Platform,
    /// A NIC that logged it is not in the other log.
    Nic,
    /// The other log has no tuple at all of its NICs in the minutes of the conversation: it begins later, ends
    /// earlier, or has a gap there.
    Time,
    /// The other log holds no tuples of that kind at all.
    RecordTypes,
    /// The other log has the conversation with another outcome.
    Outcome,
    /// The other log has the conversation, with fewer connections or denials.
    Fewer,
    /// Nothing explains it.
    Unexplained,
}

impl Reason {
    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Protocol => "neither TCP nor UDP, the only ones in NSG logs",
            Self::Encryption => "dropped for want of encryption: not in NSG logs",
            Self::AdminRule => "decided by a network manager's rule, not by an NSG",
            Self::Platform => "handled by the platform, not by an NSG",
            Self::Nic => "a NIC that logged it is not in the other log",
            Self::Time => "the other log has nothing of its NICs at that time",
            Self::RecordTypes => "the other log holds no such tuples at all",
            Self::Outcome => "in the other log with another outcome",
            Self::Fewer => "the other log has fewer of the same",
            Self::Unexplained => "not explained by the data",
        }
    }
}

/// True for what NSG flow logs can tell of.
pub(super) fn is_comparable(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::TCP | Protocol::UDP)
}

/// What must be known of one log to say why the other has more.
pub(super) struct Log<'a> {
    tables: &'a Summary,
    macs: BTreeMap<IpAddr, BTreeSet<&'a str>>,
    /// When each NIC's log has tuples.
    pub(super) nics: BTreeMap<&'a str, &'a NicTimes>,
    origins: HashMap<Key, Origin, RandomState>,
}

impl<'a> Log<'a> {
    pub(super) fn new(set: &Set<'a>, union: &Union) -> Self {
        let tables = set.tables;
        let mut macs: BTreeMap<IpAddr, BTreeSet<&str>> = BTreeMap::new();
        for (address, mac) in tables.provenance.nics(|host| tables.hosts.address(host)) {
            macs.entry(address).or_default().insert(mac);
        }
        let rows = set.conversations.rows().iter();
        let origins = rows.filter_map(|row| Some((union.key(&tables.hosts, &row.key)?, row.origin?)));
        let nics = tables.provenance.times().collect();
        Self { tables, macs, nics, origins: origins.collect() }
    }

    /// Why `other` lacks `missing` of a conversation that this log has.
    pub(super) fn reason(
        &self,
        other: &Log<'_>,
        union: &Union,
        key: &Key,
        missing: &Counts,
        there: &Seen,
        other_is_nsg: bool,
    ) -> Reason {
        let origin = self.origins.get(key);
        if other_is_nsg && let Some(reason) = beyond_nsg(key.protocol, origin) {
            return reason;
        }
        let ends = [key.source, key.destination].map(|host| union.address(host));
        let logged = origin.map_or([false; 2], |origin| [origin.outbound, origin.inbound]);
        let near = ends.iter().zip(logged).filter_map(|(end, logged)| end.filter(|_| logged));
        let macs: Vec<&str> = near.filter_map(|end| self.macs.get(&end)).flatten().copied().collect();
        let shared: Vec<&NicTimes> = macs.iter().filter_map(|mac| other.nics.get(mac).copied()).collect();
        let has_any = |origin: &Origin| shared.iter().any(|nic| nic.has_any(origin.first_ms, origin.last_ms));
        let platform_end = ends.iter().flatten().any(|&end| AddressClass::of(end) == AddressClass::Platform);
        if shared.len() < macs.len() {
            Reason::Nic
        } else if origin.is_some_and(|origin| !has_any(origin)) {
            Reason::Time
        } else if other.lacks_kind(missing) {
            Reason::RecordTypes
        } else if is_other_outcome(missing, &there.counts) {
            Reason::Outcome
        } else if there.counts != Counts::default() {
            Reason::Fewer
        } else if other_is_nsg && platform_end {
            Reason::Platform
        } else {
            Reason::Unexplained
        }
    }

    fn lacks_kind(&self, missing: &Counts) -> bool {
        let seen = |state| self.tables.overall.state(state) > 0;
        let allowed = [State::Begin, State::Continue, State::End, State::Allow].into_iter().any(seen);
        if missing.connections > 0 { !allowed } else { !seen(State::Deny) }
    }
}

/// What no NSG flow log tells of, whoever writes it.
fn beyond_nsg(protocol: Protocol, origin: Option<&Origin>) -> Option<Reason> {
    let decided = |class| origin.is_some_and(|origin| origin.has(class));
    if !is_comparable(protocol) {
        Some(Reason::Protocol)
    } else if decided(RuleClass::Unspecified) {
        Some(Reason::Encryption)
    } else if decided(RuleClass::SecurityAdmin) {
        Some(Reason::AdminRule)
    } else {
        decided(RuleClass::Platform).then_some(Reason::Platform)
    }
}

/// One log allowed what the other denied.
fn is_other_outcome(missing: &Counts, there: &Counts) -> bool {
    let now_denied = missing.connections > 0 && there.connections == 0 && there.denied > 0;
    let now_allowed = missing.connections == 0 && there.denied == 0 && there.connections > 0;
    now_denied || now_allowed
}
