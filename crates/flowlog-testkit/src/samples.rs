//! The scenario behind `samples/container`: small, with documentation addresses alone, and with
//! something of everything a container can hold.

use crate::scenario::{Addresses, Cut, Gap, Mix, Plant, Scenario, Volume};

/// Three NICs with `VNet` flow logs and one with an NSG flow log (version 2), two hours; one `VNet` blob
/// breaks off, and the NSG flow log was switched off after the first hour.
#[must_use]
pub fn container() -> Scenario {
    Scenario {
        seed: 19,
        // 2026-01-15 09:00 UTC
        start_ms: 1_768_467_600_000,
        hours: 2,
        nics: 4,
        nsg_v2_nics: 1,
        volume: Volume::Tuples(1_500),
        addresses: Addresses::Documentation,
        internal_hosts: 24,
        internet_hosts: 90,
        ipv6_share: 0.15,
        quiet_minutes: 0.65,
        plants: [&Plant::ALL[..], &[Plant::EncryptionDrops]].concat(),
        mix: Mix { long: 1, ..Mix::default() },
        gaps: vec![Gap { nic: 3, hour: 1 }],
        cut: Some(Cut { nic: 1, hour: 1, tuples: 150 }),
        ..Scenario::default()
    }
}
