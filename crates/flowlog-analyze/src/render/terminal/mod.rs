//! The report as text for a terminal, or for a pipe.

mod classes;
mod compare;
mod connections;
mod coverage;
mod findings;
mod overview;
pub(crate) mod page;
mod problems;
mod rules;
mod specific;
pub(crate) mod table;
mod traffic;

use std::io::{self, Write};

use flowlog_core::report::Report;

use super::graphs;
use super::style::Style;
pub use compare::write_comparison;
use page::{Page, Tone};

/// Writes the whole report.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, report: &Report, style: &Style) -> io::Result<()> {
    let mut page = Page::new(*style);
    overview::summary(&mut page, report);
    overview::quality(&mut page, report);
    if report.totals.tuples > 0 {
        findings::all(&mut page, report);
        page.group("Input");
    }
    coverage::logs(&mut page, report);
    overview::files(&mut page, report);
    if report.totals.tuples == 0 {
        page.blank();
        page.line("No flow was read: there is nothing more to report", 0, Tone::Warn);
    } else {
        flows(&mut page, report);
    }
    out.write_all(page.into_text().as_bytes())
}

fn flows(page: &mut Page, report: &Report) {
    page.group("Traffic");
    connections::outcomes(page, report);
    traffic::protocols(page, report);
    traffic::states(page, report);
    traffic::directions(page, report);
    traffic::encryption(page, report);
    classes::encrypted_pairs(page, report);
    classes::classes(page, report);
    traffic::sources(page, report);
    traffic::destinations(page, report);
    traffic::ports(page, report);
    rules::rules(page, report);
    rules::admin_access(page, report);
    rules::configured(page, report);
    page.group("Problem connections");
    problems::incomplete(page, report);
    problems::denied(page, report);
    problems::low_payload(page, report);
    problems::retries(page, report);
    problems::one_way(page, report);
    page.group("Anomalies");
    problems::high_volume(page, report);
    problems::unusual_ports(page, report);
    problems::denied_sources(page, report);
    problems::port_scans(page, report);
    if !report.specific_ips.is_empty() {
        page.group("Addresses asked for");
        for host in &report.specific_ips {
            specific::host(page, host);
        }
    }
    if page.style.graphs {
        page.group("Charts");
        graphs::all(page, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{fixture, text};

    fn render(report: &Report, style: Style) -> String {
        let mut out = Vec::new();
        write(&mut out, report, &style).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PLAIN: Style = Style { width: 80, color: false, ascii: false, graphs: false, top: 5 };

    #[test]
    fn at_80_columns() {
        insta::assert_snapshot!(render(&fixture::rich(), PLAIN));
    }

    #[test]
    fn at_160_columns_with_charts() {
        insta::assert_snapshot!(render(&fixture::rich(), Style { width: 160, graphs: true, ..PLAIN }));
    }

    #[test]
    fn at_80_columns_in_colour() {
        insta::assert_snapshot!(render(&fixture::rich(), Style { color: true, ..PLAIN }));
    }

    #[test]
    fn at_80_columns_in_ascii_with_charts() {
        let text = render(&fixture::rich(), Style { ascii: true, graphs: true, ..PLAIN });
        assert!(text.is_ascii());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_empty_report_says_so() {
        insta::assert_snapshot!(render(&fixture::empty(), PLAIN));
    }

    #[test]
    fn a_report_of_denials_alone_says_none_elsewhere() {
        insta::assert_snapshot!(render(&fixture::quiet(), PLAIN));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_none_ends_in_spaces() {
        for width in 40..200 {
            let text = render(&fixture::rich(), Style { width, graphs: true, ..PLAIN });
            for line in text.lines() {
                assert!(text::width(line) <= width, "{width}: {line:?}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }

    #[test]
    fn no_control_character_of_a_name_reaches_the_terminal() {
        let text = render(&fixture::rich(), Style { width: 160, graphs: true, ..PLAIN });
        assert!(!text.contains(|char: char| char.is_control() && char != '\n'));
        assert!(!text.contains('\u{202e}'));
        assert!(text.contains("\\u{1b}"));
    }
}
