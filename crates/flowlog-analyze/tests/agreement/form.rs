//! Numbers as the outputs write them, worked out in other ways than the tool's.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

/// `1234567` -> `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    let digits: Vec<char> = value.to_string().chars().rev().collect();
    let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
    groups.join(",").chars().rev().collect()
}

/// Bytes in the largest binary unit of which there is one, rounded down to tenths.
pub(crate) fn bytes(value: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let sizes = (1..).map(|power| 1024_u64.pow(power));
    match sizes.zip(units).take(6).filter(|(size, _)| *size <= value).last() {
        None => format!("{value} B"),
        Some((size, unit)) => {
            let tenths = u128::from(value % size) * 10 / u128::from(size);
            format!("{}.{tenths} {unit}", value / size)
        }
    }
}

pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let text = format!("{:.1} %", part as f64 * 100.0 / whole as f64);
    match text.as_str() {
        "0.0 %" if part > 0 => "<0.1 %".to_owned(),
        "100.0 %" if part < whole => ">99.9 %".to_owned(),
        _ => text,
    }
}

fn utc(ms: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

/// As in CSV files.
pub(crate) fn rfc3339(ms: i64) -> String {
    utc(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// As in tables.
pub(crate) fn second(ms: i64) -> String {
    utc(ms).to_string()[..19].to_owned()
}

/// Two times to the minute; the second without the day or the year that it shares with the first.
pub(crate) fn minutes(first: i64, last: i64) -> String {
    let [first, last] = [first, last].map(|ms| utc(ms).to_string()[..16].to_owned());
    let shared = [11, 5].into_iter().find(|&end| first[..end] == last[..end]).unwrap_or(0);
    format!("{first} - {}", &last[shared..])
}

/// The number behind a key.
pub(crate) fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or_else(|| panic!("{key} is no number in {row}"))
}

pub(crate) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} is no text in {row}"))
}

pub(crate) fn protocol(number: u64) -> String {
    let known = u8::try_from(number).ok().map(flowlog_core::flow::Protocol);
    let name = known.and_then(flowlog_core::enrich::protocol_name);
    name.map_or_else(|| format!("protocol {number}"), str::to_owned)
}

/// `443/tcp`, or the protocol alone where it has no ports.
pub(crate) fn port(row: &Value) -> String {
    let name = protocol(number(row, "protocol")).to_lowercase();
    match number(row, "protocol") {
        6 | 17 | 132 | 136 | 33 => format!("{}/{name}", number(row, "port")),
        _ => name,
    }
}
