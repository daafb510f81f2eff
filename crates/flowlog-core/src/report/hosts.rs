//! Conversations summed by host, on each side.
//!
//! Hosts are not in a table: what pairs say of them is appended to buckets, compactly, and summed bucket by
//! bucket at the end. Only the first of each ranking and counts remain. In the internet's noise nearly every pair is one
//! denied packet of a source that never returns: its source is asked of [`Denials`] then.

use super::rank::Rank;
use super::ranking::Ranking;
use super::scatter::{Numbers, Room, host_of, packed, place};
use super::tally::Tally;
use crate::flow::Protocol;
use crate::parallel::{merged, share};
use crate::radix;
use crate::state::denials::{Denial, Denials};
use crate::state::lists::Rows;
use crate::state::{BUCKETS, Conversation, ConversationKey, HostId, Hosts, SpillError, bucket_of};

/// Hosts whose sums are at hand, of 64 bytes each: those that most pairs are of.
const RECENT: usize = 512;

/// What some pairs say of a host on one side.
#[derive(Clone, Copy, Debug)]
struct Sums {
    host: HostId,
    tally: Tally,
    /// Tuples that rules denied.
    refused: u64,
    /// Hosts of the other side with such tuples: each pair is taken once, and so is each of them.
    refused_by: u32,
}

impl Sums {
    fn none(host: HostId) -> Self {
        Self { host, tally: Tally::default(), refused: 0, refused_by: 0 }
    }

    /// What `ranking` takes of them.
    #[inline]
    fn rank(&self, ranking: &mut Ranking, hosts: &Hosts, ports: impl FnOnce() -> u64) {
        ranking.take(|| hosts.address(self.host), &self.tally, (self.refused, self.refused_by), ports);
    }

    fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        self.refused += other.refused;
        self.refused_by = self.refused_by.saturating_add(other.refused_by);
    }

    /// The same as one number, if it is no more than a few tuples denied by rules, of one pair.
    fn single(&self, service: u32) -> Option<u64> {
        let Tally { tuples, denied, connections, bytes, packets } = self.tally;
        let plain =
            connections == 0 && bytes == 0 && packets == 0 && tuples == denied && denied == self.refused;
        let few = u8::try_from(self.refused).ok().filter(|few| *few > 0 && plain && self.refused_by == 1)?;
        Some(packed(self.host, service << 8 | u32::from(few)))
    }

    /// Of a source of which there are only these.
    #[inline]
    fn of_lone(host: HostId, lone: &[Denial]) -> Self {
        let tuples = lone.iter().map(|denial| denial.packets()).sum();
        let tally = Tally::denied(tuples);
        // Each is at another destination.
        Self { host, tally, refused: tuples, refused_by: u32::try_from(lone.len()).unwrap_or(u32::MAX) }
    }

    /// What [`Sums::single`] has made a number of.
    fn of_single(single: u64) -> Self {
        let tuples = single & 0xff;
        let tally = Tally::denied(tuples);
        Self { host: host_of(single), tally, refused: tuples, refused_by: 1 }
    }
}

/// [`Sums`] in 24 bytes, as small as most are.
#[derive(Clone, Copy, Debug)]
struct Short {
    host: HostId,
    tuples: u16,
    denied: u16,
    refused: u16,
    refused_by: u16,
    connections: u32,
    bytes: u32,
    packets: u32,
}

const _: () = assert!(size_of::<Short>() == 24 && size_of::<Sums>() == 56);

impl Short {
    /// `None` if a number is too large.
    #[inline]
    fn of(sums: &Sums) -> Option<Self> {
        let Tally { tuples, denied, connections, bytes, packets } = sums.tally;
        Some(Self {
            host: sums.host,
            tuples: u16::try_from(tuples).ok()?,
            denied: u16::try_from(denied).ok()?,
            refused: u16::try_from(sums.refused).ok()?,
            refused_by: u16::try_from(sums.refused_by).ok()?,
            connections: u32::try_from(connections).ok()?,
            bytes: u32::try_from(bytes).ok()?,
            packets: u32::try_from(packets).ok()?,
        })
    }

    #[inline]
    fn sums(&self) -> Sums {
        let tally = Tally {
            tuples: self.tuples.into(),
            denied: self.denied.into(),
            connections: self.connections.into(),
            bytes: self.bytes.into(),
            packets: self.packets.into(),
        };
        let (refused, refused_by) = (self.refused.into(), self.refused_by.into());
        Sums { host: self.host, tally, refused, refused_by }
    }
}

/// Protocol and port in 24 bits; 0 without ports.
fn service(protocol: Protocol, port: u16) -> u32 {
    if protocol.has_ports() { u32::from(protocol.0) << 16 | u32::from(port) } else { 0 }
}

