//! Findings: what deserves attention, before anything else.

use flowlog_core::finding::{EvidenceRow, Finding, Noise, Scanner, Severity};
use flowlog_core::report::Report;

use super::super::page::{Page, Tone, severity_tone};
use crate::render::text::{self, count, counted};

/// Evidence rows shown of one finding; `--format json` has more.
const ROWS: usize = 3;

pub(super) fn write(page: &mut Page, report: &Report) {
    // Nothing was looked for: nothing is said, not even that nothing was found.
    let Some(found) = &report.findings else { return };
    page.group("Findings");
    let sums: Vec<String> = Severity::ALL
        .iter()
        .filter_map(|severity| {
            let number = found.findings.iter().filter(|finding| finding.severity == *severity).count();
            (number > 0).then(|| format!("{number} {severity}"))
        })
        .collect();
    page.pair("Severities", &if sums.is_empty() { "nothing found".to_owned() } else { sums.join(", ") });
    let blind = [('D', "denied scans and floods"), ('B', "beacons, guessing and lateral movement")];
    let missing = |state: &char| report.coverage.missing_states.contains(state);
    for (state, what) in blind.iter().filter(|(state, _)| missing(state)) {
        page.pair("Not visible", &format!("{what}: the data holds no {state} rows"));
    }
    noise(page, &found.noise);
    if !found.suppressed.is_empty() {
        let ids: Vec<String> = found.suppressed.iter().map(|entry| page.name(&entry.id)).collect();
        page.pair("Suppressed", &ids.join(", "));
    }
    for entry in &found.expired {
        let line = format!(
            "the suppression of {} for {} expired on {}: it suppresses nothing any more",
            entry.rule, entry.entity, entry.expires
        );
        let line = page.name(&line);
        page.warning(&line, Tone::Warn);
    }
    // What is grave is shown however long the list is.
    let shown = |place: usize, finding: &Finding| place < page.style.top || grave(finding);
    let places: Vec<bool> =
        found.findings.iter().enumerate().map(|(place, finding)| shown(place, finding)).collect();
    for (finding, _) in found.findings.iter().zip(&places).filter(|(_, shown)| **shown) {
        one(page, finding);
    }
    page.more(places.iter().filter(|shown| !**shown).count() as u64);
}

/// What the internet tried in vain, and who tried the most.
fn noise(page: &mut Page, noise: &Noise) {
    if noise.sources == 0 {
        return;
    }
    let line = format!(
        "{} from the internet tried {} in vain, at {} of {}; {} as much as a scan. Every public address sees this.",
        counted(noise.sources, "host", "hosts"),
        counted(noise.attempts, "time", "times"),
        counted(noise.conversations, "port", "ports"),
        counted(noise.targets, "own host", "own hosts"),
        counted(noise.scanners, "host tried", "hosts tried")
    );
    page.pair("Noise", &line);
    let scanners: Vec<String> = noise.top.iter().map(scanner).collect();
    if !scanners.is_empty() {
        let told = page.told(&scanners.join("; "));
        page.pair("Top scanners", &told);
    }
}

fn scanner(scanner: &Scanner) -> String {
    let provider = scanner.provider.map(|name| format!(", {name}")).unwrap_or_default();
    let let_through = match scanner.let_through {
        0 => String::new(),
        places => format!(", let through at {}", count(places)),
    };
    format!(
        "{}{provider}: {} of {}{let_through}",
        scanner.source,
        counted(scanner.conversations, "port", "ports"),
        counted(scanner.targets, "host", "hosts")
    )
}

fn grave(finding: &Finding) -> bool {
    finding.severity >= Severity::High
}

fn one(page: &mut Page, finding: &Finding) {
    let tone = severity_tone(finding.severity);
    page.blank();
    let title = page.told(&finding.title);
    page.prose(&format!("{}: {title}", finding.severity.word().to_uppercase()), 2, tone);
    page.prose(&finding.reason.to_string(), 4, Tone::Plain);
    for row in finding.evidence.iter().take(ROWS) {
        let told = page.told(&evidence(row));
        page.whole(&told, 6, Tone::Plain);
    }
    let hidden = finding.evidence_rows.saturating_sub(finding.evidence.len().min(ROWS) as u64);
    if hidden > 0 {
        page.line(&format!("... and {} more (--format json)", count(hidden)), 6, Tone::Dim);
    }
    page.prose(&format!("Next: {}", finding.next_step.words()), 4, Tone::Plain);
    let line = format!(
        "{} | {} | {}",
        finding.rule,
        finding
            .times()
            .map_or_else(|| "time not known".to_owned(), |(first, last)| text::period(first, last)),
        text::joined(finding.techniques, ", ")
    );
    page.prose(&line, 4, Tone::Dim);
}

fn evidence(row: &EvidenceRow) -> String {
    let port = row.port.map(|port| format!(" port {port}")).unwrap_or_default();
    let to = row.destination.as_ref().map(|destination| format!(" to {destination}")).unwrap_or_default();
    format!("{}{to}{port}: {}", row.source, row.what())
}
