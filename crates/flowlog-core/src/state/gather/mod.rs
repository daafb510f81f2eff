//! Rows -> pairs of hosts, partition by partition, on all cores.
//!
//! The rows of a partition are put in order by pair, conversation and 5-tuple: everything that is summed stands side by side
//! then, and no table is needed. Memory: the rows of one partition (or of a part of it, if it is a large one) for each
//! thread.

mod connections;
mod evidence;
mod facts;
mod noise;
mod place;
mod portion;
mod twins;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use twins::{OVERLAP_MS, Sighting};

use super::State;
use super::conversation::ConversationKey;
use super::evidence::{Bins, Contact, Load};
use super::hosts::{HostId, Hosts};
use super::pair::{Conversation, Gather, HostPair};
use super::partition::{PARTITIONS, Rows};
use super::row::Row;
use super::shelf::Shelf;
use super::spill::{Budget, SpillError};
use super::summary::{Summary, Sums};
use crate::flow::{AddressClass, OwnNetworks};
use crate::parallel;
use crate::select::Picked;
use facts::LogFacts;
use place::{Narrow, Order, Place, Wide};

/// All threads together gather as many rows at once as three eighths of the memory for rows hold, but each no fewer and no
/// more than this (few in tests). A larger partition is spread over parts, which have an eighth; a quarter is for what is
/// kept of the pairs.
const ROWS_AT_ONCE: (u64, u64) = if cfg!(test) { (1 << 8, 1 << 12) } else { (1 << 15, 1 << 20) };
/// What is kept of the pairs is measured every so many rows.
const CHECK_EVERY: usize = if cfg!(test) { 1 << 7 } else { 1 << 14 };
/// Bytes of a row while it is gathered: itself, and its place before and after sorting.
const ROW_BYTES: u64 = (size_of::<Row>() + 2 * size_of::<Narrow>()) as u64;

/// How to gather.
#[derive(Clone, Debug)]
pub struct GatherOptions {
    /// Count what several logs tell of once.
    pub resolve: bool,
    /// Collect what findings are made from.
    pub findings: bool,
    /// Keep where tuples come from: what comparisons need.
    pub provenance: bool,
    /// Networks that are one's own.
    pub own: OwnNetworks,
}

/// A state, ready to be gathered.
pub struct Gatherer {
    /// What is known beside the pairs; some of it after [`Gatherer::gather`].
    pub summary: Summary,
    rows: Rows,
    logs: Vec<LogFacts>,
    options: GatherOptions,
    budget: Arc<Budget>,
    /// The connections whose tuples were read, if they were chosen in an earlier reading.
    picked: Option<Arc<Picked>>,
}

impl Gatherer {
    /// Makes out whose NIC wrote what.
    pub fn new(state: State, options: GatherOptions) -> Self {
        let (budget, picked) = (Arc::clone(&state.budget), state.picked.clone());
        let (summary, logs, rows) = facts::settle(state, &options);
        Self { summary, rows, logs, options, budget, picked }
    }

    /// Hands every pair of hosts to one of the collectors that `make` makes, one for each thread of the pool that the
    /// caller is in (rayon's), and returns these as one. Once: what is summed beside the pairs stays as the first
    /// gathering leaves it.
    ///
    /// # Errors
    /// A temporary file or a written state that cannot be read, or is damaged.
    pub fn gather<G: Gather>(&self, make: impl Fn() -> G + Sync) -> Result<G, SpillError> {
        let shelf = Shelf::new(&self.budget);
        let gathered = self.walk(&make, &|_| true, Some(&shelf))?;
        let (all, mut sums) = merged(gathered).unwrap_or_else(|| (make(), Sums::new(&self.summary)));
        sums.load.close(&shelf);
        sums.denials.close();
        shelf.close()?;
        self.summary.sums.set(sums).ok();
        Ok(all)
    }

    /// Hands the pairs of some hosts out once more; what is summed beside them stays as it is.
    ///
    /// # Errors
    /// As [`Gatherer::gather`].
    pub fn again<G: Gather>(
        &self,
        make: impl Fn() -> G + Sync,
        wanted: impl Fn(HostId) -> bool + Sync,
    ) -> Result<G, SpillError> {
        let wanted = |row: &Row| wanted(row.key.source) || wanted(row.key.destination);
        let gathered = self.walk(&make, &wanted, None)?;
        Ok(merged(gathered).map_or_else(make, |(all, _)| all))
    }

