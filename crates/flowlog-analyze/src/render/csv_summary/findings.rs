//! Findings with their evidence, what is suppressed, and the noise of the internet.

use std::io::{self, Write};

use flowlog_core::finding::Finding;
use flowlog_core::report::Report;

use super::{Row, Sheet, value};
use crate::render::csv_text::guard;
use crate::render::names::protocol_label;
use crate::render::text::iso_time;

pub(super) fn all<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let Some(found) = &report.findings else { return Ok(()) };
    sheet.section("Findings", found.findings.iter().map(finding))?;
    let evidence = found.findings.iter().flat_map(|finding| {
        finding.evidence.iter().map(move |row| Row {
            item: guard(&finding.id),
            detector: finding.rule.into(),
            source: guard(&row.source),
            destination: row.destination.as_deref().map(guard).unwrap_or_default(),
            port: row.port,
            protocol: row.protocol.map(protocol_label).unwrap_or_default().into(),
            count: Some(row.count),
            note: format!("{} {}", row.unit.words()[1], row.note).trim_end().to_owned().into(),
            ..Row::default()
        })
    });
    sheet.section("Evidence", evidence)?;
    let techniques = found.findings.iter().flat_map(|finding| {
        finding.techniques.iter().map(move |technique| Row {
            item: guard(&finding.id),
            value: technique.to_string().into(),
            detector: finding.rule.into(),
            ..Row::default()
        })
    });
    sheet.section("Techniques", techniques)?;
    let suppressed = found.suppressed.iter().map(|row| Row {
        item: guard(&row.title),
        value: guard(&row.id),
        last_time: Some(row.expires.clone()),
        note: guard(&row.reason),
        ..Row::default()
    });
    sheet.section("Suppressed findings", suppressed)?;
    let expired = found.expired.iter().map(|row| Row {
        detector: guard(&row.rule),
        source: guard(&row.entity),
        last_time: Some(row.expires.clone()),
        note: guard(&row.reason),
        ..Row::default()
    });
    sheet.section("Expired suppressions", expired)?;
    let noise = &found.noise;
    let rows = [
        ("Hosts of the internet", noise.sources),
        ("Conversations", noise.conversations),
        ("Attempts", noise.attempts),
        ("Own hosts that were tried", noise.targets),
        ("Hosts that tried as much as a scan", noise.scanners),
    ];
    sheet.section("Noise", rows.map(|(item, count)| value(item, count)))?;
    let scanners = noise.top.iter().map(|row| Row {
        item: row.source.as_str().into(),
        source: row.source.as_str().into(),
        provider: row.provider,
        conversations: Some(row.conversations),
        attempts: Some(row.attempts),
        destinations: Some(row.targets),
        let_through: Some(row.let_through),
        first_time: Some(iso_time(row.first_time_ms)),
        last_time: Some(iso_time(row.last_time_ms)),
        ..Row::default()
    });
    sheet.section("Top scanners", scanners)
}

fn finding(finding: &Finding) -> Row<'_> {
    Row {
        item: guard(&finding.title),
        value: guard(&finding.id),
        severity: Some(finding.severity.word()),
        detector: finding.rule.into(),
        source: guard(&finding.entity),
        count: Some(finding.evidence_rows),
        first_time: finding.first_time_ms.map(iso_time),
        last_time: finding.last_time_ms.map(iso_time),
        note: guard(&finding.reason.to_string()).into_owned().into(),
        next: finding.next_step.words(),
        ..Row::default()
    }
}
