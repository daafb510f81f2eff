//! The five lists an engineer reads first: who moves the most, which services are busy, what is denied and by which
//! rule, which rules deny, and what nobody answers.

use flowlog_core::report::{DeniedRow, Ends, Rank, Report, RuleRow};
use flowlog_core::state::RuleClass;

use super::Size;
use crate::render::names::{acl_label, port_label, rule_kind, rule_name};
use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::sections::Section;
use crate::render::terminal::table::{ACL, Cell, Column, RULE, Table, addresses, names, numbers, words};
use crate::render::text::{self, count};
use crate::words::{Lang, fill, say};

const MOST_BYTES: &str = "Most bytes";
const SERVICES: &str = "Busiest services";
const DENIED: &str = "Denied most";
const RULES: &str = "Rules that deny";
const SILENT: &str = "Unanswered";

/// Writes the lists: as tables of `rows` rows, or one line each where there is but a screen.
pub(super) fn write(page: &mut Page, report: &Report, size: Size, rows: usize) {
    let (blind, lang) = (Section::Denied.blind(report), page.lang());
    match size {
        Size::Pages => {
            table(page, MOST_BYTES, None, &most_bytes(report, rows));
            table(page, SERVICES, None, &services(report, rows));
            table(page, DENIED, blind, &denied(page, report, rows));
            table(page, RULES, blind, &denying(page, report, rows));
            table(page, SILENT, None, &unanswered(report, rows));
        }
        Size::Screen => {
            line(
                page,
                MOST_BYTES,
                None,
                report.heaviest.iter().map(|row| {
                    let sum = row.bytes_sent.saturating_add(row.bytes_received);
                    format!("{} {}", arrow(&row.ends), lang.bytes(sum))
                }),
            );
            line(
                page,
                SERVICES,
                None,
                report.top_ports.iter().map(|row| {
                    let port = port_label(row.name.port, row.name.protocol);
                    let by = report.options.others_by();
                    let most = by.of(row.tuples, row.connections, row.bytes);
                    let most = if by == Rank::Bytes { lang.bytes(most) } else { lang.count(most) };
                    format!("{} {most}", row.name.service.unwrap_or(&port))
                }),
            );
            line(
                page,
                DENIED,
                blind,
                report.denied.iter().map(|row| format!("{} {}", arrow(&row.ends), lang.count(row.tuples))),
            );
            let rules = most_denying(report).into_iter();
            line(
                page,
                RULES,
                blind,
                rules.map(|row| format!("{} {}", rule_name(&row.rule), lang.count(row.denied))),
            );
            line(
                page,
                SILENT,
                None,
                report
                    .one_way
                    .iter()
                    .map(|row| format!("{} {}", arrow(&row.ends), lang.count(row.connections))),
            );
        }
    }
}

fn arrow(ends: &Ends) -> String {
    format!("{} > {} {}", ends.source, ends.destination, port_label(ends.port, ends.protocol))
}

fn table(page: &mut Page, title: &'static str, blind: Option<char>, table: &Table) {
    match blind {
        Some(state) => page.title(title, &format!("cannot be told, the data holds no {state} rows")),
        None if table.len() == 0 => page.title(title, "none"),
        None => table.write_titled(page),
    }
}

/// As many entries as one line holds.
fn line(page: &mut Page, title: &str, blind: Option<char>, entries: impl Iterator<Item = String>) {
    let mut told = String::new();
    let room = page.pair_room();
    for entry in entries {
        let entry = page.name(&entry);
        let more = if told.is_empty() { entry } else { format!("{told}; {entry}") };
        if text::width(&more) > room {
            if told.is_empty() {
                let room = if page.style.cut { room } else { page.style.limit() };
                told = text::shorten(&more, room, page.style.ascii).into_owned();
            }
            break;
        }
        told = more;
    }
    match blind {
        Some(state) => page.pair(title, &fill!(page.lang(), "cannot be told, no {state} rows", state)),
        None if told.is_empty() => page.pair(title, say!(page.lang(), "none")),
        None => page.pair(title, &told),
    }
}

