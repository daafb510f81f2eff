//! Findings, those that concern the same in one line.

use std::collections::BTreeMap;

use flowlog_core::finding::{Findings, Group, Severity, groups};
use flowlog_core::report::Report;

use super::Size;
use crate::render::style::Style;
use crate::render::terminal::page::{Page, Tone, severity_tone};
use crate::render::text;
use crate::words::{self, Lang, fill, say, severities};

/// A text that had less room beside the time has lines of its own.
const LEAST_TEXT: usize = 30;

/// The findings in at most `room` lines, the gravest first; and whether nothing is left out.
pub(super) fn fit(style: Style, report: &Report, size: Size, room: usize) -> (Page, bool) {
    let mut page = Page::new(style);
    let Some(found) = &report.findings else {
        page.section("Findings", say!(style.lang, "not looked for (--no-findings)"));
        return (page, true);
    };
    let all = groups(&found.findings);
    let lang = style.lang;
    let numbers = numbers(lang, found.findings.iter().map(|finding| (finding.severity, 1)));
    page.group(&fill!(
        lang,
        "Findings: {numbers}",
        numbers = if numbers.is_empty() { say!(lang, "none of findings") } else { &numbers }
    ));
    let tail = tail(style, report, found, size);
    let room = room.saturating_sub(page.lines() + tail.lines());
    let widths = Widths::of(lang, &all, report);
    let lines: Vec<Page> = all.iter().map(|group| line(style, group, &widths, report)).collect();
    let whole = lines.iter().map(Page::lines).sum::<usize>() <= room;
    // What is left out is told in a line, too.
    let (mut left, mut shown) = (if whole { room } else { room.saturating_sub(1) }, 0);
    for line in lines {
        match left.checked_sub(line.lines()) {
            Some(rest) => left = rest,
            None => break,
        }
        page.push(&line);
        shown += 1;
    }
    if let Some(hidden) = all.get(shown..).filter(|hidden| !hidden.is_empty()) {
        let numbers = self::numbers(lang, hidden.iter().map(|group| (group.severity, group.findings)));
        page.line(&fill!(lang, "... and {numbers} more", numbers), 2, Tone::Dim);
    }
    page.push(&tail);
    (page, whole)
}

/// `2 high, 14 low`.
fn numbers(lang: Lang, found: impl Iterator<Item = (Severity, u64)>) -> String {
    let mut numbers: BTreeMap<Severity, u64> = BTreeMap::new();
    for (severity, number) in found {
        *numbers.entry(severity).or_default() += number;
    }
    let some = numbers.iter().rev();
    some.map(|(severity, number)| format!("{} {}", lang.count(*number), severities(lang, *severity, *number)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Widths of the two columns before the text.
struct Widths {
    severity: usize,
    when: usize,
}

impl Widths {
    fn of(lang: Lang, groups: &[Group], report: &Report) -> Self {
        let widest = |text: &dyn Fn(&Group) -> String| {
            groups.iter().map(|group| text::width(&text(group))).max().unwrap_or(0)
        };
        Self {
            severity: widest(&|group| lang.say(group.severity.word()).to_owned()),
            when: widest(&|group| when(lang, group, report)),
        }
    }
}

fn when(lang: Lang, group: &Group, report: &Report) -> String {
    let known = |(first, last)| text::when(first, last, report.totals.last_time_ms.unwrap_or(last));
    group.times.map_or_else(|| say!(lang, "time not known").to_owned(), known)
}

fn line(style: Style, group: &Group, widths: &Widths, report: &Report) -> Page {
    let mut page = Page::new(style);
    let lang = style.lang;
    let (severity, when) = (lang.say(group.severity.word()), when(lang, group, report));
    if style.markdown {
        let told = page.name(&words::line(lang, &group.concern));
        page.pair(severity, &format!("{when}, {told}"));
        return page;
    }
    page.spaces(2);
    page.paint(severity, severity_tone(group.severity));
    page.spaces(widths.severity + 2 - text::width(severity));
    page.paint(&when, Tone::Dim);
    page.spaces(widths.when + 2 - text::width(&when));
    let mut indent = 2 + widths.severity + 2 + widths.when + 2;
    let is_narrow = style.width < indent + LEAST_TEXT;
    if is_narrow {
        page.end_line();
        indent = 4;
    }
    let told = page.name(&report.hosts.told(&words::line(lang, &group.concern)));
    for (place, line) in text::wrap_whole(&told, style.width.saturating_sub(indent)).iter().enumerate() {
        if is_narrow || place > 0 {
            page.spaces(indent);
        }
        page.paint(line, Tone::Plain);
        page.end_line();
    }
    page
}

/// What is no finding and must be known beside them.
fn tail(style: Style, report: &Report, found: &Findings, size: Size) -> Page {
    let mut page = Page::new(style);
    let (whole, lang) = (size == Size::Pages, style.lang);
    let blind = ['D', 'B'].into_iter().filter(|state| report.coverage.missing_states.contains(state));
    for state in blind.filter(|_| whole) {
        let what = if state == 'D' {
            say!(lang, "scans and floods that were denied")
        } else {
            say!(lang, "beacons and guessing")
        };
        let line = fill!(lang, "Not visible: {what}, the data holds no {state} rows", what, state);
        page.prose(&line, 2, Tone::Warn);
    }
    let noise = &found.noise;
    if noise.sources > 0 {
        let line = fill!(
            lang,
            "Noise: {hosts} of the internet tried {times} at {own} in vain",
            hosts = lang.counted(noise.sources, "host", "hosts"),
            times = lang.counted(noise.attempts, "time", "times"),
            own = lang.counted(noise.targets, "own host", "own hosts"),
        );
        if whole { page.prose(&line, 2, Tone::Dim) } else { page.line(&line, 2, Tone::Dim) }
    }
    let lists = [
        (found.suppressed.len(), "finding suppressed", "findings suppressed"),
        (found.expired.len(), "suppression expired", "suppressions expired"),
    ];
    let told = lists.iter().filter(|(number, ..)| *number > 0);
    let told: Vec<String> = told.map(|(number, one, many)| lang.counted(*number as u64, one, many)).collect();
    if whole && !told.is_empty() {
        page.prose(&format!("{} (--section findings)", told.join(", ")), 2, Tone::Dim);
    }
    page
}
