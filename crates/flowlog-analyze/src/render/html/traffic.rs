//! Figures of the whole, rules, classes and outcomes.

use flowlog_core::flow::Protocol;
use flowlog_core::report::Report;

use super::model::Kind::{Bytes, Code, Count, Flag, Text, Time};
use super::model::{Fact, Sheet, cells, column};
use crate::render::cells::encryption_words;
use crate::render::names::{
    acl_label, class_label, direction_label, encryption_label, port_label, rule_kind, rule_name,
};
use crate::render::text::{count, share};
use crate::words::Lang;

/// How much there is, in the order of reading.
pub(super) fn facts(report: &Report, lang: Lang) -> Vec<Fact> {
    let (totals, once) = (&report.totals, &report.resolved);
    let (sent, received, each) = match once.duplicate_connections {
        0 => (totals.bytes_sent, totals.bytes_received, None),
        _ => (once.bytes_sent, once.bytes_received, Some(lang.say("f_once").to_owned())),
    };
    let denied = totals.denied_by_rule.saturating_add(totals.dropped_for_encryption);
    let of_all = (denied > 0).then(|| lang.fill("f_share", &[("share", &share(denied, totals.tuples))]));
    let some = |key, number: u64| (number > 0).then(|| lang.fill(key, &[("n", &count(number))]));
    vec![
        Fact(lang.say("f_tuples"), Count, totals.tuples.into(), some("f_malformed", totals.malformed)),
        Fact(lang.say("f_connections"), Count, report.connections.total.into(), None),
        Fact(lang.say("f_denied"), Count, denied.into(), of_all),
        Fact(lang.say("f_sent"), Bytes, sent.into(), each.clone()),
        Fact(lang.say("f_received"), Bytes, received.into(), each),
        Fact(lang.say("f_conversations"), Count, totals.conversations.into(), None),
        Fact(lang.say("f_sources"), Count, totals.unique_sources.into(), None),
        Fact(lang.say("f_destinations"), Count, totals.unique_destinations.into(), None),
        Fact(lang.say("f_nics"), Count, totals.unique_nics.into(), None),
        Fact(lang.say("f_hours"), Count, report.coverage.hours.into(), None),
        Fact(lang.say("f_files"), Count, totals.files.into(), some("f_bad_files", totals.files_with_errors)),
    ]
}

pub(super) fn tables(report: &Report, lang: Lang) -> Vec<Sheet> {
    let all = [
        unusual_ports(report, lang),
        rules(report, lang),
        never_hit(report, lang),
        not_in_file(report, lang),
        admin_access(report, lang),
        classes(report, lang),
        encryption(report, lang),
        outcomes(report, lang),
        logs(report, lang),
    ];
    all.into_iter().filter_map(Sheet::if_any).collect()
}

fn unusual_ports(report: &Report, lang: Lang) -> Sheet {
    let rows = report
        .unusual_ports
        .iter()
        .map(|row| cells![port_label(row.name.port, row.name.protocol), row.tuples, row.bytes]);
    Sheet::new(lang, "t_unusual_ports")
        .columns([column("c_port", Text), column("c_tuples", Count).bar(), column("c_bytes", Bytes)])
        .rows(rows, report.problem_counts.unusual_ports)
}

fn rules(report: &Report, lang: Lang) -> Sheet {
    let rows = report.rules.iter().map(|row| {
        cells![
            rule_name(&row.rule),
            acl_label(&row.acl),
            rule_kind(row.class),
            row.tuples,
            row.begun,
            row.denied,
            row.bytes,
            row.sources,
            row.destinations,
            row.ports,
            row.first_time_ms,
            row.last_time_ms
        ]
    });
    Sheet::new(lang, "t_rules")
        .columns([
            column("c_rule", Text),
            column("c_nsg", Text),
            column("c_kind", Text),
            column("c_tuples", Count).bar(),
            column("c_begun", Count),
            column("c_denied", Count),
            column("c_bytes", Bytes),
            column("c_sources", Count),
            column("c_destinations", Count),
            column("c_ports", Count),
            column("c_first", Time),
            column("c_last", Time),
        ])
        .rows(rows, report.rules.len() as u64)
        .times(10, 11)
}

