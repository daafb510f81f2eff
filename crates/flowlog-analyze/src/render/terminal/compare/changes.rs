//! What changed, what is new and what vanished.

use flowlog_core::compare::{
    Comparison, ConversationRow, Counts, Delta, FindingRow, HostRow, Listed, Outcome, OutcomeChange, PortRow,
    RuleRow,
};
use flowlog_core::finding::Severity;
use flowlog_core::state::RuleClass;

use super::summary::{extent, ratio};
use crate::render::names::{acl_label, owner_of, port_label, rule_kind, rule_name};
use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::table::{Cell, RULE, Table, addresses, names, numbers, words};
use crate::words::{Lang, fill, say, title_of};

pub(super) fn outcomes(page: &mut Page, comparison: &Comparison) {
    page.group("Allowed or denied");
    let services = &comparison.service_outcomes;
    page.section("Services whose outcome changed", &page.lang().count(services.total));
    page.note(
        "A destination and port that both sets speak of, whoever calls. Partly: some denied, some let through. \
         Denied: nobody got an answer.",
    );
    outcome_table(page, services, false);
    let conversations = &comparison.conversation_outcomes;
    page.section("Conversations whose outcome changed", &page.lang().count(conversations.total));
    outcome_table(page, conversations, true);
}

fn outcome_table(page: &mut Page, list: &Listed<OutcomeChange>, with_source: bool) {
    if list.rows.is_empty() {
        return page.none();
    }
    let mut columns = if with_source { vec![addresses("Source")] } else { Vec::new() };
    columns.extend([
        addresses("Destination"),
        words("Port"),
        words("A"),
        words("B"),
        numbers("Denied A").spare(),
        numbers("Denied B").spare(),
        numbers("Conn. B").spare(),
        names("Service", 8).spare(),
    ]);
    let lang = page.lang();
    page.table(Table::new(columns), &list.rows, list.total, |row| {
        let mut cells: Vec<Cell> = row.source.iter().map(|source| source.clone().into()).collect();
        let after = if row.after > row.before { Tone::Bad } else { Tone::Warn };
        cells.extend([
            row.destination.clone().into(),
            port_label(row.port.port, row.port.protocol).into(),
            outcome(lang, row.before).into(),
            Cell::toned(outcome(lang, row.after), after),
            Cell::count(row.a.denied),
            Cell::count(row.b.denied),
            Cell::count(row.b.connections),
            row.port.service.unwrap_or("-").into(),
        ]);
        cells
    });
}

pub(super) fn findings(page: &mut Page, comparison: &Comparison) {
    let Some(found) = &comparison.findings else { return };
    page.group("Findings");
    page.note(
        "By rule and what they are about; flowlog-analyze on the set itself tells reason and evidence.",
    );
    let lists =
        [("New", &found.new, true), ("Gone", &found.gone, false), ("Still there", &found.still, false)];
    for (title, rows, warn) in lists {
        page.section(title, &page.lang().count(rows.len() as u64));
        if rows.is_empty() {
            page.none();
            continue;
        }
        // What is grave is shown however long the list is.
        let shown = |(place, row): &(usize, &FindingRow)| {
            *place < page.style.top || (warn && row.severity >= Severity::High)
        };
        let shown: Vec<&FindingRow> = rows.iter().enumerate().filter(shown).map(|(_, row)| row).collect();
        for row in &shown {
            finding(page, row, warn);
        }
        page.more((rows.len() - shown.len()) as u64);
    }
}

fn finding(page: &mut Page, row: &FindingRow, warn: bool) {
    let tone = match row.severity {
        Severity::Critical | Severity::High if warn => Tone::Bad,
        Severity::Medium if warn => Tone::Warn,
        _ => Tone::Plain,
    };
    let lang = page.lang();
    let before = match row.severity_before {
        Some(before) if before != row.severity => {
            fill!(lang, " (was {before})", before = lang.say(before.word()))
        }
        _ => String::new(),
    };
    let line = format!(
        "{}{before}: {}",
        lang.say(row.severity.word()).to_uppercase(),
        title_of(lang, &row.title, &row.concern)
    );
    let line = page.told(&line);
    page.prose(&line, 2, tone);
    let line = page.name(&row.id);
    page.line(&line, 4, Tone::Dim);
}

fn outcome(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => say!(lang, "allowed of a service"),
        Outcome::Partly => say!(lang, "partly denied"),
        Outcome::Denied => say!(lang, "denied of a service"),
    }
}

/// A list's two halves.
fn halves<T>(
    page: &mut Page,
    what: &str,
    note: &str,
    delta: &Delta<T>,
    write: impl Fn(&mut Page, &Listed<T>),
) {
    page.section(what, &extent(page.lang(), delta));
    if !note.is_empty() {
        page.note(note);
    }
    for (title, list) in
        [("New (in B, not in A)", &delta.new), ("Vanished (in A, not in B)", &delta.vanished)]
    {
        if list.rows.is_empty() {
            continue;
        }
        page.line(page.lang().say(title), 2, Tone::Plain);
        write(page, list);
    }
}

