//! The report as text for a terminal, or for a pipe.

mod compare;
pub(crate) mod page;
mod sections;
mod short;
pub(crate) mod table;

use std::io::{self, Write};

use flowlog_core::report::Report;

use super::style::Style;
pub use compare::write_comparison;
use page::Page;
pub use sections::Section;

/// How much of the report is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What one reads first, in at most 60 lines.
    #[default]
    Short,
    /// The same on one screen of 24 lines.
    Brief,
    /// Every section.
    Full,
    /// These sections, in this order.
    Sections(Vec<Section>),
}

impl View {
    /// Rows of a table where `top` were asked for: a view that is to be short has few.
    pub(crate) fn rows(&self, top: usize) -> usize {
        match self {
            Self::Short | Self::Brief => top.min(short::MOST_ROWS),
            Self::Full | Self::Sections(_) => top,
        }
    }
}

/// Writes as much of the report as `view` says.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, report: &Report, style: &Style, view: &View) -> io::Result<()> {
    let mut page = Page::knowing(*style, &report.hosts);
    match view {
        View::Short => short::write(&mut page, report, short::Size::Pages),
        View::Brief => short::write(&mut page, report, short::Size::Screen),
        View::Full => sections::all(&mut page, report),
        View::Sections(asked) => asked.iter().for_each(|section| section.write(&mut page, report)),
    }
    out.write_all(page.into_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{fixture, text};
    use crate::words::Lang;

    fn render_as(report: &Report, style: Style, view: &View) -> String {
        let mut out = Vec::new();
        write(&mut out, report, &style, view).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn render(report: &Report, style: Style) -> String {
        render_as(report, style, &View::Full)
    }

    const PLAIN: Style = Style::PLAIN;

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
    fn names_stand_beside_addresses_where_there_is_room() {
        let known = fixture::known();
        insta::assert_snapshot!("known_at_100_columns", render(&known, Style { width: 100, ..PLAIN }));
        insta::assert_snapshot!("known_and_short", render_as(&known, PLAIN, &View::Short));
        // No address is cut for a name.
        for width in 60..200 {
            let named = render(&known, Style { width, ..PLAIN });
            let bare = render(&fixture::rich(), Style { width, ..PLAIN });
            for line in named.lines() {
                assert!(text::width(line) <= width, "{width}: {line:?}");
            }
            let whole = |text: &str| ["185.220.101.34", "168.63.129.16"].map(|ip| text.matches(ip).count());
            let (with, without) = (whole(&named), whole(&bare));
            assert!(with.iter().zip(without).all(|(with, without)| *with >= without), "{width}: {with:?}");
        }
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

    #[test]
    fn in_spanish_everything_is() {
        const SPANISH: Style = Style { lang: Lang::Es, ..PLAIN };
        insta::assert_snapshot!("spanish_at_80_columns", render(&fixture::rich(), SPANISH));
        insta::assert_snapshot!("spanish_and_short", render_as(&fixture::known(), SPANISH, &View::Short));
        insta::assert_snapshot!("spanish_without_flows", render(&fixture::empty(), SPANISH));
        insta::assert_snapshot!("spanish_of_denials_alone", render(&fixture::quiet(), SPANISH));
        let wide = Style { width: 160, graphs: true, ..SPANISH };
        insta::assert_snapshot!("spanish_at_160_columns_with_charts", render(&fixture::rich(), wide));
    }

    #[test]
    fn in_spanish_no_line_is_wider_than_the_terminal() {
        for width in 40..200 {
            let style = Style { width, graphs: true, lang: Lang::Es, ..PLAIN };
            for line in render(&fixture::rich(), style).lines() {
                assert!(text::width(line) <= width, "{width}: {line:?}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}
