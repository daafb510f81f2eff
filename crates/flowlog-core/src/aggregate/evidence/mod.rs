//! What findings need beyond the report's own tables, collected while connections settle.
//!
//! Everything here merges commutatively: sums, minima, maxima and bounded sets of smallest
//! elements, never "the first that came". Tables grow with pairs and conversations; lists of times
//! are bounded ([`BEATS`]) or cut into bins of [`BIN_SECONDS`].
//!
//! A connection between two logged NICs is seen twice. Where counts matter, the two views are kept
//! apart by [`Side`] and a detector takes one of them; where only distinct ends or first times
//! matter, both views say the same.

mod bins;
mod passed_on;
mod rhythm;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

pub use bins::{BIN_SECONDS, Bins, Load, Sessions, bin_of};
pub use rhythm::{BEATS, Beat, Rhythm};

use super::conversation::{ByConversation, ConversationKey};
use super::hosts::{HostId, Hosts};
use super::merge_table;
use crate::connection::{Connection, ConnectionKey, Outcome};
use crate::flow::{AddressClass, Counters, Direction, Encryption, FlowTuple, Protocol};

/// Services that ask for a password, or give control of a machine: sessions to them are kept by time.
pub const LOGIN_PORTS: [u16; 19] =
    [21, 22, 23, 110, 135, 139, 143, 389, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 27_017];
/// Connections that last at least so long are kept, ms.
pub const LONG_MS: i64 = 3_600_000;
/// A session up to this long and this large can be one attempt to log in.
const SHORT_MS: i64 = 60_000;
const SMALL_BYTES: u64 = 32 << 10;

/// Which end's NIC logged a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The initiator's.
    Source,
    /// The responder's.
    Destination,
}

/// How a connection went, as far as its counters can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Packets came back, and more than a refusal.
    Answered,
    /// Packets were sent and none came back.
    Unanswered,
    /// TCP: three packets or fewer came back, and no payload: reset.
    Refused,
    /// Begun, and nothing more is known.
    Open,
    /// Let in, and its log never tells more ([`crate::connection::Outcome::Stateless`]): neither failed nor answered.
    Untold,
}

/// One connection that can get no more tuples, or the end of the data came first.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Who, to whom, about what.
    pub key: ConversationKey,
    /// Which end's NIC logged it.
    pub side: Side,
    /// Unix ms; `None` if it began before the data.
    pub begun_ms: Option<i64>,
    /// Its begin, or its oldest tuple, Unix ms.
    pub first_ms: i64,
    /// Its newest tuple, Unix ms.
    pub last_ms: i64,
    /// At least so long, ms.
    pub duration_ms: i64,
    /// Sums over its life.
    pub counters: Counters,
    /// How it went.
    pub fate: Fate,
}

impl Settled {
    pub(super) fn new(key: &ConnectionKey<HostId>, connection: &Connection, outcome: Outcome) -> Self {
        let side = match connection.direction {
            Direction::Outbound => Side::Source,
            Direction::Inbound => Side::Destination,
        };
        let begun_ms = connection.begun_ms();
        let first_ms = begun_ms.unwrap_or(connection.first_ms);
        Self {
            key: ConversationKey::of(key),
            side,
            begun_ms,
            first_ms,
            last_ms: connection.last_ms,
            duration_ms: connection.last_ms.saturating_sub(first_ms),
            counters: connection.counters,
            fate: if outcome == Outcome::Stateless { Fate::Untold } else { fate(key.protocol, connection) },
        }
    }
}

fn fate(protocol: Protocol, connection: &Connection) -> Fate {
    if connection.is_incomplete() {
        Fate::Open
    } else if connection.is_one_way() {
        Fate::Unanswered
    } else if connection.is_refused(protocol) {
        Fate::Refused
    } else {
        Fate::Answered
    }
}

