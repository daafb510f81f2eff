//! Whose network interface wrote a log: the near ends of each NIC's log, and the VNet they are in.
//!
//! The near end of a row is the source of what goes out and the destination of what comes in. It is an address of the
//! NIC, unless the NIC forwards: the log of a firewall appliance or a gateway tells of traffic whose two ends are both
//! elsewhere. Such a log is known by near ends that are far ends, too, or that are hosts of the internet reached by
//! private ones alone, or by their number; it places only the address that most of its own rows share.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry as Slot;

use super::entries::{Entries, Entry};
use super::hosts::{HostId, Hosts};
use crate::flow::AddressClass;

/// Private addresses a NIC can have (Azure's limit). A log with more near ends is a router's.
const ADDRESSES_OF_A_NIC: usize = 256;
/// A public near end is the NIC's own only with at least one in so many of its log's rows.
const SHARE: u64 = 8;

/// The VNet a host is in, as far as the logs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vnet {
    /// Place in [`NearEnds::vnets`].
    One(u32),
    /// The address is used in more than one.
    Several,
}

/// How well a log knows a near end as its NIC's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// One of several.
    Some,
    /// Most rows share it.
    Most,
}

/// A host that is the near end of logs.
#[derive(Clone, Copy, Debug)]
struct Own {
    claim: Claim,
    /// By the logs of the best claim; `None` if they do not tell.
    vnet: Option<Vnet>,
}

/// The near end of every log: the source of what goes out, the destination of what comes in.
#[derive(Default)]
pub struct NearEnds {
    /// VNets that flow logs are of (ids in lower case), by first meeting.
    vnets: Vec<String>,
    vnet_places: HashMap<String, u32, RandomState>,
    /// Every near end, but those of routers.
    own: HashMap<HostId, Own, RandomState>,
    forwards: bool,
}

/// What a log says of one near end.
#[derive(Clone, Copy, Debug)]
struct NearEnd {
    rows: u64,
    host: HostId,
    /// Some far end is not private.
    outside: bool,
}

impl Entry for NearEnd {
    type Key = u32;

    fn key(&self) -> u32 {
        self.host.0
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.outside |= other.outside;
    }
}

/// A far end is one, however often it is met.
impl Entry for HostId {
    type Key = u32;

    fn key(&self) -> u32 {
        self.0
    }

    fn add(&mut self, _: &Self) {}
}

/// The near and far ends of one NIC's log. Memory: one entry for each host of the log.
#[derive(Clone, Default)]
pub(super) struct NearLog {
    near: Entries<NearEnd>,
    far: Entries<HostId>,
}

