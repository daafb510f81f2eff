//! Numbers, addresses and words of a line of CSV, written into memory of a fixed size: the millions of lines of the
//! details take most of their time here. Nothing of it can need quotation marks.

use std::fmt;
use std::net::IpAddr;

/// More than the longest line: `write` drops what goes beyond.
const LINE: usize = 320;

/// A number below 1000: its digits, and how many they are.
const NUMBERS: [[u8; 4]; 1000] = numbers();

const fn numbers() -> [[u8; 4]; 1000] {
    let mut all = [[0; 4]; 1000];
    let mut number: u16 = 0;
    while number < 1000 {
        let [hundreds, tens, ones] = digits(number);
        all[number as usize] = match number {
            0..10 => [ones, 0, 0, 1],
            10..100 => [tens, ones, 0, 2],
            _ => [hundreds, tens, ones, 3],
        };
        number += 1;
    }
    all
}

/// The three decimal digits of a number below 1000.
pub(super) const fn digits(number: u16) -> [u8; 3] {
    [b'0' + (number / 100 % 10) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// A line that is being written.
#[derive(Debug)]
pub(super) struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { bytes: [0; LINE], length: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        if let Some(slot) = self.bytes.get_mut(self.length..self.length + text.len()) {
            slot.copy_from_slice(text);
            self.length += text.len();
        }
    }

    /// The first `length` bytes of `text`: as many are copied whatever their length, which takes one instruction.
    #[inline]
    fn write<const N: usize>(&mut self, text: [u8; N], length: usize) {
        if let Some(slot) = self.bytes.get_mut(self.length..self.length + N) {
            slot.copy_from_slice(&text);
            self.length += length;
        }
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.write([byte], 1);
    }

    #[inline]
    fn small(&mut self, number: u64) {
        let text = NUMBERS.get(usize::try_from(number).unwrap_or_default()).copied().unwrap_or_default();
        self.write(text, usize::from(text[3]));
    }

    #[inline]
    pub(super) fn number(&mut self, number: impl Into<u64>) {
        let number = number.into();
        if number < 1000 {
            return self.small(number);
        }
        self.number(number / 1000);
        self.write(digits(u16::try_from(number % 1000).unwrap_or_default()), 3);
    }

    /// An IPv4 address written as IPv6 is the IPv4 address here as in the report.
    #[inline]
    pub(super) fn address(&mut self, address: IpAddr) {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                self.small(a.into());
                for octet in [b, c, d] {
                    self.byte(b'.');
                    self.small(octet.into());
                }
            }
            IpAddr::V6(address) => {
                // Writing to a line cannot fail.
                let _ = fmt::Write::write_fmt(self, format_args!("{address}"));
            }
        }
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::new();
        write(&mut line);
        String::from_utf8(line.bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_library() {
        let ends = (0..20).map(|power| 10_u64.pow(power)).flat_map(|power| [power - 1, power, power + 1]);
        for number in (0..2100).chain(ends).chain([u64::MAX]) {
            assert_eq!(written(|line| line.number(number)), number.to_string());
        }
    }

    #[test]
    fn addresses_are_those_of_the_library_in_their_shortest_form() {
        for text in ["0.0.0.0", "10.0.0.4", "255.0.10.199", "::", "2001:db8::1", "fe80::1:0:0:1"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(written(|line| line.address(address)), text);
        }
        let mapped = "::ffff:255.0.10.199".parse().unwrap();
        assert_eq!(written(|line| line.address(mapped)), "255.0.10.199");
    }
}
