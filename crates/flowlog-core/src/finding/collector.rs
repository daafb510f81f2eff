//! What detectors need of each pair of hosts, taken as the pairs go by.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::beacon::Rhythmic;
use super::brute_force::Guesser;
use super::bulk::Bulk;
use super::cleartext::Cleartext;
use super::compact::CompactRows;
use super::denied_outbound::DeniedOut;
use super::dns::LookUps;
use super::encryption::Unencrypted;
use super::exfiltration::{self, Upload};
use super::failure::Failure;
use super::flood::Outgoing;
use super::horizontal::{self, Pinged};
use super::inbound::Inbound;
use super::knock::{Knocker, Knocks};
use super::lateral::LoginHour;
use super::long::LongLived;
use super::own_source::{FirstContact, Reached};
use super::scene::{Kind, Scene};
use super::strobe::Strobe;
use super::threats::Threats;
use super::vertical::{self, Scan};
use super::{beacon, brute_force, denied_outbound, dns, flood, lateral, long, strobe};
use crate::state::evidence::Pair;
use crate::state::lists::{Rows, Scattered};
use crate::state::{Allowed, HostId, Shelf, Sighting};
use crate::state::{Conversation, Gather, HostPair, LoneDenial};

/// What the detectors need to know of all pairs of hosts: give it each pair once, then [`judge`](super::judge).
///
/// What concerns one pair alone is decided as the pair goes by, and only what is worth a finding is kept. The rest are
/// compact rows:
///
/// | bytes | for each |
/// |---|---|
/// | 16 | pair of which a host of the internet failed at something; lone denials are kept for all who ask |
/// | 28 | conversation that was let in from the internet |
/// | 4 | host of the internet with each own host it has a conversation with |
/// | 16 | first contact of an own host with another |
/// | 16 | conversation inside that was answered |
/// | 40 | conversation of an own host that failed; 40 more if it was denied on the way to the internet |
/// | 4 | host that an own host failed at |
/// | 32 | host that an own host pinged once or twice |
/// | 40 | hour of a conversation inside in which somebody logged in |
/// | 96 | conversation with a host of the internet that goes by the clock |
/// | 72 | conversation of an own host with a host on a list of threats, or that it was denied to begin; 8 for a host that was denied |
///
/// Rows of one source are scattered into one of 64 buckets, so that the buckets can be judged
/// side by side.
pub struct Collector<'a> {
    pub(super) scene: &'a Scene<'a>,
    /// Failures of internal sources, by source.
    pub(super) failures: Scattered<Failure>,
    /// Hosts that an internal source fails at, once a source; by the host.
    pub(super) failing: Scattered<HostId>,
    /// First contacts of internal sources, by source.
    pub(super) contacts: Scattered<FirstContact>,
    /// Answered conversations between internal hosts, by source.
    pub(super) reached: Scattered<Reached>,
    /// Hosts pinged by internal ones once or twice, by source.
    pub(super) pinged: Scattered<Pinged>,
    /// Logins between internal hosts, by source.
    pub(super) logins: Scattered<LoginHour>,
    /// What internal sources were denied with the internet, by source.
    pub(super) denied_out: Scattered<DeniedOut>,
    /// Conversations with the internet that go by the clock, by source.
    pub(super) rhythmic: Scattered<Rhythmic>,
    /// What hosts of the internet failed at, by source.
    pub(super) knocks: CompactRows<Knocker>,
    /// Distinct hosts they tried: a table of own hosts.
    pub(super) targets: HashSet<HostId, RandomState>,
    /// Allowed conversations from the internet to internal hosts, by source.
    pub(super) inbound: CompactRows<Inbound>,
    /// Hosts of the internet that an internal host called, once for each internal host.
    pub(super) called: Rows<HostId>,
    /// Hosts of the internet that called an internal host, but were not called by it; once for each internal host.
    pub(super) callers: Rows<HostId>,
    /// The largest upload of each internal host that calls the internet, in bytes to one destination.
    pub(super) largest: HashMap<HostId, u64, RandomState>,
    pub(super) uploads: Vec<Upload>,
    /// Of the pair that comes next.
    bulk: Bulk,
    pub(super) scans: Vec<Scan>,
    pub(super) guessers: Vec<Guesser>,
    pub(super) strobes: Vec<Strobe>,
    pub(super) long: Vec<LongLived>,
    pub(super) look_ups: Vec<LookUps>,
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) cleartext: Cleartext,
    pub(super) unencrypted: Unencrypted,
    pub(super) threats: Threats,
}

/// The bytes of a row, as said above.
const _: () = {
    assert!(size_of::<FirstContact>() == 16 && size_of::<Reached>() == 16);
    assert!(size_of::<Failure>() == 40 && size_of::<DeniedOut>() == 40);
    assert!(size_of::<Pinged>() == 32 && size_of::<LoginHour>() == 40);
    assert!(size_of::<Rhythmic>() == 96);
};

