//! Names, MAC addresses and GUIDs -> others of the same shape, by HMAC-SHA-256.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::KEY_BYTES;

/// Letters and digits of pseudonyms: 5 bits each. They look like names and cannot be mistaken for hexadecimal
/// numbers, since each begins with an `x`.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters behind the `x`. 60 bits: among a million names, two become one with a chance of 1 to 2 million.
const LENGTH: usize = 12;
const MAC_DIGITS: usize = 12;
const GUID_DASHES: [usize; 4] = [8, 13, 18, 23];
const GUID_LENGTH: usize = 36;
/// Rounds of the Feistel network that permutes MAC addresses; four make it a strong pseudo-random permutation (Luby,
/// Rackoff 1988).
const ROUNDS: u8 = 4;

#[derive(Clone)]
pub(super) struct Names {
    keyed: Option<Hmac<Sha256>>,
}

impl Names {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        // HMAC takes keys of every length, so there is no error to handle.
        Self { keyed: Hmac::new_from_slice(key).ok() }
    }

    /// 32 bytes that depend on the key, on what kind of text it is, and on the text.
    fn digest(&self, kind: &str, text: &[u8]) -> [u8; 32] {
        let Some(mac) = self.keyed.clone() else { return [0; 32] };
        mac.chain_update(kind.as_bytes()).chain_update([0]).chain_update(text).finalize().into_bytes().into()
    }

    /// The pseudonym of a resource's name. The case of names does not matter in Azure, and Azure
    /// writes them in upper case and as they were given: both get the same pseudonym, in their own case.
    pub(super) fn name(&self, text: &str) -> String {
        let name = letters(&self.digest("name", text.to_lowercase().as_bytes()));
        match (text.contains(char::is_lowercase), text.contains(char::is_uppercase)) {
            (false, true) => name.to_uppercase(),
            (true, true) => name.replacen('x', "X", 1),
            (_, false) => name,
        }
    }

    /// The pseudonym of a text of which the case may matter.
    pub(super) fn exact(&self, text: &str) -> String {
        letters(&self.digest("exact", text.as_bytes()))
    }

    /// So many hexadecimal digits (at most 64) in place of others.
    pub(super) fn digits(&self, text: &str) -> String {
        let digits = hex(&self.digest("digits", text.to_lowercase().as_bytes()));
        digits.chars().take(text.len()).collect()
    }

    /// The MAC address that stands for `text`, if it is one: bare or with `-`, `:` or `.` in it, in its case.
    /// The two bits that say whether it is of a group, and whether it is locally administered, stay.
    pub(super) fn mac(&self, text: &str) -> Option<String> {
        let digits: String = text.chars().filter(|char| !matches!(char, '-' | ':' | '.')).collect();
        if digits.len() != MAC_DIGITS || text.len() > MAC_DIGITS + 5 {
            return None;
        }
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let plain = u64::from_str_radix(&digits, 16).ok()?;
        let bits = |mac: u64| mac >> 40 & 3;
        let mut mapped = self.permute(plain);
        while bits(mapped) != bits(plain) {
            mapped = self.permute(mapped);
        }
        let lower = text.contains(|char: char| char.is_ascii_lowercase());
        let digits = if lower { format!("{mapped:012x}") } else { format!("{mapped:012X}") };
        let mut digits = digits.chars();
        Some(
            text.chars()
                .filter_map(|char| if char.is_ascii_hexdigit() { digits.next() } else { Some(char) })
                .collect(),
        )
    }

    /// A permutation of 48 bits.
    fn permute(&self, mac: u64) -> u64 {
        const HALF: u64 = 0xff_ffff;
        let (mut left, mut right) = (mac >> 24 & HALF, mac & HALF);
        for round in 0..ROUNDS {
            let [.., high, middle, low] = right.to_be_bytes();
            let [first, second, third, ..] = self.digest("mac", &[round, high, middle, low]);
            let mixed = u64::from(u32::from_be_bytes([0, first, second, third]));
            (left, right) = (right, left ^ mixed);
        }
        left << 24 | right
    }

    /// The GUID that stands for `text`, if it is one, in its case. That of zeros means none, and stays.
    pub(super) fn guid(&self, text: &str) -> Option<String> {
        if !is_guid(text) {
            return None;
        }
        if text.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
            return Some(text.to_owned());
        }
        let mut digits = hex(&self.digest("guid", text.to_ascii_lowercase().as_bytes()));
        // Of random bits, as it says in the 13th digit and the two bits behind the 16th.
        digits.replace_range(12..13, "4");
        digits.replace_range(16..17, "8");
        for (index, dash) in GUID_DASHES.into_iter().enumerate() {
            debug_assert!(dash >= index);
            digits.insert(dash, '-');
        }
        digits.truncate(GUID_LENGTH);
        let upper = !text.contains(|char: char| char.is_ascii_lowercase())
            && text.contains(|char: char| char.is_ascii_uppercase());
        Some(if upper { digits.to_ascii_uppercase() } else { digits })
    }
}

