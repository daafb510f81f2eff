//! Findings of an [`Aggregate`]'s tables: its pairs of hosts, made one after the other and not kept.

use super::parallel::map;
use super::{Collector, Context, Crowd, FindingOptions, Findings, Scene, judge};
use crate::aggregate::evidence::{Pair, Side};
use crate::aggregate::{Aggregate, ConversationKey, HostId};
use crate::state::{Conversation, Gather, HostPair};

/// Threads that share the pairs.
const THREADS: usize = 2;

/// Runs every detector over `aggregate`, whose groups must have ended.
pub fn detect(aggregate: &Aggregate, options: &FindingOptions) -> Findings {
    let scene = Scene::new(&aggregate.hosts, &aggregate.near, &aggregate.overall, options);
    let pairs = Pairs::new(aggregate);
    let collect = |part| {
        let mut collector = Collector::new(&scene);
        pairs.walk(part, &mut collector);
        collector
    };
    let mut collected = Collector::new(&scene);
    for part in map(THREADS, (0..THREADS).collect(), collect) {
        collected.merge(part);
    }
    let context = Context { coverage: &aggregate.coverage, load: &aggregate.evidence.load };
    judge(collected, &context, THREADS, |crowd: &mut Crowd<'_>| {
        (0..THREADS).for_each(|part| pairs.walk(part, crowd));
    })
}

/// Who speaks with whom. 12 bytes a conversation, 8 a pair of hosts in contact.
struct Pairs<'a> {
    tables: &'a Aggregate,
    conversations: Vec<ConversationKey>,
    /// Those with no conversation.
    others: Vec<Pair>,
}

fn ends((a, b): Pair) -> Pair {
    (a.min(b), a.max(b))
}

fn ends_of(key: &ConversationKey) -> Pair {
    ends((key.source, key.destination))
}

impl<'a> Pairs<'a> {
    fn new(tables: &'a Aggregate) -> Self {
        let evidence = &tables.evidence;
        let keys = tables.allowed.keys().chain(tables.denied.keys()).chain(evidence.activity.keys());
        let keys = keys.chain(evidence.failed.keys()).chain(evidence.rhythms.keys());
        let keys = keys.chain(evidence.long.keys()).chain(evidence.clear.keys());
        let mut conversations: Vec<ConversationKey> =
            keys.chain(evidence.logins.keys().map(|(key, _)| key)).copied().collect();
        conversations.sort_unstable_by_key(|key| (ends_of(key), *key));
        conversations.dedup();
        let speak = |pair: &Pair| conversations.binary_search_by_key(pair, ends_of).is_ok();
        let pairs = evidence.contacts.keys().chain(evidence.vain.keys()).map(|pair| ends(*pair));
        let mut others: Vec<Pair> = pairs.filter(|pair| !speak(pair)).collect();
        others.sort_unstable();
        others.dedup();
        Self { tables, conversations, others }
    }

    /// Gives a part of the pairs, of which there are [`THREADS`], to `gather`.
    fn walk(&self, part: usize, gather: &mut impl Gather) {
        let is_mine = |(a, b): Pair| (a.0 ^ b.0) as usize % THREADS == part;
        for keys in self.conversations.chunk_by(|a, b| ends_of(a) == ends_of(b)) {
            if let Some(pair) = keys.first().map(ends_of).filter(|pair| is_mine(*pair)) {
                gather.take(&mut self.pair(pair, keys));
            }
        }
        for pair in self.others.iter().filter(|pair| is_mine(**pair)) {
            gather.take(&mut self.pair(*pair, &[]));
        }
    }

    fn pair(&self, (a, b): (HostId, HostId), keys: &[ConversationKey]) -> HostPair {
        let evidence = &self.tables.evidence;
        let ways = [Some((a, b)), (a != b).then_some((b, a))];
        let contact = |way: Pair| Some((way, *evidence.contacts.get(&way)?));
        let vain = |way: Pair| Some((way, evidence.vain.get(&way)?.clone()));
        HostPair {
            conversations: keys.iter().map(|key| self.conversation(key)).collect(),
            contacts: ways.into_iter().flatten().filter_map(contact).collect(),
            vain: ways.into_iter().flatten().filter_map(vain).collect(),
            ..HostPair::default()
        }
    }

    fn conversation(&self, key: &ConversationKey) -> Conversation {
        let (tables, evidence) = (self.tables, &self.tables.evidence);
        let login = |side| {
            let bins = || evidence.logins.get(&(*key, side)).cloned();
            crate::aggregate::evidence::LOGIN_PORTS.contains(&key.port).then(bins).flatten()
        };
        Conversation {
            allowed: tables.allowed.get(key).copied(),
            denied: tables.denied.get(key).copied(),
            dropped: tables.encryption.dropped.get(key).copied().unwrap_or_default(),
            activity: evidence.activity.get(key).copied(),
            failed: evidence.failed.get(key).copied(),
            from_service: evidence.from_service.get(key).copied(),
            logins: [login(Side::Source), login(Side::Destination)],
            rhythm: evidence.rhythms.get(key).cloned(),
            long: evidence.long.get(key).copied(),
            clear: evidence.clear.get(key).copied(),
            ..Conversation::new(*key)
        }
    }
}
