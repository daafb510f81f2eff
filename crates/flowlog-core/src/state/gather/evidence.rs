//! What findings are made from, and what is counted by row.

use super::twins::Sighting;
use super::{Gather, Worker};
use crate::connection::OPEN_MS;
use crate::flow::{AddressClass, Direction, Encryption, Protocol};
use crate::state::evidence::{
    Activity, Beat, Clear, Contact, Failed, Fate, LOGIN_PORTS, LONG_MS, Load, Long, Rhythm, Sessions,
    Settled, Side, bin_of, comes_from_service, seconds,
};
use crate::state::hosts::HostId;
use crate::state::near::Ends;
use crate::state::pair::Conversation;
use crate::state::provenance::Origin;
use crate::state::row::{Row, RowKind};
use crate::state::rules::{LetIn, LetInKey, RuleClass, is_internet, is_to_admin_port};

/// Rules noted last, among which one is looked for.
const NEAR: usize = 4;

/// Which ends of a connection its log may speak for: the log of a NIC that passes it on leaves it to the NICs at the
/// ends, if their logs are here. What nobody else logged stays.
#[derive(Clone, Copy)]
struct Mine {
    source: bool,
    destination: bool,
}

impl Mine {
    const BOTH: Self = Self { source: true, destination: true };

    fn is_side(self, side: Side) -> bool {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }
}

