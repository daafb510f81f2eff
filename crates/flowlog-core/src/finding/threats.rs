//! What own hosts have to do with addresses of lists of threats.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::heaviest::Heaviest;
use super::scene::{Kind, Scene};
use super::span::Span;
use super::technique::{self, Technique};
use super::{Concern, Deed, Finding, Severity, Subjects, Unit, counted};
use crate::enrich::FactKind;
use crate::flow::Counters;
use crate::state::{Conversation, HostId};
use crate::text::bytes;

pub(super) const RULE: &str = "threat-list";

/// How an own host has to do with one of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Contact {
    /// The own host called it, and a rule let it.
    Called,
    /// It called the own host, and a rule let it.
    LetIn,
    /// The own host was denied to call it.
    DeniedOut,
}

/// What is summed of one host of a list, or of all that were denied on the way in.
#[derive(Clone, Debug, Default)]
struct Sums {
    rows: Heaviest,
    times: Span,
    counters: Counters,
    /// Connections, or packets that were denied.
    count: u64,
    /// Some connection got an answer.
    answered: bool,
    /// Own hosts.
    own: u64,
}

/// Everything about hosts of lists. Memory: some 1000 bytes for each that own hosts called, or that was let in; 8 for
/// each that was denied.
#[derive(Debug, Default)]
pub(super) struct Threats {
    hosts: HashMap<(HostId, Contact), Sums, RandomState>,
    /// Denied on the way in, by the lists.
    denied: HashMap<u64, (Sums, HashSet<HostId, RandomState>), RandomState>,
}

impl Threats {
    /// Takes in what one host began with another. `ends` are whose they are.
    #[inline]
    pub(super) fn take(&mut self, scene: &Scene<'_>, conversations: &[Conversation], ends: (Kind, Kind)) {
        if scene.options.book.has(FactKind::Threat) {
            self.look(scene, conversations, ends);
        }
    }

    fn look(&mut self, scene: &Scene<'_>, conversations: &[Conversation], ends: (Kind, Kind)) {
        let Some(first) = conversations.first() else { return };
        let (far, is_out) = match ends {
            (Kind::Internal, Kind::Internet) => (first.key.destination, true),
            (Kind::Internet, Kind::Internal) => (first.key.source, false),
            _ => return,
        };
        let lists = scene.address(far).map_or(0, |address| scene.options.book.threat(address));
        if lists == 0 {
            return;
        }
        let contact = if is_out { Contact::Called } else { Contact::LetIn };
        if conversations.iter().any(|known| known.allowed.is_some()) {
            self.hosts.entry((far, contact)).or_default().allow(scene, conversations);
        }
        if conversations.iter().any(|known| known.denied_by_rule() > 0) {
            let sums = if is_out {
                self.hosts.entry((far, Contact::DeniedOut)).or_default()
            } else {
                let (sums, sources) = self.denied.entry(lists).or_default();
                sources.insert(far);
                sums
            };
            sums.deny(scene, conversations);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, sums) in other.hosts {
            self.hosts.entry(key).or_default().merge(&sums);
        }
        for (lists, (sums, sources)) in other.denied {
            let (mine, known) = self.denied.entry(lists).or_default();
            mine.merge(&sums);
            known.extend(sources);
        }
    }
}

impl Sums {
    fn allow(&mut self, scene: &Scene<'_>, conversations: &[Conversation]) {
        self.own += 1;
        for known in conversations {
            let Some(allowed) = &known.allowed else { continue };
            let volume = allowed.counters.bytes_sent.saturating_add(allowed.counters.bytes_received);
            self.rows.push(scene, &known.key, volume);
            self.times.merge(Span::of(known, false));
            self.counters.add(&allowed.counters);
            self.count += allowed.connections;
            self.answered |= known.answered() > 0;
        }
    }