/// What is kept of the hosts of one bucket.
#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Pairs of which no more is known than a few tuples of one service denied by rules: host, service and tuples, 8 bytes.
    singles: Rows<u64>,
    /// Everything else, those of one host joined now and then.
    short: Rows<Short>,
    /// What is too large for that.
    long: Rows<Sums>,
    room: Room,
    /// Host and service, of what rules denied and is not in `singles`.
    services: Numbers,
}

/// The hosts of one side.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// Each in the one place its number leads to.
    recent: Vec<Option<Sums>>,
    buckets: Vec<Bucket>,
}

impl Default for Side {
    fn default() -> Self {
        Self { recent: vec![None; RECENT], buckets: vec![Bucket::default(); BUCKETS] }
    }
}

impl Side {
    fn add(&mut self, sums: &Sums) {
        let place = place(sums.host.0.into(), RECENT);
        let Some(recent) = self.recent.get_mut(place) else { return };
        match recent {
            Some(known) if known.host == sums.host => known.add(sums),
            _ => {
                if let Some(evicted) = recent.replace(*sums) {
                    self.put_away(&evicted, Bucket::add);
                }
            }
        }
    }

    fn put_away(&mut self, sums: &Sums, add: fn(&mut Bucket, &Sums)) {
        let Some(bucket) = self.bucket(sums.host) else { return };
        match sums.single(0) {
            Some(single) => bucket.singles.push(single),
            None => add(bucket, sums),
        }
    }

    fn bucket(&mut self, host: HostId) -> Option<&mut Bucket> {
        self.buckets.get_mut(bucket_of(host.0))
    }

    /// Adds everything of `other`.
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            mine.singles.merge(theirs.singles);
            mine.short.merge(theirs.short);
            mine.long.merge(theirs.long);
            mine.room.merge(theirs.room);
            mine.services.merge(theirs.services);
        }
        // Nothing is joined here, which is one thread's work for all the others: summing a bucket does that.
        other.recent.iter().flatten().for_each(|sums| self.put_away(sums, Bucket::push));
    }

    /// The ranking of its hosts; what `denials` know of them is not here yet.
    fn finish(
        mut self,
        new: impl Fn() -> Ranking + Sync,
        hosts: &Hosts,
        denials: &Denials,
    ) -> Result<Ranking, SpillError> {
        for sums in std::mem::take(&mut self.recent).iter().flatten() {
            self.put_away(sums, Bucket::push);
        }
        let sum = |ranking: &mut Ranking, place, bucket: Bucket| {
            bucket.sum(ranking, hosts, &denials.by_source(place)?);
            Ok(())
        };
        let parts = share(self.buckets, &new, sum)?;
        Ok(merged(parts, Ranking::merge).unwrap_or_else(new))
    }
}

impl Bucket {
    fn add(&mut self, sums: &Sums) {
        if self.room.is_full() {
            self.join();
        }
        self.room.add();
        self.push(sums);
    }

    fn push(&mut self, sums: &Sums) {
        match Short::of(sums) {
            Some(short) => self.short.push(short),
            None => self.long.push(*sums),
        }
    }

    /// Makes one of those of one host.
    #[cold]
    fn join(&mut self) {
        let (short, long) = self.sorted();
        let (mut short, mut long) = (short.as_slice(), long.as_slice());
        let all = short.len() + long.len();
        let mut distinct = 0;
        while let Some(host) = first_of(short, long) {
            self.push(&sums_of(host, &mut short, &mut long));
            distinct += 1;
        }
        self.room = Room::after(all, distinct);
    }

    /// Takes out what is no single, by host.
    fn sorted(&mut self) -> (Vec<Short>, Vec<Sums>) {
        let (mut short, mut long) =
            (std::mem::take(&mut self.short).into_list(), std::mem::take(&mut self.long).into_list());
        radix::sort_by_key(&mut short, |sums| sums.host.0);
        long.sort_unstable_by_key(|sums| sums.host);
        (short, long)
    }

    /// Sums host by host. `lone` are denials of its hosts as sources.
    fn sum(mut self, ranking: &mut Ranking, hosts: &Hosts, mut lone: &[Denial]) {
        let (short, long) = self.sorted();
        let mut singles = self.singles.into_list();
        radix::sort_by_key(&mut singles, |single| *single);
        let services = self.services.finish();
        let (mut singles, mut services) = (singles.as_slice(), services.as_slice());
        let (mut short, mut long) = (short.as_slice(), long.as_slice());
        loop {
            let single = singles.first().map(|&single| host_of(single));
            let next = first_of(short, long).into_iter().chain(single).min();
            // Nearly all that there is of the internet's noise.
            while let Some(host) = lone.first().map(|denial| denial.source())
                && next.is_none_or(|next| host < next)
            {
                let lone = take_while(&mut lone, |denial| denial.source() == host);
                Sums::of_lone(host, lone).rank(ranking, hosts, || distinct_services(&[], &[], lone));
            }
            let Some(host) = next else { return };
            let mut all = sums_of(host, &mut short, &mut long);
            let mine = take_while(&mut singles, |single| host_of(*single) == host);
            for &single in mine {
                all.add(&Sums::of_single(single));
            }
            let lone = take_while(&mut lone, |denial| denial.source() == host);
            all.add(&Sums::of_lone(host, lone));
            let others = take_while(&mut services, |service| host_of(*service) == host);
            all.rank(ranking, hosts, || distinct_services(mine, others, lone));
        }
    }
}