fn never_hit(report: &Report, lang: Lang) -> Sheet {
    let list = report.rules_file.iter().flat_map(|file| &file.never_hit);
    let rows = list.clone().map(|row| {
        let direction = match direction_label(&row.direction.to_string()) {
            "inbound" => lang.say("inbound"),
            _ => lang.say("outbound"),
        };
        cells![row.rule.as_str(), row.nsg.as_str(), row.priority, direction, row.access, row.certain]
    });
    Sheet::new(lang, "t_never_hit")
        .columns([
            column("c_rule", Text),
            column("c_nsg", Text),
            column("c_priority", Count),
            column("c_direction", Text),
            column("c_access", Text),
            column("c_certain", Flag),
        ])
        .rows(rows, list.count() as u64)
}

fn not_in_file(report: &Report, lang: Lang) -> Sheet {
    let list = report.rules_file.iter().flat_map(|file| &file.not_in_file);
    let rows = list.clone().map(|row| cells![row.rule.as_str(), row.nsg.as_str(), row.tuples]);
    Sheet::new(lang, "t_not_in_file")
        .columns([column("c_rule", Text), column("c_nsg", Text), column("c_tuples", Count).bar()])
        .rows(rows, list.count() as u64)
}

fn admin_access(report: &Report, lang: Lang) -> Sheet {
    let rows = report.admin_access.iter().map(|row| {
        cells![
            port_label(row.port, Protocol::TCP.0),
            row.service,
            rule_name(&row.rule),
            acl_label(&row.acl),
            row.sources,
            row.answered_sources,
            row.destinations
        ]
    });
    Sheet::new(lang, "t_admin_access")
        .columns([
            column("c_port", Text),
            column("c_service", Text),
            column("c_rule", Text),
            column("c_nsg", Text),
            column("c_sources", Count),
            column("c_answered", Count).bar(),
            column("c_destinations", Count),
        ])
        .rows(rows, report.admin_access.len() as u64)
}

fn classes(report: &Report, lang: Lang) -> Sheet {
    let rows = report.classes.iter().map(|row| {
        cells![
            class_label(row.class),
            row.conversations,
            row.guessed,
            row.tuples,
            row.denied,
            row.bytes_sent,
            row.bytes_received
        ]
    });
    Sheet::new(lang, "t_classes")
        .columns([
            column("c_class", Text),
            column("c_conversations", Count),
            column("c_guessed", Count),
            column("c_tuples", Count).bar(),
            column("c_denied", Count),
            column("c_sent", Bytes),
            column("c_received", Bytes),
        ])
        .rows(rows, report.classes.len() as u64)
}

fn encryption(report: &Report, lang: Lang) -> Sheet {
    let words = encryption_words(report);
    let total = words.len() as u64;
    let rows = words.into_iter().map(|(word, tuples)| cells![encryption_label(word), word, tuples]);
    Sheet::new(lang, "t_encryption")
        .columns([column("c_meaning", Text), column("c_word", Code), column("c_tuples", Count).bar()])
        .rows(rows, total)
}

fn outcomes(report: &Report, lang: Lang) -> Sheet {
    let some = report.connections.outcomes.iter().filter(|row| row.connections > 0);
    let rows = some.map(|row| {
        cells![row.outcome, row.meaning, row.connections, row.tuples, row.bytes_sent, row.bytes_received]
    });
    Sheet::new(lang, "t_outcomes")
        .columns([
            column("c_outcome", Text),
            column("c_meaning", Text),
            column("c_connections", Count).bar(),
            column("c_tuples", Count),
            column("c_sent", Bytes),
            column("c_received", Bytes),
        ])
        .rows(rows, 0)
}

fn logs(report: &Report, lang: Lang) -> Sheet {
    let rows = report.coverage.logs.iter().map(|log| {
        let missing: u64 = log.gaps.iter().map(|gap| gap.hours).sum();
        cells![
            &*log.mac,
            acl_label(&log.resource),
            log.kind,
            log.hours,
            missing,
            log.tuples,
            log.first_hour_ms,
            log.last_record_ms
        ]
    });
    Sheet::new(lang, "t_logs")
        .columns([
            column("c_nic", Code),
            column("c_resource", Text),
            column("c_kind", Text),
            column("c_hours", Count),
            column("c_missing", Count),
            column("c_tuples", Count).bar(),
            column("c_first", Time),
            column("c_last", Time),
        ])
        .rows(rows, report.coverage.logs.len() as u64)
        .times(6, 7)
}
