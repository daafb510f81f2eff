//! Numbers, addresses and words of a line of a file, written into memory of a fixed size: the millions of rows of
//! tuples take most of their time here. Nothing of it can need quotation marks.
//!
//! What is short is put together in a register and stored as eight bytes, whatever its length: the line then goes on
//! behind its last byte.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// More than all that follows the names in the longest line: `write` drops what goes beyond.
pub(super) const LINE: usize = 1024;

/// A number below 1000: its digits, the first one in the lowest byte, and how many they are in the highest one.
const NUMBERS: [u32; 1000] = numbers();
/// The same with zeros in front: three digits each.
const PADDED: [u32; 1000] = padded();

const fn numbers() -> [u32; 1000] {
    let mut all = [0; 1000];
    let mut number: u16 = 0;
    while number < 1000 {
        let [hundreds, tens, ones] = digits(number);
        all[number as usize] = u32::from_le_bytes(match number {
            0..10 => [ones, 0, 0, 1],
            10..100 => [tens, ones, 0, 2],
            _ => [hundreds, tens, ones, 3],
        });
        number += 1;
    }
    all
}

const fn padded() -> [u32; 1000] {
    let mut all = [0; 1000];
    let mut number: u16 = 0;
    while number < 1000 {
        let [hundreds, tens, ones] = digits(number);
        all[number as usize] = u32::from_le_bytes([hundreds, tens, ones, 0]);
        number += 1;
    }
    all
}

