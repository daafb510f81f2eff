//! What the provider of an address in the internet says of those who talk to it.

use std::net::IpAddr;

use super::Sentence;
use crate::enrich;

/// Clouds in which vendors run their services, and anyone else can, too.
const CLOUDS: [&str; 7] = [
    "Alibaba Cloud",
    "Amazon AWS",
    "Google Cloud",
    "Huawei Cloud",
    "IBM Cloud",
    "Oracle Cloud",
    "Tencent Cloud",
];
/// Hosters, of which anyone rents a server by the hour: attackers do.
const HOSTERS: [&str; 22] = [
    "Akamai Cloud (Linode)",
    "Contabo",
    "Datacamp (CDN77)",
    "DigitalOcean",
    "Fly.io",
    "Gcore",
    "Hetzner",
    "Hostinger",
    "IONOS",
    "Infomaniak",
    "Leaseweb",
    "M247",
    "OVHcloud",
    "Rackspace",
    "Scaleway",
    "Selectel",
    "Telegram",
    "UCloud",
    "UpCloud",
    "Vultr",
    "Worldstream",
    "netcup",
];
/// Where services for the public listen.
const WEB_PORTS: [u16; 2] = [80, 443];

/// Who runs an address, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Provider {
    name: Option<&'static str>,
}

impl Provider {
    pub(super) fn of(address: Option<IpAddr>) -> Self {
        Self { name: address.and_then(enrich::provider) }
    }

    /// Update, push and telemetry services of known vendors are the most regular and the longest talkers there are:
    /// what goes to one at `port` is most likely theirs.
    pub(super) fn is_vendor(self, port: u16) -> bool {
        match self.name {
            None => false,
            Some(name) if name.ends_with("(scanner)") || HOSTERS.contains(&name) => false,
            Some(name) => !CLOUDS.contains(&name) || WEB_PORTS.contains(&port),
        }
    }

    /// ` (Hetzner)`, to stand behind the address; nothing if nobody is known.
    pub(super) fn in_brackets(self) -> String {
        self.name
            .map(|name| format!(" ({})", name.trim_end_matches(')').replace(" (", ", ")))
            .unwrap_or_default()
    }

    /// What the provider means for a finding.
    pub(super) fn sentence(self, port: u16) -> Sentence {
        match self.name {
            None => Sentence::ProviderUnknown,
            Some(name) if self.is_vendor(port) => Sentence::ProviderVendor(name),
            Some(name) => Sentence::ProviderRented(name),
        }
    }

    pub(super) fn name(self) -> Option<&'static str> {
        self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Provider {
        Provider::of(address.parse().ok())
    }

    #[test]
    fn vendors_are_told_from_those_who_let_servers() {
        assert!(of("13.107.42.14").is_vendor(443) && of("17.0.0.1").is_vendor(5223));
        assert!(of("3.5.140.1").is_vendor(443) && !of("3.5.140.1").is_vendor(4444));
        let hetzner = of("88.198.1.1");
        assert_eq!(hetzner.name(), Some("Hetzner"));
        assert!(!hetzner.is_vendor(443) && hetzner.sentence(443) == Sentence::ProviderRented("Hetzner"));
        assert!(!of("203.0.113.7").is_vendor(443) && of("203.0.113.7").in_brackets().is_empty());
        assert_eq!(of("13.107.42.14").in_brackets(), " (Microsoft Azure)");
    }

    /// A name that the table no longer has would be looked for in vain.
    #[test]
    fn every_name_is_one_of_the_table() {
        let table = include_bytes!("../../data/providers.bin");
        let text =
            String::from_utf8_lossy(&table[..table.windows(2).position(|two| two == b"\n\n").unwrap()]);
        for name in CLOUDS.iter().chain(&HOSTERS) {
            assert!(text.lines().any(|line| line == *name), "{name}");
        }
    }
}
