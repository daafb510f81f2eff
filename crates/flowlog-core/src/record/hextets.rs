//! IPv6 addresses in their plain form: numbers of up to four hexadecimal digits between colons (RFC 4291, section 2.2).

/// Values of hexadecimal digits; [`NO_DIGIT`] for all other bytes.
#[allow(clippy::cast_possible_truncation)] // below 16
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};
const NO_DIGIT: u8 = 0xff;

/// The address that `text` begins with and the comma behind it: its eight numbers, and the bytes of all. `None` if it is
/// anything else, an address with dots too: the standard library has the last word on those.
pub(super) fn hextets(text: &[u8]) -> Option<([u16; 8], usize)> {
    let mut all = [0; 8];
    let (mut count, mut at) = (0, 0);
    // So many numbers stand before `::`.
    let mut gap = None;
    if text.starts_with(b"::") {
        (gap, at) = (Some(0), 2);
    }
    while gap.is_none() || text.get(at) != Some(&b',') {
        let (number, length) = hextet(text.get(at..)?)?;
        *all.get_mut(count)? = number;
        count += 1;
        at += length;
        match text.get(at..)? {
            [b',', ..] => break,
            [b':', b':', ..] if gap.is_none() => (gap, at) = (Some(count), at + 2),
            [b':', byte, ..] if *byte != b',' => at += 1,
            _ => return None,
        }
    }
    match gap {
        // It stands for one number at least.
        Some(gap) if count < 8 => {
            all.get_mut(gap..)?.rotate_right(8 - count);
            Some((all, at + 1))
        }
        None if count == 8 => Some((all, at + 1)),
        _ => None,
    }
}

/// A number and its digits, of which it has one to four.
#[inline]
fn hextet(text: &[u8]) -> Option<(u16, usize)> {
    let (mut number, mut length) = (0, 0);
    for &byte in text.iter().take(5) {
        let digit = DIGITS[usize::from(byte)];
        if digit == NO_DIGIT {
            break;
        }
        number = number << 4 | u32::from(digit);
        length += 1;
    }
    // Five digits do not fit; none is no number.
    u16::try_from(number).ok().filter(|_| (1..=4).contains(&length)).map(|number| (number, length))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    /// What the standard library says of the text before the comma.
    fn twin(text: &str) -> Option<([u16; 8], usize)> {
        let (address, _) = text.split_once(',')?;
        let parsed: Ipv6Addr = address.parse().ok()?;
        (!address.contains('.')).then(|| (parsed.segments(), address.len() + 1))
    }

    #[test]
    fn addresses_are_read_with_their_comma() {
        for text in [
            "fd00:20:1::4,1.2.3.4",
            "::,",
            "::1,",
            "1::,",
            "1:2:3:4:5:6:7:8,",
            "1:2:3:4:5:6:7::,",
            "::2:3:4:5:6:7:8,",
            "2001:DB8::ffff:0:1,",
        ] {
            assert_eq!(hextets(text.as_bytes()), twin(text), "{text}");
            assert!(hextets(text.as_bytes()).is_some(), "{text}");
        }
        for wrong in [
            "",
            ",",
            ":,",
            ":::,",
            "1,",
            "1:,",
            ":1::2,",
            "1::2:,",
            "1::2::3,",
            "12345::,",
            "1:2:3:4:5:6:7:8:9,",
            "1:2:3:4:5:6:7:8::,",
            "1:2:3:4::5:6:7:8,",
            "::ffff:10.0.0.1,",
            "fe80::1%eth0,",
            "fd00::1",
        ] {
            assert_eq!(hextets(wrong.as_bytes()), None, "{wrong}");
            assert_eq!(twin(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_read(segments: [u16; 8], zeros in 0_usize..256, more in ".{0,9}") {
            let mut segments = segments;
            segments.iter_mut().enumerate().filter(|(bit, _)| zeros >> bit & 1 == 1).for_each(|(_, part)| *part = 0);
            // Those that are written with dots are left to others.
            prop_assume!(!Ipv6Addr::from(segments).to_string().contains('.'));
            for text in [
                format!("{},{more}", Ipv6Addr::from(segments)),
                format!("{},{more}", segments.map(|part| format!("{part:X}")).join(":")),
                format!("{},{more}", segments.map(|part| format!("{part:04x}")).join(":")),
            ] {
                let length = text.find(',').unwrap() + 1;
                prop_assert_eq!(hextets(text.as_bytes()), Some((segments, length)), "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_as_the_library_reads_it(text in "[0-9a-gA-G:,]{0,24}") {
            prop_assert_eq!(hextets(text.as_bytes()), twin(&text));
        }

        #[test]
        fn colons_and_few_digits_too(text in "[01:]{0,18},") {
            prop_assert_eq!(hextets(text.as_bytes()), twin(&text));
        }
    }
}
