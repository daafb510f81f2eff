//! Two hosts, and everything they said to each other.

use std::sync::Arc;

use super::evidence::{Activity, Bins, Clear, Contact, Failed, Load, Long, Pair, Rhythm, Sessions};
use super::gather::Sighting;
use super::shelf::Shelf;
use super::{Allowed, ConversationKey, Denied, HostId, LetIn, LetInKey, Origin, Trouble};

/// One conversation: who talks to whom about what, and how it went. Every part that nothing is known of is `None`.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Initiator, responder, responder's port and protocol.
    pub key: ConversationKey,
    /// What was allowed; each connection once, whichever and how many logs tell of it.
    pub allowed: Option<Allowed>,
    /// What was denied.
    pub denied: Option<Denied>,
    /// Of the denied tuples, dropped for want of encryption and not by a rule.
    pub dropped: u64,
    /// Connections that began and were not heard of again, or were not answered.
    pub trouble: Option<Trouble>,
    /// When its connections were, and which were answered.
    pub activity: Option<Activity>,
    /// Connections that got no service.
    pub failed: Option<Failed>,
    /// It failed or was denied and went from a service's port to a client's: the port it came from; 0 if it came
    /// from several.
    pub from_service: Option<u16>,
    /// Answered sessions to a service one can log in to, in bins of time, by [`Side`](super::evidence::Side).
    pub logins: [Option<Bins<Sessions>>; 2],
    /// When its connections began, of an own host with the internet.
    pub rhythm: Option<Rhythm>,
    /// Its long connections with the internet.
    pub long: Option<Long>,
    /// What was not encrypted although encryption is on.
    pub clear: Option<Clear>,
    /// Where its tuples come from; only if it is asked for, as comparisons do.
    pub origin: Option<Origin>,
}

impl Conversation {
    /// A conversation of which nothing is known yet.
    pub fn new(key: ConversationKey) -> Self {
        Self {
            key,
            allowed: None,
            denied: None,
            dropped: 0,
            trouble: None,
            activity: None,
            failed: None,
            from_service: None,
            logins: [None, None],
            rhythm: None,
            long: None,
            clear: None,
            origin: None,
        }
    }

    /// Denied tuples without those dropped for want of encryption.
    pub fn denied_by_rule(&self) -> u64 {
        self.denied.map_or(0, |denied| denied.tuples.saturating_sub(self.dropped))
    }

    /// True if tuples of it were allowed or denied, even if all of them count elsewhere: without, only what findings or
    /// comparisons are made from is known.
    pub fn has_tuples(&self) -> bool {
        self.allowed.is_some() || self.denied.is_some()
    }

    /// Connections that got payload back.
    pub fn answered(&self) -> u64 {
        self.activity.map_or(0, |activity| activity.answered.iter().copied().max().unwrap_or_default())
    }
}

/// Two hosts, and everything they said to each other in both directions. A host that speaks with itself is both.
#[derive(Clone, Debug, Default)]
pub struct HostPair {
    /// In the order of source, destination, port and protocol (as numbers); each once.
    pub conversations: Vec<Conversation>,
    /// First contacts of an own host with the other; at most one each way.
    pub contacts: Vec<(Pair, Contact)>,
    /// What one asked the other, a host of the internet, in vain; at most one each way.
    pub vain: Vec<(Pair, Bins<Load>)>,
    /// Rules (places in the list of rules) that decided on tuples of a conversation; each once.
    pub rules: Vec<(ConversationKey, usize)>,
    /// What rules let in from the internet to ports for administration.
    pub let_in: Vec<(LetInKey, LetIn)>,
}

impl HostPair {
    /// The conversation `key`, if it is one of these.
    pub fn find(&self, key: &ConversationKey) -> Option<&Conversation> {
        let place = self.conversations.binary_search_by(|conversation| conversation.key.cmp(key)).ok()?;
        self.conversations.get(place)
    }

    /// Ready for another pair.
    pub(super) fn clear(&mut self) {
        self.conversations.clear();
        self.contacts.clear();
        self.vain.clear();
        self.rules.clear();
        self.let_in.clear();
    }

    /// The conversations of each direction: those with one initiator.
    pub fn directions(&self) -> impl Iterator<Item = &[Conversation]> {
        let source = |conversation: &Conversation| -> HostId { conversation.key.source };
        self.conversations.chunk_by(move |a, b| source(a) == source(b))
    }
}

