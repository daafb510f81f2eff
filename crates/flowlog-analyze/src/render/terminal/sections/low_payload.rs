//! Conversations that carried little but headers.

use flowlog_core::report::{ConversationRow, LOW_BYTES_PER_PACKET, LOW_PAYLOAD_MIN_PACKETS, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, numbers};
use super::conversations::{CONVERSATIONS, begin, cells, conversations};
use crate::render::cells::bytes_per_packet;
use crate::render::text;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.low_payload;
    let note = fill!(
        page.lang(),
        "Fewer than {bytes} bytes a packet over {packets} packets or more: little but \
         headers. Drops look so, and so do probes and keep-alives: a hint, not a proof.",
        bytes = LOW_BYTES_PER_PACKET,
        packets = LOW_PAYLOAD_MIN_PACKETS
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

/// Packets and bytes of a conversation, both ways.
fn both_ways(row: &ConversationRow) -> (u64, u64) {
    (row.packets_sent.saturating_add(row.packets_received), row.bytes_sent.saturating_add(row.bytes_received))
}
