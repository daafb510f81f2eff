//! A NIC's log as one number.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::record::{LogKind, RecordContext};

const KIND: u64 = 1 << 48;
const MAC_KNOWN: u64 = 1 << 49;
const REST: u32 = 50;

/// One NIC's log: the same number for the same NIC, resource and kind of log. The number holds the MAC
/// address, and of the resource as much as tells the logs of one NIC apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(u64);

impl LogId {
    /// The log of the NIC `mac` (12 hex digits, no separators) and of `resource` (lower case).
    pub fn new(mac: &str, resource: &str, kind: LogKind) -> Self {
        // The same in every run, since connections are ordered by it: no table is laid out by these hashes.
        let hash = |text: &str| FixedState::default().hash_one(text);
        let is_mac = mac.len() == 12 && mac.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = u64::from_str_radix(mac, 16).ok().filter(|_| is_mac);
        let mac = digits.map_or_else(|| hash(mac) % KIND, |digits| digits | MAC_KNOWN);
        let kind = if kind == LogKind::Nsg { KIND } else { 0 };
        Self(mac | kind | (hash(resource) >> REST << REST))
    }

    /// The log that a record is of, whatever the case and separators its names are written with.
    pub fn of(record: &RecordContext<'_>) -> Self {
        let mut mac = String::new();
        make_plain(record.mac, &mut mac);
        Self::new(&mac, &record.resource.to_ascii_lowercase(), record.kind)
    }

    /// The MAC address, 12 upper-case hex digits; `None` if the records hold none that is one.
    pub fn mac(self) -> Option<String> {
        (self.0 & MAC_KNOWN != 0).then(|| format!("{:012X}", self.0 % KIND))
    }

    /// VNet or NSG.
    pub fn kind(self) -> LogKind {
        if self.0 & KIND == 0 { LogKind::VNet } else { LogKind::Nsg }
    }
}

/// A MAC address without separators, upper case.
pub(crate) fn make_plain(mac: &str, plain: &mut String) {
    plain.clear();
    plain.extend(mac.chars().filter(|c| !matches!(c, '-' | ':' | '.')));
    plain.make_ascii_uppercase();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_told_by_nic_resource_and_kind() {
        let log = LogId::new("000D3A05C006", "/vnet", LogKind::VNet);
        assert_eq!((log.mac().as_deref(), log.kind()), (Some("000D3A05C006"), LogKind::VNet));
        assert_eq!(log, LogId::new("000D3A05C006", "/vnet", LogKind::VNet));
        for other in [
            LogId::new("000D3A05C007", "/vnet", LogKind::VNet),
            LogId::new("000D3A05C006", "/vnet", LogKind::Nsg),
            LogId::new("000D3A05C006", "/subnet", LogKind::VNet),
            LogId::new("no mac", "/vnet", LogKind::VNet),
        ] {
            assert_ne!(log, other);
        }
        let record = |mac, resource| {
            LogId::of(&RecordContext { time_ms: None, mac, kind: LogKind::VNet, resource, offset: 0 })
        };
        assert_eq!(record("00-0d-3a-05-c0-06", "/VNet"), log);
        assert_eq!(LogId::new("", "", LogKind::Nsg).mac(), None);
        assert_eq!(LogId::new("+00D3A05C006", "", LogKind::Nsg).mac(), None);
    }
}
