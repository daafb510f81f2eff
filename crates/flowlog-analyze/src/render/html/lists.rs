//! The lists of conversations that stand out, and of what was read.

use flowlog_core::report::{ConversationRow, Ends, Report};
use serde_json::Value;

use super::model::Kind::{Bytes, Code, Count, Text, Time};
use super::model::{Key, Sheet, cells, column};
use crate::render::names::{acl_label, direction_label, owner, port_label, rule_name};
use crate::words::Lang;

pub(super) fn tables(report: &Report, lang: Lang) -> Vec<Sheet> {
    let made = [denied(report, lang), denied_sources(report, lang), port_scans(report, lang)];
    let begun = [incomplete(report, lang), retries(report, lang)];
    let counts = &report.problem_counts;
    let conversations = [
        conversations(Sheet::new(lang, "t_one_way"), &report.one_way, counts.one_way),
        conversations(Sheet::new(lang, "t_low_payload"), &report.low_payload, counts.low_payload),
        conversations(Sheet::new(lang, "t_high_volume"), &report.high_volume, counts.high_volume),
    ];
    let heaviest = Sheet::new(lang, "t_heaviest");
    let heaviest = super::lists::conversations(heaviest, &report.heaviest, 0);
    let input = [files(report, lang), malformed(report, lang)];
    let all = made.into_iter().chain(begun).chain(conversations).chain([heaviest]).chain(input);
    all.filter_map(Sheet::if_any).collect()
}

/// Columns of who, to whom, about what.
pub(super) fn end_columns() -> [Key; 4] {
    [
        column("c_source", Code),
        column("c_destination", Code),
        column("c_port", Text),
        column("c_service", Text),
    ]
}

pub(super) fn ends(ends: &Ends) -> Vec<Value> {
    cells![
        ends.source.as_str(),
        ends.destination.as_str(),
        port_label(ends.port, ends.protocol),
        ends.service
    ]
}

fn denied(report: &Report, lang: Lang) -> Sheet {
    let of_rule = [
        column("c_direction", Text),
        column("c_tuples", Count).bar(),
        column("c_attempts", Count),
        column("c_rule", Text),
        column("c_nsg", Text),
        column("c_first", Time),
        column("c_last", Time),
    ];
    let rows = report.denied.iter().map(|row| {
        let mut cells = ends(&row.ends);
        let rule = row.rule.as_ref();
        cells.extend(cells![
            direction(row.direction, lang),
            row.tuples,
            row.attempts,
            rule.map(|by| rule_name(&by.rule)),
            rule.map(|by| acl_label(&by.acl)),
            row.first_time_ms,
            row.last_time_ms
        ]);
        cells
    });
    Sheet::new(lang, "t_denied")
        .note(lang.say("n_denied"))
        .columns(end_columns().into_iter().chain(of_rule))
        .rows(rows, report.problem_counts.denied)
        .times(9, 10)
}

fn direction(letters: &str, lang: Lang) -> &'static str {
    match direction_label(letters) {
        "inbound" => lang.say("inbound"),
        "outbound" => lang.say("outbound"),
        _ => lang.say("both"),
    }
}

fn denied_sources(report: &Report, lang: Lang) -> Sheet {
    let rows = report.denied_sources.iter().map(|row| {
        let belongs = owner(row.class, row.provider);
        cells![row.source.as_str(), belongs, row.tuples, row.destinations, row.ports]
    });
    Sheet::new(lang, "t_denied_sources")
        .columns([
            column("c_source", Code),
            column("c_belongs", Text),
            column("c_tuples", Count).bar(),
            column("c_destinations", Count),
            column("c_ports", Count),
        ])
        .rows(rows, report.problem_counts.denied_sources)
}

fn port_scans(report: &Report, lang: Lang) -> Sheet {
    let rows = report
        .port_scans
        .iter()
        .map(|row| cells![row.source.as_str(), row.destination.as_str(), row.ports, row.tuples, row.denied]);
    Sheet::new(lang, "t_port_scans")
        .columns([
            column("c_source", Code),
            column("c_destination", Code),
            column("c_ports", Count).bar(),
            column("c_tuples", Count),
            column("c_denied", Count),
        ])
        .rows(rows, report.problem_counts.port_scans)
}

fn incomplete(report: &Report, lang: Lang) -> Sheet {
    let rows = report.incomplete.iter().map(|row| {
        let mut cells = ends(&row.ends);
        cells.extend(cells![row.connections, row.begins, row.last_time_ms]);
        cells
    });
    let more = [column("c_incomplete", Count).bar(), column("c_begun", Count), column("c_last", Time)];
    Sheet::new(lang, "t_incomplete")
        .columns(end_columns().into_iter().chain(more))
        .rows(rows, report.problem_counts.incomplete)
        .times(6, 6)
}

fn retries(report: &Report, lang: Lang) -> Sheet {
    let rows = report.retries.iter().map(|row| {
        let mut cells = ends(&row.ends);
        cells.extend(cells![row.begins, row.ended]);
        cells
    });
    let more = [column("c_begun", Count).bar(), column("c_ended", Count)];
    Sheet::new(lang, "t_retries")
        .columns(end_columns().into_iter().chain(more))
        .rows(rows, report.problem_counts.retries)
}

fn conversations(sheet: Sheet, list: &[ConversationRow], total: u64) -> Sheet {
    let rows = list.iter().map(|row| {
        let mut cells = ends(&row.ends);
        let packets = row.packets_sent.saturating_add(row.packets_received);
        cells.extend(cells![row.connections, packets, row.bytes_sent, row.bytes_received]);
        cells
    });
    let more = [
        column("c_connections", Count),
        column("c_packets", Count),
        column("c_sent", Bytes).bar(),
        column("c_received", Bytes).bar(),
    ];
    sheet.columns(end_columns().into_iter().chain(more)).rows(rows, total)
}

fn files(report: &Report, lang: Lang) -> Sheet {
    // What is wrong comes first: there may be more files than rows.
    let of = |bad: bool| report.files.iter().filter(move |file| file.error.is_some() == bad);
    let rows = of(true).chain(of(false)).map(|file| {
        cells![
            file.path.as_str(),
            file.error.as_deref(),
            file.bytes,
            file.records,
            file.tuples,
            file.malformed,
            file.first_time_ms,
            file.last_time_ms
        ]
    });
    Sheet::new(lang, "t_files")
        .columns([
            column("c_file", Code),
            column("c_problem", Text),
            column("c_bytes", Bytes),
            column("c_records", Count),
            column("c_tuples", Count),
            column("c_malformed", Count),
            column("c_first", Time),
            column("c_last", Time),
        ])
        .rows(rows, report.files.len())
        .times(6, 7)
}

fn malformed(report: &Report, lang: Lang) -> Sheet {
    let rows = report.malformed.iter().map(|row| {
        let example = row.examples.first();
        let place = example.map(|example| format!("{}:{}: {}", example.path, example.offset, example.text));
        cells![row.reason.as_str(), row.tuples, place]
    });
    Sheet::new(lang, "t_malformed")
        .columns([column("c_reason", Text), column("c_tuples", Count), column("c_example", Code)])
        .rows(rows, report.malformed.len() as u64)
}
