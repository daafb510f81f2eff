//! How much there is of everything.

use flowlog_core::report::Report;

use super::super::page::Page;
use crate::render::flows::asked;
use crate::render::text::{self, bytes, count, counted};

pub(super) fn write(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    page.group("Flow log report");
    if let Some(selection) = &report.selection {
        let chosen = page.name(&asked(selection));
        page.pair("Chosen", &chosen);
    }
    page.pair("Files", &format!("{} ({} read)", count(totals.files), bytes(totals.input_bytes)));
    page.pair("Records", &count(totals.records));
    page.pair("Flows (tuples)", &count(totals.tuples));
    if totals.tuples == 0 {
        return;
    }
    page.pair(
        "Conversations",
        &format!("{} (source, destination, port, protocol)", count(totals.conversations)),
    );
    if let (Some(first), Some(last)) = (totals.first_time_ms, totals.last_time_ms) {
        let length = match first.abs_diff(last) {
            0 => String::new(),
            length => format!(" ({})", text::duration(length)),
        };
        page.pair("Period (UTC)", &format!("{}{length}", text::period(first, last)));
    }
    let traffic = |packets, volume| format!("{} in {}", bytes(volume), counted(packets, "packet", "packets"));
    page.pair(
        "Sent",
        &format!("{} (source to destination)", traffic(totals.packets_sent, totals.bytes_sent)),
    );
    page.pair(
        "Received",
        &format!("{} (the way back)", traffic(totals.packets_received, totals.bytes_received)),
    );
    resolved(page, report);
    page.pair("Sources", &count(totals.unique_sources));
    page.pair("Destinations", &count(totals.unique_destinations));
    page.pair("Network interfaces", &count(totals.unique_nics));
    let denied = report.states.get(&'D').copied().unwrap_or(0);
    let share = text::share(denied, totals.tuples);
    let dropped = totals.dropped_for_encryption;
    let apart = match dropped {
        0 => String::new(),
        dropped => format!(", of these {} dropped for want of encryption", count(dropped)),
    };
    page.pair("Denied", &format!("{} ({share}){apart}", counted(denied, "tuple", "tuples")));
    let problems = &report.problem_counts;
    let found = [
        ("denials", problems.denied),
        ("incomplete connections", problems.incomplete),
        ("low payload", problems.low_payload),
        ("excessive retries", problems.retries),
        ("one-way connections", problems.one_way),
    ];
    page.pair("Problems", &found_in(&found));
    let counts = [
        (problems.denied_sources, "source with many denials", "sources with many denials"),
        (problems.port_scans, "possible port scan", "possible port scans"),
        (problems.unusual_ports, "unusual port", "unusual ports"),
        (problems.high_volume, "high-volume conversation", "high-volume conversations"),
    ];
    let some = counts.iter().filter(|(value, ..)| *value > 0);
    page.pair("Anomalies", &listed(some.map(|(value, one, many)| counted(*value, one, many))));
}

/// What remains when a connection that several logs tell of counts once.
fn resolved(page: &mut Page, report: &Report) {
    let resolved = &report.resolved;
    if resolved.duplicate_connections == 0 {
        return;
    }
    page.pair(
        "Logged twice",
        &format!(
            "{} ({}, {}) that another NIC or log tells of as well",
            counted(resolved.duplicate_connections, "connection", "connections"),
            counted(resolved.duplicate_tuples, "tuple", "tuples"),
            bytes(resolved.duplicate_bytes)
        ),
    );
    page.pair(
        "Each counted once",
        &format!(
            "{}, {} sent, {} received; rankings and problems below go by these",
            counted(resolved.tuples, "tuple", "tuples"),
            bytes(resolved.bytes_sent),
            bytes(resolved.bytes_received)
        ),
    );
}

/// `denials in 3 conversations, low payload in 2`; what was not found is left out.
fn found_in(found: &[(&str, u64)]) -> String {
    let some = found.iter().filter(|(_, value)| *value > 0).enumerate();
    listed(some.map(|(place, (what, value))| match place {
        0 => format!("{what} in {}", counted(*value, "conversation", "conversations")),
        _ => format!("{what} in {}", count(*value)),
    }))
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