/// The three decimal digits of a number below 1000.
pub(super) const fn digits(number: u16) -> [u8; 3] {
    [b'0' + (number / 100 % 10) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// The entry of a number below 1000.
#[inline]
fn entry(table: &'static [u32; 1000], number: u64) -> u64 {
    usize::try_from(number).ok().and_then(|number| table.get(number)).copied().unwrap_or_default().into()
}

/// Up to eight bytes, the first one lowest, and the bits they take.
#[derive(Clone, Copy)]
struct Short {
    bytes: u64,
    bits: u64,
}

impl Short {
    /// A number below 1000.
    #[inline]
    fn small(number: u64) -> Self {
        let entry = entry(&NUMBERS, number);
        Self { bytes: entry & 0x00ff_ffff, bits: entry >> 24 << 3 }
    }

    #[inline]
    fn then(self, bytes: u64, bits: u64) -> Self {
        Self { bytes: self.bytes | bytes << self.bits, bits: self.bits + bits }
    }

    #[inline]
    fn byte(self, byte: u8) -> Self {
        self.then(byte.into(), 8)
    }

    /// The three digits of a number below 1000.
    #[inline]
    fn padded(self, number: u64) -> Self {
        self.then(entry(&PADDED, number), 24)
    }
}

/// Most bytes of a [`Piece`].
const PIECE: usize = 48;

/// A short text that many lines have: as many bytes are copied whatever its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    bytes: [u8; PIECE],
    length: usize,
}

impl Piece {
    /// Of at most [`PIECE`] bytes.
    pub(super) fn new(text: &[u8]) -> Self {
        debug_assert!(text.len() <= PIECE, "{} bytes", text.len());
        let mut bytes = [0; PIECE];
        bytes.iter_mut().zip(text).for_each(|(slot, byte)| *slot = *byte);
        Self { bytes, length: text.len().min(PIECE) }
    }
}

/// A piece of each value, at the value's place.
pub(super) fn in_places<T: Copy, const N: usize>(
    all: [T; N],
    place: impl Fn(T) -> usize,
    piece: impl Fn(T) -> Piece,
) -> [Piece; N] {
    let mut pieces = [Piece::new(b""); N];
    for value in all {
        if let Some(slot) = pieces.get_mut(place(value)) {
            *slot = piece(value);
        }
    }
    pieces
}

/// A line that is being written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> Line<'a> {
    /// Of at most as many bytes.
    #[inline]
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// Its bytes up to now.
    #[inline]
    pub(super) fn length(&self) -> usize {
        self.length
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) {
        if let Some(slot) = self.bytes.get_mut(self.length..self.length + text.len()) {
            slot.copy_from_slice(text);
            self.length += text.len();
        }
    }

    /// The first `length` bytes of `text`: as many are copied whatever their length, which takes one instruction.
    #[inline]
    fn write<const N: usize>(&mut self, text: &[u8; N], length: usize) {
        if let Some(slot) = self.bytes.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut) {
            *slot = *text;
            self.length += length;
        }
    }

    #[inline]
    fn short(&mut self, text: Short) {
        // Eight bytes at most.
        self.write(&text.bytes.to_le_bytes(), (text.bits >> 3) as usize);
    }

    #[inline]
    pub(super) fn piece(&mut self, piece: &Piece) {
        self.write(&piece.bytes, piece.length);
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.write(&[byte], 1);
    }

    /// Takes the last byte back: that behind a number or an address, where something longer is to follow.
    #[inline]
    pub(super) fn back(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    /// Begins again.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// A number, and a byte behind it.
    #[inline]
    pub(super) fn number(&mut self, number: impl Into<u64>, end: u8) {
        let number = number.into();
        if number < 1000 {
            return self.short(Short::small(number).byte(end));
        }
        if number < 1_000_000 {
            return self.short(Short::small(number / 1000).padded(number % 1000).byte(end));
        }
        self.large(number, end);
    }

    /// A number of seven digits or more.
    fn large(&mut self, number: u64, end: u8) {
        let (high, low) = (number / 1_000_000, number % 1_000_000);
        if high < 1_000_000 {
            self.number(high, 0);
        } else {
            self.large(high, 0);
        }
        self.back();
        let none = Short { bytes: 0, bits: 0 };
        self.short(none.padded(low / 1000).padded(low % 1000).byte(end));
    }

    /// An address, and a byte behind it. An IPv4 address written as IPv6 is the IPv4 address here as in the report.
    #[inline]
    pub(super) fn address(&mut self, address: IpAddr, end: u8) {
        match address {
            IpAddr::V4(address) => self.octets(address.octets(), end),
            IpAddr::V6(address) => self.long_address(address, end),
        }
    }

    #[inline]
    fn octets(&mut self, [a, b, c, d]: [u8; 4], end: u8) {
        for (first, second, end) in [(a, b, b'.'), (c, d, end)] {
            let second = Short::small(second.into());
            let pair = Short::small(first.into()).byte(b'.').then(second.bytes, second.bits);
            self.short(pair.byte(end));
        }
    }

    fn long_address(&mut self, address: Ipv6Addr, end: u8) {
        if let Some(address) = address.to_ipv4_mapped() {
            return self.octets(address.octets(), end);
        }
        // Writing to a line cannot fail.
        let _ = fmt::Write::write_fmt(self, format_args!("{address}"));
        self.byte(end);
    }
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Line)) -> String {
        let mut bytes = [b'#'; LINE];
        let mut line = Line::new(&mut bytes);
        write(&mut line);
        String::from_utf8(line.bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_library() {
        let ends = (0..20).map(|power| 10_u64.pow(power)).flat_map(|power| [power - 1, power, power + 1]);
        for number in (0..2100).chain(ends).chain([u64::MAX]) {
            assert_eq!(written(|line| line.number(number, b';')), format!("{number};"));
        }
    }

    #[test]
    fn addresses_are_those_of_the_library_in_their_shortest_form() {
        for text in ["0.0.0.0", "10.0.0.4", "255.0.10.199", "::", "2001:db8::1", "fe80::1:0:0:1"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(written(|line| line.address(address, b',')), format!("{text},"));
        }
        let mapped = "::ffff:255.100.10.199".parse().unwrap();
        assert_eq!(written(|line| line.address(mapped, b',')), "255.100.10.199,");
    }

    #[test]
    fn a_line_goes_on_behind_what_was_written_and_never_beyond_its_end() {
        let text = written(|line| {
            line.piece(&Piece::new(b"TCP,"));
            line.number(7_u64, b',');
            line.back();
            line.byte(b'\n');
        });
        assert_eq!(text, "TCP,7\n");
        let mut few = [0; 11];
        let mut line = Line::new(&mut few);
        (0..5).for_each(|_| line.number(1_234_567_u64, b','));
        assert!(b"1234567,".starts_with(line.bytes()));
    }
}
