//! Names of resources and blobs, as Azure writes them.

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::settings::{Addresses, Format, Scenario};
use super::world::Nic;
use crate::rng::Rng;

/// The names a landscape is known by.
#[derive(Debug)]
pub(crate) struct Names {
    subscription: String,
    region: &'static str,
    /// Short names keep the samples' paths short.
    short: bool,
    guid_salt: u64,
}

impl Names {
    pub(crate) fn new(scenario: &Scenario, rng: &mut Rng) -> Self {
        let short = scenario.addresses == Addresses::Documentation;
        let subscription = guid(rng.next(), rng.next());
        Self {
            subscription,
            region: if short { "ukwest" } else { "westeurope" },
            short,
            guid_salt: rng.next(),
        }
    }

    fn vnet(&self, vnet: u32) -> String {
        if self.short { format!("vnet{}", vnet + 1) } else { format!("vnet-shop-{:02}", vnet + 1) }
    }

    fn group(&self) -> &'static str {
        if self.short { "rg" } else { "rg-shop" }
    }

    fn flow_log(&self, vnet: u32) -> String {
        if self.short { format!("FL{}", vnet + 1) } else { format!("VNET-SHOP-{:02}-FLOWLOG", vnet + 1) }
    }

    /// The flow log's own id.
    pub(crate) fn flow_log_guid(&self, vnet: u32) -> String {
        guid(self.guid_salt ^ u64::from(vnet), !self.guid_salt)
    }

    /// `flowLogResourceID`, upper case.
    pub(crate) fn flow_log_resource(&self, vnet: u32) -> String {
        format!(
            "/SUBSCRIPTIONS/{}/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_{}/FLOWLOGS/{}",
            self.subscription.to_uppercase(),
            self.region.to_uppercase(),
            self.flow_log(vnet)
        )
    }

    /// `targetResourceID`, mixed case.
    pub(crate) fn target_resource(&self, vnet: u32) -> String {
        let (subscription, group, vnet) = (&self.subscription, self.group(), self.vnet(vnet));
        format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{vnet}"
        )
    }

    /// The ARM id of an NSG.
    pub(crate) fn nsg(&self, vnet: u32, role: &str) -> String {
        let (subscription, group) = (&self.subscription, self.group());
        let nsg = if self.short {
            format!("{role}{}", vnet + 1)
        } else {
            format!("nsg-{}-{role}", self.vnet(vnet))
        };
        format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}"
        )
    }

    /// The ARM id of the network manager.
    pub(crate) fn network_manager(&self) -> String {
        let subscription = &self.subscription;
        format!(
            "/subscriptions/{subscription}/resourceGroups/rg-hub/providers/Microsoft.Network/networkManagers/avnm-hub"
        )
    }

    /// The name of a NIC's blob of one hour. `nsg` is the ARM id of the NIC's NSG.
    pub(crate) fn blob(&self, nic: &Nic, nsg: &str, hour_ms: i64) -> String {
        let time = utc(hour_ms);
        let source = match nic.format {
            Format::VNet => format!(
                "flowLogResourceID=/{}_NETWORKWATCHERRG/NETWORKWATCHER_{}_{}",
                self.subscription.to_uppercase(),
                self.region.to_uppercase(),
                self.flow_log(nic.vnet)
            ),
            Format::NsgV1 | Format::NsgV2 => format!("resourceId={}", nsg.to_uppercase()),
        };
        format!(
            "{source}/y={:04}/m={:02}/d={:02}/h={:02}/m=00/macAddress={}/PT1H.json",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            nic.mac
        )
    }
}

/// Unix ms as a calendar time; the epoch for what lies outside the calendar.
pub(crate) fn utc(time_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time_ms).unwrap_or_default()
}

/// 128 bits in the form of a version 4 UUID.
pub(crate) fn guid(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
