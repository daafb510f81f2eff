//! What findings need beyond the report's own tables, collected while connections settle.
//!
//! Everything here merges commutatively: sums, minima, maxima and bounded sets of smallest
//! elements, never "the first that came". Tables grow with pairs and conversations; what is kept of
//! each is bounded, by [`BEATS`] begins (64 KiB at most) or by bins of [`BIN_SECONDS`] (32 KiB a day
//! at most, and none for times at which nothing happened).
//!
//! A connection between two logged NICs is seen twice. Where counts matter, the two views are kept
//! apart by [`Side`] and a detector takes one of them; where only distinct ends or first times
//! matter, both views say the same.

mod bins;
mod passed_on;
mod rhythm;
mod settled;
mod sums;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

pub use bins::{ATTEMPT_BYTES, ATTEMPT_MS, BIN_SECONDS, Bins, Load, SLOT_SECONDS, SLOTS, Sessions, bin_of};
pub use rhythm::{BEATS, Beat, Rhythm};
pub use settled::{Fate, Settled, Side};
pub use sums::{Activity, Clear, Contact, Failed, Long};

use super::conversation::{ByConversation, ConversationKey};
use super::hosts::{HostId, Hosts};
use super::merge_table;
use crate::flow::{AddressClass, Direction, Encryption, FlowTuple, Protocol};

/// Services that ask for a password, or give control of a machine: sessions to them are kept by time.
pub const LOGIN_PORTS: [u16; 19] =
    [21, 22, 23, 110, 135, 139, 143, 389, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 27_017];
/// Connections that last at least so long are kept, ms.
pub const LONG_MS: i64 = 3_600_000;
/// From here on ports are given to clients (by address translation; no system gives lower ones).
const CLIENT_PORTS: u16 = 1024;
/// From here on most systems do (Linux, `ip_local_port_range`).
const DYNAMIC_PORTS: u16 = 32_768;

/// Two hosts, the initiator first.
pub type Pair = (HostId, HostId);
type Table<K, V> = HashMap<K, V, RandomState>;

/// Everything collected for findings.
#[derive(Default)]
pub struct Evidence {
    /// When the connections of each conversation were, and which were answered.
    pub activity: ByConversation<Activity>,
    /// First contacts of own hosts with others.
    pub contacts: Table<Pair, Contact>,
    /// Conversations with connections that got no service.
    pub failed: ByConversation<Failed>,
    /// Conversations that failed or were denied and went from a service's port to a client's, as late packets of
    /// a server do: the port they came from; 0 if they came from several.
    pub from_service: ByConversation<u16>,
    /// Answered sessions to [`LOGIN_PORTS`], in bins of time.
    pub logins: Table<(ConversationKey, Side), Bins<Sessions>>,
    /// When connections from own hosts to the internet began, as the own NIC logged them.
    pub rhythms: ByConversation<Rhythm>,
    /// Long connections with hosts of the internet.
    pub long: ByConversation<Long>,
    /// Connections and denied packets that a host got, in bins of time.
    pub load: Table<(HostId, Side), Bins<Load>>,
    /// What one host of the internet was asked in vain, in bins of time.
    pub vain: Table<Pair, Bins<Load>>,
    /// What was not encrypted although encryption is on.
    pub clear: ByConversation<Clear>,
    /// Nothing is collected: no findings were asked for.
    off: bool,
}

impl Evidence {
    /// Evidence that stays empty.
    pub(super) fn off() -> Self {
        Self { off: true, ..Self::default() }
    }

    /// True if nothing is collected.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// A tuple: was it encrypted?
    #[inline]
    pub(super) fn see(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        if tuple.encryption > Encryption::NotEncrypted && tuple.encryption < Encryption::Unknown {
            self.unencrypted(tuple, source, destination);
        }
    }

    #[cold]
    fn unencrypted(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        let passed = match tuple.encryption {
            Encryption::Fallback | Encryption::HardwareNotSupported => true,
            Encryption::SoftwareNotReady | Encryption::NotAccepted | Encryption::NotSupported => false,
            _ => return,
        };
        let once = Clear {
            passed: u64::from(passed),
            dropped: u64::from(!passed),
            times: (tuple.time_ms, tuple.time_ms),
        };
        let key = conversation(tuple, source, destination);
        self.clear.entry(key).and_modify(|clear| clear.add(&once)).or_insert(once);
    }

    /// Takes a connection in.
    pub(super) fn settle(&mut self, settled: &Settled, hosts: &Hosts) {
        let Settled { key, side, fate, .. } = settled;
        self.activity.entry(*key).or_default().add(&Activity::once(settled));
        if *side == Side::Source || hosts.class(key.source).is_private() {
            self.first_contact(settled);
        }
        if fate.failed() || *fate == Fate::Silent {
            self.failed.entry(*key).or_default().add(&Failed::once(settled));
            self.came_from(key, settled.source_port);
        }
        if *side == Side::Destination || hosts.class(key.destination).is_private() {
            let load = self.load.entry((key.destination, *side)).or_default();
            load.add(bin_of(settled.first_ms), &Load::once(settled));
        }
        let login = key.protocol == Protocol::TCP && LOGIN_PORTS.contains(&key.port);
        if login && *fate == Fate::Answered && settled.begun_ms.is_some() {
            let sessions = self.logins.entry((*key, *side)).or_default();
            sessions.add(bin_of(settled.first_ms), &Sessions::once(settled));
        }
        if *side == Side::Source && is_internet(hosts.class(key.destination)) {
            self.outbound(settled);
        } else if is_internet(hosts.class(key.source)) {
            self.lasts(settled);
        }
    }

