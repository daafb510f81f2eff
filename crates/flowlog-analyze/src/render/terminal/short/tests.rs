use flowlog_core::finding::{Concern, Deed, Finding, Severity, Subjects};
use flowlog_core::report::{DeniedBy, Report};

use super::super::{View, write};
use crate::render::style::Style;
use crate::render::{fixture, text};
use crate::words::Lang;

const PLAIN: Style = Style { top: 15, ..Style::PLAIN };

fn render(report: &Report, style: Style, view: &View) -> String {
    let mut out = Vec::new();
    write(&mut out, report, &style, view).unwrap();
    String::from_utf8(out).unwrap()
}

/// Everything there can be many of, with long names and large numbers.
fn crowded() -> Report {
    let mut report = fixture::rich();
    let long = format!("UserRule_{}\u{1b}[2J", "规则-rule-".repeat(40));
    let log = report.coverage.logs[0].clone();
    report.coverage.logs = vec![log; 500];
    report.coverage.missing_states = vec!['B', 'D'];
    let mut rules = report.rules.clone();
    for row in &mut rules {
        row.rule.clone_from(&long);
    }
    report.rules = rules.into_iter().cycle().take(2000).collect();
    for row in &mut report.denied {
        row.rule = Some(DeniedBy { acl: long.clone(), rule: long.clone(), others: 17 });
    }
    for row in report.heaviest.iter_mut().chain(&mut report.one_way) {
        let v6 = |n: u16| format!("2001:db8:ffff:ffff:ffff:ffff:ffff:{n:x}");
        (row.ends.source, row.ends.destination) = (v6(0xfff1), v6(0xfff2));
        (row.bytes_sent, row.bytes_received, row.connections) = (u64::MAX, u64::MAX, u64::MAX);
    }
    let totals = &mut report.totals;
    for number in [
        &mut totals.files,
        &mut totals.tuples,
        &mut totals.conversations,
        &mut totals.unique_sources,
        &mut totals.denied_by_rule,
        &mut totals.malformed,
        &mut totals.bytes_sent,
        &mut totals.records,
    ] {
        *number = u64::MAX;
    }
    let found = report.findings.as_mut().unwrap();
    let one = found.findings[0].clone();
    let finding = |n: u64| Finding {
        severity: Severity::ALL[usize::try_from(n % 5).unwrap()],
        first_time_ms: (!n.is_multiple_of(7)).then_some(1_700_000_000_000 + n.cast_signed() * 90_000_000),
        last_time_ms: (!n.is_multiple_of(7)).then_some(1_700_000_000_000 + n.cast_signed() * 91_000_000),
        concern: Concern {
            deed: [Deed::Guessing("PostgreSQL"), Deed::Flood, Deed::Upload, Deed::Long]
                [usize::try_from(n % 4).unwrap()],
            object: format!("[2001:db8:ffff:ffff:ffff:ffff:ffff:{n:x}]:65535").into(),
            subjects: Subjects {
                total: 2,
                named: vec![format!("2001:db8:ffff:ffff:ffff:ffff:eeee:{n:x}"); 2],
            },
            amount: u64::MAX,
        },
        ..one.clone()
    };
    found.findings = (0..300).map(finding).collect();
    found.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    report
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(render(&fixture::rich(), PLAIN, &View::Short));
}

#[test]
fn at_160_columns_in_ascii() {
    let text = render(&fixture::rich(), Style { width: 160, ascii: true, ..PLAIN }, &View::Short);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn in_spanish_at_80_columns_and_on_one_screen() {
    let spanish = Style { lang: Lang::Es, ..PLAIN };
    insta::assert_snapshot!("spanish_at_80_columns", render(&fixture::rich(), spanish, &View::Short));
    insta::assert_snapshot!("spanish_on_one_screen", render(&fixture::rich(), spanish, &View::Brief));
    insta::assert_snapshot!("spanish_of_a_crowd", render(&crowded(), spanish, &View::Short));
}

#[test]
fn in_spanish_and_ascii_letters_have_no_accents() {
    let spanish = Style { lang: Lang::Es, ascii: true, ..PLAIN };
    for view in [View::Short, View::Brief, View::Full] {
        let text = render(&fixture::known(), spanish, &view);
        assert!(text.is_ascii() && text.contains("tuplas") && !text.contains("u{f3}"), "{text}");
    }
}

#[test]
fn on_one_screen() {
    insta::assert_snapshot!(render(&fixture::rich(), PLAIN, &View::Brief));
}

#[test]
fn of_a_crowd_at_80_columns() {
    insta::assert_snapshot!(render(&crowded(), PLAIN, &View::Short));
}

#[test]
fn of_one_flow_and_of_none() {
    insta::assert_snapshot!(render(&fixture::quiet(), PLAIN, &View::Short));
    let empty = render(&fixture::empty(), PLAIN, &View::Short);
    assert!(empty.ends_with("\nNo flow was read: there is nothing more to report\n"), "{empty}");
}

#[test]
fn any_set_keeps_to_its_lines_and_columns() {
    let sets = [crowded(), fixture::rich(), fixture::quiet(), fixture::empty()];
    for report in &sets {
        for (view, lines) in [(View::Short, 60), (View::Brief, 23)] {
            for width in [80, 81, 100, 120, 160, 400] {
                for lang in [Lang::En, Lang::Es] {
                    let text = render(report, Style { width, lang, ..PLAIN }, &view);
                    assert!(
                        text.lines().count() <= lines,
                        "{view:?} at {width}: {}\n{text}",
                        text.lines().count()
                    );
                }
            }
            for (width, top) in (40..200).zip([1, 2, 15].into_iter().cycle()) {
                let lang = if width % 2 == 0 { Lang::En } else { Lang::Es };
                let text = render(report, Style { width, top, lang, ..PLAIN }, &view);
                for line in text.lines() {
                    assert!(text::width(line) <= width, "{width}: {line:?}");
                    assert_eq!(line.trim_end(), line);
                }
                assert!(!text.contains(|char: char| char.is_control() && char != '\n'));
            }
        }
    }
}

#[test]
fn what_is_left_out_is_counted_and_the_gravest_stand_first() {
    let report = crowded();
    let text = render(&report, PLAIN, &View::Short);
    let heading = text.lines().find(|line| line.starts_with("FINDINGS: ")).unwrap();
    assert!(heading.starts_with("FINDINGS: 60 CRITICAL, 60 HIGH, 60 MEDIUM, 60 LOW, 60 INFO "), "{heading}");
    let shown = text.lines().filter(|line| line.starts_with("  critical ")).count();
    let hidden = format!("... and {} critical, 60 high, 60 medium, 60 low, 60 info more", 60 - shown);
    assert!(shown > 1 && text.contains(&hidden), "{text}");
    // Nothing of what is shown is cut.
    assert!(text.replace(['\n', ' '], "").contains("2001:db8:ffff:ffff:ffff:ffff:ffff:0]:65535"));
}

#[test]
fn what_is_asked_for_beside_it_stands_before_it() {
    let style = Style { graphs: true, ..PLAIN };
    let text = render(&fixture::rich(), style, &View::Short);
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
    let order = ["CHARTS ", "FLOW LOG REPORT ", "Sections: ", "FINDINGS: ", "Next: "];
    assert!(order.map(place).is_sorted(), "{text}");
    assert!(text.trim_end().lines().last().unwrap().starts_with("Next: ") || text.contains("\nNext: "));
}
