//! Tuples in the form in which nearly all are written, one behind the other, each in its quotation marks.
//!
//! [`super::parse`] has the last word on what a tuple is; this reads the common ones (IPv4, no number longer than
//! the field has in practice) and leaves the others to it. A tuple takes two looks at 64 bytes: the first finds
//! the separators up to the protocol, the second those of the counters. Where each field begins is then known at
//! once, so that no field waits for the one before it, and what must hold of the bytes between is asked of the bit masks, all
//! at once. No byte is looked for that is not also checked: up to the quotation mark, all are part of a field.

#![allow(clippy::inline_always)] // a function that is not inlined would not be compiled for the level at hand

mod head;

use std::net::{IpAddr, Ipv4Addr};

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};

use super::{encryption, state};
use crate::flow::{Counters, Direction, Encryption, FlowTuple, State};
use crate::record::rows::Rows;
use head::{Head, head, number};

/// So many bytes must be there to look at: up to the protocol's comma 61, the words 24, the counters 32.
const WINDOW: usize = 128;

/// Where the reading of tuples stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct Stop {
    /// The next byte to look at.
    pub(in crate::record) at: usize,
    /// It stands behind a tuple; else at something that is no tuple in the common form.
    pub(in crate::record) behind_tuple: bool,
}

/// Reads the tuples from `at` on that are separated by nothing but commas.
pub(in crate::record) fn plain_tuples(
    level: Level,
    bytes: &[u8],
    at: usize,
    tuples: &mut Vec<FlowTuple>,
    rows: Option<&mut Rows>,
) -> Stop {
    dispatch!(level, simd => all(simd, bytes, at, tuples, rows))
}

#[inline(always)]
fn all<S: Simd>(
    simd: S,
    bytes: &[u8],
    mut at: usize,
    tuples: &mut Vec<FlowTuple>,
    mut rows: Option<&mut Rows>,
) -> Stop {
    loop {
        let Some([b'"', text @ ..]) = bytes.get(at..) else { return Stop { at, behind_tuple: false } };
        let Some((tuple, length)) = text.first_chunk().and_then(|window| plain(simd, window)) else {
            return Stop { at, behind_tuple: false };
        };
        if let Some(rows) = &mut rows {
            rows.take(text.get(..length).unwrap_or_default());
        }
        tuples.push(tuple);
        let behind = text.get(length + 1..).unwrap_or_default();
        at += length + 2;
        if !matches!(behind, [b',', b'"', ..]) {
            return Stop { at, behind_tuple: true };
        }
        at += 1;
    }
}

/// The tuple that `text` begins with, and its length without the quotation mark.
#[inline(always)]
fn plain<S: Simd>(simd: S, text: &[u8; WINDOW]) -> Option<(FlowTuple, usize)> {
    let Head { source, destination, source_port, destination_port, protocol, is_nsg, time_ms, end } =
        head(simd, text)?;
    let letters = text.get(end..)?.first_chunk()?;
    let &[b',', direction, b',', letter, behind, first, second, third] = letters else { return None };
    let direction = match direction {
        b'I' => Direction::Inbound,
        b'O' => Direction::Outbound,
        _ => return None,
    };
    let (state, encryption, at) = match (is_nsg, first, second, third) {
        // NSG version 1 says no more.
        (true, ..) if behind == b'"' => {
            let state = match letter {
                b'A' => State::Allow,
                b'D' => State::Deny,
                _ => return None,
            };
            (state, Encryption::NotRecorded, end + 4)
        }
        _ if behind != b',' => return None,
        (false, b'X', b',', _) => (state(letter)?, Encryption::Encrypted, end + 7),
        (false, b'N', b'X', b',') => (state(letter)?, Encryption::NotEncrypted, end + 8),
        (false, ..) => {
            let (word, length) = long_word(text.get(end + 5..)?)?;
            (state(letter)?, word, end + 5 + length)
        }
        (true, _, b',', _) => {
            let allowed = state(first)?;
            let state = match letter {
                b'A' => allowed,
                b'D' => State::Deny,
                _ => return None,
            };
            (state, Encryption::NotRecorded, end + 7)
        }
        _ => return None,
    };
    let (counters, length) = if behind == b'"' { (None, at) } else { counters(simd, text, at)? };
    let tuple = FlowTuple {
        time_ms,
        source: IpAddr::V4(Ipv4Addr::from(source)),
        destination: IpAddr::V4(Ipv4Addr::from(destination)),
        source_port,
        destination_port,
        protocol,
        direction,
        state,
        encryption,
        counters,
    };
    Some((tuple, length))
}

#[cold]
fn long_word(text: &[u8]) -> Option<(Encryption, usize)> {
    let length = text.iter().position(|&byte| byte == b',')?;
    let word = encryption(text.get(..length)?);
    // The sink is told of unknown ones.
    (word != Encryption::Unknown).then_some((word, length + 1))
}

/// The counters from `at` on and a quotation mark, and where that stands.
#[inline(always)]
fn counters<S: Simd>(simd: S, text: &[u8; WINDOW], at: usize) -> Option<(Option<Counters>, usize)> {
    let window: &[u8; 32] = text.get(at..)?.first_chunk()?;
    match window.first_chunk()? {
        b"0,0,0,0\"" => return Some((Some(Counters::default()), at + 7)),
        [b',', b',', b',', b'"', ..] => return Some((None, at + 3)),
        _ => {}
    }
    let bytes = u8x32::from_slice(simd, window);
    let values = bytes - u8x32::splat(simd, b'0');
    let mut others = !values.simd_eq(values.min(u8x32::splat(simd, 9))).to_bitmask();
    let commas = bytes.simd_eq(u8x32::splat(simd, b',')).to_bitmask();
    let mut next = || {
        let end = others.trailing_zeros() as usize;
        others &= others.wrapping_sub(1);
        end
    };
    let [first, second, third, end] = [next(), next(), next(), next()];
    if end >= 32
        || window.get(end) != Some(&b'"')
        || commas & ((1 << end) - 1) != 1 << first | 1 << second | 1 << third
    {
        return None;
    }
    let counters = Counters {
        packets_sent: number(text, at, at + first)?,
        bytes_sent: number(text, at + first + 1, at + second)?,
        packets_received: number(text, at + second + 1, at + third)?,
        bytes_received: number(text, at + third + 1, at + end)?,
    };
    Some((Some(counters), at + end))
}

#[cfg(test)]
mod tests;