    fn deny(&mut self, scene: &Scene<'_>, conversations: &[Conversation]) {
        self.own += 1;
        for known in conversations {
            let (Some(denied), packets @ 1..) = (&known.denied, known.denied_by_rule()) else { continue };
            self.rows.push(scene, &known.key, packets);
            self.times.add((denied.first_ms, denied.last_ms));
            self.count += packets;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rows.merge(&other.rows);
        self.times.merge(other.times);
        self.counters.add(&other.counters);
        self.count += other.count;
        self.answered |= other.answered;
        self.own += other.own;
    }
}

pub(super) fn find(scene: &Scene<'_>, threats: &Threats) -> Vec<Finding> {
    let of_hosts = threats.hosts.iter().map(|((host, contact), sums)| of_host(scene, *host, *contact, sums));
    let of_lists =
        threats.denied.iter().map(|(lists, (sums, sources))| of_lists(scene, *lists, sums, sources));
    of_hosts.chain(of_lists).collect()
}

const CAUSES: &str = "Lists hold addresses that many rent one after the other, shared hosts and researchers' scanners, too: what the \
                      list says of the address, and of when, decides.";

fn of_host(scene: &Scene<'_>, host: HostId, contact: Contact, sums: &Sums) -> Finding {
    let entity = scene.name(host);
    let list = names(scene, scene.address(host).map_or(0, |address| scene.options.book.threat(address)));
    let own = counted(sums.own, "own host", "own hosts");
    let volume =
        format!("{} sent, {} received", bytes(sums.counters.bytes_sent), bytes(sums.counters.bytes_received));
    let connections = counted(sums.count, "connection", "connections");
    let were = if sums.count == 1 { "was" } else { "were" };
    let fate = if sums.answered { "and answered" } else { "and got no answer that is known" };
    let (severity, deed, word, title, reason) = match contact {
        Contact::Called => (
            if sums.answered { Severity::High } else { Severity::Medium },
            Deed::ThreatCalled,
            "out",
            format!("{own} called {entity}, which is on list {list}: {volume}"),
            format!("{connections} to it {were} let out {fate}."),
        ),
        Contact::LetIn => (
            Severity::Medium,
            Deed::ThreatLetIn,
            "in",
            format!("{own} let in {entity}, which is on list {list}: {volume}"),
            format!("{connections} from it {were} let in {fate}."),
        ),
        Contact::DeniedOut => (
            Severity::Low,
            Deed::ThreatDenied,
            "denied",
            format!("{own} tried to call {entity}, which is on list {list}, and a rule denied it"),
            format!(
                "{} to it {were} denied: something on the inside wants to go there.",
                packets(sums.count)
            ),
        ),
    };
    let is_denied = contact == Contact::DeniedOut;
    let (unit, note) = if is_denied { (Unit::Packets, "denied") } else { (Unit::Bytes, "both ways") };
    let (evidence, evidence_rows) = sums.rows.clone().shown(scene, unit, note);
    let [first_time_ms, last_time_ms] = sums.times.known();
    let amount = if is_denied { sums.count } else { sums.counters.bytes() };
    let techniques: &[Technique] =
        if contact == Contact::LetIn { &[technique::T1190] } else { &[technique::T1071] };
    Finding {
        id: format!("{RULE}:{entity}:{word}"),
        rule: RULE,
        severity,
        title,
        reason: format!("{reason} {CAUSES}"),
        concern: Concern::new(deed, &entity, list, amount),
        entity,
        first_time_ms,
        last_time_ms,
        techniques,
        next_step: "Look the address up where the list comes from, and find the program on the own host that spoke with it.",
        evidence,
        evidence_rows,
    }
}

/// All hosts of some lists that were denied on the way in: scanners knock everywhere.
fn of_lists(scene: &Scene<'_>, lists: u64, sums: &Sums, sources: &HashSet<HostId, RandomState>) -> Finding {
    let list = names(scene, lists);
    let (evidence, evidence_rows) = sums.rows.clone().shown(scene, Unit::Packets, "denied");
    let [first_time_ms, last_time_ms] = sums.times.known();
    let (hosts, packets) = (counted(sources.len() as u64, "host", "hosts"), packets(sums.count));
    let were = if sums.count == 1 { "was" } else { "were" };
    let mut sources: Vec<_> = sources.iter().filter_map(|host| scene.address(*host)).collect();
    sources.sort_unstable();
    Finding {
        id: format!("{RULE}:{list}"),
        rule: RULE,
        severity: Severity::Info,
        title: format!("{hosts} on list {list} tried to get in, and rules denied it"),
        reason: format!("{packets} from there {were} denied on the way in: the rules do what they should."),
        concern: Concern {
            deed: Deed::ThreatKeptOut,
            object: list.clone(),
            subjects: Subjects::of(sources.iter().map(ToString::to_string)),
            amount: sums.count,
        },
        entity: list,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1595_001],
        next_step: "None, as long as nothing of the list is let in.",
        evidence,
        evidence_rows,
    }
}

fn packets(count: u64) -> String {
    counted(count, "packet", "packets")
}

/// The lists' names, made harmless by who read them.
fn names(scene: &Scene<'_>, lists: u64) -> String {
    scene.options.book.text(lists, FactKind::Threat).unwrap_or_default().to_string()
}
