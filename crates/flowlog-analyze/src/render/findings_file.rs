//! Findings one by one, as CSV or as newline-delimited JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flowlog_core::enrich::{FactKind, HostFacts, KnownHosts};
use flowlog_core::finding::Finding;
use flowlog_core::report::Report;
use serde::Serialize;

use super::connections::ConnectionFormat;
use super::csv_text::guard;
use super::text::{iso_time, joined};

/// What the CSV form tells of a finding; the other has its evidence, too.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    rule: &'a str,
    severity: &'static str,
    title: String,
    entity: String,
    first_time: Option<String>,
    last_time: Option<String>,
    techniques: String,
    evidence_total: u64,
    reason: String,
    next_step: &'a str,
    entity_name: String,
    entity_country: String,
    entity_as: String,
    entity_threat: String,
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding, hosts: &KnownHosts) -> Self {
        let facts = hosts.get(&finding.entity);
        let fact = |kind| facts.and_then(|facts| facts.get(kind)).unwrap_or_default();
        let safe = |text: &str| guard(text).into_owned();
        Self {
            id: safe(&finding.id),
            rule: finding.rule,
            severity: finding.severity.word(),
            title: safe(&finding.title),
            entity: safe(&finding.entity),
            first_time: finding.first_time_ms.map(iso_time),
            last_time: finding.last_time_ms.map(iso_time),
            techniques: joined(finding.techniques, "; "),
            evidence_total: finding.evidence_rows,
            reason: safe(&finding.reason.to_string()),
            next_step: finding.next_step.words(),
            entity_name: safe(fact(FactKind::Name)),
            entity_country: safe(fact(FactKind::Country)),
            entity_as: safe(fact(FactKind::As)),
            entity_threat: safe(fact(FactKind::Threat)),
        }
    }
}

/// A finding, and what is known of the addresses in it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hosts: BTreeMap<&'a str, &'a HostFacts>,
}

impl<'a> Line<'a> {
    fn of(finding: &'a Finding, hosts: &'a KnownHosts) -> Self {
        let rows = finding
            .evidence
            .iter()
            .flat_map(|row| std::iter::once(row.source.as_str()).chain(row.destination.as_deref()));
        let texts = std::iter::once(finding.entity.as_str()).chain(rows);
        Self { finding, hosts: texts.filter_map(|text| Some((text, hosts.get(text)?))).collect() }
    }
}

/// Writes all findings, the gravest first.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, report: &Report, format: ConnectionFormat) -> io::Result<()> {
    let findings = report.findings.iter().flat_map(|found| &found.findings);
    match format {
        ConnectionFormat::Csv(style) => {
            // There is a head without a finding, too.
            out.write_all(style.header(&HEADER).as_bytes())?;
            let mut csv = style.rows(out);
            for finding in findings {
                csv.serialize(Row::of(finding, &report.hosts)).map_err(io::Error::from)?;
            }
            csv.flush()
        }
        // Neither schema has findings.
        ConnectionFormat::Ndjson | ConnectionFormat::Mapped(_) => {
            for finding in findings {
                serde_json::to_writer(&mut *out, &Line::of(finding, &report.hosts))?;
                out.write_all(b"\n")?;
            }
            Ok(())
        }
    }
}

/// The columns of the CSV form.
const HEADER: [&str; 15] = [
    "id",
    "rule",
    "severity",
    "title",
    "entity",
    "first_time",
    "last_time",
    "techniques",
    "evidence_total",
    "reason",
    "next_step",
    "entity_name",
    "entity_country",
    "entity_as",
    "entity_threat",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{CsvStyle, fixture};

    fn text(report: &Report, format: ConnectionFormat) -> String {
        let mut out = Vec::new();
        write(&mut out, report, format).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn both_forms_have_every_finding_and_no_cell_is_a_formula() {
        let report = fixture::rich();
        let findings = &report.findings.as_ref().unwrap().findings;
        assert!(!findings.is_empty());
        assert_eq!(text(&report, ConnectionFormat::Ndjson).lines().count(), findings.len());
        let csv = text(&report, ConnectionFormat::Csv(CsvStyle::default()));
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), findings.len());
        for (row, finding) in rows.iter().zip(findings) {
            assert_eq!((&row[2], row[8].parse()), (finding.severity.word(), Ok(finding.evidence_rows)));
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        }
        assert_eq!(text(&fixture::empty(), ConnectionFormat::Csv(CsvStyle::default())).lines().count(), 1);
    }
}