    fn walk<G: Gather>(
        &self,
        make: &(impl Fn() -> G + Sync),
        wanted: &(impl Fn(&Row) -> bool + Sync),
        shelf: Option<&Arc<Shelf>>,
    ) -> Result<Vec<(G, Sums)>, SpillError> {
        let next = AtomicUsize::new(0);
        let threads = parallel::threads() as u64;
        let (fewest, most) = ROWS_AT_ONCE;
        let most = (self.budget.limit / 8 * 3 / ROW_BYTES / threads).clamp(fewest, most);
        let part = |of: u64| self.budget.limit / of / threads;
        let room = Room { most, share: part(4), shelf };
        let work = || -> Result<(G, Sums), SpillError> {
            let mut worker = Worker::new(self, make(), part(8));
            loop {
                let partition = next.fetch_add(1, Ordering::Relaxed);
                if partition >= PARTITIONS {
                    return Ok((worker.collector, worker.sums));
                }
                worker.partition(partition, &room, wanted)?;
            }
        };
        parallel::on_all(work).into_iter().collect()
    }
}

/// What all threads have gathered.
fn merged<G: Gather>(gathered: Vec<(G, Sums)>) -> Option<(G, Sums)> {
    parallel::merged(gathered, |(all, sums), (collector, of_thread)| {
        all.merge(collector);
        sums.merge(of_thread);
    })
}

/// What a thread may have in memory.
struct Room<'s> {
    /// Rows at once.
    most: u64,
    /// Bytes of what is kept of the pairs.
    share: u64,
    /// Where the rest of these goes; `None` if nobody will ask for them.
    shelf: Option<&'s Arc<Shelf>>,
}

/// What the rows at hand are.
#[derive(Clone, Copy)]
enum AtHand {
    /// All of some pairs of hosts.
    Pairs,
    /// All of some 5-tuples of one pair.
    Slice,
}

/// One thread's.
struct Worker<'s, G> {
    gatherer: &'s Gatherer,
    hosts: Hosts,
    collector: G,
    sums: Sums,
    rows: Vec<Row>,
    /// What the parts of large partitions may take, and pieces of memory that they have taken.
    parts: Arc<Budget>,
    spare: Vec<Vec<u8>>,
    order: Order<Narrow>,
    pair: HostPair,
    /// Of the source and the destination of the conversation at hand.
    classes: [AddressClass; 2],
    /// First contacts and vain tries of the pair at hand; of the lower host first.
    ways: [Way; 2],
    sightings: Vec<Sighting<HostId>>,
    /// Rows of one 5-tuple.
    held: Vec<Row>,
    /// Rows gathered since it was last looked what is kept of them.
    unchecked: usize,
}

/// What one of two hosts tried with the other.
#[derive(Default)]
struct Way {
    contact: Option<Contact>,
    vain: Option<Bins<Load>>,
}

impl<'s, G: Gather> Worker<'s, G> {
    /// Parts of large partitions take as many bytes as `parts`.
    fn new(gatherer: &'s Gatherer, collector: G, parts: u64) -> Self {
        let summary = &gatherer.summary;
        Self {
            gatherer,
            hosts: summary.hosts.beside(),
            collector,
            sums: Sums::new(summary),
            rows: Vec::new(),
            parts: gatherer.budget.beside(parts),
            spare: Vec::new(),
            order: Order::default(),
            pair: HostPair::default(),
            classes: [AddressClass::Reserved; 2],
            ways: <[Way; 2]>::default(),
            sightings: Vec::new(),
            held: Vec::new(),
            unchecked: 0,
        }
    }

    /// The pairs of a partition, of `room.most` rows at once.
    fn partition(
        &mut self,
        partition: usize,
        room: &Room<'_>,
        wanted: &impl Fn(&Row) -> bool,
    ) -> Result<(), SpillError> {
        let count = self.gatherer.rows.count(partition);
        if count > room.most {
            return self.large(partition, room, wanted);
        }
        self.read(&self.gatherer.rows, partition..partition + 1, wanted)?;
        self.gather(AtHand::Pairs);
        self.gathered(room);
        Ok(())
    }

    /// The rows at hand have been gathered.
    fn gathered(&mut self, room: &Room<'_>) {
        self.unchecked += self.rows.len();
        if self.unchecked >= CHECK_EVERY {
            self.unchecked = 0;
            if self.sums.bytes() + self.collector.bytes() > room.share {
                self.put_away(room.shelf);
            }
        }
    }

    /// What is kept of the pairs goes to disk.
    #[cold]
    fn put_away(&mut self, shelf: Option<&Arc<Shelf>>) {
        match shelf {
            Some(shelf) => {
                self.sums.put_away(shelf);
                self.collector.put_away(shelf);
            }
            None => self.sums.clear(),
        }
    }

    /// Puts the rows at hand in order, and gathers them.
    fn gather(&mut self, at_hand: AtHand) {
        let rows = std::mem::take(&mut self.rows);
        if rows.len() <= Narrow::MOST {
            let mut order = std::mem::take(&mut self.order);
            self.gather_in_order(at_hand, order.of(&rows), &rows);
            self.order = order;
        } else {
            // One pair of hosts alone, or one 5-tuple, has so many.
            self.gather_in_order(at_hand, Order::<Wide>::default().of(&rows), &rows);
        }
        self.rows = rows;
    }

