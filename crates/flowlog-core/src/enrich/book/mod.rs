//! What the person's own files say of addresses: names.

mod facts;
mod names;
mod prefixes;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::flow::Network;
pub use facts::{FactKind, HostFacts, KnownHosts};
use prefixes::Prefixes;
pub use prefixes::Ranges;

/// What is wrong with a file about addresses, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct LineError {
    /// From 1.
    pub line: u64,
    /// What is wrong there.
    pub message: String,
}

impl LineError {
    fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Everything the files say, put together file by file.
#[derive(Debug, Default)]
pub struct AddressBookBuilder {
    named: Vec<(Network, String)>,
}

impl AddressBookBuilder {
    /// Adds a file of names: CSV of address or network and name, or what `az network nic list` or
    /// `az vm list-ip-addresses` prints. What comes later counts.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn names(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.named.extend(names::parse(bytes)?);
        Ok(())
    }

    /// The book.
    pub fn finish(self) -> AddressBook {
        let distinct: BTreeSet<&str> = self.named.iter().map(|(_, name)| name.as_str()).collect();
        let names: Vec<Arc<str>> = distinct.into_iter().map(Arc::from).collect();
        let number =
            |name: &String| names.binary_search_by(|known| (**known).cmp(name.as_str())).unwrap_or_default();
        let named = Prefixes::new(self.named.iter().map(|(network, name)| (*network, number(name))));
        AddressBook { names, named }
    }
}

/// What the person's files say of addresses.
///
/// Memory: some 50 bytes a name and 24 an address or network of IPv4.
#[derive(Debug, Default)]
pub struct AddressBook {
    /// In order, each once.
    names: Vec<Arc<str>>,
    /// Places of `names`.
    named: Prefixes<usize>,
}

impl AddressBook {
    /// True if no file says anything.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// The kinds of facts that some file says anything of.
    pub fn kinds(&self) -> Vec<FactKind> {
        FactKind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }

    /// True if some file says anything of this kind.
    pub fn has(&self, kind: FactKind) -> bool {
        match kind {
            FactKind::Name => !self.names.is_empty(),
        }
    }

    /// All names, in order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// What is known of an address.
    pub fn facts(&self, address: IpAddr) -> HostFacts {
        HostFacts { name: self.name_place(address).and_then(|place| self.names.get(place)).cloned() }
    }

    fn name_place(&self, address: IpAddr) -> Option<usize> {
        self.named.find(address)
    }

    /// A fact of an address as a number whose order is that of the facts; 0 if it is not known.
    pub fn number(&self, address: IpAddr, kind: FactKind) -> u64 {
        match kind {
            FactKind::Name => self.name_place(address).map_or(0, |place| place as u64 + 1),
        }
    }

    /// The text of such a number.
    pub fn text(&self, number: u64, kind: FactKind) -> Option<Arc<str>> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        match kind {
            FactKind::Name => self.names.get(place).cloned(),
        }
    }

    /// The addresses whose name is one of those that `is` says.
    pub fn named(&self, is: impl Fn(&str) -> bool) -> Ranges {
        let is: Vec<bool> = self.names.iter().map(|name| is(name)).collect();
        self.named.ranges(|place| is.get(place).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_file_counts_and_a_smaller_network_more() {
        let mut builder = AddressBookBuilder::default();
        builder.names(b"10.0.0.0/24,subnet\n10.0.0.4,old\n").unwrap();
        builder.names(b"10.0.0.4,new\n10.0.0.0/16,vnet\n").unwrap();
        let book = builder.finish();
        let name = |address: &str| book.facts(address.parse().unwrap()).name;
        let expected = [Some("new"), Some("subnet"), Some("vnet"), None].map(|name| name.map(Arc::from));
        assert_eq!(["10.0.0.4", "10.0.0.5", "10.0.9.9", "10.1.0.0"].map(name), expected);
        assert_eq!(
            book.names().iter().map(|name| &**name).collect::<Vec<_>>(),
            ["new", "old", "subnet", "vnet"]
        );
        assert_eq!(book.named(|name| name == "new").0, [(0x0a00_0004, 0x0a00_0004)]);
        assert_eq!(book.named(|name| name == "old").0, []);
    }
}
