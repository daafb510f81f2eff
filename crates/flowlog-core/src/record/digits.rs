//! Decimal numbers read eight bytes at a time.
//!
//! Digits are `0x30..=0x39`: with `0x30` taken away (XOR), a byte is a digit if it is below 10, and
//! then adding `0x76` does not reach its top bit. The lowest top bit set therefore marks where the
//! digits end, and a shift puts the last digit into the highest byte, with zeros for what is
//! missing in front. Three multiplications then join digits to pairs, pairs to fours and fours to
//! eight. Nothing depends on the number of digits, so no branch is mispredicted.

/// How many of the eight bytes, from the first on, are digits, and the bytes with `0x30` taken away.
#[inline]
fn digits(bytes: [u8; 8]) -> (u32, u64) {
    let values = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    (others(values).trailing_zeros() / 8, values)
}

/// The top bit of each byte that is no digit's value.
#[inline]
fn others(values: u64) -> u64 {
    // Bytes with a top bit of their own are no digits; without it no byte's sum carries into the next.
    let low = values & 0x7f7f_7f7f_7f7f_7f7f;
    ((low + 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// Eight digit values, the most significant in the lowest byte, as one number.
#[inline]
pub(super) fn join(values: u64) -> u64 {
    let pairs = (values.wrapping_mul(10) + (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff
}

/// The number of one to seven digits that `text` begins with, and how many digits it has. `None` if there are
/// more or none, or if fewer than eight bytes are there to look at.
#[inline]
pub(super) fn short_number(text: &[u8]) -> Option<(u64, usize)> {
    let (count, values) = digits(*text.first_chunk()?);
    if count == 0 || count == 8 {
        return None;
    }
    Some((join(values << (64 - 8 * count)), count as usize))
}

/// One bit for each byte that is no digit.
#[inline]
fn others_of(window: &[u8; 16]) -> u64 {
    let half = |bytes: &[u8]| {
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        // The multiplication moves the eight top bits side by side.
        let marks = others(u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030) >> 7;
        marks.wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    let (low, high) = window.split_at(8);
    half(low) | half(high) << 8
}

/// The eight-digit number that `text` begins with.
#[inline]
pub(super) fn eight_digits(text: &[u8]) -> Option<u64> {
    let (count, values) = digits(*text.first_chunk()?);
    (count == 8).then(|| join(values))
}

/// The dotted quad that `text` begins with and the comma behind it: the octets, and the number of bytes.
/// `None` if it is anything else, or if fewer than 16 bytes are there to look at. A leading zero is octal to
/// some readers: the standard library rejects it, and so does this.
#[inline]
pub(super) fn dotted_quad(text: &[u8]) -> Option<([u8; 4], usize)> {
    // The longest quad and its comma take 16 bytes.
    let window: &[u8; 16] = text.first_chunk()?;
    let mut separators = others_of(window);
    let mut octets = [0; 4];
    let mut start = 0;
    let mut wrong = false;
    for (octet, separator) in octets.iter_mut().zip(*b"...,") {
        let end = separators.trailing_zeros() as usize;
        separators &= separators.wrapping_sub(1);
        let length = end.wrapping_sub(start);
        let digits = u32::from_le_bytes(*window.get(start..)?.first_chunk()?) ^ 0x3030_3030;
        wrong |= length.wrapping_sub(1) > 2 || window.get(end) != Some(&separator);
        wrong |= length > 1 && digits.trailing_zeros() >= 8;
        // The last digit comes to the highest byte, zeros to those of missing ones.
        let digits = digits << ((32_usize.wrapping_sub(8 * length)) & 31);
        let value = (digits >> 24) + 10 * (digits >> 16 & 0xff) + 100 * (digits >> 8 & 0xff);
        wrong |= value > 255;
        *octet = u8::try_from(value & 0xff).unwrap_or_default();
        start = end + 1;
    }
    if wrong { None } else { Some((octets, start)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_end_where_their_digits_end() {
        assert_eq!(short_number(b"0,zzzzzz"), Some((0, 1)));
        assert_eq!(short_number(b"65535,\xff\xff"), Some((65535, 5)));
        assert_eq!(short_number(b"9999999:"), Some((9_999_999, 7)));
        assert_eq!(short_number(b"0012345/"), Some((12345, 7)));
        assert_eq!(short_number(b"12345678"), None);
        assert_eq!(short_number(b",2345678"), None);
        assert_eq!(short_number(b"1,"), None);
        assert_eq!(eight_digits(b"1768464001000"), Some(17_684_640));
        assert_eq!(eight_digits(b"99999999"), Some(99_999_999));
        assert_eq!(eight_digits(b"9999999\xb0"), None);
    }

    #[test]
    fn quads_are_read_with_their_comma() {
        assert_eq!(dotted_quad(b"10.0.0.4,20.1.2.3"), Some(([10, 0, 0, 4], 9)));
        assert_eq!(dotted_quad(b"255.255.255.255,"), Some(([255; 4], 16)));
        assert_eq!(dotted_quad(b"0.0.0.0,........"), Some(([0; 4], 8)));
        for wrong in [
            "256.0.0.1,.......",
            "1.2.3,4.5.6.7.8.",
            "01.2.3.4,.......",
            "1.2.3.4.5,......",
            "1..2.3,.........",
        ] {
            assert_eq!(dotted_quad(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(dotted_quad(b"fd00:20:1::4,1.2"), None);
        assert_eq!(dotted_quad(b"1234567890123456"), None);
        assert_eq!(dotted_quad(b"1.2.3.4,5"), None);
    }

    proptest! {
        #[test]
        fn quads_as_the_standard_library(text in prop_oneof![
            any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            "[0-9.]{1,16}",
            "[0-9]{1,3}(\\.[0-9]{1,4}){2,4}",
        ], tail in "[0-9.,a-z]{16}") {
            let line = format!("{text},{tail}");
            let expected = text.parse::<std::net::Ipv4Addr>().ok().map(|quad| (quad.octets(), text.len() + 1));
            prop_assert_eq!(dotted_quad(line.as_bytes()), expected, "{}", line);
        }

        #[test]
        fn any_sixteen_bytes_do_no_harm(bytes in any::<[u8; 16]>()) {
            dotted_quad(&bytes);
        }
    }

    proptest! {
        #[test]
        fn as_the_plain_way(text in prop_oneof![
            proptest::collection::vec(any::<u8>(), 8..12),
            "[0-9]{0,9}[^0-9]{0,2}[0-9a-z,.]{8}".prop_map(String::into_bytes),
        ]) {
            let plain = text.iter().take_while(|byte| byte.is_ascii_digit()).count().min(8);
            let value = std::str::from_utf8(&text[..plain]).unwrap().parse::<u64>().ok();
            prop_assert_eq!(short_number(&text), value.filter(|_| plain < 8).map(|value| (value, plain)));
            prop_assert_eq!(eight_digits(&text), value.filter(|_| plain == 8));
        }
    }
}
