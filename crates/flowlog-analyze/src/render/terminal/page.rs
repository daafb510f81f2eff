//! The page the sections are written on: headings, notes, colour.

use std::borrow::Cow;
use std::rc::Rc;

use flowlog_core::enrich::KnownHosts;
use flowlog_core::finding::Severity;

use super::table::{Cell, Table};
use crate::render::names::host_label;
use crate::render::style::Style;
use crate::render::{markdown, text};
use crate::words::{Lang, fill, say};

/// Prose is hard to read in longer lines, however wide the terminal.
const PROSE_WIDTH: usize = 100;
/// Names of values are that wide.
const KEY_WIDTH: usize = 20;

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// A group's or a section's heading.
    Heading,
    /// Explanations and column titles.
    Dim,
    /// Denied, failed.
    Bad,
    /// Malformed, or to be looked at.
    Warn,
    /// The bars of a chart.
    Bar,
}

/// The tone of a severity.
pub(crate) fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Warn,
        Severity::Low | Severity::Info => Tone::Plain,
    }
}

/// A report being written. It collects text: writing it out is one call with one place to fail.
pub(crate) struct Page {
    text: String,
    /// How it may look.
    pub(crate) style: Style,
    /// What is known of addresses.
    pub(crate) hosts: Rc<KnownHosts>,
}

impl Page {
    pub(crate) fn new(style: Style) -> Self {
        Self { text: String::with_capacity(16 << 10), style, hosts: Rc::default() }
    }

    /// One that shows what is known of addresses beside them.
    pub(crate) fn knowing(style: Style, hosts: &KnownHosts) -> Self {
        Self { hosts: Rc::new(hosts.clone()), ..Self::new(style) }
    }

    /// An empty one that looks the same.
    pub(crate) fn beside(&self) -> Self {
        Self { hosts: Rc::clone(&self.hosts), ..Self::new(self.style) }
    }

    /// The language it is written in.
    pub(crate) fn lang(&self) -> Lang {
        self.style.lang
    }

    pub(crate) fn into_text(self) -> String {
        match self.lang().in_ascii(&self.text) {
            Cow::Owned(plain) if self.style.ascii => plain,
            _ => self.text,
        }
    }

    /// Lines written so far; of Markdown, those that show.
    pub(crate) fn lines(&self) -> usize {
        if self.style.markdown {
            return self.text.lines().filter(|line| !line.is_empty() && !line.starts_with("|-")).count();
        }
        self.text.matches('\n').count()
    }

    /// Adds another page below, with an empty line between them; nothing if it is empty.
    pub(crate) fn append(&mut self, part: &Self) {
        if !part.text.is_empty() {
            self.blank();
            self.push(part);
        }
    }

    /// Adds another page right below.
    pub(crate) fn push(&mut self, part: &Self) {
        match self.style.markdown {
            true if part.text.starts_with("- ") => self.before_entry(),
            true => self.blank(),
            false => {}
        }
        self.text.push_str(&part.text);
    }

    /// A block of Markdown of its own: all that it begins with is `mark`.
    fn block(&mut self, mark: &str, text: &str) {
        self.blank();
        self.text.push_str(mark);
        self.text.push_str(&markdown::text(text));
        self.text.push('\n');
    }

    fn before_entry(&mut self) {
        let above = self.text.trim_end_matches('\n').rsplit('\n').next();
        if !above.is_some_and(|line| line.starts_with("- ")) {
            self.blank();
        }
    }

    /// An entry of a list, right below another one.
    fn entry(&mut self, key: &str, text: &str) {
        self.before_entry();
        self.text.push_str("- ");
        if !key.is_empty() {
            self.text.extend(["**", &markdown::text(key), "**: "]);
        }
        self.text.push_str(&markdown::text(text));
        self.text.push('\n');
    }