fn conversations<const N: usize>(title: &'static str, more: [Column; N]) -> Table {
    let ends = [addresses(title), addresses("Destination"), words("Port")];
    Table::new(ends.into_iter().chain(more))
}

fn ends<const N: usize>(ends: &Ends, more: [Cell; N]) -> Vec<Cell> {
    let port = port_label(ends.port, ends.protocol);
    let ends = [ends.source.clone().into(), ends.destination.clone().into(), port.into()];
    ends.into_iter().chain(more).collect()
}

fn most_bytes(report: &Report, rows: usize) -> Table {
    let columns = [numbers("Sent"), numbers("Received"), numbers("Connections").spare()];
    let mut table = conversations(MOST_BYTES, columns);
    for row in report.heaviest.iter().take(rows) {
        let more =
            [Cell::bytes(row.bytes_sent), Cell::bytes(row.bytes_received), Cell::count(row.connections)];
        table.push(ends(&row.ends, more));
    }
    table
}

fn services(report: &Report, rows: usize) -> Table {
    let columns =
        [words(SERVICES), names("Service", 8), numbers("Tuples"), numbers("Denied"), numbers("Bytes")];
    let mut table = Table::new(columns);
    for row in report.top_ports.iter().take(rows) {
        table.push(vec![
            port_label(row.name.port, row.name.protocol).into(),
            row.name.service.unwrap_or("-").into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
        ]);
    }
    table
}

fn denied(page: &Page, report: &Report, rows: usize) -> Table {
    let columns =
        [numbers("Tuples"), names("Rule", RULE), words("Kind").spare(), words("Last (UTC)").spare()];
    let mut table = conversations(DENIED, columns);
    for row in report.denied.iter().take(rows) {
        let rule = page.name(&rule_of(page.lang(), row));
        let kind = row.rule.as_ref().map_or("-", |by| rule_kind(RuleClass::of(&by.acl, &by.rule).label()));
        let last = text::time(row.last_time_ms);
        table.push(ends(
            &row.ends,
            [Cell::bad_count(row.tuples), rule.into(), page.lang().say(kind).into(), last.into()],
        ));
    }
    table
}

/// The rule that denied, and how many others did so, too.
fn rule_of(lang: Lang, row: &DeniedRow) -> String {
    match &row.rule {
        None => say!(lang, "not encrypted").to_owned(),
        Some(rule) if rule.others > 0 => format!("{} +{}", rule_name(&rule.rule), rule.others),
        Some(rule) => rule_name(&rule.rule).to_owned(),
    }
}

/// Rules by what they denied; of what lacked encryption none denied anything.
fn most_denying(report: &Report) -> Vec<&RuleRow> {
    let by_rule = |row: &RuleRow| row.denied.saturating_sub(row.dropped_for_encryption);
    let mut rows: Vec<&RuleRow> = report.rules.iter().filter(|row| by_rule(row) > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(by_rule(row)));
    rows
}

fn denying(page: &Page, report: &Report, rows: usize) -> Table {
    let mut table = Table::new([
        names(RULES, RULE),
        words("Kind"),
        names("NSG or ACL", ACL),
        numbers("Denied"),
        numbers("Sources"),
        numbers("Destinations").spare(),
        words("Last (UTC)").spare(),
    ]);
    for row in most_denying(report).into_iter().take(rows) {
        table.push(vec![
            page.name(rule_name(&row.rule)).into(),
            page.lang().say(rule_kind(row.class)).into(),
            page.name(acl_label(&row.acl)).into(),
            Cell::toned(count(row.denied), Tone::Bad),
            Cell::count(row.sources),
            Cell::count(row.destinations),
            text::time(row.last_time_ms).into(),
        ]);
    }
    table
}

fn unanswered(report: &Report, rows: usize) -> Table {
    let columns = [numbers("Connections"), numbers("Packets").spare(), numbers("Bytes").spare()];
    let mut table = conversations(SILENT, columns);
    for row in report.one_way.iter().take(rows) {
        let count = Cell::toned(count(row.connections), Tone::Warn);
        table.push(ends(&row.ends, [count, Cell::count(row.packets_sent), Cell::bytes(row.bytes_sent)]));
    }
    table
}
