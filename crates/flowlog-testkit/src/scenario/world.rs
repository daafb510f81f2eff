//! The made-up landscape: `VNets`, subnets by role, NICs, and the hosts they talk to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::event::{HostId, RuleId};
use super::names::Names;
use super::rules::RuleTable;
use super::settings::{Addresses, Format, Scenario};
use crate::rng::{Rng, mix};
use std::collections::HashMap;

/// NICs a `VNet` has at most; then the next `VNet` begins.
const NICS_PER_VNET: u32 = 48;

/// Addresses of Microsoft (Azure's own, Exchange Online), Amazon, Apple, Cloudflare, GitHub and Google.
const VENDORS: [[u8; 4]; 8] = [
    [20, 42, 0, 1],
    [13, 107, 42, 14],
    [17, 57, 144, 20],
    [40, 96, 0, 1],
    [52, 95, 110, 1],
    [104, 16, 0, 1],
    [140, 82, 112, 3],
    [8, 8, 8, 8],
];

/// What a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Web,
    App,
    Data,
    Infra,
    Client,
}

impl Role {
    pub(crate) const ALL: [Self; 5] = [Self::Web, Self::App, Self::Data, Self::Infra, Self::Client];
    /// Roles of the NICs of a `VNet`, in turn.
    const PATTERN: [Self; 10] = [
        Self::Web,
        Self::App,
        Self::Infra,
        Self::Data,
        Self::Client,
        Self::Client,
        Self::App,
        Self::Client,
        Self::Web,
        Self::Client,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
            Self::Data => "data",
            Self::Infra => "infra",
            Self::Client => "client",
        }
    }
}

/// A monitored network interface.
#[derive(Debug)]
pub(crate) struct Nic {
    pub(crate) ipv4: HostId,
    pub(crate) ipv6: HostId,
    /// 12 upper-case hex digits.
    pub(crate) mac: String,
    pub(crate) vnet: u32,
    /// Base of its NSG in the rule table.
    pub(crate) nsg: RuleId,
    pub(crate) format: Format,
    /// When in the minute its records are written, ms.
    pub(crate) phase_ms: i64,
}

/// Hosts by what they do.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    /// Internet clients of the web servers.
    pub(crate) clients: Vec<HostId>,
    /// The same with IPv6.
    pub(crate) clients_v6: Vec<HostId>,
    /// Internet services the NICs use.
    pub(crate) sites: Vec<HostId>,
    /// Internet hosts that try every door.
    pub(crate) noise: Vec<HostId>,
    /// On-premises hosts behind a tunnel.
    pub(crate) on_premises: Vec<HostId>,
    /// Internal addresses that answer to nobody (switched off, or not there).
    pub(crate) silent: Vec<HostId>,
    /// Internal addresses nobody uses; behaviours alone try them.
    pub(crate) unused: Vec<HostId>,
    /// Hosts of the internet that only behaviours use.
    pub(crate) strangers: Vec<HostId>,
    /// Services of known vendors.
    pub(crate) vendors: Vec<HostId>,
}