    fn gather_in_order<P: Place>(&mut self, at_hand: AtHand, places: &[P], rows: &[Row]) {
        match at_hand {
            AtHand::Pairs => self.pairs_of(places, rows),
            AtHand::Slice => self.conversations_of(places, rows),
        }
    }

    fn pairs_of<P: Place>(&mut self, places: &[P], rows: &[Row]) {
        for pair in places.chunk_by(|a, b| a.pair() == b.pair()) {
            if let [place] = pair
                && rows.get(place.row()).is_some_and(|row| self.lone_denial(row))
            {
                continue;
            }
            for conversation in pair.chunk_by(|a, b| a.conversation() == b.conversation()) {
                self.conversation(conversation, rows);
            }
            self.end_pair();
        }
    }

    /// The conversations of one pair, of which some may be known already.
    fn conversations_of<P: Place>(&mut self, places: &[P], rows: &[Row]) {
        let mut known = std::mem::take(&mut self.pair.conversations);
        for places in places.chunk_by(|a, b| a.conversation() == b.conversation()) {
            let Some(key) = self.key_of(places, rows) else { continue };
            match known.binary_search_by(|conversation| conversation.key.cmp(&key)) {
                Ok(place) => {
                    if let Some(conversation) = known.get_mut(place) {
                        self.fill(conversation, places, rows);
                    }
                }
                Err(_) => self.conversation(places, rows),
            }
        }
        known.append(&mut self.pair.conversations);
        known.sort_unstable_by_key(|conversation| conversation.key);
        self.pair.conversations = known;
    }

    /// The conversation of some rows, which is at hand from now on.
    fn key_of<P: Place>(&mut self, places: &[P], rows: &[Row]) -> Option<ConversationKey> {
        let first = places.first().and_then(|place| rows.get(place.row()))?;
        let key = ConversationKey::of(&first.key);
        self.classes = [key.source, key.destination].map(|host| self.hosts.class(host));
        Some(key)
    }

    fn conversation<P: Place>(&mut self, places: &[P], rows: &[Row]) {
        let Some(key) = self.key_of(places, rows) else { return };
        let mut conversations = std::mem::take(&mut self.pair.conversations);
        // Made where it stays: it has half a thousand bytes.
        conversations.resize_with(conversations.len() + 1, || Conversation::new(key));
        if let Some(conversation) = conversations.last_mut() {
            self.fill(conversation, places, rows);
        }
        self.pair.conversations = conversations;
    }

    fn fill<P: Place>(&mut self, conversation: &mut Conversation, places: &[P], rows: &[Row]) {
        let row = |place: &P| rows.get(place.row());
        let rules = self.pair.rules.len();
        for row in places.iter().filter_map(row) {
            self.row(conversation, row);
        }
        if let Some(new) = self.pair.rules.get_mut(rules..).filter(|new| new.len() > 1) {
            new.sort_unstable();
            self.pair.rules.dedup();
        }
        for five_tuple in places.chunk_by(|a, b| a.five_tuple() == b.five_tuple()) {
            if let [place] = five_tuple {
                if let Some(row) = row(place) {
                    self.one_row(conversation, row);
                }
                continue;
            }
            let mut held = std::mem::take(&mut self.held);
            held.extend(five_tuple.iter().filter_map(row));
            self.rows_of_one(conversation, &mut held);
            held.clear();
            self.held = held;
        }
    }

    fn end_pair(&mut self) {
        let ways = std::mem::take(&mut self.ways);
        let ends = self.pair.conversations.first().map(|conversation| conversation.key);
        if let Some(ConversationKey { source, destination, .. }) = ends {
            let (low, high) = (source.min(destination), source.max(destination));
            for (Way { contact, vain }, pair) in ways.into_iter().zip([(low, high), (high, low)]) {
                self.pair.contacts.extend(contact.map(|contact| (pair, contact)));
                self.pair.vain.extend(vain.map(|vain| (pair, vain)));
            }
        }
        let_in_once(&mut self.pair);
        self.collector.take(&mut self.pair);
        self.pair.clear();
    }

    /// What a host tried with the other.
    fn way(&mut self, key: &ConversationKey) -> &mut Way {
        &mut self.ways[usize::from(key.source > key.destination)]
    }
}

/// Joins what one rule let in from one host to one port of the other.
fn let_in_once(pair: &mut HostPair) {
    if pair.let_in.len() > 1 {
        pair.let_in.sort_unstable_by_key(|(key, _)| *key);
        pair.let_in.dedup_by(|(key, let_in), (kept, known)| {
            let same = key == kept;
            if same {
                known.add(let_in);
            }
            same
        });
    }
}
