//! Conversations and hosts to look at, each section with what it proves and what it does not.

use flowlog_core::report::{
    ConversationRow, Ends, LOW_BYTES_PER_PACKET, LOW_PAYLOAD_MIN_PACKETS, MANY_DENIALS, RETRY_BEGINS, Report,
    SCAN_PORTS,
};

use super::page::{Page, Tone};
use super::rules::dropped_remark;
use super::table::{ADDRESS, Cell, Column, Table, names, numbers, words};
use crate::render::cells::bytes_per_packet;
use crate::render::names::{direction_label, owner, port_label};
use crate::render::text::{self, counted};

/// The columns of a conversation, then `more`.
fn conversations<const N: usize>(more: [Column; N]) -> Table {
    let ends = [names("Source", ADDRESS), names("Destination", ADDRESS), words("Port"), names("Service", 8)];
    Table::new(ends.into_iter().chain(more))
}

/// The cells of a conversation's ends, then `more`.
fn cells<const N: usize>(ends: &Ends, more: [Cell; N]) -> Vec<Cell> {
    let ends = [
        ends.source.clone().into(),
        ends.destination.clone().into(),
        port_label(ends.port, ends.protocol).into(),
        ends.service.unwrap_or("-").into(),
    ];
    ends.into_iter().chain(more).collect()
}

/// Title, explanation, and "none" if there is nothing. True if there is something to show.
fn begin(page: &mut Page, title: &str, total: u64, note: &str, (one, many): (&str, &str)) -> bool {
    page.section(title, &if total == 0 { String::new() } else { counted(total, one, many) });
    page.note(note);
    if total == 0 {
        page.none();
    }
    total > 0
}

/// True if rows of the state that a section lives on are in the data, or the section has something all the
/// same. Where there are none, "none" would be false comfort: the section says so instead.
fn visible(page: &mut Page, report: &Report, state: char, title: &str, total: u64) -> bool {
    let missing = total == 0 && report.coverage.missing_states.contains(&state);
    if missing {
        page.section(title, "");
        page.line(&format!("cannot be told: the data holds no {state} rows"), 2, Tone::Warn);
    }
    !missing
}

const CONVERSATIONS: (&str, &str) = ("conversation", "conversations");

pub(super) fn incomplete(page: &mut Page, report: &Report) {
    let total = report.problem_counts.incomplete;
    let note = "Begun, and neither continued nor ended before the data ends. \
                The last minutes of a capture always have some.";
    if visible(page, report, 'B', "Incomplete", total)
        && begin(page, "Incomplete", total, note, CONVERSATIONS)
    {
        let columns = [numbers("Incomplete"), numbers("Begun"), words("Last begun (UTC)").spare()];
        page.table(conversations(columns), &report.incomplete, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.connections), Tone::Warn),
                    Cell::count(row.begins),
                    text::time(row.last_time_ms).into(),
                ],
            )
        });
    }
}

pub(super) fn denied(page: &mut Page, report: &Report) {
    let total = report.problem_counts.denied;
    let note = "A denied tuple is a packet, not an attempt: SYN retries of one are logged again. Inbound from public \
                addresses is mostly noise of the internet; outbound means a wrong rule or unwanted software.";
    if visible(page, report, 'D', "Denied", total) && begin(page, "Denied", total, note, CONVERSATIONS) {
        let columns = [
            numbers("Denied"),
            numbers("Attempts").spare(),
            words("Direction"),
            words("Period (UTC)").spare(),
        ];
        let mut table = conversations(columns);
        for row in report.denied.iter().take(page.style.top) {
            let dropped = row.dropped_for_encryption;
            let row_cells = cells(
                &row.ends,
                [
                    Cell::bad_count(row.tuples),
                    Cell::count(row.attempts),
                    direction_label(row.direction).into(),
                    text::short_period(row.first_time_ms, row.last_time_ms).into(),
                ],
            );
            if dropped > 0 {
                table.push_with_remark(row_cells, dropped_remark(dropped), Tone::Warn);
            } else {
                table.push(row_cells);
            }
        }
        table.write(page);
        page.more(total.saturating_sub(table.len() as u64));
    }
}

pub(super) fn low_payload(page: &mut Page, report: &Report) {
    let total = report.problem_counts.low_payload;
    let note = format!(
        "Fewer than {LOW_BYTES_PER_PACKET} bytes a packet over {LOW_PAYLOAD_MIN_PACKETS} packets or more: little but \
         headers. Drops look so, and so do probes and keep-alives: a hint, not a proof."
    );
    if begin(page, "Low payload (possible drops)", total, &note, CONVERSATIONS) {
        let columns = [numbers("Packets"), numbers("Bytes"), numbers("Bytes/packet")];
        page.table(conversations(columns), &report.low_payload, total, |row| {
            let (packets, bytes) = both_ways(row);
            let average = bytes_per_packet(bytes, packets).map_or_else(|| "-".to_owned(), text::count);
            cells(&row.ends, [Cell::count(packets), Cell::bytes(bytes), Cell::toned(average, Tone::Warn)])
        });
    }
}

