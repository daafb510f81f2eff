//! One tuple's text -> [`FlowTuple`], without allocation.
//!
//! Three layouts, told apart by the text itself: field 5 is a number in VNet logs and a letter in
//! NSG logs; NSG version 1 has 8 fields instead of 13. Field by field:
//!
//! ```text
//!        0     1   2   3     4     5      6          7         8           9..=12
//! VNet4  ms    src dst sport dport number direction  state     encryption  counters
//! NSG2   s     src dst sport dport T|U    direction  decision  state       counters
//! NSG1   s     src dst sport dport T|U    direction  decision
//! ```

mod plain;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::digits::{dotted_quad, eight_digits, short_number};
use super::hextets::hextets;
use super::time::LAST_MS;
use crate::flow::{Counters, Direction, Encryption, FlowTuple, Protocol, State};
pub(super) use plain::plain_tuples;

/// Why a tuple could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TupleFault {
    /// Neither 13 fields (VNet, NSG version 2) nor 8 (NSG version 1).
    FieldCount,
    /// Field 0 is no Unix time.
    Time,
    /// Field 1 is no IP address.
    Source,
    /// Field 2 is no IP address.
    Destination,
    /// Field 3 is no port.
    SourcePort,
    /// Field 4 is no port.
    DestinationPort,
    /// Field 5 is neither an IANA number nor `T` or `U`.
    Protocol,
    /// Field 6 is neither `I` nor `O`.
    Direction,
    /// The state or decision is no known letter.
    State,
    /// A counter is no number.
    Counter,
    /// The element of `flowTuples` is no string.
    NotText,
}

impl TupleFault {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::FieldCount => "wrong number of fields (13 expected, or 8 in NSG version 1)",
            Self::Time => "field 1 is no Unix time",
            Self::Source => "field 2 (source) is no IP address",
            Self::Destination => "field 3 (destination) is no IP address",
            Self::SourcePort => "field 4 (source port) is no port number",
            Self::DestinationPort => "field 5 (destination port) is no port number",
            Self::Protocol => "field 6 (protocol) is no protocol number, T or U",
            Self::Direction => "field 7 (direction) is neither I nor O",
            Self::State => "unknown flow state or decision",
            Self::Counter => "a packet or byte counter is no number",
            Self::NotText => "not a string",
        }
    }
}

/// Times below this are seconds, from here on milliseconds (3 March 1973 in ms, the year 5138 in s).
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

/// Reads one tuple.
///
/// # Errors
/// The first field that cannot be read, or [`TupleFault::FieldCount`] if their number is wrong.
#[inline]
pub fn parse(text: &str) -> Result<FlowTuple, TupleFault> {
    parse_fields(text.as_bytes()).map_err(|fault| {
        // A missing field makes its neighbours look wrong: the count is the better explanation.
        match text.bytes().filter(|&byte| byte == b',').count() {
            12 | 7 => fault,
            _ => TupleFault::FieldCount,
        }
    })
}

/// The encryption word of a VNet tuple, as it stands in its text.
pub(super) fn encryption_word(text: &str) -> &str {
    text.split(',').nth(8).unwrap_or_default()
}

/// True for what begins like a tuple, whatever its further fields are: a time and two addresses.
pub(super) fn looks_like_tuple(text: &str) -> bool {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let mut fields = text.split(',');
    let mut next = || fields.next().unwrap_or_default();
    let time = next();
    (9..=14).contains(&time.len())
        && time.bytes().all(|byte| byte.is_ascii_digit())
        && next().parse::<IpAddr>().is_ok()
        && next().parse::<IpAddr>().is_ok()
}

