//! What own hosts have to do with addresses of lists of threats.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::heaviest::Heaviest;
use super::scene::{Kind, Scene};
use super::span::Span;
use super::technique::{self, Technique};
use super::{
    Concern, Deed, Finding, NextStep, Note, Object, Reason, Sentence, Severity, Subjects, Unit, counted,
};
use crate::enrich::FactKind;
use crate::flow::Counters;
use crate::state::lists::Rows;
use crate::state::{Conversation, ConversationKey, HostId};
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

/// Hosts of each contact of which each has a finding of its own; the others share one a list. A list as wide as the
/// internet makes no report that nobody reads.
const TOLD: usize = 1_000;

/// A conversation with a host of a list.
#[derive(Clone, Debug)]
struct Hit {
    key: ConversationKey,
    contact: Contact,
    /// Some connection got an answer.
    answered: bool,
    /// Connections, or packets that were denied.
    count: u64,
    times: Span,
    counters: Counters,
}

const _: () = assert!(size_of::<Hit>() == 72);

impl Hit {
    /// The host of the list.
    fn far(&self) -> HostId {
        if self.contact == Contact::LetIn { self.key.source } else { self.key.destination }
    }

    /// The own host.
    fn near(&self) -> HostId {
        if self.contact == Contact::LetIn { self.key.destination } else { self.key.source }
    }

    /// What rows of evidence are ordered by: bytes, or packets that were denied.
    fn weight(&self) -> u64 {
        let Counters { bytes_sent, bytes_received, .. } = self.counters;
        if self.contact == Contact::DeniedOut {
            self.count
        } else {
            bytes_sent.saturating_add(bytes_received)
        }
    }
}

/// What is summed of one host of a list, of several, or of all that were denied on the way in.
#[derive(Clone, Debug, Default)]
struct Sums {
    rows: Heaviest,
    times: Span,
    counters: Counters,
    count: u64,
    answered: bool,
    /// Own hosts.
    own: u64,
}

/// Everything about hosts of lists. Memory: 72 bytes for each conversation that own hosts had with one, or were denied
/// to begin, however wide the list; 8 for each host that was denied on the way in.
#[derive(Debug, Default)]
pub(super) struct Threats {
    hits: Rows<Hit>,
    /// Denied on the way in, by the lists.
    denied: HashMap<u64, (Sums, HashSet<HostId, RandomState>), RandomState>,
}

impl Threats {
    /// Takes in what one host began with another. `ends` are whose they are.
    #[inline]
    pub(super) fn take(&mut self, scene: &Scene<'_>, conversations: &[Conversation], ends: (Kind, Kind)) {
        if Self::are_looked_for(scene) {
            self.look(scene, conversations, ends);
        }
    }

    /// Whether a list of threats was given.
    pub(super) fn are_looked_for(scene: &Scene<'_>) -> bool {
        scene.options.book.has(FactKind::Threat)
    }

    fn look(&mut self, scene: &Scene<'_>, conversations: &[Conversation], ends: (Kind, Kind)) {
        let Some(first) = conversations.first() else { return };
        let (far, is_out) = match ends {
            (Kind::Internal, Kind::Internet) => (first.key.destination, true),
            (Kind::Internet, Kind::Internal) => (first.key.source, false),
            _ => return,
        };
        let lists = lists_of(scene, far);
        if lists == 0 {
            return;
        }
        for known in conversations {
            self.allow(known, if is_out { Contact::Called } else { Contact::LetIn });
        }
        if conversations.iter().all(|known| known.denied_by_rule() == 0) {
            return;
        }
        if is_out {
            for known in conversations {
                self.deny(known);
            }
        } else {
            let (sums, sources) = self.denied.entry(lists).or_default();
            sources.insert(far);
            sums.deny(scene, conversations);
        }
    }

    fn allow(&mut self, known: &Conversation, contact: Contact) {
        let Some(allowed) = &known.allowed else { return };
        self.hits.push(Hit {
            key: known.key,
            contact,
            answered: known.answered() > 0,
            count: allowed.connections,
            times: Span::of(known, false),
            counters: allowed.counters,
        });
    }

