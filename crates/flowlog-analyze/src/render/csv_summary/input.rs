//! What was read, what the data holds, and what could not be read.

use std::borrow::Cow;
use std::io::{self, Write};

use flowlog_core::report::Report;

use super::{Row, Sheet, value};
use crate::render::csv_text::guard;
use crate::render::names::state_label;
use crate::render::text::iso_time;

pub(super) fn totals<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let (totals, resolved, coverage) = (&report.totals, &report.resolved, &report.coverage);
    let counts = [
        ("Files", totals.files),
        ("Files with errors", totals.files_with_errors),
        ("Bytes read", totals.input_bytes),
        ("Records", totals.records),
        ("Records that another file holds as well", coverage.repeated_records),
        ("Tuples", totals.tuples),
        ("Malformed tuples", totals.malformed),
        ("Denied by rules", totals.denied_by_rule),
        ("Dropped for want of encryption", totals.dropped_for_encryption),
        ("Packets sent", totals.packets_sent),
        ("Bytes sent", totals.bytes_sent),
        ("Packets received", totals.packets_received),
        ("Bytes received", totals.bytes_received),
        ("Distinct sources", totals.unique_sources),
        ("Distinct destinations", totals.unique_destinations),
        ("Network interfaces", totals.unique_nics),
        ("Conversations", totals.conversations),
        ("Connections logged more than once", resolved.duplicate_connections),
        ("Tuples of these", resolved.duplicate_tuples),
        ("Bytes of these", resolved.duplicate_bytes),
        ("Tuples, each connection once", resolved.tuples),
        ("Packets sent, each connection once", resolved.packets_sent),
        ("Bytes sent, each connection once", resolved.bytes_sent),
        ("Packets received, each connection once", resolved.packets_received),
        ("Bytes received, each connection once", resolved.bytes_received),
        ("Hours with records", coverage.hours),
        ("Hours without records in between", coverage.empty_hours),
        ("Connections logged by their begin only (stateless rules)", coverage.stateless_connections),
        ("Tuples without a time from 1970 to 9999", coverage.untimed_tuples),
    ];
    let times = [
        ("First flow", totals.first_time_ms),
        ("Last flow", totals.last_time_ms),
        ("Newest record of an unfinished hour", coverage.unfinished_ms),
    ];
    let times = times.into_iter().map(|(item, time)| Row {
        item: item.into(),
        value: time.map(iso_time).unwrap_or_default().into(),
        ..Row::default()
    });
    sheet.section("Totals", counts.into_iter().map(|(item, number)| value(item, number)).chain(times))
}

pub(super) fn coverage<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let remarks = report
        .coverage
        .remarks
        .iter()
        .map(|remark| Row { note: owned(&remark.to_string()), ..Row::default() });
    sheet.section("Coverage remarks", remarks)?;
    let missing = report.coverage.missing_states.iter();
    let missing = missing.map(|letter| Row {
        item: state_label(*letter).into(),
        value: letter.to_string().into(),
        ..Row::default()
    });
    sheet.section("States without a row", missing)?;
    let twice = report.coverage.logged_twice.iter().map(|mac| Row { item: guard(mac), ..Row::default() });
    sheet.section("Interfaces with two logs", twice)?;
    let rows = report.coverage.logs.iter().map(|row| {
        let state = |letter| row.states.get(letter);
        Row {
            item: guard(&row.mac),
            value: row.kind.into(),
            acl: guard(&row.resource),
            tuples: Some(row.tuples),
            allowed: state('A'),
            denied: state('D'),
            begun: state('B'),
            continuing: state('C'),
            ended: state('E'),
            hours: Some(row.hours),
            missing_hours: Some(row.gaps.iter().map(|gap| gap.hours).sum()),
            first_time: row.first_hour_ms.map(iso_time),
            last_time: row.last_record_ms.map(iso_time),
            ..Row::default()
        }
    });
    sheet.section("Coverage", rows)?;
    let gaps = report.coverage.logs.iter().flat_map(|row| {
        row.gaps.iter().map(move |gap| Row {
            item: guard(&row.mac),
            value: row.kind.into(),
            acl: guard(&row.resource),
            missing_hours: Some(gap.hours),
            first_time: Some(iso_time(gap.from_ms)),
            note: if gap.inside { "between records of this log" } else { "before or after all of this log" }
                .into(),
            ..Row::default()
        })
    });
    sheet.section("Coverage gaps", gaps)
}

/// Of a text that is gone when the row is written.
fn owned(text: &str) -> Cow<'static, str> {
    guard(text).into_owned().into()
}

pub(super) fn files<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let row = report.files.iter().map(|row| Row {
        item: owned(&row.path),
        records: Some(row.records),
        repeated_records: Some(row.repeated_records),
        tuples: Some(row.tuples),
        malformed: Some(row.malformed),
        misshapen: Some(row.misshapen),
        left_out_bytes: Some(row.left_out_bytes),
        bytes: Some(row.bytes),
        first_time: row.first_time_ms.map(iso_time),
        last_time: row.last_time_ms.map(iso_time),
        note: row.error.as_deref().map(owned).unwrap_or_default(),
        ..Row::default()
    });
    sheet.section("Files", row)
}

pub(super) fn malformed<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let reasons = report.malformed.iter().map(|row| Row {
        item: guard(&row.reason),
        malformed: Some(row.tuples),
        ..Row::default()
    });
    sheet.section("Malformed tuples", reasons)?;
    let examples = report.malformed.iter().flat_map(|row| {
        row.examples.iter().map(move |example| Row {
            item: guard(&example.path),
            value: guard(&row.reason),
            offset: Some(example.offset),
            note: guard(&example.text),
            ..Row::default()
        })
    });
    sheet.section("Malformed examples", examples)
}