/// Whether `text` has the shape of a GUID.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == GUID_LENGTH
        && text.bytes().enumerate().all(|(index, byte)| {
            if GUID_DASHES.contains(&index) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

fn letters(digest: &[u8]) -> String {
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
    std::iter::once('x').chain(digest.iter().filter_map(letter).take(LENGTH)).collect()
}

fn hex(digest: &[u8]) -> String {
    digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    fn names() -> Names {
        Names::new(&[7; KEY_BYTES])
    }

    #[test]
    fn a_name_gets_the_same_pseudonym_in_every_case() {
        let (lower, upper, mixed) =
            (names().name("rg-shop"), names().name("RG-SHOP"), names().name("rg-Shop"));
        assert_eq!(lower.to_uppercase(), upper);
        assert_eq!(mixed.to_lowercase(), lower);
        assert!(lower.len() == 13 && lower.starts_with('x') && mixed.starts_with('X'));
        assert_ne!(names().name("rg-shop2"), lower);
        assert_ne!(names().exact("rg-shop"), names().exact("RG-SHOP"));
        assert_ne!(Names::new(&[8; KEY_BYTES]).name("rg-shop"), lower);
    }

    #[test]
    fn a_mac_address_stays_one_in_its_form() {
        let bare = names().mac("7C1E5264840B").unwrap();
        assert!(bare.len() == 12 && bare != "7C1E5264840B" && bare == bare.to_uppercase());
        let dashed = names().mac("7c-1e-52-64-84-0b").unwrap();
        assert_eq!(dashed.replace('-', "").to_uppercase(), bare);
        assert_eq!(dashed.matches('-').count(), 5);
        for other in ["", "7C1E5264840", "7C1E5264840G", "x7C1E5264840B", "7C1E5264840B7C"] {
            assert_eq!(names().mac(other), None);
        }
    }

    #[test]
    fn a_guid_stays_one_and_zeros_stay() {
        let text = "8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5";
        let upper = names().guid(text).unwrap();
        assert!(is_guid(&upper) && upper != text && upper == upper.to_uppercase());
        assert_eq!(names().guid(&text.to_lowercase()).unwrap(), upper.to_lowercase());
        let none = "00000000-0000-0000-0000-000000000000";
        assert_eq!(names().guid(none).as_deref(), Some(none));
        assert_eq!(names().guid("8AD06DA4"), None);
        assert_eq!(names().digits("892774d6").len(), 8);
    }

    proptest! {
        #[test]
        fn no_two_mac_addresses_become_one(macs in prop::collection::hash_set(0_u64..1 << 48, 2..40)) {
            let mapped: HashSet<String> =
                macs.iter().map(|mac| names().mac(&format!("{mac:012X}")).unwrap()).collect();
            prop_assert_eq!(mapped.len(), macs.len());
        }
    }
}