/// The first host of both lists.
fn first_of(short: &[Short], long: &[Sums]) -> Option<HostId> {
    short.first().map(|sums| sums.host).into_iter().chain(long.first().map(|sums| sums.host)).min()
}

/// The sums of a host that no other comes before in both lists.
fn sums_of(host: HostId, short: &mut &[Short], long: &mut &[Sums]) -> Sums {
    let mut all = Sums::none(host);
    for sums in take_while(short, |sums| sums.host == host) {
        all.add(&sums.sums());
    }
    for sums in take_while(long, |sums| sums.host == host) {
        all.add(sums);
    }
    all
}

/// Takes what `is_of` says from the beginning of `values`.
fn take_while<'v, T>(values: &mut &'v [T], is_of: impl Fn(&T) -> bool) -> &'v [T] {
    let end = values.iter().position(|value| !is_of(value)).unwrap_or(values.len());
    let (taken, rest) = values.split_at_checked(end).unwrap_or_default();
    *values = rest;
    taken
}

/// Distinct services, without that of protocols without ports.
fn distinct_services(singles: &[u64], services: &[u64], lone: &[Denial]) -> u64 {
    let packed = singles.iter().chain(services).map(|packed| packed >> 8 & 0xff_ffff);
    let lone = lone.iter().map(|denial| {
        let (protocol, port) = denial.service();
        service(protocol, port).into()
    });
    let mut all: Vec<u64> = packed.chain(lone).filter(|&service| service > 0).collect();
    all.sort_unstable();
    all.dedup();
    all.len() as u64
}

/// Initiators and responders.
#[derive(Clone, Debug, Default)]
pub(super) struct HostSums {
    sources: Side,
    destinations: Side,
}

impl HostSums {
    /// Takes the conversations of one host with another, all of one initiator, with their sum.
    #[inline]
    pub(super) fn take(&mut self, conversations: &[Conversation], tally: &Tally) {
        let Some(Conversation { key, .. }) = conversations.first() else { return };
        let refused = conversations.iter().map(Conversation::denied_by_rule).sum();
        let sums = Sums { host: key.source, tally: *tally, refused, refused_by: u32::from(refused > 0) };
        self.destinations.add(&Sums { host: key.destination, ..sums });
        let services = if refused > 0 { conversations } else { &[] };
        if let [one] = services {
            return self.refused(&one.key, &sums);
        }
        for one in services.iter().filter(|one| one.denied_by_rule() > 0) {
            self.service(&one.key);
        }
        self.sources.add(&sums);
    }

    /// Takes a pair of hosts of which all there is is one denied attempt; its source is in [`Denials`].
    pub(super) fn lone(&mut self, key: &ConversationKey, tally: &Tally) {
        let host = key.destination;
        self.destinations.add(&Sums { host, tally: *tally, refused: tally.denied, refused_by: 1 });
    }

    /// A source of which rules denied one conversation with another host, all there is from it to that host.
    fn refused(&mut self, key: &ConversationKey, sums: &Sums) {
        if let Some(single) = sums.single(service(key.protocol, key.port)) {
            if let Some(bucket) = self.sources.bucket(key.source) {
                bucket.singles.push(single);
            }
        } else {
            self.service(key);
            self.sources.add(sums);
        }
    }

    /// A service that rules denied to a source.
    fn service(&mut self, key: &ConversationKey) {
        if let Some(bucket) = self.sources.bucket(key.source) {
            bucket.services.insert(packed(key.source, service(key.protocol, key.port) << 8));
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.sources.merge(other.sources);
        self.destinations.merge(other.destinations);
    }

    /// Initiators and responders in the order of `rank`: the `top` of each, and `refused` of those that rules denied.
    ///
    /// # Errors
    /// Lone denials cannot be read from disk.
    pub(super) fn finish(
        self,
        hosts: &Hosts,
        rank: Rank,
        (top, refused): (usize, usize),
        denials: &Denials,
    ) -> Result<[Ranking; 2], SpillError> {
        let sources = self.sources.finish(|| Ranking::new(rank, top, refused), hosts, denials)?;
        let none = Denials::default();
        let destinations = self.destinations.finish(|| Ranking::new(rank, top, 0), hosts, &none)?;
        Ok([sources, destinations])
    }
}
