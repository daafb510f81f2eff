//! Words and numbers as pipelines write them -> what they mean.

use std::borrow::Cow;
use std::net::IpAddr;

use chrono::NaiveDateTime;

use crate::flow::{Direction, Encryption, Protocol, State};
use crate::record::time::{LAST_MS, unix_ms};

/// Seconds below, milliseconds below, microseconds below; else nanoseconds.
const SCALES: [(i64, i64, i64); 3] =
    [(100_000_000_000, 1000, 1), (100_000_000_000_000, 1, 1), (100_000_000_000_000_000, 1, 1000)];

/// A time in any form that is met: Unix time in any unit, ISO 8601 with `T` or a blank, or that of the Azure portal
/// (`12/1/2025, 2:00:00.000 AM`: month first, UTC).
pub(super) fn time(text: &str) -> Option<i64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if let Ok(number) = whole.parse::<i64>() {
        let scale = SCALES.iter().find(|(limit, ..)| number < *limit).map(|(_, up, down)| (*up, *down));
        let (up, down) = scale.unwrap_or((1, 1_000_000));
        let mut ms = number / down * up;
        // Seconds may have a fraction: Splunk and Fluent write it.
        if up == 1000
            && let Some((_, fraction)) = text.split_once('.')
        {
            let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
            ms += digits.parse::<i64>().ok()?;
        }
        return (0..=LAST_MS).contains(&ms).then_some(ms);
    }
    let iso = unix_ms(text).or_else(|| unix_ms(&text.replacen(' ', "T", 1)));
    iso.or_else(|| {
        let portal = ["%m/%d/%Y, %I:%M:%S%.f %p", "%m/%d/%Y %I:%M:%S%.f %p", "%m/%d/%Y %H:%M:%S%.f"];
        let time = portal.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
        Some(time.and_utc().timestamp_millis()).filter(|ms| (0..=LAST_MS).contains(ms))
    })
}

pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// A whole number; tables write `443.0`, too.
pub(super) fn number(text: &str) -> Option<u64> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok().filter(|_| whole.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn port(text: &str) -> Option<u16> {
    number(text).and_then(|number| u16::try_from(number).ok())
}

/// A protocol, and whether it is written as in the logs of security groups.
pub(super) fn protocol(text: &str) -> Option<(Protocol, bool)> {
    match text.to_ascii_uppercase().as_str() {
        "T" => Some((Protocol::TCP, true)),
        "U" => Some((Protocol::UDP, true)),
        "TCP" => Some((Protocol::TCP, false)),
        "UDP" => Some((Protocol::UDP, false)),
        "I" | "ICMP" => Some((Protocol(1), false)),
        other => Some((Protocol(u8::try_from(number(other)?).ok()?), false)),
    }
}

pub(super) fn direction(text: &str) -> Option<Direction> {
    match text.to_ascii_uppercase().as_str() {
        "I" | "IN" | "INBOUND" | "INGRESS" => Some(Direction::Inbound),
        "O" | "OUT" | "OUTBOUND" | "EGRESS" => Some(Direction::Outbound),
        _ => None,
    }
}

/// State and decision of a flow. A denied flow is denied whatever its state says; without a state all that is known
/// is that it was allowed.
pub(super) fn state(state: &str, decision: &str) -> Option<State> {
    let denied = match decision.to_ascii_uppercase().as_str() {
        "" => false,
        "A" | "ALLOW" | "ALLOWED" | "ACCEPT" | "ACCEPTED" => false,
        "D" | "DENY" | "DENIED" | "BLOCK" | "BLOCKED" => true,
        _ => return None,
    };
    let state = match state.to_ascii_uppercase().as_str() {
        "B" | "BEGIN" | "BEGAN" => Some(State::Begin),
        "C" | "CONTINUE" | "CONTINUING" => Some(State::Continue),
        "E" | "END" | "ENDED" => Some(State::End),
        "D" | "DENY" | "DENIED" => Some(State::Deny),
        "A" | "ALLOW" | "ALLOWED" => Some(State::Allow),
        "" if !decision.is_empty() => Some(State::Allow),
        _ => None,
    };
    if denied { Some(State::Deny) } else { state }
}

/// A word of the logs, or a label of Traffic Analytics; and the word, if it is none that is known.
pub(super) fn encryption(text: &str) -> (Encryption, Option<Cow<'_, str>>) {
    if text.is_empty() {
        return (Encryption::NotRecorded, None);
    }
    let known = Encryption::ALL.into_iter().find(|word| !word.word().is_empty() && word.word() == text);
    if let Some(known) = known.filter(|word| *word != Encryption::Unknown) {
        return (known, None);
    }
    let label = match text.trim_end_matches('.').to_ascii_lowercase().as_str() {
        "encrypted" => Encryption::Encrypted,
        "unencrypted" => Encryption::NotEncrypted,
        "unsupported hardware" => Encryption::HardwareNotSupported,
        "software not ready" => Encryption::SoftwareNotReady,
        "drop due to no encryption" => Encryption::NotAccepted,
        "discovery not supported" => Encryption::NotSupported,
        "destination on same host" => Encryption::LocalDestination,
        "fall back to no encryption" => Encryption::Fallback,
        _ => return (Encryption::Unknown, Some(Cow::Borrowed(text))),
    };
    (label, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_that_is_met() {
        let expected = Some(1_764_554_400_000);
        for text in [
            "1764554400",
            "1764554400.000",
            "1764554400000",
            "1764554400000000",
            "1764554400000000000",
            "2025-12-01T02:00:00Z",
            "2025-12-01 02:00:00",
            "2025-12-01T03:00:00+01:00",
            "12/1/2025, 2:00:00.000 AM",
            "12/01/2025 02:00:00",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(time("1764554400.25"), Some(1_764_554_400_250));
        for text in ["", "-1", "yesterday", "13/13/2025, 2:00:00.000 AM", "1764554400.x"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_denied_flow_is_denied_whatever_its_state_says() {
        assert_eq!(state("B", "denied"), Some(State::Deny));
        assert_eq!(state("B", "A"), Some(State::Begin));
        assert_eq!(state("", "Allowed"), Some(State::Allow));
        assert_eq!(state("E", ""), Some(State::End));
        assert_eq!((state("", ""), state("?", "A"), state("B", "?")), (None, None, None));
    }

    #[test]
    fn numbers_of_tables_may_have_a_point() {
        assert_eq!(
            (number("443.0"), number("443"), number("4.5"), number("+3")),
            (Some(443), Some(443), None, None)
        );
    }

    #[test]
    fn labels_and_words_of_encryption_are_known() {
        assert_eq!(encryption("NX_FALLBACK").0, Encryption::Fallback);
        assert_eq!(encryption("Unencrypted").0, Encryption::NotEncrypted);
        assert_eq!(encryption("").0, Encryption::NotRecorded);
        assert_eq!(encryption("NX_NEW"), (Encryption::Unknown, Some("NX_NEW".into())));
        assert_eq!(encryption("?"), (Encryption::Unknown, Some("?".into())));
    }
}
