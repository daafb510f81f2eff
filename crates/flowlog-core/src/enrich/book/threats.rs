//! Lists of addresses that are known for no good.

use std::net::IpAddr;
use std::sync::Arc;

use super::prefixes::{Prefixes, Ranges};
use super::{LineError, Network};

/// One list.
#[derive(Clone, Debug)]
pub(super) struct ThreatList {
    pub(super) name: Arc<str>,
    networks: Prefixes<()>,
}

impl ThreatList {
    pub(super) fn new(name: &str, networks: Vec<Network>) -> Self {
        Self { name: name.into(), networks: Prefixes::new(networks.into_iter().map(|network| (network, ()))) }
    }

    #[inline]
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.networks.find(address).is_some()
    }

    pub(super) fn ranges(&self) -> Ranges {
        self.networks.ranges(|()| true)
    }
}

/// An address or network a line. Comments behind `#` and `;`, what else follows it, blank lines and blanks around it do not
/// count.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Network>, LineError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut networks = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.split(['#', ';']).next().unwrap_or_default();
        let words = text.split(|char: char| char == ',' || char.is_whitespace());
        let Some(word) = words.map(|word| word.trim_matches('"')).find(|word| !word.is_empty()) else {
            continue;
        };
        networks.push(word.parse().map_err(|error| LineError::new(line, format!("{error}")))?);
    }
    if networks.is_empty() {
        return Err(LineError::new(
            1,
            "no address stands here; a list of threats has an address or network a line",
        ));
    }
    Ok(networks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_an_address_or_network_a_line_and_comments() {
        let text = "\u{feff}# level 5\n\n  203.0.113.7  \r\n198.51.100.0/24 ; rented\n2001:db8::/32,12\n\t\n;end\n192.0.2.1\t7\n";
        let list = ThreatList::new("level5", parse(text.as_bytes()).unwrap());
        let holds = |address: &str| list.holds(address.parse().unwrap());
        assert!(
            holds("203.0.113.7") && holds("198.51.100.200") && holds("2001:db8::9") && holds("192.0.2.1")
        );
        assert!(!holds("203.0.113.8") && !holds("198.51.101.0"));
        let error = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert_eq!(error("203.0.113.7\n\nevil.example\n").line, 3);
        assert!(error("# nothing\n").message.starts_with("no address stands here"));
    }
}
