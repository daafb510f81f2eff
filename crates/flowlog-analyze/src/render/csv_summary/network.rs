//! Classes of traffic, encryption between subnets, and rules.

use std::borrow::Cow;
use std::io::{self, Write};

use flowlog_core::report::{EncryptedPairRow, Report, RulesFile};

use super::{Row, Sheet, value};
use crate::render::csv_text::guard;
use crate::render::names::{acl_label, encryption_label};
use crate::render::text::iso_time;

pub(super) fn all<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    classes(sheet, report)?;
    encryption(sheet, report)?;
    rules(sheet, report)?;
    admin_access(sheet, report)?;
    match &report.rules_file {
        Some(file) => configured(sheet, file),
        None => Ok(()),
    }
}

fn classes<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let rows = report.classes.iter().map(|row| Row {
        item: row.class.into(),
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        begun: Some(row.begins),
        conversations: Some(row.conversations),
        guessed: Some(row.guessed),
        bytes: Some(row.bytes_sent.saturating_add(row.bytes_received)),
        bytes_sent: Some(row.bytes_sent),
        bytes_received: Some(row.bytes_received),
        ..Row::default()
    });
    sheet.section("Classes of traffic", rows)
}

/// One row a pair of subnets, and one a pair and word.
fn encryption<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let pairs = report.encryption_pairs.iter().map(|pair| Row {
        item: name(pair),
        source: guard(&pair.source),
        destination: guard(&pair.destination),
        tuples: Some(pair.tuples),
        dropped: Some(pair.dropped_tuples),
        encrypted: Some(pair.encrypted_tuples),
        bytes: Some(pair.bytes),
        encrypted_bytes: Some(pair.encrypted_bytes),
        ..Row::default()
    });
    sheet.section("Encryption between subnets", pairs)?;
    let words = report.encryption_pairs.iter().flat_map(|pair| {
        pair.words.iter().map(move |(word, counts)| Row {
            item: name(pair),
            value: guard(word),
            source: guard(&pair.source),
            destination: guard(&pair.destination),
            tuples: Some(counts.tuples),
            attempts: Some(counts.attempts),
            bytes: Some(counts.bytes),
            note: encryption_label(word).into(),
            ..Row::default()
        })
    });
    sheet.section("Encryption between subnets: words", words)
}

fn name(pair: &EncryptedPairRow) -> Cow<'static, str> {
    guard(&format!("{} -> {}", pair.source, pair.destination)).into_owned().into()
}

fn rules<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let rows = report.rules.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(acl_label(&row.acl)),
        acl: guard(&row.acl),
        class: Some(row.class),
        tuples: Some(row.tuples),
        denied: Some(row.denied),
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

fn admin_access<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
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
        answered_sources: Some(row.answered_sources),
        destinations: Some(row.destinations),
        bytes_received: Some(row.bytes_received),
        first_time: Some(iso_time(row.first_time_ms)),
        last_time: Some(iso_time(row.last_time_ms)),
        ..Row::default()
    });
    sheet.section("Administration ports let in", rows)
}

fn configured<W: Write>(sheet: &mut Sheet<'_, W>, file: &RulesFile) -> io::Result<()> {
    let limits = file.limits.iter().map(|limit| Row { note: limit.to_string().into(), ..Row::default() });
    let others = value("NSGs of the data that are not in the file", file.other_nsgs);
    sheet.section("Rules as configured", std::iter::once(others).chain(limits))?;
    let nsgs = file.nsgs.iter().map(|row| Row {
        item: guard(&row.nsg),
        acl: row.id.as_deref().map(guard).unwrap_or_default(),
        value: if row.in_data { "in the data" } else { "not in the data" }.into(),
        rules: Some(row.rules),
        hit: Some(row.hit),
        ..Row::default()
    });
    sheet.section("NSGs of the file", nsgs)?;
    let never = file.never_hit.iter().map(|row| Row {
        item: guard(&row.rule),
        value: guard(&row.nsg),
        direction: Some(if row.direction == 'I' { "inbound" } else { "outbound" }),
        priority: row.priority,
        note: format!(
            "{}{}",
            row.access,
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