/// Connections of one conversation that got no service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Unanswered or refused, by [`Side`]; a detector takes the larger.
    pub failed: [u64; 2],
    /// The first and last of these, Unix ms; `i64::MAX` and `i64::MIN` if there is none.
    pub times: (i64, i64),
    /// Begun and not heard of again, by [`Side`].
    pub open: [u64; 2],
    /// The first and last of these.
    pub open_times: (i64, i64),
}

const NEVER: (i64, i64) = (i64::MAX, i64::MIN);

impl Default for Failed {
    fn default() -> Self {
        Self { failed: [0; 2], times: NEVER, open: [0; 2], open_times: NEVER }
    }
}

impl Failed {
    fn add(&mut self, other: &Self) {
        for side in 0..2 {
            self.failed[side] += other.failed[side];
            self.open[side] += other.open[side];
        }
        self.times = widest(self.times, other.times);
        self.open_times = widest(self.open_times, other.open_times);
    }
}

fn widest(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// When one host first reached, or failed to reach, another: Unix seconds, [`u32::MAX`] for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The first connection with an answer.
    pub reached: u32,
    /// The first one denied, refused or unanswered.
    pub failed: u32,
}

impl Contact {
    fn add(&mut self, other: Self) {
        self.reached = self.reached.min(other.reached);
        self.failed = self.failed.min(other.failed);
    }
}

/// Long connections of one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Long {
    /// So many lasted [`LONG_MS`] or longer (per NIC that logged them).
    pub connections: u64,
    /// The longest, ms.
    pub longest_ms: i64,
    /// The newest tuple of any of them, Unix ms.
    pub last_ms: i64,
    /// Bytes both ways of the largest.
    pub bytes: u64,
}

impl Long {
    fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.bytes = self.bytes.max(other.bytes);
    }
}

/// Tuples of one conversation in an encrypted network that were not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clear {
    /// Let through in clear (`NX_FALLBACK`, `NX_HW_NOT_SUPPORTED`).
    pub passed: u64,
    /// Dropped (`NX_SW_NOT_READY`, `NX_NOT_ACCEPTED`, `NX_NOT_SUPPORTED`).
    pub dropped: u64,
    /// First and last, Unix ms.
    pub times: (i64, i64),
}

impl Clear {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.dropped += other.dropped;
        self.times = widest(self.times, other.times);
    }
}

/// Two hosts, the initiator first.
pub type Pair = (HostId, HostId);
type Table<K, V> = HashMap<K, V, RandomState>;