pub(super) fn retries(page: &mut Page, report: &Report) {
    let total = report.problem_counts.retries;
    let note = format!(
        "Begun more than {RETRY_BEGINS} times. A busy client does that too: look at how many of them ended."
    );
    if visible(page, report, 'B', "Excessive retries", total)
        && begin(page, "Excessive retries", total, &note, CONVERSATIONS)
    {
        let columns = [numbers("Begun"), numbers("Ended"), numbers("Share")];
        page.table(conversations(columns), &report.retries, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.begins), Tone::Warn),
                    Cell::count(row.ended),
                    text::share(row.ended, row.begins).into(),
                ],
            )
        });
    }
}

pub(super) fn one_way(page: &mut Page, report: &Report) {
    let total = report.problem_counts.one_way;
    let note = "Packets were sent and none came back as long as the data shows the connection. Normal for syslog \
                and its like; for TCP, look at routes and firewalls on the way back.";
    if begin(page, "One-way", total, note, CONVERSATIONS) {
        let columns = [numbers("Connections"), numbers("Packets sent"), numbers("Bytes sent").spare()];
        page.table(conversations(columns), &report.one_way, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.connections), Tone::Warn),
                    Cell::count(row.packets_sent),
                    Cell::bytes(row.bytes_sent),
                ],
            )
        });
    }
}

pub(super) fn high_volume(page: &mut Page, report: &Report) {
    let total = report.problem_counts.high_volume;
    let note = "The top 1 % of conversations by bytes both ways; every network has a top 1 %.";
    if begin(page, "High volume", total, note, CONVERSATIONS) {
        let columns = [numbers("Sent"), numbers("Received"), numbers("Connections").spare()];
        page.table(conversations(columns), &report.high_volume, total, |row| {
            cells(
                &row.ends,
                [Cell::bytes(row.bytes_sent), Cell::bytes(row.bytes_received), Cell::count(row.connections)],
            )
        });
    }
}

pub(super) fn unusual_ports(page: &mut Page, report: &Report) {
    let total = report.problem_counts.unusual_ports;
    let note =
        "Allowed traffic to ports no service is registered for. Dynamic ports (RPC, FTP data) are here too.";
    if begin(page, "Unusual ports", total, note, ("port", "ports")) {
        let columns = [words("Port"), numbers("Tuples"), numbers("Bytes")];
        page.table(Table::new(columns), &report.unusual_ports, total, |row| {
            vec![
                port_label(row.name.port, row.name.protocol).into(),
                Cell::count(row.tuples),
                Cell::bytes(row.bytes),
            ]
        });
    }
}

pub(super) fn denied_sources(page: &mut Page, report: &Report) {
    let total = report.problem_counts.denied_sources;
    let note = format!(
        "More than {MANY_DENIALS} tuples that rules denied, each. Many ports or many destinations: a scan."
    );
    if visible(page, report, 'D', "Sources with many denials", total)
        && begin(page, "Sources with many denials", total, &note, ("source", "sources"))
    {
        let columns = [
            names("Source", ADDRESS),
            numbers("Denied by rules"),
            numbers("Destinations"),
            numbers("Ports"),
            names("Class or provider", 17),
        ];
        page.table(Table::new(columns), &report.denied_sources, total, |row| {
            vec![
                row.source.clone().into(),
                Cell::bad_count(row.tuples),
                Cell::count(row.destinations),
                Cell::count(row.ports),
                owner(row.class, row.provider).into(),
            ]
        });
    }
}

pub(super) fn port_scans(page: &mut Page, report: &Report) {
    let total = report.problem_counts.port_scans;
    let note = format!(
        "More than {SCAN_PORTS} distinct destination ports in one pair. Busy pairs of servers look the same; \
         a large share of denied tuples makes a scan likelier."
    );
    if begin(page, "Port scans", total, &note, ("pair", "pairs")) {
        let columns = [
            names("Source", ADDRESS),
            names("Destination", ADDRESS),
            numbers("Ports"),
            numbers("Tuples"),
            numbers("Denied"),
            numbers("Denied share").spare(),
        ];
        page.table(Table::new(columns), &report.port_scans, total, |row| {
            vec![
                row.source.clone().into(),
                row.destination.clone().into(),
                Cell::toned(text::count(row.ports), Tone::Warn),
                Cell::count(row.tuples),
                Cell::bad_count(row.denied),
                text::share(row.denied, row.tuples).into(),
            ]
        });
    }
}

/// Packets and bytes of a conversation, both ways.
fn both_ways(row: &ConversationRow) -> (u64, u64) {
    (row.packets_sent.saturating_add(row.packets_received), row.bytes_sent.saturating_add(row.bytes_received))
}