impl<'a> Collector<'a> {
    /// One that holds nothing yet. Those that are to be merged must be of one `scene`.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self {
            scene,
            failures: Scattered::default(),
            failing: Scattered::default(),
            contacts: Scattered::default(),
            reached: Scattered::default(),
            pinged: Scattered::default(),
            logins: Scattered::default(),
            denied_out: Scattered::default(),
            rhythmic: Scattered::default(),
            knocks: CompactRows::default(),
            targets: HashSet::default(),
            inbound: CompactRows::default(),
            called: Rows::default(),
            callers: Rows::default(),
            largest: HashMap::default(),
            uploads: Vec::new(),
            bulk: Bulk::default(),
            scans: Vec::new(),
            guessers: Vec::new(),
            strobes: Vec::new(),
            long: Vec::new(),
            look_ups: Vec::new(),
            outgoing: Vec::new(),
            cleartext: Cleartext::default(),
            unencrypted: Unencrypted::default(),
            threats: Threats::default(),
        }
    }

    /// What two hosts said to each other.
    fn pair(&mut self, pair: &HostPair) {
        let scene = self.scene;
        let Some((a, b)) = ends(pair) else { return };
        let kinds = (scene.kind(a), scene.kind(b));
        let of = |source: HostId| if source == a { kinds } else { (kinds.1, kinds.0) };
        for conversations in pair.directions() {
            if let Some(first) = conversations.first() {
                self.direction(pair, conversations, of(first.key.source));
            }
        }
        self.users(pair, (a, b), kinds);
        for &((source, destination), contact) in &pair.contacts {
            if of(source).0 == Kind::Internal {
                let contact = FirstContact { source, destination, contact };
                self.contacts.push(source, contact);
            }
        }
        for &(hosts, ref bins) in &pair.vain {
            if of(hosts.0) == (Kind::Internal, Kind::Internet) {
                self.outgoing.extend(flood::notice(scene, pair, hosts, bins));
            }
        }
    }

    /// What one host began with another.
    fn direction(&mut self, pair: &HostPair, conversations: &[Conversation], ends: (Kind, Kind)) {
        self.threats.take(self.scene, conversations, ends);
        match ends.0 {
            Kind::Internal => self.own_failures(pair, conversations, ends.1),
            Kind::Internet => self.knocks(pair, conversations),
            Kind::Other => {}
        }
        for conversation in conversations {
            if let Some(allowed) = &conversation.allowed {
                self.allowed(pair, conversation, allowed, ends);
                self.cleartext.take(self.scene, conversation);
            }
            self.unencrypted.take(self.scene, conversation);
            self.guessers.extend(brute_force::notice(self.scene, conversation, ends.0));
            if ends == (Kind::Internal, Kind::Internal) {
                lateral::hours(conversation, |hour| self.logins.push(conversation.key.source, hour));
            }
            if ends.1 == Kind::Internet
                && let Some(rhythmic) = beacon::notice(self.scene, conversation)
            {
                self.rhythmic.push(conversation.key.source, rhythmic);
            }
            self.long.extend(long::notice(self.scene, conversation));
        }
        if ends == (Kind::Internal, Kind::Internet)
            && let Some((source, sum)) = exfiltration::sum(conversations)
        {
            let largest = self.largest.entry(source).or_default();
            *largest = sum.bytes_sent.max(*largest);
            self.uploads.extend(Upload::of(self.scene, &self.bulk, conversations, &sum));
        }
    }

    /// What an internal host began, `to` another, and came to nothing.
    fn own_failures(&mut self, pair: &HostPair, conversations: &[Conversation], to: Kind) {
        let scene = self.scene;
        let Some(first) = conversations.first() else { return };
        let (source, destination) = (first.key.source, first.key.destination);
        let mut failures = Vec::new();
        for conversation in conversations {
            let Some(failure) = Failure::of(scene, pair, conversation) else { continue };
            failures.push(failure);
            if let Some(denied) = denied_outbound::notice(conversation).filter(|_| to == Kind::Internet) {
                self.denied_out.push(source, denied);
            }
        }
        failures.sort_unstable_by_key(|failure| (failure.first_ms, failure.key.port, failure.key.protocol));
        if let Some(pinged) = horizontal::ping(scene, conversations, &failures) {
            self.pinged.push(source, pinged);
        }
        if failures.is_empty() {
            return;
        }
        self.failing.push(destination, destination);
        self.scans.extend(vertical::notice(scene, &failures));
        for failure in failures {
            self.failures.push(source, failure);
        }
    }

    /// What a host of the internet began and came to nothing.
    #[inline]
    fn knocks(&mut self, pair: &HostPair, conversations: &[Conversation]) {
        let scene = self.scene;
        let failures = conversations.iter().filter_map(|known| Failure::of(scene, pair, known));
        let Some(knocks) = Knocks::of(failures) else { return };
        let Some(key) = conversations.first().map(|first| first.key) else { return };
        self.targets.insert(key.destination);
        self.knocks.push(scene, (key.source, knocks));
    }

    fn allowed(&mut self, pair: &HostPair, known: &Conversation, allowed: &Allowed, ends: (Kind, Kind)) {
        let (scene, key) = (self.scene, &known.key);
        match ends {
            (Kind::Internal, Kind::Internet) => {
                self.strobes.extend(strobe::notice(scene, known, allowed));
                self.look_ups.extend(dns::notice(known, allowed));
            }
            (Kind::Internet, Kind::Internal) => {
                self.inbound.push(scene, Inbound::new(scene, known, allowed));
            }
            (Kind::Internal, Kind::Internal) if known.answered() > 0 => {
                self.reached.push(key.source, Reached::new(pair, known));
            }
            _ => {}
        }
    }

    /// Who of the internet has conversations with whom.
    fn users(&mut self, pair: &HostPair, (a, b): Pair, kinds: (Kind, Kind)) {
        let (own, internet) = match kinds {
            (Kind::Internal, Kind::Internet) => (a, b),
            (Kind::Internet, Kind::Internal) => (b, a),
            _ => return,
        };
        let mut allowed = pair.conversations.iter().filter(|known| known.allowed.is_some()).peekable();
        if allowed.peek().is_none() {
            return;
        }
        if allowed.any(|known| known.key.source == own) {
            self.called.push(internet);
        } else {
            self.callers.push(internet);
        }
    }
}

