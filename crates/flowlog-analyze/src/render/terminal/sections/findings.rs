//! Findings: what deserves attention, before anything else.

use flowlog_core::finding::{EvidenceRow, Finding, Noise, Scanner, Severity};
use flowlog_core::report::Report;

use super::super::page::{Page, Tone, severity_tone};
use crate::render::text;
use crate::words::{Lang, fill, next_step, reason, say, severities, title, what};

/// Evidence rows shown of one finding; `--format json` has more.
const ROWS: usize = 3;

pub(super) fn write(page: &mut Page, report: &Report) {
    // Nothing was looked for: nothing is said, not even that nothing was found.
    let Some(found) = &report.findings else { return };
    page.group("Findings");
    let lang = page.lang();
    let sums: Vec<String> = Severity::ALL
        .iter()
        .filter_map(|severity| {
            let number = found.findings.iter().filter(|finding| finding.severity == *severity).count();
            (number > 0).then(|| format!("{number} {}", severities(lang, *severity, number as u64)))
        })
        .collect();
    page.pair(
        "Severities",
        &if sums.is_empty() { say!(lang, "nothing found").to_owned() } else { sums.join(", ") },
    );
    let blind = [('D', "denied scans and floods"), ('B', "beacons, guessing and lateral movement")];
    let missing = |state: &char| report.coverage.missing_states.contains(state);
    for (state, what) in blind.iter().filter(|(state, _)| missing(state)) {
        page.pair(
            "Not visible",
            &fill!(lang, "{what}: the data holds no {state} rows", what = lang.say(what), state),
        );
    }
    noise(page, &found.noise);
    if !found.suppressed.is_empty() {
        let ids: Vec<String> = found.suppressed.iter().map(|entry| page.name(&entry.id)).collect();
        page.pair("Suppressed", &ids.join(", "));
    }
    for entry in &found.expired {
        let line = fill!(
            lang,
            "the suppression of {rule} for {entity} expired on {day}: it suppresses nothing any more",
            rule = entry.rule,
            entity = entry.entity,
            day = entry.expires
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
    let lang = page.lang();
    let line = fill!(
        lang,
        "{hosts} from the internet tried {times} in vain, at {ports} of {own}; {scanners} as much as a scan. Every public \
         address sees this.",
        hosts = lang.counted(noise.sources, "host", "hosts"),
        times = lang.counted(noise.attempts, "time", "times"),
        ports = lang.counted(noise.conversations, "port", "ports"),
        own = lang.counted(noise.targets, "own host", "own hosts"),
        scanners = lang.counted(noise.scanners, "host tried", "hosts tried")
    );
    page.pair("Noise", &line);
    let scanners: Vec<String> = noise.top.iter().map(|row| scanner(lang, row)).collect();
    if !scanners.is_empty() {
        let told = page.told(&scanners.join("; "));
        page.pair("Top scanners", &told);
    }
}

fn scanner(lang: Lang, scanner: &Scanner) -> String {
    let provider = scanner.provider.map(|name| format!(", {name}")).unwrap_or_default();
    let let_through = match scanner.let_through {
        0 => String::new(),
        places => fill!(lang, ", let through at {places}", places = lang.count(places)),
    };
    fill!(
        lang,
        "{source}{provider}: {ports} of {hosts}{let_through}",
        source = scanner.source,
        provider,
        ports = lang.counted(scanner.conversations, "port", "ports"),
        hosts = lang.counted(scanner.targets, "host", "hosts"),
        let_through
    )
}

fn grave(finding: &Finding) -> bool {
    finding.severity >= Severity::High
}

fn one(page: &mut Page, finding: &Finding) {
    let (tone, lang) = (severity_tone(finding.severity), page.lang());
    page.blank();
    let title = page.told(&title(lang, finding));
    page.prose(&format!("{}: {title}", lang.say(finding.severity.word()).to_uppercase()), 2, tone);
    page.prose(&reason(lang, &finding.reason), 4, Tone::Plain);
    for row in finding.evidence.iter().take(ROWS) {
        let told = page.told(&evidence(lang, row));
        page.whole(&told, 6, Tone::Plain);
    }
    let hidden = finding.evidence_rows.saturating_sub(finding.evidence.len().min(ROWS) as u64);
    if hidden > 0 {
        page.line(&fill!(lang, "... and {n} more (--format json)", n = lang.count(hidden)), 6, Tone::Dim);
    }
    page.prose(&fill!(lang, "Next: {step}", step = next_step(lang, finding.next_step)), 4, Tone::Plain);
    let line = format!(
        "{} | {} | {}",
        finding.rule,
        finding.times().map_or_else(
            || say!(lang, "time not known").to_owned(),
            |(first, last)| text::period(first, last)
        ),
        text::joined(finding.techniques, ", ")
    );
    page.prose(&line, 4, Tone::Dim);
}

fn evidence(lang: Lang, row: &EvidenceRow) -> String {
    let port = row.port.map(|port| fill!(lang, " port {port}", port)).unwrap_or_default();
    let to = row
        .destination
        .as_ref()
        .map(|destination| fill!(lang, " to {destination}", destination))
        .unwrap_or_default();
    format!("{}{to}{port}: {}", row.source, format_args!("{} {}", lang.count(row.count), what(lang, row)))
}
