//! The tables of an [`Aggregate`] as pairs of hosts.

use std::collections::BTreeMap;

use super::{Conversation, HostPair};
use crate::aggregate::evidence::Side;
use crate::aggregate::{Aggregate, ConversationKey, HostId};

type Pairs = BTreeMap<(HostId, HostId), Building>;

#[derive(Default)]
struct Building {
    conversations: BTreeMap<ConversationKey, Conversation>,
    rest: HostPair,
}

fn of(pairs: &mut Pairs, a: HostId, b: HostId) -> &mut Building {
    pairs.entry((a.min(b), a.max(b))).or_default()
}

fn conversation<'p>(pairs: &'p mut Pairs, key: &ConversationKey) -> &'p mut Conversation {
    let conversations = &mut of(pairs, key.source, key.destination).conversations;
    conversations.entry(*key).or_insert_with(|| Conversation::new(*key))
}

/// Every pair of hosts in the tables, whose groups must have ended.
pub fn pairs(tables: &Aggregate) -> Vec<HostPair> {
    let mut pairs = Pairs::new();
    for (key, allowed) in &tables.allowed {
        conversation(&mut pairs, key).allowed = Some(*allowed);
    }
    for (key, denied) in &tables.denied {
        conversation(&mut pairs, key).denied = Some(*denied);
    }
    for (key, dropped) in &tables.encryption.dropped {
        conversation(&mut pairs, key).dropped = *dropped;
    }
    for (key, trouble) in &tables.trouble {
        conversation(&mut pairs, key).trouble = Some(*trouble);
    }
    for (key, origin) in &tables.provenance.origins {
        conversation(&mut pairs, key).origin = Some(*origin);
    }
    evidence(tables, &mut pairs);
    for (key, let_in) in &tables.rules.let_in {
        of(&mut pairs, key.source, key.destination).rest.let_in.push((*key, *let_in));
    }
    let finish = |building: Building| HostPair {
        conversations: building.conversations.into_values().collect(),
        ..building.rest
    };
    pairs.into_values().map(finish).collect()
}

fn evidence(tables: &Aggregate, pairs: &mut Pairs) {
    let evidence = &tables.evidence;
    for (key, activity) in &evidence.activity {
        conversation(pairs, key).activity = Some(*activity);
    }
    for (key, failed) in &evidence.failed {
        conversation(pairs, key).failed = Some(*failed);
    }
    for (key, port) in &evidence.from_service {
        conversation(pairs, key).from_service = Some(*port);
    }
    for ((key, side), bins) in &evidence.logins {
        let place = usize::from(*side == Side::Destination);
        conversation(pairs, key).logins[place] = Some(bins.clone());
    }
    for (key, rhythm) in &evidence.rhythms {
        conversation(pairs, key).rhythm = Some(rhythm.clone());
    }
    for (key, long) in &evidence.long {
        conversation(pairs, key).long = Some(*long);
    }
    for (key, clear) in &evidence.clear {
        conversation(pairs, key).clear = Some(*clear);
    }
    for (pair, contact) in &evidence.contacts {
        of(pairs, pair.0, pair.1).rest.contacts.push((*pair, *contact));
    }
    for (pair, bins) in &evidence.vain {
        of(pairs, pair.0, pair.1).rest.vain.push((*pair, bins.clone()));
    }
}