/// Reads one tuple. Nothing but what belongs to a tuple is in what it reads.
#[inline]
pub(super) fn parse_fields(text: &[u8]) -> Result<FlowTuple, TupleFault> {
    let mut rest = text;
    let time = time(&mut rest).ok_or(TupleFault::Time)?;
    let source = address(&mut rest).ok_or(TupleFault::Source)?;
    let destination = address(&mut rest).ok_or(TupleFault::Destination)?;
    let source_port = port(&mut rest).ok_or(TupleFault::SourcePort)?;
    let destination_port = port(&mut rest).ok_or(TupleFault::DestinationPort)?;
    let (protocol, nsg) = protocol(&mut rest).ok_or(TupleFault::Protocol)?;
    let direction = match letter(&mut rest) {
        Some(b'I') => Direction::Inbound,
        Some(b'O') => Direction::Outbound,
        _ => return Err(TupleFault::Direction),
    };
    let (state, encryption) = if nsg {
        (nsg_state(&mut rest).ok_or(TupleFault::State)?, Encryption::NotRecorded)
    } else {
        let state = letter(&mut rest).and_then(state).ok_or(TupleFault::State)?;
        (state, encryption(field(&mut rest)))
    };
    Ok(FlowTuple {
        time_ms: milliseconds(time).ok_or(TupleFault::Time)?,
        source,
        destination,
        source_port,
        destination_port,
        protocol,
        direction,
        state,
        encryption,
        counters: counters(rest, nsg)?,
    })
}

#[inline]
fn milliseconds(time: u64) -> Option<i64> {
    let ms = if time < FIRST_MILLISECONDS { time * 1000 } else { time };
    i64::try_from(ms).ok().filter(|ms| *ms <= LAST_MS)
}

/// Takes the field up to the next comma (or the end) off `rest`, with the comma.
#[inline]
fn field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    let (field, tail) = rest.split_at(end);
    *rest = tail.get(1..).unwrap_or_default();
    field
}

/// A field of decimal digits; `None` if it is empty, holds anything else or does not fit.
#[inline]
fn number(rest: &mut &[u8]) -> Option<u64> {
    match short_number(rest) {
        Some((value, length)) if rest.get(length) == Some(&b',') => {
            *rest = rest.get(length + 1..)?;
            Some(value)
        }
        _ => any_number(rest),
    }
}

/// [`number`] without a limit of length, and at the end of the text.
#[cold]
fn any_number(rest: &mut &[u8]) -> Option<u64> {
    whole_number(field(rest))
}

/// A text of nothing but digits; `None` if it is empty, holds anything else or does not fit.
#[inline]
fn whole_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 { value.checked_mul(10)?.checked_add(u64::from(digit)) } else { None }
    })
}

/// The time: 13 digits in VNet logs, 10 in NSG logs.
#[inline]
fn time(rest: &mut &[u8]) -> Option<u64> {
    const SCALE: [u64; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];
    if let Some(high) = eight_digits(rest)
        && let Some((low, length)) = rest.get(8..).and_then(short_number)
        && let Some(scale) = SCALE.get(length)
        && rest.get(8 + length) == Some(&b',')
    {
        *rest = rest.get(9 + length..)?;
        return Some(high * scale + low);
    }
    any_number(rest)
}

#[inline]
fn port(rest: &mut &[u8]) -> Option<u16> {
    number(rest).and_then(|value| u16::try_from(value).ok())
}

/// A field of exactly one character.
#[inline]
fn letter(rest: &mut &[u8]) -> Option<u8> {
    match *rest {
        [byte, b',', tail @ ..] => {
            *rest = tail;
            Some(*byte)
        }
        [byte] => {
            *rest = &[];
            Some(*byte)
        }
        _ => None,
    }
}

/// The protocol, and whether the tuple is of an NSG log.
#[inline]
fn protocol(rest: &mut &[u8]) -> Option<(Protocol, bool)> {
    match *rest {
        [b'T', b',', tail @ ..] => {
            *rest = tail;
            Some((Protocol::TCP, true))
        }
        [b'U', b',', tail @ ..] => {
            *rest = tail;
            Some((Protocol::UDP, true))
        }
        _ => {
            let value = u8::try_from(number(rest)?).ok()?;
            Some((Protocol(value), false))
        }
    }
}