impl<G: Gather> Worker<'_, G> {
    /// What is counted by row: rules, encryption, denied packets.
    pub(super) fn row(&mut self, conversation: &mut Conversation, row: &Row) {
        let key = conversation.key;
        let decided = (key, row.rule as usize);
        // Rules that take turns are found a little further back.
        if !self.pair.rules.iter().rev().take(NEAR).any(|known| *known == decided) {
            self.pair.rules.push(decided);
        }
        self.sums.encryption.count(row, &self.hosts);
        if self.gatherer.options.provenance {
            let class = self.gatherer.summary.rules.class(row.rule as usize);
            conversation.origin.get_or_insert_default().add(&Origin::of(row, class));
        }
        let dropped = self.is_dropped(row);
        let tuples = row.connection.tuples();
        if row.kind == RowKind::Denied {
            conversation.dropped += if dropped { tuples } else { 0 };
        } else {
            self.let_in(row);
        }
        if !self.is_evidence(row) {
            return;
        }
        if row.encryption.says_why_not() {
            self.unencrypted(conversation, row);
        }
        if row.kind == RowKind::Denied && !dropped {
            self.denied(conversation, row);
        }
    }

    /// Whether what was denied was dropped for want of encryption, by no rule.
    pub(super) fn is_dropped(&self, row: &Row) -> bool {
        let class = || self.gatherer.summary.rules.class(row.rule as usize);
        row.encryption.is_dropped() || class() == Some(RuleClass::Unspecified)
    }

    /// Whether findings are made from a row.
    pub(super) fn is_evidence(&self, row: &Row) -> bool {
        let log = self.gatherer.logs.get(row.log as usize);
        self.gatherer.options.findings && log.is_some_and(|log| log.is_evidence(row.connection.first_ms))
    }

    fn let_in(&mut self, row: &Row) {
        let (key, connection) = (&row.key, &row.connection);
        let is_asked = is_to_admin_port(key.protocol, key.destination_port, connection.direction)
            && is_internet(self.classes[0]);
        if !is_asked {
            return;
        }
        let once = LetIn {
            begun: if row.kind == RowKind::Allowed { connection.tuples() } else { connection.begins() },
            bytes_received: connection.counters.bytes_received,
            answered: row.answered,
            times: (connection.first_ms, connection.last_ms),
        };
        let (rule, port) = (row.rule as usize, key.destination_port);
        self.pair
            .let_in
            .push((LetInKey { rule, source: key.source, destination: key.destination, port }, once));
    }

    #[cold]
    fn unencrypted(&mut self, conversation: &mut Conversation, row: &Row) {
        let passed = match row.encryption {
            Encryption::Fallback | Encryption::HardwareNotSupported => true,
            Encryption::SoftwareNotReady | Encryption::NotAccepted | Encryption::NotSupported => false,
            _ => return,
        };
        let mine = self.mine(row.log, row.key.source, row.key.destination);
        if !mine.source && !mine.destination {
            return;
        }
        let (tuples, times) = (row.connection.tuples(), (row.connection.first_ms, row.connection.last_ms));
        let once = Clear {
            passed: if passed { tuples } else { 0 },
            dropped: if passed { 0 } else { tuples },
            times,
        };
        match &mut conversation.clear {
            Some(clear) => clear.add(&once),
            slot => *slot = Some(once),
        }
    }

    /// Denied packets. Here are load, contact and where they came from.
    fn denied(&mut self, conversation: &mut Conversation, row: &Row) {
        let key = conversation.key;
        let outbound = row.connection.direction == Direction::Outbound;
        if !outbound || self.classes[1].is_private() {
            self.denied_load(row);
        } else if self.mine(row.log, key.source, key.destination).source {
            let (bin, load) = load_of(row);
            self.way(&key).vain.get_or_insert_default().add(bin, &load);
        }
        if outbound || self.classes[0].is_private() {
            let contact = Contact { reached: u32::MAX, failed: seconds(row.connection.first_ms) };
            self.contact(conversation, contact);
        }
        came_from(conversation, row.key.source_port);
    }

    /// What the destination got.
    pub(super) fn denied_load(&mut self, row: &Row) {
        let (destination, side) = (row.key.destination, Side::of(row.connection.direction));
        if self.has_load(row.log, destination, side) {
            let (bin, load) = load_of(row);
            self.sums.load.add(destination, side, bin, &load);
        }
    }

    fn contact(&mut self, conversation: &Conversation, contact: Contact) {
        match &mut self.way(&conversation.key).contact {
            Some(known) => known.add(contact),
            slot => *slot = Some(contact),
        }
    }

    /// A connection that was let through.
    pub(super) fn evidence(
        &mut self,
        conversation: &mut Conversation,
        sighting: &Sighting<HostId>,
        log: u32,
    ) {
        let gatherer = self.gatherer;
        let Some(facts) = gatherer.logs.get(log as usize) else { return };
        if !facts.is_evidence(sighting.connection.first_ms) {
            return;
        }
        let coverage = gatherer.summary.coverage.get(log as usize);
        let goes_on = |begun_ms: i64| {
            coverage.is_none_or(|coverage| coverage.tells_of_hour(begun_ms.saturating_add(OPEN_MS)))
        };
        let settled = Settled::new(&sighting.key, &sighting.connection, sighting.outcome, goes_on);
        let Settled { key, side, fate, .. } = settled;
        let mine = self.mine(log, key.source, key.destination);
        if mine.is_side(side) {
            conversation.activity.get_or_insert_default().add(&Activity::once(&settled));
        } else if mine.source || mine.destination {
            conversation.activity.get_or_insert_default().add(&Activity::seen(&settled));
        }
        let classes = self.classes;
        if side == Side::Source || classes[0].is_private() {
            self.first_contact(conversation, &settled);
        }
        if fate.failed() || fate == Fate::Silent {
            if mine.is_side(side) {
                conversation.failed.get_or_insert_default().add(&Failed::once(&settled));
            }
            came_from(conversation, settled.source_port);
        }
        if (side == Side::Destination || classes[1].is_private()) && self.has_load(log, key.destination, side)
        {
            let (bin, load) = (bin_of(settled.first_ms), Load::once(&settled));
            self.sums.load.add(key.destination, side, bin, &load);
        }
        let login = key.protocol == Protocol::TCP && LOGIN_PORTS.contains(&key.port);
        if login && fate == Fate::Answered && settled.begun_ms.is_some() && mine.is_side(side) {
            let sessions = conversation.logins[side as usize].get_or_insert_default();
            sessions.add(bin_of(settled.first_ms), &Sessions::once(&settled));
        }
        self.with_internet(conversation, &settled, mine, classes);
    }

    fn with_internet(
        &mut self,
        conversation: &mut Conversation,
        settled: &Settled,
        mine: Mine,
        classes: [AddressClass; 2],
    ) {
        let outbound = settled.side == Side::Source && is_internet(classes[1]);
        if outbound && mine.source {
            self.outbound(conversation, settled);
        }
        if (outbound || is_internet(classes[0])) && (mine.source || mine.destination) {
            lasts(conversation, settled);
        }
    }

    fn first_contact(&mut self, conversation: &Conversation, settled: &Settled) {
        let seconds = settled.seconds();
        match settled.fate {
            Fate::Answered | Fate::Bare => {
                self.contact(conversation, Contact { reached: seconds, failed: u32::MAX });
            }
            // Datagrams that nobody answers (syslog, traps) are no failure.
            Fate::Unanswered | Fate::Refused if settled.key.protocol == Protocol::TCP => {
                self.contact(conversation, Contact { reached: u32::MAX, failed: seconds });
            }
            _ => {}
        }
    }

    /// A connection of an own host, as its NIC logged it, with the internet.
    fn outbound(&mut self, conversation: &mut Conversation, settled: &Settled) {
        if settled.begun_ms.is_some() {
            let bytes = u32::try_from(settled.counters.bytes_sent).unwrap_or(u32::MAX);
            let beat = Beat { seconds: settled.seconds(), bytes };
            match &mut conversation.rhythm {
                Some(rhythm) => rhythm.beat(beat),
                slot => *slot = Some(Rhythm::once(beat)),
            }
        }
        if settled.fate.failed() || settled.fate == Fate::Silent {
            let vain = self.way(&settled.key).vain.get_or_insert_default();
            vain.add(bin_of(settled.first_ms), &Load::once(settled));
        }
    }

    /// Which ends of a pair a log may speak for.
    fn mine(&self, log: u32, source: HostId, destination: HostId) -> Mine {
        let Some(ends) = self.several(log) else { return Mine::BOTH };
        let all = &self.gatherer.summary.near;
        let is_mine = |near: HostId, far: HostId| match (ends.claim(near), all.claim(near)) {
            // Nobody's near end: a host of the internet, behind this NIC.
            (None, None) => all.claim(far).is_none(),
            (mine, best) => mine >= best,
        };
        Mine { source: is_mine(source, destination), destination: is_mine(destination, source) }
    }

    /// Whether a log may speak for what a host gets. Whom the source is, a load does not say: what goes out of a
    /// forwarding NIC has come in to it before.
    fn has_load(&self, log: u32, host: HostId, side: Side) -> bool {
        let Some(ends) = self.several(log) else { return true };
        match side {
            Side::Source => !ends.forwards,
            Side::Destination => ends.claim(host) >= self.gatherer.summary.near.claim(host),
        }
    }

    fn several(&self, log: u32) -> Option<&Ends> {
        self.gatherer.logs.get(log as usize)?.several.as_deref()
    }
}

/// Denied packets, and their bin of time.
fn load_of(row: &Row) -> (u32, Load) {
    let load = Load::denied(row.connection.first_ms, row.connection.last_ms, row.connection.tuples);
    (bin_of(row.connection.first_ms), load)
}

fn lasts(conversation: &mut Conversation, settled: &Settled) {
    if settled.duration_ms >= LONG_MS {
        conversation.long.get_or_insert_default().add(&Long {
            connections: 1,
            longest_ms: settled.duration_ms,
            first_ms: settled.first_ms,
            last_ms: settled.last_ms,
            bytes: settled.counters.bytes(),
        });
    }
}

/// Remembers the port that a failed conversation came from, if it may be a service's, and the other a client's.
fn came_from(conversation: &mut Conversation, port: u16) {
    let key = &conversation.key;
    if comes_from_service(key.protocol, key.port, port) {
        match &mut conversation.from_service {
            Some(known) => *known = if *known == port { port } else { 0 },
            slot => *slot = Some(port),
        }
    }
}
