//! Findings, those that concern the same together.

use std::collections::HashMap;

use flowlog_core::finding::{self, Finding, Group};
use serde::Serialize;

use super::Told;
use super::known;
use super::model::Kind::{Code, Count, Text};
use super::model::{Sheet, cells, column};
use crate::render::names::port_label;
use crate::words::{self, Lang};

/// Findings with their evidence at most; they are the gravest.
const SHOWN: usize = 400;
/// Groups that are open at the beginning.
const OPEN: usize = 3;

#[derive(Serialize)]
pub(super) struct Findings {
    groups: Vec<Shown>,
    /// What is no finding and must be known beside them.
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Shown {
    severity: &'static str,
    word: &'static str,
    line: String,
    times: Option<(i64, i64)>,
    open: bool,
    findings: Vec<One>,
}

#[derive(Serialize)]
struct One {
    title: String,
    reason: String,
    next: &'static str,
    rule: &'static str,
    times: Option<(i64, i64)>,
    techniques: Vec<String>,
    evidence: Sheet,
}

impl Findings {
    /// The tables of their evidence.
    pub(super) fn sheets(&mut self) -> impl Iterator<Item = &mut Sheet> {
        self.groups.iter_mut().flat_map(|group| &mut group.findings).map(|one| &mut one.evidence)
    }
}

pub(super) fn findings(found: &finding::Findings, told: &Told<'_>, lang: Lang) -> Findings {
    let mut remarks: Vec<String> = told
        .report
        .coverage
        .missing_states
        .iter()
        .filter(|state| ['D', 'B'].contains(state))
        .map(|state| lang.fill("blind", &[("state", &state.to_string())]))
        .collect();
    let noise = &found.noise;
    if noise.sources > 0 {
        let numbers = [noise.sources, noise.attempts, noise.targets].map(|number| lang.count(number));
        let [hosts, times, targets] = &numbers;
        remarks.push(lang.fill("noise", &[("hosts", hosts), ("times", times), ("targets", targets)]));
    }
    let some = |[one, many]: [&'static str; 2], number: usize| {
        let key = if number == 1 { one } else { many };
        (number > 0).then(|| lang.fill(key, &[("n", &lang.count(number as u64))]))
    };
    remarks.extend(some(["suppressed_one", "suppressed"], found.suppressed.len()));
    let more = found.findings.len().saturating_sub(SHOWN);
    remarks.extend(some(["more_findings_one", "more_findings"], more));
    Findings { groups: groups(found.findings.iter().collect(), told, lang, ""), remarks }
}

/// Findings in groups; `name` tells those of one section of the page from those of others.
pub(super) fn of_host(found: &[Finding], told: &Told<'_>, lang: Lang, name: &str) -> Findings {
    Findings { groups: groups(found.iter().collect(), told, lang, name), remarks: Vec::new() }
}

fn groups(mut found: Vec<&Finding>, told: &Told<'_>, lang: Lang, name: &str) -> Vec<Shown> {
    found.truncate(SHOWN);
    let owned: Vec<Finding> = found.iter().map(|finding| (*finding).clone()).collect();
    let groups = finding::groups(&owned);
    // Groups come in the order of their first findings.
    let mut places = HashMap::new();
    let mut shown: Vec<Shown> = groups.iter().map(|group| head(group, told, lang)).collect();
    for (number, finding) in found.into_iter().enumerate() {
        let key = (finding.severity, finding.concern.deed, &finding.concern.object);
        let next = places.len();
        let place = *places.entry(key).or_insert(next);
        if let Some(group) = shown.get_mut(place) {
            group.findings.push(one(finding, told, lang, format!("evidence{name}-{}", number + 1)));
        }
    }
    let open = shown.iter().filter(|group| group.findings.len() == 1).count().min(OPEN);
    shown.iter_mut().filter(|group| group.findings.len() == 1).take(open).for_each(|group| group.open = true);
    shown
}

fn head(group: &Group, told: &Told<'_>, lang: Lang) -> Shown {
    Shown {
        severity: group.severity.word(),
        word: lang.say(group.severity.word()),
        line: known::told(words::line(lang, &group.concern), told.book),
        times: group.times,
        open: false,
        findings: Vec::new(),
    }
}

fn one(finding: &Finding, told: &Told<'_>, lang: Lang, id: String) -> One {
    let rows = finding.evidence.iter().map(|row| {
        let port = row.port.zip(row.protocol).map(|(port, protocol)| port_label(port, protocol));
        let what = words::what(lang, row);
        cells![row.source.as_str(), row.destination.as_deref(), port, row.count, what]
    });
    let columns = [
        column("c_source", Code),
        column("c_destination", Code),
        column("c_port", Text),
        column("c_count", Count),
        column("c_what", Text),
    ];
    let title = words::title(lang, finding);
    One {
        title: known::told(title, told.book),
        reason: words::reason(lang, &finding.reason),
        next: words::next_step(lang, finding.next_step),
        rule: finding.rule,
        times: finding.times(),
        techniques: finding.techniques.iter().map(ToString::to_string).collect(),
        evidence: Sheet::new(lang, "t_evidence")
            .called(id)
            .columns(columns)
            .rows(rows, finding.evidence_rows),
    }
}