/// Everything collected for findings.
#[derive(Default)]
pub struct Evidence {
    /// First contacts of own hosts with others.
    pub contacts: Table<Pair, Contact>,
    /// Conversations with connections that got no service.
    pub failed: ByConversation<Failed>,
    /// Answered sessions to [`LOGIN_PORTS`], in bins of time.
    pub logins: Table<(ConversationKey, Side), Bins<Sessions>>,
    /// When connections from own hosts to the internet began, as the own NIC logged them.
    pub rhythms: ByConversation<Rhythm>,
    /// Long connections with hosts of the internet.
    pub long: ByConversation<Long>,
    /// Connections and denied packets that a host got, in bins of time.
    pub load: Table<(HostId, Side), Bins<Load>>,
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
        let key =
            ConversationKey { source, destination, port: tuple.destination_port, protocol: tuple.protocol };
        let once = Clear {
            passed: u64::from(passed),
            dropped: u64::from(!passed),
            times: (tuple.time_ms, tuple.time_ms),
        };
        self.clear.entry(key).and_modify(|clear| clear.add(&once)).or_insert(once);
    }

    /// Takes a connection in.
    pub(super) fn settle(&mut self, settled: &Settled, hosts: &Hosts) {
        let Settled { key, side, counters, fate, .. } = settled;
        if *fate == Fate::Untold {
            return self.load(settled, hosts);
        }
        let own_source = *side == Side::Source || hosts.class(key.source).is_private();
        let seconds = seconds(settled.first_ms);
        if own_source && *fate != Fate::Open {
            let failed = *fate != Fate::Answered;
            // Datagrams that nobody answers (syslog, traps) are no failure.
            if !failed {
                self.contact((key.source, key.destination), Contact { reached: seconds, failed: u32::MAX });
            } else if key.protocol == Protocol::TCP {
                self.contact((key.source, key.destination), Contact { reached: u32::MAX, failed: seconds });
            }
        }
        if *fate != Fate::Answered {
            self.fail(settled);
        }
        self.load(settled, hosts);
        let login = key.protocol == Protocol::TCP && LOGIN_PORTS.contains(&key.port);
        if login && *fate == Fate::Answered && settled.begun_ms.is_some() {
            let attempt = settled.duration_ms <= SHORT_MS && counters.bytes() <= SMALL_BYTES;
            let session = Sessions::once(counters.bytes(), settled.last_ms, attempt);
            self.logins.entry((*key, *side)).or_default().add(bin_of(settled.first_ms), &session);
        }
        if *side == Side::Source && is_internet(hosts.class(key.destination)) {
            if settled.begun_ms.is_some() {
                let beat = Beat { seconds, bytes: u32::try_from(counters.bytes_sent).unwrap_or(u32::MAX) };
                let rhythm = self.rhythms.entry(*key);
                rhythm.and_modify(|known| known.beat(beat)).or_insert_with(|| Rhythm::once(beat));
            }
            self.lasts(settled);
        } else if is_internet(hosts.class(key.source)) {
            self.lasts(settled);
        }
    }

    fn load(&mut self, settled: &Settled, hosts: &Hosts) {
        let Settled { key, side, fate, .. } = settled;
        if *side == Side::Destination || hosts.class(key.destination).is_private() {
            let load =
                Load { attempts: 1, failed: u32::from(!matches!(fate, Fate::Answered | Fate::Untold)) };
            self.load.entry((key.destination, *side)).or_default().add(bin_of(settled.first_ms), &load);
        }
    }

    fn lasts(&mut self, settled: &Settled) {
        if settled.duration_ms >= LONG_MS {
            self.long.entry(settled.key).or_default().add(&Long {
                connections: 1,
                longest_ms: settled.duration_ms,
                last_ms: settled.last_ms,
                bytes: settled.counters.bytes(),
            });
        }
    }

    fn fail(&mut self, settled: &Settled) {
        let mut failed = Failed::default();
        let side = settled.side as usize;
        let first = settled.first_ms;
        if settled.fate == Fate::Open {
            failed.open[side] = 1;
            failed.open_times = (first, first);
        } else {
            failed.failed[side] = 1;
            failed.times = (first, first);
        }
        self.failed.entry(settled.key).or_default().add(&failed);
    }

    /// A denied packet. Its conversation is in the table of denials; here are only load and contact.
    #[inline]
    pub(super) fn deny(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId, hosts: &Hosts) {
        let outbound = tuple.direction == Direction::Outbound;
        let side = if outbound { Side::Source } else { Side::Destination };
        if !outbound || hosts.class(destination).is_private() {
            let load = Load { attempts: 1, failed: 1 };
            self.load.entry((destination, side)).or_default().add(bin_of(tuple.time_ms), &load);
        }
        if outbound || hosts.class(source).is_private() {
            let contact = Contact { reached: u32::MAX, failed: seconds(tuple.time_ms) };
            self.contact((source, destination), contact);
        }
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
        merge_table(&mut self.failed, other.failed, Failed::add);
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
        for (key, bins) in other.logins {
            self.logins.entry(key).or_default().merge(bins);
        }
        for (key, bins) in other.load {
            self.load.entry(key).or_default().merge(bins);
        }
    }
}

fn is_internet(class: AddressClass) -> bool {
    matches!(class, AddressClass::Public | AddressClass::Documentation)
}

/// Unix seconds of Unix ms; times no log can have are held at the ends.
fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.div_euclid(1000).max(0)).unwrap_or(u32::MAX - 1)
}
