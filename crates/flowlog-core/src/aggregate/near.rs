//! Whose network interface wrote a log: the near ends of each NIC's log, and the VNet they are in.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::hosts::HostId;
use super::ids::IdSet;
use crate::flow::{Direction, FlowTuple};

/// Private addresses a NIC can have (Azure's limit). A log with more near ends is a router's: it
/// writes of traffic it only passes on, and its ends are anywhere.
const ADDRESSES_OF_A_NIC: u64 = 256;

/// The VNet a host is in, as far as the logs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vnet {
    /// Place in [`NearEnds::vnets`].
    One(usize),
    /// The address is used in more than one.
    Several,
}

/// The near end of every log: the source of what goes out, the destination of what comes in.
#[derive(Default)]
pub struct NearEnds {
    /// VNets that flow logs are of (ids in lower case), by first meeting.
    vnets: Vec<String>,
    /// The VNet of each near end.
    of_host: HashMap<HostId, Vnet, FixedState>,
    /// Every near end, but those of routers.
    own: IdSet,
}

/// The near ends of one NIC's log.
#[derive(Default)]
pub(super) struct NearLog {
    last: Option<HostId>,
    ends: IdSet,
}

impl NearLog {
    /// A tuple of the log.
    #[inline]
    pub(super) fn see(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        let near = if tuple.direction == Direction::Outbound { source } else { destination };
        if self.last != Some(near) {
            self.last = Some(near);
            self.ends.insert(near.0);
        }
    }
}

impl NearEnds {
    /// No more tuples follow of `log`, the log of `resource`.
    pub(super) fn end_log(&mut self, resource: &str, log: &NearLog) {
        if log.ends.len() > ADDRESSES_OF_A_NIC {
            return;
        }
        let vnet = vnet_of(resource).map(|vnet| self.vnet_place(vnet));
        for id in log.ends.iter() {
            self.own.insert(id);
            if let Some(vnet) = vnet {
                self.place(HostId(id), Vnet::One(vnet));
            }
        }
    }

    fn vnet_place(&mut self, vnet: String) -> usize {
        self.vnets.iter().position(|known| *known == vnet).unwrap_or_else(|| {
            self.vnets.push(vnet);
            self.vnets.len() - 1
        })
    }

    fn place(&mut self, host: HostId, vnet: Vnet) {
        match self.of_host.entry(host) {
            Entry::Vacant(slot) => {
                slot.insert(vnet);
            }
            Entry::Occupied(mut known) => {
                if *known.get() != vnet {
                    known.insert(Vnet::Several);
                }
            }
        }
    }

    /// True for a host that is the near end of a log that was read, and not of a router's.
    pub fn is_own(&self, host: HostId) -> bool {
        self.own.contains(host.0)
    }

    /// The VNet (ARM id in lower case) whose flow log has `host` as its near end; `None` as well if there are several.
    pub fn vnet(&self, host: HostId) -> Option<&str> {
        match self.of_host.get(&host)? {
            Vnet::One(place) => self.vnets.get(*place).map(String::as_str),
            Vnet::Several => None,
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.own.add(&other.own);
        let places: Vec<usize> = other.vnets.into_iter().map(|vnet| self.vnet_place(vnet)).collect();
        for (host, vnet) in other.of_host {
            match vnet {
                Vnet::One(place) => {
                    if let Some(&place) = places.get(place) {
                        self.place(host, Vnet::One(place));
                    }
                }
                Vnet::Several => self.place(host, Vnet::Several),
            }
        }
    }
}

/// The VNet in a target's ARM id, in lower case: the VNet itself, or the one a subnet is in. A NIC's
/// id does not say where the NIC is.
fn vnet_of(resource: &str) -> Option<String> {
    let resource = resource.to_ascii_lowercase();
    let kind = "/virtualnetworks/";
    let name = resource.find(kind)? + kind.len();
    let end = resource.get(name..)?.find('/').map_or(resource.len(), |length| name + length);
    (end > name).then(|| resource.get(..end).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vnet_stands_in_the_target() {
        let vnet = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/Hub";
        let lower = vnet.to_ascii_lowercase();
        assert_eq!(vnet_of(vnet), Some(lower.clone()));
        assert_eq!(vnet_of(&format!("{vnet}/subnets/web")), Some(lower));
        let nic = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkInterfaces/nic1";
        assert_eq!((vnet_of(nic), vnet_of(""), vnet_of("/virtualNetworks/")), (None, None, None));
    }

    #[test]
    fn an_address_in_two_vnets_is_in_none_for_sure_and_a_router_places_nobody() {
        let log = |ids: std::ops::Range<u32>| {
            let mut log = NearLog::default();
            for id in ids {
                log.ends.insert(id);
            }
            log
        };
        let mut a = NearEnds::default();
        a.end_log("/x/virtualNetworks/a", &log(7..9));
        a.end_log("/x/virtualNetworks/a", &log(100..400));
        assert_eq!((a.vnet(HostId(7)), a.vnet(HostId(100))), (Some("/x/virtualnetworks/a"), None));
        assert!(a.is_own(HostId(7)) && !a.is_own(HostId(100)));
        let mut b = NearEnds::default();
        b.end_log("/x/virtualNetworks/b", &log(8..10));
        a.merge(b);
        assert_eq!(a.vnet(HostId(7)), Some("/x/virtualnetworks/a"));
        assert_eq!((a.vnet(HostId(8)), a.vnet(HostId(9))), (None, Some("/x/virtualnetworks/b")));
    }
}