impl NearLog {
    /// Rows of the log. `known` says that these two ends were seen before.
    #[inline]
    pub(super) fn see(&mut self, near: HostId, far: HostId, rows: u64, known: bool, hosts: &Hosts) {
        match self.near.last_mut() {
            Some(end) if end.host == near && known => end.rows += rows,
            last => {
                let once = NearEnd { rows, host: near, outside: !hosts.class(far).is_private() };
                match last {
                    Some(end) if end.host == near => end.add(&once),
                    _ => self.near.push(once),
                }
            }
        }
        // What a machine says to itself, by way of a load balancer, makes it no far end.
        if near != far && !known {
            self.far.push(far);
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.near.merge(other.near);
        self.far.merge(other.far);
    }

    /// Near ends (address, rows, and whether some far end is not private) and far ends, in order.
    pub(super) fn written(&mut self, hosts: &Hosts) -> (Vec<(IpAddr, u64, bool)>, Vec<IpAddr>) {
        let near = self.near.tidy().iter();
        let mut near: Vec<_> =
            near.filter_map(|end| Some((hosts.address(end.host)?, end.rows, end.outside))).collect();
        let far = self.far.tidy().iter();
        let mut far: Vec<IpAddr> = far.filter_map(|&host| hosts.address(host)).collect();
        near.sort_unstable();
        far.sort_unstable();
        (near, far)
    }

    /// What [`NearLog::written`] gave.
    pub(super) fn unwritten(near: Vec<(IpAddr, u64, bool)>, far: Vec<IpAddr>, hosts: &mut Hosts) -> Self {
        let near = near
            .into_iter()
            .map(|(address, rows, outside)| NearEnd { rows, host: hosts.id(address), outside })
            .collect();
        Self { near, far: far.into_iter().map(|address| hosts.id(address)).collect() }
    }

    /// Every near end, whether or not it is the NIC's own.
    pub(super) fn all(&self) -> impl Iterator<Item = HostId> {
        self.near.as_slice().iter().map(|end| end.host)
    }

    /// Tells the NIC's own addresses from those of traffic it only passes on.
    pub(super) fn finish(mut self, hosts: &Hosts) -> Ends {
        let near = self.near.tidy();
        let is_far = met_as_far(near, self.far.as_slice());
        let mut ends = Ends::default();
        let mut family: Vec<(NearEnd, bool)> = Vec::new();
        for is_ipv4 in [true, false] {
            let is_family =
                |host: HostId| hosts.address(host).is_some_and(|address| address.is_ipv4() == is_ipv4);
            let of_family =
                |(end, _): &(NearEnd, bool)| is_family(end.host) && is_unicast(hosts.class(end.host));
            family.clear();
            family.extend(near.iter().copied().zip(is_far.iter().copied()).filter(of_family));
            finish_family(&family, hosts, &mut ends);
        }
        ends
    }
}

/// Which near ends, of which there are few and which are in order, are far ends, too: far ends may be a million, and are
/// not put in order for that.
fn met_as_far(near: &[NearEnd], far: &[HostId]) -> Vec<bool> {
    let mut met = vec![false; near.len()];
    for host in far {
        if let Ok(place) = near.binary_search_by_key(host, |end| end.host)
            && let Some(met) = met.get_mut(place)
        {
            *met = true;
        }
    }
    met
}

/// Near ends, and whether they are far ends, too.
fn finish_family(family: &[(NearEnd, bool)], hosts: &Hosts, ends: &mut Ends) {
    let all: u64 = family.iter().map(|(end, _)| end.rows).sum();
    let is_internet = |host| is_internet(hosts.class(host));
    let elsewhere = |(end, is_far): &(NearEnd, bool)| {
        let most = hosts.class(end.host).is_private() && end.rows * 2 > all;
        (!most && *is_far) || (is_internet(end.host) && !end.outside)
    };
    let here = family.iter().filter(|end| !elsewhere(end));
    let near: Vec<NearEnd> = here.map(|(end, _)| *end).collect();
    let forwards = near.len() < family.len() || near.len() > ADDRESSES_OF_A_NIC;
    ends.forwards |= forwards;
    ends.forwards_internet |= family.iter().any(|end| elsewhere(end) && is_internet(end.0.host));
    ends.several |= forwards || near.len() > 1;
    let rows: u64 = near.iter().map(|end| end.rows).sum();
    for end in near {
        let claim = if end.rows * 2 > rows { Claim::Most } else { Claim::Some };
        let seldom = is_internet(end.host) && end.rows.saturating_mul(SHARE) < rows;
        if claim == Claim::Most || !(forwards || seldom) {
            ends.own.insert(end.host, claim);
        }
    }
}

/// Whether a NIC can have such an address, as far as it matters here.
fn is_unicast(class: AddressClass) -> bool {
    use AddressClass::{Broadcast, LinkLocal, Loopback, Multicast, Platform};
    !matches!(class, Broadcast | LinkLocal | Loopback | Multicast | Platform)
}

/// Examples are written with addresses of documentation: they stand for the internet.
fn is_internet(class: AddressClass) -> bool {
    matches!(class, AddressClass::Public | AddressClass::Documentation)
}

/// The near ends of a log that has been read, told apart.
#[derive(Default)]
pub(super) struct Ends {
    /// Addresses of the NIC.
    pub(super) own: HashMap<HostId, Claim, RandomState>,
    /// The NIC passes on traffic of others.
    pub(super) forwards: bool,
    /// Among it, traffic with the internet.
    forwards_internet: bool,
    /// There is more than one near end of a family.
    pub(super) several: bool,
}

impl Ends {
    /// How well the log knows `host` as its own.
    pub(super) fn claim(&self, host: HostId) -> Option<Claim> {
        self.own.get(&host).copied()
    }
}

impl NearEnds {
    /// No more tuples follow of the log of `resource`.
    pub(super) fn end_log(&mut self, resource: &str, ends: &Ends) {
        self.forwards |= ends.forwards_internet;
        let vnet = vnet_of(resource).map(|vnet| Vnet::One(self.vnet_place(vnet)));
        for (&host, &claim) in &ends.own {
            self.place(host, Own { claim, vnet });
        }
    }

    fn vnet_place(&mut self, vnet: String) -> u32 {
        let vnets = &mut self.vnets;
        *self.vnet_places.entry(vnet).or_insert_with_key(|vnet| {
            let place = u32::try_from(vnets.len()).unwrap_or(u32::MAX);
            vnets.push(vnet.clone());
            place
        })
    }

    fn place(&mut self, host: HostId, new: Own) {
        match self.own.entry(host) {
            Slot::Vacant(slot) => {
                slot.insert(new);
            }
            Slot::Occupied(mut known) if known.get().claim < new.claim => {
                known.insert(new);
            }
            Slot::Occupied(mut known) if known.get().claim == new.claim => {
                let vnet = &mut known.get_mut().vnet;
                *vnet = match (*vnet, new.vnet) {
                    (Some(mine), Some(theirs)) if mine != theirs => Some(Vnet::Several),
                    (mine, theirs) => mine.or(theirs),
                };
            }
            Slot::Occupied(_) => {}
        }
    }

    /// True for a host that is the near end of a log that was read, and not only passed on by a router.
    pub fn is_own(&self, host: HostId) -> bool {
        self.own.contains_key(&host)
    }

