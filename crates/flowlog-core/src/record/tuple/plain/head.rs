//! A tuple's fields up to the protocol.

#![allow(clippy::inline_always)] // as in the module above

use fearless_simd::{Simd, prelude::*, u8x64};

use super::WINDOW;
use crate::flow::Protocol;
use crate::record::digits::join;
use crate::record::tuple::milliseconds;

/// The first six fields, and where the comma behind them stands.
pub(super) struct Head {
    pub(super) time_ms: i64,
    pub(super) source: [u8; 4],
    pub(super) destination: [u8; 4],
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) protocol: Protocol,
    pub(super) is_nsg: bool,
    pub(super) end: usize,
}

#[inline(always)]
pub(super) fn head<S: Simd>(simd: S, text: &[u8; WINDOW]) -> Option<Head> {
    let bytes = u8x64::from_slice(simd, text.get(..64)?);
    let is = |byte: u8| bytes.simd_eq(u8x64::splat(simd, byte)).to_bitmask();
    let values = bytes - u8x64::splat(simd, b'0');
    let digits = values.simd_eq(values.min(u8x64::splat(simd, 9))).to_bitmask();
    let (dots, zeros) = (is(b'.'), is(b'0'));
    let separators = dots | is(b',');
    let mut rest = separators;
    let mut next = || {
        let at = rest.trailing_zeros() as usize;
        rest &= rest.wrapping_sub(1);
        at
    };
    let time = next();
    let source_dots = [next(), next(), next()];
    let source = next();
    let destination_dots = [next(), next(), next()];
    let destination = next();
    let (source_port, destination_port, protocol) = (next(), next(), next());
    if protocol >= 64 {
        return None;
    }
    let bit = |at: usize| 1_u64 << (at & 63);
    let up_to = |at: usize| bit(at) - 1;
    let name = text.get(destination_port + 1)?;
    let is_nsg = matches!(name, b'T' | b'U') && protocol == destination_port + 2;
    let numbers = up_to(if is_nsg { destination_port } else { protocol });
    let addresses = up_to(destination) & !up_to(time);
    let octets = !separators & addresses;
    let six_dots = source_dots.iter().chain(&destination_dots).fold(0, |bits, &dot| bits | bit(dot));
    let wrong = (dots & up_to(protocol)) ^ six_dots
        | !(separators | digits) & numbers
        // A field or an octet without digits.
        | separators & separators >> 1 & up_to(protocol)
        // An octet of more than three digits.
        | octets & octets >> 1 & octets >> 2 & octets >> 3
        // A leading zero: octal to some readers.
        | zeros & separators << 1 & !(separators >> 1) & addresses;
    let mut largest = 0;
    let mut quad = |before, [first, second, third]: [usize; 3], behind| {
        let mut octet = |before, behind| octet(text, before, behind, &mut largest);
        [octet(before, first), octet(first, second), octet(second, third), octet(third, behind)]
    };
    let source_quad = quad(time, source_dots, source);
    let destination_quad = quad(source, destination_dots, destination);
    if wrong != 0 || largest > LARGEST_OCTET {
        return None;
    }
    let time = match time {
        13 => number(text, 0, 8)? * 100_000 + number(text, 8, 13)?,
        10 => number(text, 0, 8)? * 100 + number(text, 8, 10)?,
        _ => return None,
    };
    let protocol_number = match (is_nsg, name) {
        (true, b'T') => Protocol::TCP,
        (true, _) => Protocol::UDP,
        (false, _) => Protocol(u8::try_from(number(text, destination_port + 1, protocol)?).ok()?),
    };
    Some(Head {
        time_ms: milliseconds(time)?,
        source: source_quad,
        destination: destination_quad,
        source_port: u16::try_from(number(text, destination + 1, source_port)?).ok()?,
        destination_port: u16::try_from(number(text, source_port + 1, destination_port)?).ok()?,
        protocol: protocol_number,
        is_nsg,
        end: protocol,
    })
}

/// The digits of 255, the first in the third byte.
const LARGEST_OCTET: u32 = 0x02_0505;

/// The octet between two separators that have one to three digits between them. `largest` learns its digits.
#[inline(always)]
fn octet(text: &[u8; WINDOW], before: usize, behind: usize, largest: &mut u32) -> u8 {
    let from = (before + 1) & 63;
    let bytes = text.get(from..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    let digits = u32::from_le_bytes(bytes) ^ 0x3030_3030;
    // The last digit comes to the highest byte, zeros to those of missing ones.
    let digits = digits << ((before + 5).wrapping_sub(behind).wrapping_mul(8) & 31);
    *largest = digits.swap_bytes().max(*largest);
    // The sum of 100, 10 and 1 times the digits comes to bits 40 to 47: it fits if the octet is none above 255.
    let sum = u64::from(digits).wrapping_mul(100 << 32 | 10 << 24 | 1 << 16) >> 40;
    sum.to_le_bytes()[0]
}

/// The number of one to eight digits between the two.
#[inline(always)]
pub(super) fn number(text: &[u8; WINDOW], from: usize, to: usize) -> Option<u64> {
    let length = to.wrapping_sub(from);
    let bytes = *text.get(from..)?.first_chunk()?;
    let digits = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    (length.wrapping_sub(1) < 8).then(|| join(digits << (64 - 8 * length)))
}
