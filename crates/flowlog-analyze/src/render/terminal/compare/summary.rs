//! What was compared, how it came out, and what the data cannot tell.

use flowlog_core::compare::{Comparison, Counts, Delta, Migration, SetKind, SetSummary};

use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::table::{Cell, Table, numbers, words};
use crate::render::text::{self, count};
use crate::words::{Lang, caveat as caveat_of, fill, say};

pub(super) fn sets(page: &mut Page, comparison: &Comparison) {
    page.group("Flow log comparison");
    let lang = page.lang();
    for (letter, set) in [("A", &comparison.a), ("B", &comparison.b)] {
        let name =
            if set.name == "-" { say!(lang, "standard input").to_owned() } else { page.name(&set.name) };
        let faults = match set.files_with_errors {
            0 => String::new(),
            faulty => fill!(lang, ", {n} not read whole", n = lang.count(faulty)),
        };
        let line = format!(
            "{name} ({}, {}{faults})",
            lang.say(kind(set.kind)),
            lang.counted(set.files, "file", "files")
        );
        page.pair(letter, &line);
        page.pair("", &period(lang, set));
    }
    let per_hour = if comparison.per_hour { "B/A an hour" } else { "B/A" };
    let mut table = Table::new([words(""), numbers("A"), numbers("B"), numbers(per_hour).spare()]);
    let [a, b] = [&comparison.a, &comparison.b];
    let mut row = |name: &'static str, values: [u64; 2], show: fn(u64) -> String, ratio: Option<f64>| {
        let [a, b] = values.map(show);
        table.push(vec![lang.say(name).into(), a.into(), b.into(), Cell::from(self::ratio(ratio))]);
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

fn period(lang: Lang, set: &SetSummary) -> String {
    match (set.first_time_ms, set.last_time_ms) {
        (Some(first), Some(last)) => {
            fill!(
                lang,
                "{period} UTC ({time} with data)",
                period = text::period(first, last),
                time = text::duration(set.covered_ms)
            )
        }
        _ => say!(lang, "no time").to_owned(),
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
        for line in migration_verdict(page.lang(), migration) {
            page.prose(&line, 2, Tone::Plain);
        }
        return;
    }
    if comparison.is_same() {
        return page.prose(
            say!(
                page.lang(),
                "No difference: the same hosts, ports, conversations, denials, rules and volumes in both sets."
            ),
            2,
            Tone::Plain,
        );
    }
    let lang = page.lang();
    let services = lang.counted(comparison.service_outcomes.total, "service", "services");
    let conversations = lang.counted(comparison.conversation_outcomes.total, "conversation", "conversations");
    page.pair(
        "Outcomes",
        &fill!(
            lang,
            "{services} and {conversations} changed between allowed and denied",
            services,
            conversations
        ),
    );
    if let Some(found) = &comparison.findings {
        let [new, gone, still] =
            [&found.new, &found.gone, &found.still].map(|list| lang.count(list.len() as u64));
        page.pair("Findings", &fill!(lang, "{new} new, {gone} gone, {still} still there", new, gone, still));
    }
    page.pair("Hosts", &extent(lang, &comparison.hosts));
    page.pair("Ports", &extent(lang, &comparison.ports));
    page.pair("Conversations", &extent(lang, &comparison.conversations));
    let noise = &comparison.denied_from_internet;
    let internet = match noise.new + noise.vanished {
        0 => String::new(),
        _ => fill!(
            lang,
            " ({new} and {vanished} of these from the internet)",
            new = lang.count(noise.new),
            vanished = lang.count(noise.vanished)
        ),
    };
    page.pair("Denied", &format!("{}{internet}", extent(lang, &comparison.denied)));
    page.pair("Rules hit", &extent(lang, &comparison.rules));
}

/// `3 new, 1 vanished, 20 in both`.
pub(super) fn extent<T>(lang: Lang, delta: &Delta<T>) -> String {
    fill!(
        lang,
        "{new} new, {vanished} vanished, {kept} in both",
        new = lang.count(delta.new.total),
        vanished = lang.count(delta.vanished.total),
        kept = lang.count(delta.kept)
    )
}

fn migration_verdict(lang: Lang, migration: &Migration) -> Vec<String> {
    let share = |part, whole| lang.share(part, whole);
    let connections = &migration.connections;
    let mut lines = Vec::new();
    lines.push(match connections.nsg {
        0 => say!(lang, "The NSG log holds no allowed TCP or UDP connection.").to_owned(),
        all => fill!(
            lang,
            "{share} of the NSG log's connections are in the VNet log ({n} of {all}).",
            share = share(connections.both, all),
            n = lang.count(connections.both),
            all = lang.count(all)
        ),
    });
    let (tuples, conversations) = (&migration.denied_tuples, &migration.denied_conversations);
    if tuples.nsg > 0 {
        lines.push(fill!(
            lang,
            "{share} of its denied tuples are in the VNet log ({n} of {all}), {other} of its denied conversations.",
            share = share(tuples.both, tuples.nsg),
            n = lang.count(tuples.both),
            all = lang.count(tuples.nsg),
            other = share(conversations.both, conversations.nsg)
        ));
    }
    if connections.vnet > 0 {
        lines.push(fill!(
            lang,
            "{share} of the VNet log's TCP and UDP connections are in the NSG log ({n} of {all}).",
            share = share(connections.both, connections.vnet),
            n = lang.count(connections.both),
            all = lang.count(connections.vnet)
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
        let text = page.name(&caveat_of(page.lang(), caveat));
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