    /// How well the best log knows `host` as its own.
    pub(super) fn claim(&self, host: HostId) -> Option<Claim> {
        self.own.get(&host).map(|own| own.claim)
    }

    /// Own hosts, in no order.
    pub fn own(&self) -> impl Iterator<Item = HostId> {
        self.own.keys().copied()
    }

    /// True if some NIC passes traffic on between others and the internet: what goes out may be in several logs.
    pub fn forwards(&self) -> bool {
        self.forwards
    }

    /// The VNet (ARM id in lower case) whose flow log has `host` as its near end; `None` as well if there are several.
    pub fn vnet(&self, host: HostId) -> Option<&str> {
        match self.own.get(&host)?.vnet? {
            Vnet::One(place) => self.vnets.get(place as usize).map(String::as_str),
            Vnet::Several => None,
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

    /// The own addresses of a log of `(near, far, rows)`, by their places in `addresses`, and whether its NIC forwards.
    fn own(addresses: &[&str], rows: &[(u32, u32, u64)]) -> (Vec<u32>, bool) {
        let mut hosts = Hosts::default();
        let ids: Vec<HostId> = addresses.iter().map(|address| hosts.id(address.parse().unwrap())).collect();
        let mut log = NearLog::default();
        for &(near, far, rows) in rows {
            log.see(ids[near as usize], ids[far as usize], rows, false, &hosts);
        }
        let ends = log.finish(&hosts);
        let own = (0..).zip(&ids).filter(|(_, id)| ends.own.contains_key(*id)).map(|(place, _)| place);
        (own.collect(), ends.forwards)
    }

    #[test]
    fn what_a_nic_only_passes_on_is_not_its_own() {
        let hosts = ["10.0.0.4", "10.1.0.4", "93.184.216.34", "10.2.0.4", "1.1.1.1", "20.0.0.5"];
        // A machine with two addresses.
        assert_eq!(own(&hosts, &[(0, 2, 9), (1, 2, 1)]), (vec![0, 1], false));
        // Source NAT: comes in for the internet, goes out under the own address.
        assert_eq!(own(&hosts, &[(2, 1, 2), (0, 2, 2)]), (vec![0], true));
        // One arm, no NAT: both ends are elsewhere.
        assert_eq!(own(&hosts, &[(3, 1, 2), (1, 3, 2)]), (vec![], true));
        // The trusted one of two arms: hosts of the internet, reached by private ones alone.
        assert_eq!(own(&hosts, &[(2, 1, 5), (4, 3, 5)]), (vec![], true));
        // Public addresses in a network of one's own, and a load balancer's that is kept by the machine.
        assert_eq!(own(&hosts, &[(5, 2, 5), (5, 1, 3)]), (vec![5], false));
        assert_eq!(own(&hosts, &[(5, 2, 5), (0, 1, 3)]), (vec![0, 5], false));
        // Two machines speak by way of a load balancer that sends some of it back.
        assert_eq!(own(&hosts, &[(0, 0, 1), (0, 2, 3)]), (vec![0], false));
    }

    #[test]
    fn more_addresses_than_a_nic_can_have_are_a_router_s() {
        let texts: Vec<String> = (0..400).map(|n| format!("10.0.{}.{}", n / 200, n % 200)).collect();
        let hosts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let log = |addresses: u32| (0..addresses).map(|near| (near, 399, 1)).collect::<Vec<_>>();
        assert_eq!(own(&hosts, &log(256)).0.len(), 256);
        assert_eq!(own(&hosts, &log(257)), (vec![], true));
    }

    #[test]
    fn many_vnets_are_told_apart_without_comparing_each_with_all() {
        let mut near = NearEnds::default();
        for n in 0..200_000 {
            let own = [(HostId(n), Claim::Most)].into_iter().collect();
            near.end_log(&format!("/x/virtualNetworks/v{n}"), &Ends { own, ..Ends::default() });
        }
        assert_eq!(near.vnet(HostId(199_999)), Some("/x/virtualnetworks/v199999"));
    }

    #[test]
    fn an_address_in_two_vnets_is_in_none_for_sure_and_the_better_claim_counts() {
        let ends = |own: &[(u32, Claim)]| Ends {
            own: own.iter().map(|&(host, claim)| (HostId(host), claim)).collect(),
            ..Ends::default()
        };
        let mut a = NearEnds::default();
        a.end_log("/x/virtualNetworks/a", &ends(&[(7, Claim::Most), (8, Claim::Most), (9, Claim::Some)]));
        a.end_log("/x/virtualNetworks/b", &ends(&[(8, Claim::Most), (9, Claim::Most), (7, Claim::Some)]));
        assert_eq!(a.vnet(HostId(7)), Some("/x/virtualnetworks/a"));
        assert_eq!((a.vnet(HostId(8)), a.vnet(HostId(9))), (None, Some("/x/virtualnetworks/b")));
        assert!(a.is_own(HostId(8)) && !a.is_own(HostId(10)));
    }
}