/// Two hosts of which all there is is one denied attempt, by a rule, of a host of the internet: what its noise is made of.
#[derive(Clone, Copy, Debug)]
pub struct LoneDenial {
    /// Initiator, responder, responder's port and protocol.
    pub key: ConversationKey,
    /// The attempt.
    pub denied: Denied,
    /// Place of the rule in the list of rules.
    pub rule: usize,
}

/// Takes what it needs of each pair of hosts. Several can share the pairs of one state, in any way: merged, they hold
/// the same as one that took all.
pub trait Gather: Send {
    /// Takes one pair.
    fn take(&mut self, pair: &mut HostPair);
    /// Whether [`Gather::lone`] does for this pair. If not, it comes as any other pair.
    fn takes(&self, _: &LoneDenial) -> bool {
        false
    }
    /// Takes a pair that it [`takes`](Gather::takes), instead of the pair and its connection. What is asked of its source
    /// is found in [`Summary::denials`](super::Summary::denials) when all pairs have been taken.
    fn lone(&mut self, _: &LoneDenial) {}
    /// One connection, and how many logs tell of it; comes before its pair, in no order.
    fn connection(&mut self, _: &Sighting<HostId>, _logs: usize) {}
    /// The same connection as another log tells it; comes behind the one that counts.
    fn repeated(&mut self, _: &Sighting<HostId>) {}
    /// Connections let through of which nothing more is logged (NSG flow logs version 1): one a tuple.
    fn allowed(&mut self, _: &Sighting<HostId>) {}
    /// Bytes in memory that [`Gather::put_away`] would free.
    fn bytes(&self) -> u64 {
        0
    }
    /// There is too much in memory: what only grows goes to disk, and is read again when all pairs have been taken.
    fn put_away(&mut self, _: &Arc<Shelf>) {}
    /// Adds everything of `other`.
    fn merge(&mut self, other: Self);
}

impl<A: Gather, B: Gather> Gather for (A, B) {
    fn take(&mut self, pair: &mut HostPair) {
        self.0.take(pair);
        self.1.take(pair);
    }
    fn takes(&self, denial: &LoneDenial) -> bool {
        self.0.takes(denial) && self.1.takes(denial)
    }
    fn lone(&mut self, denial: &LoneDenial) {
        self.0.lone(denial);
        self.1.lone(denial);
    }
    fn connection(&mut self, sighting: &Sighting<HostId>, logs: usize) {
        self.0.connection(sighting, logs);
        self.1.connection(sighting, logs);
    }
    fn repeated(&mut self, sighting: &Sighting<HostId>) {
        self.0.repeated(sighting);
        self.1.repeated(sighting);
    }
    fn allowed(&mut self, sighting: &Sighting<HostId>) {
        self.0.allowed(sighting);
        self.1.allowed(sighting);
    }
    fn bytes(&self) -> u64 {
        self.0.bytes() + self.1.bytes()
    }
    fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.0.put_away(shelf);
        self.1.put_away(shelf);
    }
    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }
}

/// Nothing is taken by nobody.
impl<G: Gather> Gather for Option<G> {
    fn take(&mut self, pair: &mut HostPair) {
        if let Some(collector) = self {
            collector.take(pair);
        }
    }
    fn takes(&self, denial: &LoneDenial) -> bool {
        self.as_ref().is_none_or(|collector| collector.takes(denial))
    }
    fn lone(&mut self, denial: &LoneDenial) {
        if let Some(collector) = self {
            collector.lone(denial);
        }
    }
    fn connection(&mut self, sighting: &Sighting<HostId>, logs: usize) {
        if let Some(collector) = self {
            collector.connection(sighting, logs);
        }
    }
    fn repeated(&mut self, sighting: &Sighting<HostId>) {
        if let Some(collector) = self {
            collector.repeated(sighting);
        }
    }
    fn allowed(&mut self, sighting: &Sighting<HostId>) {
        if let Some(collector) = self {
            collector.allowed(sighting);
        }
    }
    fn bytes(&self) -> u64 {
        self.as_ref().map_or(0, Gather::bytes)
    }
    fn put_away(&mut self, shelf: &Arc<Shelf>) {
        if let Some(collector) = self {
            collector.put_away(shelf);
        }
    }
    fn merge(&mut self, other: Self) {
        if let (Some(mine), Some(theirs)) = (self, other) {
            mine.merge(theirs);
        }
    }
}
