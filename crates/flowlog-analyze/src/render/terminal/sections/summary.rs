//! How much there is of everything.

use flowlog_core::report::Report;

use super::super::page::Page;
use crate::render::flows::asked;
use crate::render::text;
use crate::words::{Lang, fill, say};

pub(super) fn write(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    page.group("Flow log report");
    let lang = page.lang();
    if let Some(selection) = &report.selection {
        let chosen = page.name(&asked(selection, lang));
        page.pair("Chosen", &chosen);
    }
    page.pair(
        "Files",
        &fill!(
            lang,
            "{files} ({bytes} read)",
            files = lang.count(totals.files),
            bytes = lang.bytes(totals.input_bytes)
        ),
    );
    page.pair("Records", &lang.count(totals.records));
    page.pair("Flows (tuples)", &lang.count(totals.tuples));
    if totals.tuples == 0 {
        return;
    }
    page.pair(
        "Conversations",
        &fill!(lang, "{n} (source, destination, port, protocol)", n = lang.count(totals.conversations)),
    );
    if let (Some(first), Some(last)) = (totals.first_time_ms, totals.last_time_ms) {
        let length = match first.abs_diff(last) {
            0 => String::new(),
            length => format!(" ({})", text::duration(length)),
        };
        page.pair("Period (UTC)", &format!("{}{length}", text::period(first, last)));
    }
    let traffic = |packets, volume| {
        let packets = lang.counted(packets, "packet", "packets");
        fill!(lang, "{bytes} in {packets}", bytes = lang.bytes(volume), packets)
    };
    page.pair(
        "Sent",
        &fill!(
            lang,
            "{traffic} (source to destination)",
            traffic = traffic(totals.packets_sent, totals.bytes_sent)
        ),
    );
    page.pair(
        "Received",
        &fill!(
            lang,
            "{traffic} (the way back)",
            traffic = traffic(totals.packets_received, totals.bytes_received)
        ),
    );
    resolved(page, report);
    page.pair("Sources", &lang.count(totals.unique_sources));
    page.pair("Destinations", &lang.count(totals.unique_destinations));
    page.pair("Network interfaces", &lang.count(totals.unique_nics));
    let denied = report.states.get(&'D').copied().unwrap_or(0);
    let share = lang.share(denied, totals.tuples);
    let dropped = totals.dropped_for_encryption;
    let apart = match dropped {
        0 => String::new(),
        dropped => fill!(lang, ", of these {n} dropped for want of encryption", n = lang.count(dropped)),
    };
    page.pair("Denied", &format!("{} ({share}){apart}", lang.counted(denied, "tuple", "tuples")));
    let problems = &report.problem_counts;
    let found = [
        ("denials", problems.denied),
        ("incomplete connections", problems.incomplete),
        ("low payload", problems.low_payload),
        ("excessive retries", problems.retries),
        ("one-way connections", problems.one_way),
    ];
    page.pair("Problems", &found_in(lang, &found));
    let counts = [
        (problems.denied_sources, "source with many denials", "sources with many denials"),
        (problems.port_scans, "possible port scan", "possible port scans"),
        (problems.unusual_ports, "unusual port", "unusual ports"),
        (problems.high_volume, "high-volume conversation", "high-volume conversations"),
    ];
    let some = counts.iter().filter(|(value, ..)| *value > 0);
    page.pair("Anomalies", &listed(lang, some.map(|(value, one, many)| lang.counted(*value, one, many))));
}

/// What remains when a connection that several logs tell of counts once.
fn resolved(page: &mut Page, report: &Report) {
    let (resolved, lang) = (&report.resolved, page.lang());
    if resolved.duplicate_connections == 0 {
        return;
    }
    page.pair(
        "Logged twice",
        &fill!(
            lang,
            "{connections} ({tuples}, {bytes}) that another NIC or log tells of as well",
            connections = lang.counted(resolved.duplicate_connections, "connection", "connections"),
            tuples = lang.counted(resolved.duplicate_tuples, "tuple", "tuples"),
            bytes = lang.bytes(resolved.duplicate_bytes)
        ),
    );
    page.pair(
        "Each counted once",
        &fill!(
            lang,
            "{tuples}, {sent} sent, {received} received; rankings and problems below go by these",
            tuples = lang.counted(resolved.tuples, "tuple", "tuples"),
            sent = lang.bytes(resolved.bytes_sent),
            received = lang.bytes(resolved.bytes_received)
        ),
    );
}

/// `denials in 3 conversations, low payload in 2`; what was not found is left out.
fn found_in(lang: Lang, found: &[(&'static str, u64)]) -> String {
    let some = found.iter().filter(|(_, value)| *value > 0).enumerate();
    let told = some.map(|(place, (what, value))| {
        let number = match place {
            0 => lang.counted(*value, "conversation", "conversations"),
            _ => lang.count(*value),
        };
        fill!(lang, "{what} in {number}", what = lang.say(what), number)
    });
    listed(lang, told)
}

fn listed(lang: Lang, words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { say!(lang, "none").to_owned() } else { words.join(", ") }
}