pub(super) fn new_and_vanished(page: &mut Page, comparison: &Comparison) {
    page.group("New and vanished");
    let noise = &comparison.denied_only_hosts;
    let note = fill!(
        page.lang(),
        "Hosts with allowed traffic, at either end, by bytes. Besides, {new} new and {vanished} vanished hosts were only \
         ever denied.",
        new = page.lang().count(noise.new),
        vanished = page.lang().count(noise.vanished)
    );
    halves(page, "Hosts", &note, &comparison.hosts, hosts);
    halves(page, "Destination ports", "With allowed traffic, by bytes.", &comparison.ports, ports);
    halves(
        page,
        "Conversations",
        "Source, destination and port with allowed traffic, by bytes.",
        &comparison.conversations,
        |page, list| {
            conversations(page, list, false);
        },
    );
    let note = "Sources inside the network first: what the internet tries changes every day.";
    halves(page, "Denied conversations", note, &comparison.denied, |page, list| {
        conversations(page, list, true);
    });
}

fn hosts(page: &mut Page, list: &Listed<HostRow>) {
    let columns = [
        addresses("Address"),
        names("Whose", 10).spare(),
        numbers("Connections"),
        numbers("Bytes"),
        numbers("Denied").spare(),
    ];
    let lang = page.lang();
    page.table(Table::new(columns), &list.rows, list.total, |row| {
        let [connections, bytes, denied] = cells(&row.counts);
        vec![row.name.ip.clone().into(), owner_of(&row.name, lang).into(), connections, bytes, denied]
    });
}

fn ports(page: &mut Page, list: &Listed<PortRow>) {
    let columns = [
        words("Port"),
        names("Service", 12),
        numbers("Connections"),
        numbers("Bytes"),
        numbers("Denied").spare(),
    ];
    page.table(Table::new(columns), &list.rows, list.total, |row| {
        let [connections, bytes, denied] = cells(&row.counts);
        let port = port_label(row.name.port, row.name.protocol);
        vec![port.into(), row.name.service.unwrap_or("-").into(), connections, bytes, denied]
    });
}

fn conversations(page: &mut Page, list: &Listed<ConversationRow>, denied: bool) {
    let ends = [addresses("Source"), addresses("Destination"), words("Port")];
    let service = names("Service", 8).spare();
    let columns: Vec<_> = if denied {
        ends.into_iter().chain([numbers("Denied"), service]).collect()
    } else {
        ends.into_iter().chain([numbers("Conn."), numbers("Bytes"), service]).collect()
    };
    page.table(Table::new(columns), &list.rows, list.total, |row| {
        let [connections, bytes, refused] = cells(&row.counts);
        let mut cells: Vec<Cell> = vec![
            row.ends.source.clone().into(),
            row.ends.destination.clone().into(),
            port_label(row.ends.port, row.ends.protocol).into(),
        ];
        cells.extend(if denied { vec![refused] } else { vec![connections, bytes] });
        cells.push(row.ends.service.unwrap_or("-").into());
        cells
    });
}

fn cells(counts: &Counts) -> [Cell; 3] {
    [Cell::count(counts.connections), Cell::bytes(counts.bytes), Cell::bad_count(counts.denied)]
}

pub(super) fn rules(page: &mut Page, comparison: &Comparison) {
    let note = "Rules with tuples in one set alone. A rule that no traffic meets is in neither.";
    halves(page, "Rules hit", note, &comparison.rules, |page, list: &Listed<RuleRow>| {
        let columns = [
            names("Rule", RULE),
            words("Kind"),
            names("ACL", 10).spare(),
            numbers("Tuples"),
            numbers("Denied"),
        ];
        let rows: Vec<(String, String, &RuleRow)> = (list.rows.iter())
            .map(|row| (page.name(rule_name(&row.rule)), page.name(acl_label(&row.acl)), row))
            .collect();
        let lang = page.lang();
        page.table(Table::new(columns), &rows, list.total, |(rule, acl, row)| {
            vec![
                rule.clone().into(),
                lang.say(rule_kind(RuleClass::of(&row.acl, &row.rule).label())).into(),
                acl.clone().into(),
                Cell::count(row.tuples),
                Cell::bad_count(row.denied),
            ]
        });
    });
}

pub(super) fn volumes(page: &mut Page, comparison: &Comparison) {
    page.group("Volume");
    let (by, title) = if comparison.per_hour {
        ("The sets cover different lengths of time: ranked and divided by the hour.", "B/A an hour")
    } else {
        ("Ranked by the difference of bytes.", "B/A")
    };
    let columns = |first| {
        [
            first,
            numbers("Bytes A"),
            numbers("Bytes B"),
            numbers(title),
            numbers("Conn. A").spare(),
            numbers("Conn. B").spare(),
        ]
    };
    let counts = |a: &Counts, b: &Counts, bytes| {
        vec![
            Cell::bytes(a.bytes),
            Cell::bytes(b.bytes),
            Cell::from(ratio(bytes)),
            Cell::count(a.connections),
            Cell::count(b.connections),
        ]
    };
    let hosts = &comparison.host_volume;
    page.section("Hosts in both sets that changed", &page.lang().count(hosts.total));
    page.note(by);
    if hosts.rows.is_empty() {
        page.none();
    } else {
        page.table(Table::new(columns(addresses("Address"))), &hosts.rows, hosts.total, |row| {
            let mut cells = vec![Cell::from(row.name.ip.clone())];
            cells.extend(counts(&row.a, &row.b, row.ratios.bytes));
            cells
        });
    }
    let ports = &comparison.port_volume;
    page.section("Destination ports in both sets that changed", &page.lang().count(ports.total));
    if ports.rows.is_empty() {
        return page.none();
    }
    page.table(Table::new(columns(words("Port"))), &ports.rows, ports.total, |row| {
        let mut cells = vec![Cell::from(port_label(row.name.port, row.name.protocol))];
        cells.extend(counts(&row.a, &row.b, row.ratios.bytes));
        cells
    });
}