    fn first_contact(&mut self, settled: &Settled) {
        let (pair, seconds) = ((settled.key.source, settled.key.destination), settled.seconds());
        match settled.fate {
            Fate::Answered | Fate::Bare => {
                self.contact(pair, Contact { reached: seconds, failed: u32::MAX });
            }
            // Datagrams that nobody answers (syslog, traps) are no failure.
            Fate::Unanswered | Fate::Refused if settled.key.protocol == Protocol::TCP => {
                self.contact(pair, Contact { reached: u32::MAX, failed: seconds });
            }
            _ => {}
        }
    }

    /// A connection of an own host, as its NIC logged it, with the internet.
    fn outbound(&mut self, settled: &Settled) {
        let Settled { key, fate, counters, .. } = settled;
        if settled.begun_ms.is_some() {
            let bytes = u32::try_from(counters.bytes_sent).unwrap_or(u32::MAX);
            let beat = Beat { seconds: settled.seconds(), bytes };
            let rhythm = self.rhythms.entry(*key);
            rhythm.and_modify(|known| known.beat(beat)).or_insert_with(|| Rhythm::once(beat));
        }
        if fate.failed() || *fate == Fate::Silent {
            let vain = self.vain.entry((key.source, key.destination)).or_default();
            vain.add(bin_of(settled.first_ms), &Load::once(settled));
        }
        self.lasts(settled);
    }

    fn lasts(&mut self, settled: &Settled) {
        if settled.duration_ms >= LONG_MS {
            self.long.entry(settled.key).or_default().add(&Long {
                connections: 1,
                longest_ms: settled.duration_ms,
                first_ms: settled.first_ms,
                last_ms: settled.last_ms,
                bytes: settled.counters.bytes(),
            });
        }
    }

    /// Remembers the port that a failed conversation came from, if it may be a service's, and the other a client's.
    fn came_from(&mut self, key: &ConversationKey, port: u16) {
        let low = if key.port >= DYNAMIC_PORTS { DYNAMIC_PORTS } else { CLIENT_PORTS };
        if key.protocol.has_ports() && key.port >= low && port < low {
            let same = |known: &mut u16| *known = if *known == port { port } else { 0 };
            self.from_service.entry(*key).and_modify(same).or_insert(port);
        }
    }

    /// A denied packet. Its conversation is in the table of denials; here are load, contact and where it came from.
    #[inline]
    pub(super) fn deny(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId, hosts: &Hosts) {
        let outbound = tuple.direction == Direction::Outbound;
        let (bin, load) = (bin_of(tuple.time_ms), Load::denied(tuple.time_ms));
        if !outbound || hosts.class(destination).is_private() {
            self.load.entry((destination, Side::of(tuple.direction))).or_default().add(bin, &load);
        } else {
            self.vain.entry((source, destination)).or_default().add(bin, &load);
        }
        if outbound || hosts.class(source).is_private() {
            let contact = Contact { reached: u32::MAX, failed: seconds(tuple.time_ms) };
            self.contact((source, destination), contact);
        }
        self.came_from(&conversation(tuple, source, destination), tuple.source_port);
    }

    #[inline]
    fn contact(&mut self, pair: Pair, contact: Contact) {
        self.contacts.entry(pair).and_modify(|known| known.add(contact)).or_insert(contact);
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (pair, contact) in other.contacts {
            self.contact(pair, contact);
        }
        merge_table(&mut self.activity, other.activity, Activity::add);
        merge_table(&mut self.failed, other.failed, Failed::add);
        merge_table(&mut self.from_service, other.from_service, |mine, other| {
            *mine = if mine == other { *mine } else { 0 };
        });
        merge_table(&mut self.long, other.long, Long::add);
        merge_table(&mut self.clear, other.clear, Clear::add);
        for (key, rhythm) in other.rhythms {
            match self.rhythms.entry(key) {
                Entry::Occupied(mut known) => known.get_mut().merge(rhythm),
                Entry::Vacant(slot) => {
                    slot.insert(rhythm);
                }
            }
        }
        merge_table(&mut self.logins, other.logins, Bins::merge);
        merge_table(&mut self.load, other.load, Bins::merge);
        merge_table(&mut self.vain, other.vain, Bins::merge);
    }
}

fn conversation(tuple: &FlowTuple, source: HostId, destination: HostId) -> ConversationKey {
    ConversationKey { source, destination, port: tuple.destination_port, protocol: tuple.protocol }
}

fn is_internet(class: AddressClass) -> bool {
    matches!(class, AddressClass::Public | AddressClass::Documentation)
}

/// Unix seconds of Unix ms; times no log can have are held at the ends.
fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.div_euclid(1000).max(0)).unwrap_or(u32::MAX - 1)
}
