//! Every section by its name, with how much there is of it.

use std::fmt::Write;

use clap::ValueEnum;
use flowlog_core::report::Report;

use super::Size;
use crate::render::style::Style;
use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::sections::Section;
use crate::render::text::{brief_count, width};
use crate::words::say;

const GAP: usize = 4;

pub(super) fn write(page: &mut Page, report: &Report, size: Size) {
    if size == Size::Screen {
        return;
    }
    page.section("Sections", say!(page.lang(), "--section NAME,... shows them, --full all of them"));
    // These three are told of above and below.
    let told = [Section::Summary, Section::Quality, Section::Findings];
    let others = Section::value_variants().iter().filter(|section| !told.contains(section));
    let entries: Vec<(String, String)> =
        others.filter_map(|section| entry(*section, report, &page.style)).collect();
    if page.style.markdown {
        let entries: Vec<String> = entries.iter().map(|(name, count)| format!("{name} {count}")).collect();
        return page.prose(&entries.join(", "), 2, Tone::Plain);
    }
    let widest = |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| width(text)).max().unwrap_or(0);
    let names = widest(&mut entries.iter().map(|(name, _)| name));
    let counts = widest(&mut entries.iter().map(|(_, count)| count));
    let column = names + 1 + counts + GAP;
    let columns = ((page.style.width.saturating_sub(2) + GAP) / column).max(1);
    // Read down, column by column, as the order of the report is.
    let lines = entries.len().div_ceil(columns);
    for line in 0..lines {
        let mut text = String::new();
        for (name, count) in entries.iter().skip(line).step_by(lines) {
            write!(text, "{name:<names$} {count:>counts$}{:GAP$}", "").ok();
        }
        page.line(text.trim_end(), 2, Tone::Plain);
    }
}

fn entry(section: Section, report: &Report, style: &Style) -> Option<(String, String)> {
    let name = section.name();
    if section.blind(report).is_some() {
        return Some((name, "?".to_owned()));
    }
    match section.count(report) {
        // Of ports only the first are in the report.
        Some(count) if section == Section::Ports && count >= style.top as u64 => {
            Some((name, format!("{}+", style.lang.number(brief_count(count)))))
        }
        Some(count) => Some((name, style.lang.number(brief_count(count)))),
        None if section == Section::Charts => Some((name, String::new())),
        None => None,
    }
}
