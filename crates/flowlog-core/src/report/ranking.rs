//! The first hosts of one side, by what they moved and by what rules denied them.

use std::net::IpAddr;

use super::best::Best;
use super::rank::{Rank, Weight};
use super::tally::Tally;
use super::{DeniedSourceRow, HostName, HostRow, MANY_DENIALS};

type ByAddress<V, W = u64> = Best<Option<IpAddr>, V, W>;

/// The first hosts of one side.
#[derive(Clone, Debug)]
pub(super) struct Ranking {
    /// Hosts with tuples.
    pub(super) hosts: u64,
    rank: Rank,
    top: ByAddress<Tally, Weight>,
    refused: ByAddress<Refused>,
}

#[derive(Clone, Copy, Debug)]
struct Refused {
    tuples: u64,
    destinations: u32,
    ports: u64,
}

impl Ranking {
    /// One of no hosts yet, in the order of `rank`: the `top` of them, and `refused` of those that rules denied.
    pub(super) fn new(rank: Rank, top: usize, refused: usize) -> Self {
        Self { hosts: 0, rank, top: Best::new(top), refused: Best::new(refused) }
    }

    /// Takes a host with its sums. `refused` are the tuples that rules denied, and their destinations; `ports` are counted
    /// only if the host comes into the list of these.
    #[inline]
    pub(super) fn take(
        &mut self,
        address: impl Fn() -> Option<IpAddr>,
        tally: &Tally,
        refused: (u64, u32),
        ports: impl FnOnce() -> u64,
    ) {
        if tally.tuples > 0 {
            self.hosts += 1;
            self.top.offer(self.rank.weight(tally), &address, || *tally);
        }
        let (tuples, destinations) = refused;
        if tuples > MANY_DENIALS {
            self.refused.offer(tuples, address, || Refused { tuples, destinations, ports: ports() });
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.hosts += other.hosts;
        self.top.merge(other.top);
        self.refused.merge(other.refused);
    }

    /// The hosts that come first.
    pub(super) fn top(&self) -> Vec<HostRow> {
        let row = |address: Option<IpAddr>, tally: Tally| Some(tally.host_row(address?));
        self.top.clone().finish(row).into_iter().flatten().collect()
    }

    /// The sources with the most tuples denied by rules, and how many have more than [`MANY_DENIALS`].
    pub(super) fn denied(self) -> (Vec<DeniedSourceRow>, u64) {
        let found = self.refused.found();
        let row = |address: Option<IpAddr>, refused| {
            let HostName { ip: source, class, provider, .. } = HostName::of(address?);
            let Refused { tuples, destinations, ports } = refused;
            Some(DeniedSourceRow {
                source,
                class,
                provider,
                tuples,
                destinations: destinations.into(),
                ports,
            })
        };
        (self.refused.finish(row).into_iter().flatten().collect(), found)
    }
}
