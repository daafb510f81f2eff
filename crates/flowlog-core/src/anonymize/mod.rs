//! Flow logs that can be handed on: addresses, NICs, rules and resources replaced, everything else as it was.
//!
//! An [`Anonymizer`] maps each address, MAC address, GUID and name to another of its kind, by a secret [`Key`]:
//! the same everywhere under one key, so that logs of different days and files still belong together, and
//! something else under another. Addresses keep their class and their common prefixes (`crypto_pan`), names
//! that Azure gives keep their meaning (`words`). [`Anonymizer::rewrite`] does so to the text of a flow log,
//! [`Anonymizer::path`] to the names of its folders and its file.
//!
//! What is written comes from a list of what may stay, not from a list of what has to go: text that is not known
//! to be harmless is replaced, and bytes that are no JSON are left out.

mod address;
mod crypto_pan;
mod key;
mod names;
mod path;
mod rewrite;
mod text;
mod words;

use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crypto_pan::CryptoPan;
pub use key::{BadKey, KEY_BYTES, Key};
use names::Names;
pub use rewrite::Rewritten;

/// So many addresses, and so many names, are remembered; then a table is emptied. A few MiB a thread.
const REMEMBERED: usize = 1 << 16;
/// Longer texts are mapped anew each time.
const LONGEST_REMEMBERED: usize = 512;

/// Replaces what tells whose network it is. Each thread has its own: cloning takes no more than the key.
pub struct Anonymizer {
    pan: CryptoPan,
    names: Names,
    /// What has been mapped, at most [`REMEMBERED`]: the same few come again and again.
    addresses: HashMap<IpAddr, IpAddr, FixedState>,
    texts: HashMap<(text::Kind, Box<str>), Box<str>, FixedState>,
}

impl Anonymizer {
    /// Maps by `key`.
    pub fn new(key: &Key) -> Self {
        Self {
            pan: CryptoPan::new(key.bytes()),
            names: Names::new(key.bytes()),
            addresses: HashMap::default(),
            texts: HashMap::default(),
        }
    }

    /// The address that stands for `address`: of the same class and, within it, with the same common prefixes
    /// (`anonymize/address.rs` tells where they end).
    pub fn address(&mut self, address: IpAddr) -> IpAddr {
        if let Some(known) = self.addresses.get(&address) {
            return *known;
        }
        if self.addresses.len() >= REMEMBERED {
            self.addresses.clear();
        }
        let mapped = address::anonymize(&self.pan, address);
        self.addresses.insert(address, mapped);
        mapped
    }
}