/// Everything that stays the same during a scenario.
#[derive(Debug)]
pub(crate) struct World {
    /// By host; hosts beyond are passing ones.
    pub(crate) addresses: Vec<IpAddr>,
    /// The addresses as the log writes them.
    texts: Vec<Box<[u8]>>,
    /// NIC of a host, if it has a monitored one.
    nic_of: Vec<Option<u32>>,
    pub(crate) nics: Vec<Nic>,
    /// NICs by role, for choosing; none empty.
    pub(crate) by_role: [Vec<u32>; 5],
    pub(crate) pools: Pools,
    pub(crate) rules: RuleTable,
    pub(crate) names: Names,
    /// 168.63.129.16: resolver and load-balancer probes.
    pub(crate) platform: HostId,
    /// Probes from an address that ends in `.0`, which is a host all the same.
    pub(crate) prober: HostId,
    /// The far end of the tunnel.
    pub(crate) gateway: HostId,
    known: HashMap<IpAddr, HostId>,
    /// Where passing hosts come from in this seed's world.
    salt: u32,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut rng = Rng::new(scenario.seed, 1);
        let names = Names::new(scenario, &mut rng);
        let mut world = Self {
            addresses: Vec::new(),
            texts: Vec::new(),
            nic_of: Vec::new(),
            nics: Vec::new(),
            by_role: Default::default(),
            pools: Pools::default(),
            rules: RuleTable::new(names.network_manager()),
            names,
            platform: 0,
            prober: 0,
            gateway: 0,
            known: HashMap::new(),
            salt: mix(scenario.seed) as u32,
        };
        world.platform = world.host(Ipv4Addr::new(168, 63, 129, 16).into());
        world.prober = world.host(match scenario.addresses {
            Addresses::Internet => Ipv4Addr::new(40, 87, 164, 0).into(),
            Addresses::Documentation => Ipv4Addr::new(198, 51, 100, 0).into(),
        });
        world.gateway = world.host(Ipv4Addr::new(203, 0, 113, 254).into());
        world.add_nics(scenario, &mut rng);
        world.add_internal(scenario, &mut rng);
        world.add_internet(scenario, &mut rng);
        if !scenario.behaviours.is_empty() || !scenario.harmless.is_empty() {
            world.add_stages(scenario, &mut rng);
        }
        world
    }

    /// The id of an address, new or known.
    fn host(&mut self, address: IpAddr) -> HostId {
        let next = self.addresses.len() as HostId;
        let id = *self.known.entry(address).or_insert(next);
        if id == next {
            self.addresses.push(address);
            self.texts.push(address.to_string().into_bytes().into());
            self.nic_of.push(None);
        }
        id
    }

    /// The monitored NIC of a host.
    pub(crate) fn nic(&self, host: HostId) -> Option<u32> {
        self.nic_of.get(host as usize).copied().flatten()
    }

    pub(crate) fn address(&self, host: HostId) -> IpAddr {
        let known = self.addresses.get(host as usize).copied();
        known.unwrap_or_else(|| self.passing_address(host - self.addresses.len() as HostId).into())
    }

    /// Appends a host's address as the log writes it.
    pub(crate) fn write_address(&self, out: &mut Vec<u8>, host: HostId) {
        match self.texts.get(host as usize) {
            Some(text) => out.extend_from_slice(text),
            None => out.extend_from_slice(self.address(host).to_string().as_bytes()),
        }
    }

    /// The passing host of that number, if its address is a public one that no other host has. No table holds
    /// these hosts, however many there are.
    pub(crate) fn passing(&self, number: u32) -> Option<HostId> {
        let address = self.passing_address(number);
        let usable = is_public(address) && !self.known.contains_key(&address.into());
        usable.then(|| self.addresses.len() as HostId + number)
    }

    /// Another address for each number (`MurmurHash3`'s finaliser, which is a permutation).
    fn passing_address(&self, number: u32) -> Ipv4Addr {
        let n = number ^ self.salt;
        let n = (n ^ (n >> 16)).wrapping_mul(0x85eb_ca6b);
        let n = (n ^ (n >> 13)).wrapping_mul(0xc2b2_ae35);
        Ipv4Addr::from(n ^ (n >> 16))
    }

    fn add_nics(&mut self, scenario: &Scenario, rng: &mut Rng) {
        let count = scenario.nics.max(1);
        let vnets = count.div_ceil(NICS_PER_VNET);
        let nsgs: Vec<[RuleId; 5]> = (0..vnets)
            .map(|vnet| Role::ALL.map(|role| self.rules.add_nsg(self.names.nsg(vnet, role.name()))))
            .collect();
        for number in 0..count {
            let vnet = number / NICS_PER_VNET;
            let place = number % NICS_PER_VNET;
            let role = Role::PATTERN[place as usize % Role::PATTERN.len()];
            let subnet = role as u8 + 1;
            let ipv4 = self.host(Ipv4Addr::new(10, 10 + vnet as u8, subnet, 4 + place as u8).into());
            let ipv6 = self.host(
                Ipv6Addr::new(0xfd00, 0xdb8, 10 + vnet as u16, subnet.into(), 0, 0, 0, 4 + place as u16)
                    .into(),
            );
            self.nic_of[ipv4 as usize] = Some(number);
            self.nic_of[ipv6 as usize] = Some(number);
            let vendor = ["000D3A", "6045BD", "7C1E52", "002248"][mix(u64::from(number)) as usize % 4];
            let last_of_vnet = number >= count.saturating_sub(scenario.nsg_v2_nics);
            self.nics.push(Nic {
                ipv4,
                ipv6,
                // The low bits are the number, so that no two NICs share a MAC.
                mac: format!("{vendor}{:06X}", (rng.below(1 << 10) << 14) | u64::from(number)),
                vnet,
                nsg: nsgs[vnet as usize][role as usize],
                format: if last_of_vnet { Format::NsgV2 } else { scenario.format },
                phase_ms: rng.range(5_000, 55_000) as i64,
            });
            self.by_role[role as usize].push(number);
        }
        for role in &mut self.by_role {
            if role.is_empty() {
                role.extend(0..count);
            }
        }
    }

    fn add_internal(&mut self, scenario: &Scenario, rng: &mut Rng) {
        let count = scenario.internal_hosts.max(4);
        for number in 0..count {
            let last = 1 + rng.below(254) as u8;
            if number % 8 == 7 || number < 2 {
                let host = self.host(Ipv4Addr::new(10, 10, 200 + rng.below(40) as u8, last).into());
                self.pools.silent.push(host);
            } else {
                let address = match number % 3 {
                    0 => Ipv4Addr::new(172, 16 + rng.below(16) as u8, rng.below(256) as u8, last),
                    _ => Ipv4Addr::new(192, 168, rng.below(64) as u8, last),
                };
                let host = self.host(address.into());
                self.pools.on_premises.push(host);
            }
        }
    }

    /// Addresses for behaviours, behind all others so that a world without behaviours stays as it is.
    fn add_stages(&mut self, scenario: &Scenario, rng: &mut Rng) {
        for number in 0..500_u16 {
            let host = self.host(Ipv4Addr::new(10, 9, (number / 250) as u8, (number % 250) as u8 + 2).into());
            self.pools.unused.push(host);
        }
        for vendor in VENDORS {
            let host = self.host(Ipv4Addr::from(vendor).into());
            self.pools.vendors.push(host);
        }
        while self.pools.strangers.len() < scenario.behaviours.len() {
            let address = random_public(rng).into();
            if !self.known.contains_key(&address) {
                let host = self.host(address);
                self.pools.strangers.push(host);
            }
        }
    }

    fn add_internet(&mut self, scenario: &Scenario, rng: &mut Rng) {
        let most = if scenario.addresses == Addresses::Documentation { 700 } else { u32::MAX };
        let count = scenario.internet_hosts.clamp(20, most);
        for number in 0..count {
            let host = loop {
                let address = match scenario.addresses {
                    Addresses::Internet => random_public(rng),
                    Addresses::Documentation => random_documentation(rng),
                };
                if !self.known.contains_key(&address.into()) {
                    break self.host(address.into());
                }
            };
            match number % 20 {
                0..8 => self.pools.clients.push(host),
                8..13 => self.pools.sites.push(host),
                _ => self.pools.noise.push(host),
            }
            if number % 20 == 0 {
                let low = rng.next();
                let v6 = Ipv6Addr::new(
                    0x2001,
                    0xdb8,
                    number as u16,
                    (low >> 48) as u16,
                    0,
                    (low >> 32) as u16,
                    0,
                    low as u16,
                );
                let v6 = self.host(v6.into());
                self.pools.clients_v6.push(v6);
            }
        }
    }
}

/// An address of the public IPv4 space, away from every special range.
fn random_public(rng: &mut Rng) -> Ipv4Addr {
    loop {
        let address = Ipv4Addr::from(rng.next() as u32);
        if is_public(address) {
            return address;
        }
    }
}

fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let special = matches!(a, 0 | 10 | 127 | 224..)
        || matches!(
            (a, b),
            (100, 64..128)
                | (168, 63)
                | (169, 254)
                | (172, 16..32)
                | (192, 0 | 88 | 168)
                | (198, 18 | 19 | 51)
                | (203, 0)
        );
    !special
}

/// An address of the three documentation networks.
fn random_documentation(rng: &mut Rng) -> Ipv4Addr {
    let [a, b, c] = rng.pick(&[[192, 0, 2], [198, 51, 100], [203, 0, 113]]);
    Ipv4Addr::new(a, b, c, 1 + rng.below(253) as u8)
}