    fn deny(&mut self, known: &Conversation) {
        let (Some(denied), count @ 1..) = (&known.denied, known.denied_by_rule()) else { return };
        self.hits.push(Hit {
            key: known.key,
            contact: Contact::DeniedOut,
            answered: false,
            count,
            times: Span(denied.first_ms, denied.last_ms),
            counters: Counters::default(),
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.hits.merge(other.hits);
        for (lists, (sums, sources)) in other.denied {
            let (mine, known) = self.denied.entry(lists).or_default();
            mine.merge(&sums);
            known.extend(sources);
        }
    }
}

impl Sums {
    fn of(scene: &Scene<'_>, hits: &[&Hit]) -> Self {
        let mut sums = Self::default();
        for hit in hits {
            sums.rows.push(scene, &hit.key, hit.weight());
            sums.times.merge(hit.times);
            sums.counters.add(&hit.counters);
            sums.count += hit.count;
            sums.answered |= hit.answered;
        }
        let mut own: Vec<HostId> = hits.iter().map(|hit| hit.near()).collect();
        own.sort_unstable();
        own.dedup();
        sums.own = own.len() as u64;
        sums
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
    let mut hits: Vec<&Hit> = threats.hits.iter().collect();
    hits.sort_unstable_by_key(|hit| (hit.contact, hit.far()));
    let of_contacts = hits.chunk_by(|a, b| a.contact == b.contact).flat_map(|hits| of_contact(scene, hits));
    let of_lists =
        threats.denied.iter().map(|(lists, (sums, sources))| of_lists(scene, *lists, sums, sources));
    of_contacts.chain(of_lists).collect()
}

/// The findings of one contact, of which `hits` are in the order of hosts.
fn of_contact(scene: &Scene<'_>, hits: &[&Hit]) -> Vec<Finding> {
    let mut hosts: Vec<&[&Hit]> = hits.chunk_by(|a, b| a.far() == b.far()).collect();
    let weight = |hits: &[&Hit]| hits.iter().fold(0, |all: u64, hit| all.saturating_add(hit.weight()));
    let far = |hits: &[&Hit]| hits.first().and_then(|hit| scene.address(hit.far()));
    if hosts.len() > TOLD {
        let answered = |hits: &[&Hit]| hits.iter().any(|hit| hit.answered);
        hosts.sort_by_cached_key(|hits| (Reverse((answered(hits), weight(hits))), far(hits)));
    }
    let (told, others) = hosts.split_at(hosts.len().min(TOLD));
    let mut by_lists: BTreeMap<u64, Vec<&[&Hit]>> = BTreeMap::new();
    for hits in others {
        let lists = hits.first().map_or(0, |hit| lists_of(scene, hit.far()));
        by_lists.entry(lists).or_default().push(hits);
    }
    let told = told.iter().filter_map(|hits| {
        let hit = hits.first()?;
        let (host, lists) = (scene.name(hit.far()), lists_of(scene, hit.far()));
        let whom =
            Whom { id: host.clone(), subjects: Subjects::of([host.clone()]), title: host, lists, more: "" };
        Some(of_hosts(scene, whom, hit.contact, &Sums::of(scene, hits)))
    });
    let others = by_lists.into_iter().filter_map(|(lists, hosts)| {
        let contact = hosts.first()?.first()?.contact;
        let mut addresses: Vec<_> = hosts.iter().filter_map(|hits| far(hits)).collect();
        addresses.sort_unstable();
        let whom = Whom {
            id: names(scene, lists),
            title: counted(hosts.len() as u64, "more host", "more hosts"),
            subjects: Subjects::of(addresses.iter().map(ToString::to_string)),
            lists,
            more: "-more",
        };
        Some(of_hosts(scene, whom, contact, &Sums::of(scene, &hosts.concat())))
    });
    told.chain(others).collect()
}

/// Who a finding is about: one host, or those that have none of their own.
struct Whom {
    id: String,
    title: String,
    subjects: Subjects,
    lists: u64,
    /// What the finding's id ends with.
    more: &'static str,
}

fn of_hosts(scene: &Scene<'_>, whom: Whom, contact: Contact, sums: &Sums) -> Finding {
    let Whom { id: entity, title: host, subjects, lists, more } = whom;
    let is = if more.is_empty() { "which is" } else { "which are" };
    let (list, several) = (names(scene, lists), !more.is_empty());
    let own = counted(sums.own, "own host", "own hosts");
    let volume =
        format!("{} sent, {} received", bytes(sums.counters.bytes_sent), bytes(sums.counters.bytes_received));
    let (connections, answered) = (sums.count, sums.answered);
    let (severity, deed, word, title, reason) = match contact {
        Contact::Called => (
            if sums.answered { Severity::High } else { Severity::Medium },
            Deed::ThreatCalled,
            "out",
            format!("{own} called {host}, {is} on list {list}: {volume}"),
            Sentence::ThreatLetOut { connections, several, answered },
        ),
        Contact::LetIn => (
            Severity::Medium,
            Deed::ThreatLetIn,
            "in",
            format!("{own} let in {host}, {is} on list {list}: {volume}"),
            Sentence::ThreatLetIn { connections, several, answered },
        ),
        Contact::DeniedOut => (
            Severity::Low,
            Deed::ThreatDenied,
            "denied",
            format!("{own} tried to call {host}, {is} on list {list}, and a rule denied it"),
            Sentence::ThreatDeniedOut { packets: sums.count, several },
        ),
    };
    let is_denied = contact == Contact::DeniedOut;
    let (unit, note) = if is_denied { (Unit::Packets, Note::Denied) } else { (Unit::Bytes, Note::BothWays) };
    let (evidence, evidence_rows) = sums.rows.clone().shown(scene, unit, &note);
    let [first_time_ms, last_time_ms] = sums.times.known();
    let amount = if is_denied { sums.count } else { sums.counters.bytes() };
    let techniques: &[Technique] =
        if contact == Contact::LetIn { &[technique::T1190] } else { &[technique::T1071] };
    Finding {
        id: format!("{RULE}:{entity}:{word}{more}"),
        rule: RULE,
        severity,
        title,
        reason: Reason(vec![reason, Sentence::ThreatLists]),
        concern: Concern { deed, object: Object::Name(list), subjects, amount },
        entity,
        first_time_ms,
        last_time_ms,
        techniques,
        next_step: NextStep::LookAddressUp,
        evidence,
        evidence_rows,
    }
}

/// All hosts of some lists that were denied on the way in: scanners knock everywhere.
fn of_lists(scene: &Scene<'_>, lists: u64, sums: &Sums, sources: &HashSet<HostId, RandomState>) -> Finding {
    let list = names(scene, lists);
    let (evidence, evidence_rows) = sums.rows.clone().shown(scene, Unit::Packets, &Note::Denied);
    let [first_time_ms, last_time_ms] = sums.times.known();
    let hosts = counted(sources.len() as u64, "host", "hosts");
    let mut sources: Vec<_> = sources.iter().filter_map(|host| scene.address(*host)).collect();
    sources.sort_unstable();
    Finding {
        id: format!("{RULE}:{list}"),
        rule: RULE,
        severity: Severity::Info,
        title: format!("{hosts} on list {list} tried to get in, and rules denied it"),
        reason: Reason(vec![Sentence::ThreatKeptOut { packets: sums.count }]),
        concern: Concern {
            deed: Deed::ThreatKeptOut,
            object: Object::Name(list.clone()),
            subjects: Subjects::of(sources.iter().map(ToString::to_string)),
            amount: sums.count,
        },
        entity: list,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1595_001],
        next_step: NextStep::NothingToDo,
        evidence,
        evidence_rows,
    }
}

/// The lists that a host is on, a bit each.
fn lists_of(scene: &Scene<'_>, host: HostId) -> u64 {
    scene.address(host).map_or(0, |address| scene.options.book.threat(address))
}

/// The lists' names, made harmless by who read them.
fn names(scene: &Scene<'_>, lists: u64) -> String {
    scene.options.book.text(lists, FactKind::Threat).unwrap_or_default().to_string()
}
