//! Classes of traffic, encryption between subnets, and rules.

use std::io::{self, Write};

use flowlog_core::report::{Report, RulesFile};

use super::{Row, Sheet};
use crate::render::csv_text::guard;
use crate::render::names::{acl_label, encryption_label};
use crate::render::text::iso_time;

pub(super) fn all<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    classes(sheet, report)?;
    encryption(sheet, report)?;
    rules(sheet, report)?;
    admin_access(sheet, report)?;
    match &report.rules_file {
        Some(file) => configured(sheet, file),
        None => Ok(()),
    }
}

fn classes<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let rows = report.classes.iter().map(|row| Row {
        item: row.class.into(),
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        begun: Some(row.begins),
        bytes: Some(row.bytes_sent.saturating_add(row.bytes_received)),
        bytes_sent: Some(row.bytes_sent),
        bytes_received: Some(row.bytes_received),
        note: format!("conversations: {}, guessed: {}", row.conversations, row.guessed).into(),
        ..Row::default()
    });
    sheet.section("Classes of traffic", rows)
}

/// One row a pair of subnets and word.
fn encryption<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let rows = report.encryption_pairs.iter().flat_map(|pair| {
        pair.words.iter().map(move |(word, counts)| Row {
            item: guard(&format!("{} -> {}", pair.source, pair.destination)).into_owned().into(),
            value: (*word).into(),
            note: encryption_label(word).into(),
            tuples: Some(counts.tuples),
            dropped: Some(if word_is_dropped(word) { counts.tuples } else { 0 }),
            connections: Some(counts.attempts),
            bytes: Some(counts.bytes),
            ..Row::default()
        })
    });
    sheet.section("Encryption between subnets", rows)
}

fn word_is_dropped(word: &str) -> bool {
    let known = flowlog_core::flow::Encryption::ALL.iter().find(|known| known.word() == word);
    known.is_some_and(|known| known.is_dropped())
}

fn rules<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let rows = report.rules.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(acl_label(&row.acl)),
        acl: guard(&row.acl),
        class: Some(row.class),
        tuples: Some(row.tuples),
        denied: Some(row.denied - row.dropped_for_encryption),
        dropped: Some(row.dropped_for_encryption),
        begun: Some(row.begun),
        sources: Some(row.sources),
        destinations: Some(row.destinations),
        ports: Some(row.ports),
        bytes: Some(row.bytes),
        first_time: Some(iso_time(row.first_time_ms)),
        last_time: Some(iso_time(row.last_time_ms)),
        ..Row::default()
    });
    sheet.section("Rules", rows)
}

fn admin_access<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let rows = report.admin_access.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(acl_label(&row.acl)),
        acl: guard(&row.acl),
        class: Some(row.class),
        port: Some(row.port),
        protocol: "TCP".into(),
        service: row.service,
        begun: Some(row.begun),
        sources: Some(row.sources),
        destinations: Some(row.destinations),
        bytes_received: Some(row.bytes_received),
        first_time: Some(iso_time(row.first_time_ms)),
        last_time: Some(iso_time(row.last_time_ms)),
        note: format!("sources that got payload back: {}", row.answered_sources).into(),
        ..Row::default()
    });
    sheet.section("Administration ports let in", rows)
}

fn configured<W: Write>(sheet: &mut Sheet<W>, file: &RulesFile) -> io::Result<()> {
    let nsgs = file.nsgs.iter().map(|row| Row {
        item: guard(&row.nsg),
        acl: row.id.as_deref().map(guard).unwrap_or_default(),
        value: if row.in_data { "in the data" } else { "not in the data" }.into(),
        note: format!("own rules: {}, hit: {}", row.rules, row.hit).into(),
        ..Row::default()
    });
    sheet.section("NSGs of the file", nsgs)?;
    let never = file.never_hit.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(&row.nsg),
        direction: Some(if row.direction == 'I' { "inbound" } else { "outbound" }),
        note: format!(
            "{}, priority {}{}",
            row.access,
            row.priority.map_or_else(|| "unknown".to_owned(), |priority| priority.to_string()),
            if row.certain { "" } else { ", not certain: the data lacks such rows" }
        )
        .into(),
        ..Row::default()
    });
    sheet.section("Rules never hit", never)?;
    let broad = file.broad.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(&row.nsg),
        tuples: Some(row.tuples),
        note: format!("{} {}, seen: {}", row.field, row.allows, row.seen.join(", ")).into(),
        ..Row::default()
    });
    sheet.section("Rules broader than what was seen", broad)?;
    let unknown = file.not_in_file.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(&row.nsg),
        tuples: Some(row.tuples),
        ..Row::default()
    });
    sheet.section("Rules not in the file", unknown)
}