    /// A row of a table; all of one table have as many cells.
    pub(super) fn cells<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for cell in cells {
            self.text.push_str("| ");
            self.text.push_str(&markdown::text(cell));
            self.text.push(' ');
        }
        self.text.push_str("|\n");
    }

    /// The line below the titles of a table, which tells the columns that are right-aligned.
    pub(super) fn alignment(&mut self, right: impl Iterator<Item = bool>) {
        for right in right {
            self.text.push_str(if right { "|--:" } else { "|---" });
        }
        self.text.push_str("|\n");
    }

    /// One of the page's large parts.
    pub(crate) fn group(&mut self, title: &str) {
        let title = self.lang().title(title);
        if self.style.markdown {
            return self.block("## ", title);
        }
        self.blank();
        let title = text::shorten(title, self.style.width, self.style.ascii);
        let rule = if self.style.ascii { "-" } else { "\u{2500}" };
        let length = self.style.width.min(PROSE_WIDTH).saturating_sub(text::width(&title) + 1);
        self.paint(&title.to_uppercase(), Tone::Heading);
        self.text.push(' ');
        self.paint(&rule.repeat(length), Tone::Dim);
        self.end_line();
    }

    /// A section: its title and, behind it, how much there is.
    pub(crate) fn section(&mut self, title: &str, extent: &str) {
        self.blank();
        self.title(title, extent);
    }

    /// A title without an empty line before it.
    pub(crate) fn title(&mut self, title: &str, extent: &str) {
        let title = self.lang().title(title);
        if self.style.markdown {
            self.block("### ", title);
            if !extent.is_empty() {
                self.block("", extent);
            }
            return;
        }
        let (width, ascii) = (self.style.limit(), self.style.ascii);
        let title = text::shorten(title, width, ascii);
        self.paint(&title, Tone::Heading);
        let room = width.saturating_sub(text::width(&title) + 2);
        if !extent.is_empty() && room > 0 {
            self.text.push_str(": ");
            self.text.push_str(&text::shorten(extent, room, ascii));
        }
        self.text.push('\n');
    }

    /// What the section means and where its limits are.
    pub(crate) fn note(&mut self, note: &str) {
        self.prose(self.lang().title(note), 2, Tone::Dim);
    }

    /// Lines of prose, indented and wrapped.
    pub(crate) fn prose(&mut self, text: &str, indent: usize, tone: Tone) {
        if self.style.markdown {
            return self.block("", text);
        }
        let limit = self.style.width.min(PROSE_WIDTH).saturating_sub(indent);
        for line in text::wrap(text, limit) {
            self.line(&line, indent, tone);
        }
    }

    /// Prose behind a mark.
    pub(crate) fn warning(&mut self, text: &str, tone: Tone) {
        if self.style.markdown {
            return self.entry("", text);
        }
        let limit = self.style.width.min(PROSE_WIDTH).saturating_sub(4);
        for (place, line) in text::wrap(text, limit).into_iter().enumerate() {
            self.line(&format!("{} {line}", if place == 0 { "!" } else { " " }), 2, tone);
        }
    }

    /// A name and its value, which goes on below itself if it must.
    pub(crate) fn pair(&mut self, key: &str, value: &str) {
        self.toned_pair(key, value, Tone::Plain);
    }

    /// A name and its value, both of one tone.
    pub(crate) fn toned_pair(&mut self, key: &str, value: &str, tone: Tone) {
        let key = self.lang().title(key);
        if self.style.markdown {
            return self.entry(key, value);
        }
        for (place, line) in text::wrap(value, self.pair_room()).into_iter().enumerate() {
            let key = if place == 0 { key } else { "" };
            self.line(&format!("{key:<KEY_WIDTH$}{line}"), 2, tone);
        }
    }

    /// A name and its value on one line, cut if it must.
    pub(crate) fn short_pair(&mut self, key: &str, value: &str, tone: Tone) {
        let key = self.lang().title(key);
        if self.style.markdown {
            return self.entry(key, value);
        }
        let room = if self.style.cut { self.pair_room() } else { self.style.limit() };
        let value = text::shorten(value, room, self.style.ascii);
        self.line(&format!("{key:<KEY_WIDTH$}{value}"), 2, tone);
    }

    /// Columns of a value beside its name.
    pub(crate) fn pair_room(&self) -> usize {
        self.style.width.min(PROSE_WIDTH).saturating_sub(KEY_WIDTH + 2)
    }

    /// Lines that say all of `text`, however long it is; those after the first stand further in.
    pub(crate) fn whole(&mut self, text: &str, indent: usize, tone: Tone) {
        if self.style.markdown {
            return self.entry("", text);
        }
        let limit = self.style.width.saturating_sub(indent + 2);
        for (place, line) in text::wrap_whole(text, limit).into_iter().enumerate() {
            self.line(&line, if place == 0 { indent } else { indent + 2 }, tone);
        }
    }

    /// One line, cut to the width if it must.
    pub(crate) fn line(&mut self, line: &str, indent: usize, tone: Tone) {
        if self.style.markdown {
            return self.entry("", line);
        }
        self.spaces(indent);
        let limit = self.style.limit().saturating_sub(indent);
        let line = text::shorten(line, limit, self.style.ascii).into_owned();
        self.paint(&line, tone);
        self.text.push('\n');
    }

    /// What an empty section says.
    pub(crate) fn none(&mut self) {
        self.line(say!(self.lang(), "none"), 2, Tone::Plain);
    }

    /// At most [`Style::top`] rows of `rows` as a table, and how many of `total` are not shown.
    pub(crate) fn table<T>(
        &mut self,
        mut table: Table,
        rows: &[T],
        total: u64,
        row: impl Fn(&T) -> Vec<Cell>,
    ) {
        for item in rows.iter().take(self.style.top) {
            table.push(row(item));
        }
        table.write(self);
        self.more(total.saturating_sub(table.len() as u64));
    }

    /// Says that `hidden` rows are not shown.
    pub(crate) fn more(&mut self, hidden: u64) {
        if hidden > 0 {
            let line = fill!(self.lang(), "... and {n} more (--top)", n = self.lang().count(hidden));
            self.line(&line, 2, Tone::Dim);
        }
    }

    /// A text with the names of its addresses, made harmless.
    pub(crate) fn told(&self, text: &str) -> String {
        self.name(&self.hosts.told(text))
    }

    /// What is known of an address, in few words; empty if nothing is.
    pub(crate) fn label(&self, address: &str) -> String {
        self.hosts.get(address).map_or_else(String::new, |facts| self.name(&host_label(facts)))
    }

    /// A name from outside, made harmless.
    pub(crate) fn name(&self, name: &str) -> String {
        // Words of the catalogue may be among it, which are not to be escaped.
        let plain = if self.style.ascii { self.lang().in_ascii(name) } else { Cow::Borrowed(name) };
        text::escape(&plain, self.style.ascii).into_owned()
    }

    /// An empty line, unless the page begins here; in Markdown one of them is as good as two.
    pub(crate) fn blank(&mut self) {
        let is_there = self.style.markdown && self.text.ends_with("\n\n");
        if !self.text.is_empty() && !is_there {
            self.text.push('\n');
        }
    }

    pub(crate) fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    pub(crate) fn end_line(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
    }

    /// Adds `text` in the colour of its tone. `text` must already be harmless.
    pub(crate) fn paint(&mut self, text: &str, tone: Tone) {
        let code = match tone {
            _ if !self.style.color || text.is_empty() => "",
            Tone::Plain => "",
            Tone::Heading => "\u{1b}[1m",
            Tone::Dim => "\u{1b}[2m",
            Tone::Bad => "\u{1b}[31m",
            Tone::Warn => "\u{1b}[33m",
            Tone::Bar => "\u{1b}[36m",
        };
        self.text.push_str(code);
        self.text.push_str(text);
        if !code.is_empty() {
            self.text.push_str("\u{1b}[0m");
        }
    }
}
