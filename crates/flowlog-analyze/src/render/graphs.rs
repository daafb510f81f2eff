//! Horizontal bar charts fitted to the width.

use flowlog_core::report::{HostRow, Rank, Report};

use super::cells::ranked;
use super::names::{STATES, acl_label, port_label, protocol_label, rule_kind, rule_name, state_label};
use super::terminal::page::{Page, Tone};
use super::terminal::table::{ACL, Table, names, numbers};
use super::text::{shorten, width};
use crate::words::fill;

/// A block filled to so many eighths from the left.
const EIGHTHS: [&str; 8] =
    ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];
const FULL: &str = "\u{2588}";
/// A bar longer than this tells nothing more.
const LONGEST_BAR: usize = 100;

/// Beside long labels in a file, bars of this length still tell something.
const LEAST_BAR: usize = 20;

/// Every chart of the report.
pub(crate) fn all(page: &mut Page, report: &Report) {
    let states = STATES.into_iter().filter_map(|letter| {
        let tuples = report.states.get(&letter)?;
        Some((format!("{letter} {}", short(page.lang().say(state_label(letter)))), *tuples))
    });
    chart(page, Rank::Tuples, "flow state", states.collect());
    let protocols =
        ranked(&report.protocols).into_iter().map(|(number, tuples)| (protocol_label(number), tuples));
    chart(page, Rank::Tuples, "protocol", protocols.collect());
    let (by, others_by) = (report.options.hosts_by(), report.options.others_by());
    let most = |row: &HostRow| by.of(row.tuples, row.connections, row.bytes);
    let hosts = |rows: &[HostRow]| rows.iter().map(|row| (row.name.ip.clone(), most(row))).collect();
    chart(page, by, "source", hosts(&report.top_sources));
    chart(page, by, "destination", hosts(&report.top_destinations));
    let ports = report.top_ports.iter();
    let ports = ports.map(|row| {
        let port = port_label(row.name.port, row.name.protocol);
        let label = row.name.service.map_or(port.clone(), |service| format!("{port} {service}"));
        (label, others_by.of(row.tuples, row.connections, row.bytes))
    });
    chart(page, others_by, "destination port", ports.collect());
    let lang = page.lang();
    let rules = report.rules.iter().map(|row| {
        let label =
            format!("{} {} / {}", lang.say(rule_kind(row.class)), rule_name(&row.rule), acl_label(&row.acl));
        (label, others_by.of(row.tuples, row.begun, row.bytes))
    });
    chart(page, others_by, "rule", rules.collect());
}

/// The label without its remark in brackets.
fn short(label: &str) -> &str {
    label.split(" (").next().unwrap_or(label)
}

fn chart(page: &mut Page, by: Rank, of: &'static str, mut rows: Vec<(String, u64)>) {
    let what = match by {
        Rank::Bytes => "Bytes",
        Rank::Connections => "Connections",
        Rank::Tuples => "Tuples",
    };
    let lang = page.lang();
    let told = |value: u64| if by == Rank::Bytes { lang.bytes(value) } else { lang.count(value) };
    page.section(&fill!(lang, "{what} by {of}", what = lang.say(what), of = lang.say(of)), "");
    rows.truncate(page.style.top);
    let largest = rows.iter().map(|(_, value)| *value).max().unwrap_or(0);
    if largest == 0 {
        return page.none();
    }
    if page.style.markdown {
        let mut table = Table::new([names("Of", ACL), numbers(what)]);
        for (label, value) in &rows {
            table.push(vec![page.name(label).into(), told(*value).into()]);
        }
        return table.write(page);
    }
    let labels: Vec<String> = rows.iter().map(|(label, _)| page.name(label)).collect();
    let values: Vec<String> = rows.iter().map(|(_, value)| told(*value)).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| width(text)).max().unwrap_or(0);
    let most = if page.style.cut { page.style.width / 2 } else { page.style.limit() };
    let label_width = widest(&labels).min(most);
    let value_width = widest(&values);
    // Two columns before each part.
    let room = page.style.width.saturating_sub(label_width + value_width + 6).min(LONGEST_BAR);
    let room = if page.style.cut { room } else { room.max(LEAST_BAR) };
    for ((label, text), (_, value)) in labels.iter().zip(&values).zip(&rows) {
        let label = shorten(label, label_width, page.style.ascii).into_owned();
        page.spaces(2);
        page.paint(&label, Tone::Plain);
        page.spaces(label_width - width(&label) + 2 + value_width - width(text));
        page.paint(text, Tone::Plain);
        page.spaces(2);
        page.paint(&bar(*value, largest, room, page.style.ascii), Tone::Bar);
        page.end_line();
    }
}

/// A bar of `value`, where `largest` fills `room` columns. Something always shows, nothing never.
fn bar(value: u64, largest: u64, room: usize, ascii: bool) -> String {
    if value == 0 || largest == 0 {
        return String::new();
    }
    let parts = if ascii { 1 } else { 8 };
    let scaled = u128::from(value) * (room * parts) as u128 / u128::from(largest);
    let filled = usize::try_from(scaled).unwrap_or(usize::MAX).clamp(1, (room * parts).max(1));
    if ascii {
        return "#".repeat(filled);
    }
    FULL.repeat(filled / 8) + EIGHTHS.get(filled % 8).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_something_always_shows() {
        assert_eq!(bar(10, 10, 4, false), "████");
        assert_eq!(bar(5, 10, 4, false), "██");
        assert_eq!(bar(9, 16, 2, false), "█▏");
        assert_eq!(bar(1, u64::MAX, 40, false), "▏");
        assert_eq!(bar(u64::MAX, u64::MAX, 3, true), "###");
        assert_eq!(bar(1, 1000, 10, true), "#");
        assert_eq!(bar(0, 1000, 10, true), "");
    }
}
