//! Findings that are new, gone, or still there. The id names rule and entity, and for some rules the other
//! end: it is the same in every run over the same behaviour.

use std::collections::BTreeMap;

use super::model::{FindingChanges, FindingRow};
use crate::finding::{Finding, Severity};

pub(super) fn changes(a: &[Finding], b: &[Finding]) -> FindingChanges {
    let (before, after) = (by_id(a), by_id(b));
    let mut changes = FindingChanges::default();
    for (id, finding) in &after {
        match before.get(id) {
            None => changes.new.push(row(finding, None)),
            Some(known) => changes.still.push(row(finding, Some(known.severity))),
        }
    }
    let gone = before.iter().filter(|(id, _)| !after.contains_key(*id));
    changes.gone.extend(gone.map(|(_, finding)| row(finding, None)));
    for list in [&mut changes.new, &mut changes.gone, &mut changes.still] {
        list.sort_by(|x, y| y.severity.cmp(&x.severity).then_with(|| x.id.cmp(&y.id)));
    }
    changes
}

/// The gravest of each id.
fn by_id(findings: &[Finding]) -> BTreeMap<&str, &Finding> {
    let mut found: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings {
        let known = found.entry(&finding.id).or_insert(finding);
        if finding.severity > known.severity {
            *known = finding;
        }
    }
    found
}

fn row(finding: &Finding, severity_before: Option<Severity>) -> FindingRow {
    FindingRow {
        id: finding.id.clone(),
        rule: finding.rule,
        entity: finding.entity.clone(),
        severity: finding.severity,
        severity_before,
        title: finding.title.clone(),
        concern: finding.concern.clone(),
    }
}