#[inline]
fn state(letter: u8) -> Option<State> {
    match letter {
        b'B' => Some(State::Begin),
        b'C' => Some(State::Continue),
        b'E' => Some(State::End),
        b'D' => Some(State::Deny),
        _ => None,
    }
}

/// The decision and, in version 2, the state of an NSG tuple. A denied flow is denied whatever its state says.
fn nsg_state(rest: &mut &[u8]) -> Option<State> {
    let (decision, allowed) = match *rest {
        [decision] => {
            *rest = &[];
            (*decision, State::Allow)
        }
        [decision, b',', letter, b',', tail @ ..] => {
            *rest = tail;
            (*decision, state(*letter)?)
        }
        _ => return None,
    };
    match decision {
        b'A' => Some(allowed),
        b'D' => Some(State::Deny),
        _ => None,
    }
}

#[inline]
fn encryption(word: &[u8]) -> Encryption {
    match word {
        b"NX" => Encryption::NotEncrypted,
        b"X" => Encryption::Encrypted,
        b"NX_HW_NOT_SUPPORTED" => Encryption::HardwareNotSupported,
        b"NX_SW_NOT_READY" => Encryption::SoftwareNotReady,
        b"NX_NOT_ACCEPTED" => Encryption::NotAccepted,
        b"NX_NOT_SUPPORTED" => Encryption::NotSupported,
        b"NX_LOCAL_DST" => Encryption::LocalDestination,
        b"NX_FALLBACK" => Encryption::Fallback,
        _ => Encryption::Unknown,
    }
}

/// The last four fields. All empty means *not recorded*; a single empty one among numbers counts as 0.
#[inline]
fn counters(rest: &[u8], nsg: bool) -> Result<Option<Counters>, TupleFault> {
    match rest {
        b",,," => return Ok(None),
        b"0,0,0,0" => return Ok(Some(Counters::default())),
        b"" if nsg => return Ok(None), // version 1
        _ => {}
    }
    plain_counters(rest).map_or_else(|| any_counters(rest), |counters| Ok(Some(counters)))
}

/// Four numbers, of which the first three have at most seven digits.
#[inline]
fn plain_counters(mut rest: &[u8]) -> Option<Counters> {
    let mut next = || {
        let (value, length) = short_number(rest)?;
        let (b',', tail) = rest.get(length..)?.split_first()? else { return None };
        rest = tail;
        Some(value)
    };
    let (packets_sent, bytes_sent, packets_received) = (next()?, next()?, next()?);
    Some(Counters { packets_sent, bytes_sent, packets_received, bytes_received: whole_number(rest)? })
}

#[cold]
fn any_counters(rest: &[u8]) -> Result<Option<Counters>, TupleFault> {
    let mut values = [0; 4];
    let mut fields = rest.split(|&byte| byte == b',');
    for value in &mut values {
        let field = fields.next().ok_or(TupleFault::FieldCount)?;
        if !field.is_empty() {
            *value = whole_number(field).ok_or(TupleFault::Counter)?;
        }
    }
    let [packets_sent, bytes_sent, packets_received, bytes_received] = values;
    let counters = Counters { packets_sent, bytes_sent, packets_received, bytes_received };
    if fields.next().is_none() { Ok(Some(counters)) } else { Err(TupleFault::FieldCount) }
}

/// An IP address. The plain forms are read here; everything else is the standard library's.
#[inline]
fn address(rest: &mut &[u8]) -> Option<IpAddr> {
    let (address, length) = match dotted_quad(rest) {
        Some((octets, length)) => (IpAddr::V4(Ipv4Addr::from(octets)), length),
        None => match hextets(rest) {
            Some((hextets, length)) => (IpAddr::V6(Ipv6Addr::from(hextets)), length),
            None => return any_address(rest),
        },
    };
    *rest = rest.get(length..)?;
    Some(address)
}

#[cold]
fn any_address(rest: &mut &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(field(rest)).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
