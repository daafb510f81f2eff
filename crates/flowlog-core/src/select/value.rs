//! How values are written.

use super::glob::Glob;
use super::tree::{DENIED, SEPARATORS, encryption_bit, outcome_bit};
use crate::connection::Outcome;
use crate::enrich::protocol_name;
use crate::flow::{AddressClass, Direction, Encryption, Protocol};

pub(super) const CLASSES: &[(&str, AddressClass)] = &[
    ("private", AddressClass::Private),
    ("nat", AddressClass::CarrierGradeNat),
    ("carrier-grade-nat", AddressClass::CarrierGradeNat),
    ("public", AddressClass::Public),
    ("internet", AddressClass::Public),
    ("platform", AddressClass::Platform),
    ("link-local", AddressClass::LinkLocal),
    ("loopback", AddressClass::Loopback),
    ("multicast", AddressClass::Multicast),
    ("broadcast", AddressClass::Broadcast),
    ("documentation", AddressClass::Documentation),
    ("reserved", AddressClass::Reserved),
];

/// What a word stands for, in either case.
pub(super) fn find<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|&(_, value)| value)
}

pub(super) fn class(value: &str) -> Option<AddressClass> {
    find(CLASSES, value)
}

/// A whole number; `parse` alone would take a sign.
pub(super) fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn protocol(value: &str) -> Option<Protocol> {
    if let Some(number) = digits(value) {
        return Some(Protocol(number));
    }
    let is =
        |number: &u8| protocol_name(Protocol(*number)).is_some_and(|name| name.eq_ignore_ascii_case(value));
    (0..=u8::MAX).find(is).map(Protocol)
}

pub(super) fn direction(value: &str) -> Option<Direction> {
    const WORDS: &[(&str, Direction)] = &[
        ("in", Direction::Inbound),
        ("inbound", Direction::Inbound),
        ("i", Direction::Inbound),
        ("out", Direction::Outbound),
        ("outbound", Direction::Outbound),
        ("o", Direction::Outbound),
    ];
    find(WORDS, value)
}

/// The outcomes of a word.
pub(super) fn outcomes(value: &str) -> Option<u8> {
    if value.eq_ignore_ascii_case("allowed") {
        return Some(!DENIED);
    }
    let name = if value.eq_ignore_ascii_case("incomplete") { Outcome::BegunOnly.name() } else { value };
    let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.name().eq_ignore_ascii_case(name))?;
    Some(outcome_bit(outcome))
}

pub(super) fn encryption(value: &str) -> Option<u16> {
    let all = |is: &dyn Fn(Encryption) -> bool| {
        let bits = Encryption::ALL.into_iter().filter(|word| is(*word)).map(encryption_bit);
        bits.fold(0, |sum, bit| sum | bit)
    };
    let bits = match value.to_ascii_lowercase().as_str() {
        "encrypted" => encryption_bit(Encryption::Encrypted),
        "unencrypted" => all(&|word| {
            let unclear =
                matches!(word, Encryption::Encrypted | Encryption::Unknown | Encryption::NotRecorded);
            !unclear && !word.is_dropped()
        }),
        "dropped" => all(&Encryption::is_dropped),
        word => all(&|other| other.word().eq_ignore_ascii_case(word)),
    };
    (bits != 0).then_some(bits)
}

pub(super) fn glob(value: &str) -> Option<Glob> {
    (!value.is_empty()).then(|| Glob::new(value))
}

pub(super) fn mac(value: &str) -> Option<Glob> {
    let digits: String = value.chars().filter(|char| !SEPARATORS.contains(char)).collect();
    let is_star = |byte| byte == b'*';
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'?' || is_star(byte));
    let letters = digits.bytes().filter(|&byte| !is_star(byte)).count();
    let long = if digits.bytes().any(is_star) { letters <= 12 } else { letters == 12 };
    (valid && long && !digits.is_empty()).then(|| Glob::new(&digits))
}

/// A whole number, also with a unit: `10k`, `1.5m`; of bytes also `1.5MB`, `2GiB`.
pub(super) fn amount(text: &str, bytes: bool) -> Option<u64> {
    let end = text.find(|char: char| !(char.is_ascii_digit() || char == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.to_ascii_lowercase();
    let (letter, tail) = unit.split_at_checked(unit.len().min(1))?;
    let power = match letter {
        "" => 0,
        "b" if bytes && tail.is_empty() => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let base: u128 = match tail {
        "" => 1000,
        "b" if bytes => 1000,
        "ib" if bytes => 1024,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    // More digits than these are beyond any count, and no two numbers of these overflow.
    if whole.is_empty() || part.is_empty() || whole.len() > 20 || part.len() > 12 {
        return None;
    }
    let factor = base.pow(power);
    let (whole, part_digits): (u128, u128) = (digits(whole)?, digits(part)?);
    let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
    let fraction = part_digits * factor;
    // Half a byte is none.
    let is_whole = fraction % scale == 0;
    let value = whole * factor + fraction / scale;
    is_whole.then(|| u64::try_from(value).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_are_exact() {
        for (text, bytes, number) in [
            ("0", Some(0), Some(0)),
            ("1500", Some(1_500), Some(1_500)),
            ("10k", Some(10_000), Some(10_000)),
            ("1.5M", Some(1_500_000), Some(1_500_000)),
            ("1.5GB", Some(1_500_000_000), None),
            ("2KiB", Some(2_048), None),
            ("0.5kib", Some(512), None),
            ("7b", Some(7), None),
            ("1t", Some(1_000_000_000_000), Some(1_000_000_000_000)),
            ("18446744073709551615", Some(u64::MAX), Some(u64::MAX)),
            ("18446744073709551616", None, None),
            ("99999999999999999999t", None, None),
            ("0.5", None, None),
            ("1.", None, None),
            (".5k", None, None),
            ("1.2.3k", None, None),
            ("-1", None, None),
            ("+1", None, None),
            ("k", None, None),
            ("", None, None),
            ("1ki", None, None),
            ("1p", None, None),
            ("1\u{e9}", None, None),
        ] {
            assert_eq!((amount(text, true), amount(text, false)), (bytes, number), "{text}");
        }
    }

    #[test]
    fn every_value_has_a_word() {
        for known in AddressClass::ALL {
            assert!(CLASSES.iter().any(|(_, class)| *class == known), "{known}");
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcomes(outcome.name()), Some(outcome_bit(outcome)));
        }
        let whole = Outcome::ALL.map(outcome_bit).into_iter().fold(0, |sum, bit| sum | bit);
        assert_eq!((whole, outcomes("allowed")), (u8::MAX, Some(!DENIED)));
        for word in Encryption::ALL {
            assert_eq!(encryption(word.word()), Some(encryption_bit(word)), "{word:?}");
        }
        for number in 0..=u8::MAX {
            assert_eq!(protocol(&number.to_string()), Some(Protocol(number)));
        }
        assert_eq!((protocol("tcp"), protocol("256"), protocol("")), (Some(Protocol::TCP), None, None));
    }

    #[test]
    fn macs_are_whole_or_have_wildcards() {
        for (text, valid) in [
            ("000D3A1B2C3D", true),
            ("00:0d:3a:1b:2c:3d", true),
            ("000d.3a1b.2c3d", true),
            ("000D3A*", true),
            ("????????????", true),
            ("000D3A", false),
            ("000D3A1B2C3D4*", false),
            ("hub*", false),
            ("", false),
            ("::", false),
        ] {
            assert_eq!(mac(text).is_some(), valid, "{text}");
        }
    }
}
