//! Bytes and denials over time, in a line each.

use flowlog_core::report::{Report, TimelineRow};

use crate::render::spark::spark;
use crate::render::terminal::page::Page;
use crate::render::text;
use crate::words::fill;

/// Writes two lines of marks, and what a mark is.
pub(super) fn write(page: &mut Page, report: &Report) {
    let rows = &report.timeline;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let width = i64::try_from(report.timeline_bucket_ms).unwrap_or(i64::MAX).max(1);
    let number =
        |time: i64| usize::try_from(time.saturating_sub(first.time_ms) / width).unwrap_or(usize::MAX);
    let spans = number(last.time_ms).saturating_add(1);
    // So many rows of the timeline are one mark.
    let joined = spans.div_ceil(page.pair_room().max(1));
    if spans < 2 {
        return;
    }
    let series = |value: fn(&TimelineRow) -> u64| {
        let mut values = vec![0_u64; spans.div_ceil(joined)];
        for row in rows {
            if let Some(slot) = values.get_mut(number(row.time_ms) / joined) {
                *slot = slot.saturating_add(value(row));
            }
        }
        spark(&values, page.style.ascii)
    };
    let bytes = series(|row| row.bytes_sent.saturating_add(row.bytes_received));
    let denied = series(|row| row.denied);
    let each = text::span(report.timeline_bucket_ms.saturating_mul(joined as u64));
    page.pair("Bytes over time", &bytes);
    page.pair("Denied over time", &denied);
    page.pair(
        "",
        &fill!(page.lang(), "each mark {each}, from {time}", each, time = text::time(first.time_ms)),
    );
}
