//! The settings of a scenario: plain data, every field may be changed.

use super::behaviours::Behaviour;
use super::behaviours::harmless::Harmless;

/// A network and its traffic, fully determined by these settings: the same settings give the same bytes.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Start of the random numbers.
    pub seed: u64,
    /// Start of the first hour, Unix ms UTC; rounded down to the hour.
    pub start_ms: i64,
    /// Hours of logs.
    pub hours: u32,
    /// Monitored NICs, at least 1.
    pub nics: u32,
    /// How much to write, nearly.
    pub volume: Volume,
    /// Format of the logs.
    pub format: Format,
    /// So many of the last NICs are logged by an NSG flow log version 2 instead.
    pub nsg_v2_nics: u32,
    /// Of TCP that a user's rule let in, NSG flow logs version 2 tell the begin alone, without counters.
    pub nsg_v2_stateless: bool,
    /// Which ends log a connection between two monitored NICs.
    pub capture: Capture,
    /// Where public addresses come from.
    pub addresses: Addresses,
    /// Internal hosts that are not monitored: on premises, and in peered networks.
    pub internal_hosts: u32,
    /// Hosts in the internet.
    pub internet_hosts: u32,
    /// Share of the tuples (0 to 1) that are the internet's noise: packets denied on the way in, nearly each from
    /// another public address, which is seen nowhere else in the set, whatever `addresses` says.
    pub noise: f64,
    /// Virtual network encryption is on: connections inside a `VNet` carry the encryption states.
    pub encryption: bool,
    /// Share of the connections between dual-stack hosts that use IPv6 (0 to 1).
    pub ipv6_share: f64,
    /// Share of the minutes in which no background connection starts (0 to below 1): small sets as quiet machines write them.
    pub quiet_minutes: f64,
    /// What the background traffic is made of.
    pub mix: Mix,
    /// Behaviours set into the background, each once.
    pub plants: Vec<Plant>,
    /// Behaviours that detectors should find; [`crate::truth::Truth::behaviours`] says whose they are.
    pub behaviours: Vec<Behaviour>,
    /// Harmless things that look alike; what may be said of them is among the truth, and not required.
    pub harmless: Vec<Harmless>,
    /// A blob that breaks off.
    pub cut: Option<Cut>,
    /// Blobs that are missing: what the NIC would have logged there is in no blob and in no truth.
    pub gaps: Vec<Gap>,
}

impl Default for Scenario {
    /// Six NICs, four hours from 2026-01-15 08:00 UTC, 20,000 tuples, every behaviour planted once.
    fn default() -> Self {
        Self {
            seed: 1,
            start_ms: 1_768_464_000_000,
            hours: 4,
            nics: 6,
            volume: Volume::Tuples(20_000),
            format: Format::VNet,
            nsg_v2_nics: 0,
            nsg_v2_stateless: false,
            capture: Capture::BothEnds,
            addresses: Addresses::Internet,
            internal_hosts: 400,
            internet_hosts: 2_000,
            noise: 0.0,
            encryption: true,
            ipv6_share: 0.04,
            quiet_minutes: 0.0,
            mix: Mix::default(),
            plants: Plant::ALL.to_vec(),
            behaviours: Vec::new(),
            harmless: Vec::new(),
            cut: None,
            gaps: Vec::new(),
        }
    }
}

/// How much a scenario writes, nearly: connections that reach beyond the last hour are cut off there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// Tuples in all blobs together.
    Tuples(u64),
    /// Bytes in all blobs together.
    Bytes(u64),
}

/// Format of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Virtual network flow log, version 4.
    VNet,
    /// NSG flow log version 1: 8 fields, allowed or denied, no life cycle, no counters.
    NsgV1,
    /// NSG flow log version 2: 13 fields, seconds, empty counters in B and D.
    NsgV2,
}

/// Which ends log a connection between two monitored NICs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// Both: `O` at the source's NIC, `I` at the destination's.
    BothEnds,
    /// Only the source's NIC.
    SourceOnly,
    /// Both for every second connection, only the source's NIC for the others.
    HalfBoth,
}

/// Where public addresses come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Anywhere in the public IPv4 space.
    Internet,
    /// 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 alone (at most 700 hosts): for samples.
    Documentation,
}

/// Weights of the kinds of background connections.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Internet clients to web servers.
    pub web: u32,
    /// Between NICs of one `VNet`: web to application, application to data, clients to servers.
    pub east_west: u32,
    /// Name look-ups at the platform's resolver or an own server.
    pub dns: u32,
    /// From NICs to the internet.
    pub outbound: u32,
    /// From on-premises hosts to servers.
    pub on_premises: u32,
    /// Health probes of the platform, some under `PlatformRule`.
    pub probes: u32,
    /// Denied connections from the internet, with SYN retries.
    pub noise: u32,
    /// Denied connections to the internet.
    pub denied_out: u32,
    /// Denied connections between NICs.
    pub denied_inside: u32,
    /// Connections that get no answer, TCP and UDP.
    pub one_way: u32,
    /// Connections of which only the begin is logged.
    pub begun_only: u32,
    /// Connections that last hours.
    pub long: u32,
}

impl Default for Mix {
    /// Shares as real sets of an internet-exposed landscape have them.
    fn default() -> Self {
        Self {
            web: 220,
            east_west: 250,
            dns: 140,
            outbound: 170,
            on_premises: 60,
            probes: 40,
            noise: 220,
            denied_out: 25,
            denied_inside: 10,
            one_way: 8,
            begun_only: 10,
            long: 4,
        }
    }
}

/// A behaviour set into the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A NIC begins some 40 short connections to a service that hardly answers.
    RetryHeavyPair,
    /// An internet host tries some 60 ports of one NIC; all denied.
    InternetPortScan,
    /// A NIC tries some 30 ports of another; a few are open, the rest is denied there.
    InternalPortScan,
    /// A NIC's TCP connections to a silent host: packets sent, none received.
    OneWayTcp,
    /// A NIC's steady UDP stream that is never answered (syslog).
    OneWayUdp,
    /// Connections begun and never seen again.
    BegunOnly,
    /// An ESP tunnel (protocol 50) that was there before the data begins and is there after its end.
    EspTunnel,
    /// Connections dropped for want of encryption: rule and ACL `unspecified`.
    EncryptionDrops,
    /// Denials by an administrator's rule of a network manager.
    AdminRuleDenials,
    /// The same 5-tuple begun and ended twice in the same millisecond, and again later.
    PortReuse,
}

impl Plant {
    /// Every behaviour once.
    pub const ALL: [Self; 10] = [
        Self::RetryHeavyPair,
        Self::InternetPortScan,
        Self::InternalPortScan,
        Self::OneWayTcp,
        Self::OneWayUdp,
        Self::BegunOnly,
        Self::EspTunnel,
        Self::EncryptionDrops,
        Self::AdminRuleDenials,
        Self::PortReuse,
    ];
}

/// A blob that ends in the middle of a tuple, as an interrupted copy does.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Which NIC's, from 0.
    pub nic: u32,
    /// Which hour's, from 0.
    pub hour: u32,
    /// Whole tuples before the cut. A blob with no more than these stays whole.
    pub tuples: u64,
}

/// A blob that was never written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which NIC's, from 0.
    pub nic: u32,
    /// Which hour's, from 0.
    pub hour: u32,
}