/// The two hosts, in no order.
fn ends(pair: &HostPair) -> Option<Pair> {
    let speaking = pair.conversations.first().map(|first| (first.key.source, first.key.destination));
    let met = || pair.contacts.first().map(|(hosts, _)| *hosts);
    speaking.or_else(met).or_else(|| pair.vain.first().map(|(hosts, _)| *hosts))
}

impl Gather for Collector<'_> {
    fn takes(&self, denial: &LoneDenial) -> bool {
        self.scene.is_internet(denial.key.source) && !Threats::are_looked_for(self.scene)
    }

    fn lone(&mut self, denial: &LoneDenial) {
        self.targets.insert(denial.key.destination);
    }

    fn take(&mut self, pair: &mut HostPair) {
        self.pair(pair);
        self.bulk.clear();
    }

    #[inline]
    fn connection(&mut self, sighting: &Sighting<HostId>, _logs: usize) {
        self.bulk.note(sighting);
    }

    fn bytes(&self) -> u64 {
        let by_source = [
            self.failures.bytes(),
            self.failing.bytes(),
            self.contacts.bytes(),
            self.reached.bytes(),
            self.pinged.bytes(),
            self.logins.bytes(),
            self.denied_out.bytes(),
            self.rhythmic.bytes(),
        ];
        let internet = [self.knocks.bytes(), self.inbound.bytes(), self.called.bytes(), self.callers.bytes()];
        by_source.iter().chain(&internet).sum()
    }

    fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.failures.put_away(shelf);
        self.failing.put_away(shelf);
        self.contacts.put_away(shelf);
        self.reached.put_away(shelf);
        self.pinged.put_away(shelf);
        self.logins.put_away(shelf);
        self.denied_out.put_away(shelf);
        self.rhythmic.put_away(shelf);
        self.knocks.put_away(shelf);
        self.inbound.put_away(shelf);
        self.called.put_away(shelf);
        self.callers.put_away(shelf);
    }

    fn merge(&mut self, other: Self) {
        self.failures.merge(other.failures);
        self.failing.merge(other.failing);
        self.contacts.merge(other.contacts);
        self.reached.merge(other.reached);
        self.pinged.merge(other.pinged);
        self.logins.merge(other.logins);
        self.denied_out.merge(other.denied_out);
        self.rhythmic.merge(other.rhythmic);
        self.knocks.merge(other.knocks);
        self.targets.extend(other.targets);
        self.inbound.merge(other.inbound);
        self.called.merge(other.called);
        self.callers.merge(other.callers);
        for (source, sent) in other.largest {
            let largest = self.largest.entry(source).or_default();
            *largest = sent.max(*largest);
        }
        self.uploads.extend(other.uploads);
        self.scans.extend(other.scans);
        self.guessers.extend(other.guessers);
        self.strobes.extend(other.strobes);
        self.long.extend(other.long);
        self.look_ups.extend(other.look_ups);
        self.outgoing.extend(other.outgoing);
        self.cleartext.merge(other.cleartext);
        self.unencrypted.merge(other.unencrypted);
        self.threats.merge(other.threats);
    }
}
