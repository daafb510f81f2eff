//! What was compared, how it came out, and what the data cannot tell.

use flowlog_core::compare::{Comparison, Counts, Delta, Migration, SetKind, SetSummary};

use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::table::{Cell, Table, numbers, words};
use crate::render::text::{self, count, counted};

pub(super) fn sets(page: &mut Page, comparison: &Comparison) {
    page.group("Flow log comparison");
    for (letter, set) in [("A", &comparison.a), ("B", &comparison.b)] {
        let name = if set.name == "-" { "standard input".to_owned() } else { page.name(&set.name) };
        let faults = match set.files_with_errors {
            0 => String::new(),
            faulty => format!(", {} not read whole", count(faulty)),
        };
        let line = format!("{name} ({}, {}{faults})", kind(set.kind), counted(set.files, "file", "files"));
        page.pair(letter, &line);
        page.pair("", &period(set));
    }
    let per_hour = if comparison.per_hour { "B/A an hour" } else { "B/A" };
    let mut table = Table::new([words(""), numbers("A"), numbers("B"), numbers(per_hour).spare()]);
    let [a, b] = [&comparison.a, &comparison.b];
    let mut row = |name: &str, values: [u64; 2], show: fn(u64) -> String, ratio: Option<f64>| {
        let [a, b] = values.map(show);
        table.push(vec![name.into(), a.into(), b.into(), Cell::from(self::ratio(ratio))]);
    };
    let ratios = &comparison.ratios;
    let of = |value: fn(&Counts) -> u64| [value(&a.counts), value(&b.counts)];
    row("Network interfaces", [a.nics, b.nics], count, None);
    row("Tuples", [a.tuples, b.tuples], count, None);
    row("Connections", of(|counts| counts.connections), count, ratios.connections);
    row("Denied tuples", of(|counts| counts.denied), count, ratios.denied);
    row("Packets", of(|counts| counts.packets), count, ratios.packets);
    row("Bytes", of(|counts| counts.bytes), text::bytes, ratios.bytes);
    page.blank();
    table.write(page);
}

fn kind(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Empty => "no flow",
        SetKind::VNet => "VNet flow logs",
        SetKind::Nsg => "NSG flow logs",
        SetKind::Mixed => "VNet and NSG flow logs",
    }
}

fn period(set: &SetSummary) -> String {
    match (set.first_time_ms, set.last_time_ms) {
        (Some(first), Some(last)) => {
            format!("{} UTC ({} with data)", text::period(first, last), text::duration(set.covered_ms))
        }
        _ => "no time".to_owned(),
    }
}

/// `2.50`; a dash where there is nothing to divide by.
pub(super) fn ratio(ratio: Option<f64>) -> String {
    match ratio {
        None => "-".to_owned(),
        Some(ratio) if ratio > 0.0 && ratio < 0.005 => "<0.01".to_owned(),
        Some(ratio) if ratio >= 1000.0 => ">999".to_owned(),
        Some(ratio) if ratio >= 100.0 => format!("{ratio:.0}"),
        Some(ratio) => format!("{ratio:.2}"),
    }
}

/// How it came out, in a few lines.
pub(super) fn verdict(page: &mut Page, comparison: &Comparison) {
    page.group("Result");
    if let Some(migration) = &comparison.migration {
        for line in migration_verdict(migration) {
            page.prose(&line, 2, Tone::Plain);
        }
        return;
    }
    if comparison.is_same() {
        return page.prose(
            "No difference: the same hosts, ports, conversations, denials, rules and volumes in both sets.",
            2,
            Tone::Plain,
        );
    }
    let services = counted(comparison.service_outcomes.total, "service", "services");
    let conversations = counted(comparison.conversation_outcomes.total, "conversation", "conversations");
    page.pair("Outcomes", &format!("{services} and {conversations} changed between allowed and denied"));
    if let Some(found) = &comparison.findings {
        let [new, gone, still] = [&found.new, &found.gone, &found.still].map(|list| count(list.len() as u64));
        page.pair("Findings", &format!("{new} new, {gone} gone, {still} still there"));
    }
    page.pair("Hosts", &extent(&comparison.hosts));
    page.pair("Ports", &extent(&comparison.ports));
    page.pair("Conversations", &extent(&comparison.conversations));
    let noise = &comparison.denied_from_internet;
    let internet = match noise.new + noise.vanished {
        0 => String::new(),
        _ => format!(" ({} and {} of these from the internet)", count(noise.new), count(noise.vanished)),
    };
    page.pair("Denied", &format!("{}{internet}", extent(&comparison.denied)));
    page.pair("Rules hit", &extent(&comparison.rules));
}

/// `3 new, 1 vanished, 20 in both`.
pub(super) fn extent<T>(delta: &Delta<T>) -> String {
    format!(
        "{} new, {} vanished, {} in both",
        count(delta.new.total),
        count(delta.vanished.total),
        count(delta.kept)
    )
}

fn migration_verdict(migration: &Migration) -> Vec<String> {
    let share = |part, whole| text::share(part, whole);
    let connections = &migration.connections;
    let mut lines = Vec::new();
    lines.push(match connections.nsg {
        0 => "The NSG log holds no allowed TCP or UDP connection.".to_owned(),
        all => format!(
            "{} of the NSG log's connections are in the VNet log ({} of {}).",
            share(connections.both, all),
            count(connections.both),
            count(all)
        ),
    });
    let (tuples, conversations) = (&migration.denied_tuples, &migration.denied_conversations);
    if tuples.nsg > 0 {
        lines.push(format!(
            "{} of its denied tuples are in the VNet log ({} of {}), {} of its denied conversations.",
            share(tuples.both, tuples.nsg),
            count(tuples.both),
            count(tuples.nsg),
            share(conversations.both, conversations.nsg)
        ));
    }
    if connections.vnet > 0 {
        lines.push(format!(
            "{} of the VNet log's TCP and UDP connections are in the NSG log ({} of {}).",
            share(connections.both, connections.vnet),
            count(connections.both),
            count(connections.vnet)
        ));
    }
    lines
}

pub(super) fn caveats(page: &mut Page, comparison: &Comparison) {
    if comparison.caveats.is_empty() {
        return;
    }
    page.section("What the data cannot tell", "");
    for caveat in &comparison.caveats {
        let text = page.name(&caveat.to_string());
        page.warning(&text, Tone::Warn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_read_well_at_their_edges() {
        let cases = [
            (None, "-"),
            (Some(0.0), "0.00"),
            (Some(0.001), "<0.01"),
            (Some(1.0), "1.00"),
            (Some(99.999), "100.00"),
        ];
        for (value, shown) in cases {
            assert_eq!(ratio(value), shown);
        }
        assert_eq!((ratio(Some(123.4)), ratio(Some(5e9))), ("123".to_owned(), ">999".to_owned()));
    }
}
