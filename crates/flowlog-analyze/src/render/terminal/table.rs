//! Columns that fit the width: numbers right-aligned, long names cut in the middle, and the least
//! important columns left out before anything becomes unreadable. An address is never cut: where two of them do not
//! fit beside the rest, their row goes on in a second line.

mod fit;

use std::borrow::Cow;

use fit::Fit;

use super::page::{Page, Tone};
use crate::render::text;
use crate::words::{Lang, say};

const INDENT: usize = 2;
/// Blanks between columns, and how few there may be before a row takes two lines.
const GAP: usize = 2;
const LEAST_GAP: usize = 1;
/// An IPv6 address in full: other columns are left out before its row takes two lines.
pub(crate) const ADDRESS: usize = 39;
/// An IPv4 address in full.
const IPV4: usize = 15;
/// Names of rules and of NSGs: columns of less use are left out before one as long as these is cut.
pub(crate) const RULE: usize = 40;
pub(crate) const ACL: usize = 24;
/// Widths of what is known of an address, beside it: the first that leaves room for everything else.
const LABELS: [usize; 5] = [60, 30, 20, 14, 9];
/// A label cut to less says nothing.
const LEAST_LABEL: usize = 6;
/// To this width every name may be cut when all else is done.
const LAST_RESORT: usize = 6;

/// One column.
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    /// Names may be cut down to this width.
    least: Option<usize>,
    /// Its cells are never cut: what is wider than the column pushes the rest into a line of its own.
    whole: bool,
    worth: Worth,
}

/// Which columns are left out first where the width does not suffice; of equal ones the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// Before anything is cut.
    Spare,
    /// When all that may be cut is.
    Less,
    /// After those.
    Most,
}

/// A column of words that are never cut.
pub(crate) fn words(title: &'static str) -> Column {
    Column { title, right: false, least: None, whole: false, worth: Worth::Most }
}

/// A column of addresses, which stay whole.
pub(crate) fn addresses(title: &'static str) -> Column {
    Column { whole: true, ..names(title, ADDRESS) }
}

/// A column of names that may be cut to `least` columns.
pub(crate) fn names(title: &'static str, least: usize) -> Column {
    Column { least: Some(least), ..words(title) }
}

/// A right-aligned column.
pub(crate) fn numbers(title: &'static str) -> Column {
    Column { right: true, ..words(title) }
}

impl Column {
    /// May be left out where the width does not suffice; the last such column goes first.
    pub(crate) fn spare(self) -> Self {
        Self { worth: Worth::Spare, ..self }
    }

    /// Left out before columns that the question is about, when nothing else is left to cut.
    pub(crate) fn of_less_worth(self) -> Self {
        Self { worth: Worth::Less, ..self }
    }
}

/// One cell.
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }
}

impl Cell {
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    /// A count.
    pub(crate) fn count(value: u64) -> Self {
        text::count(value).into()
    }

    /// A count that is bad unless it is zero.
    pub(crate) fn bad_count(value: u64) -> Self {
        Self::toned(text::count(value), if value > 0 { Tone::Bad } else { Tone::Plain })
    }

    /// Bytes in a readable unit.
    pub(crate) fn bytes(value: u64) -> Self {
        text::bytes(value).into()
    }
}

/// Rows of cells under column titles.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<(Vec<Cell>, Option<Cell>)>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push((row, None));
    }

    /// A row with a remark on a line of its own.
    pub(crate) fn push_with_remark(&mut self, row: Vec<Cell>, remark: String, tone: Tone) {
        self.rows.push((row, Some(Cell::toned(remark, tone))));
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes it with the title of its first column as its own.
    pub(crate) fn write_titled(&self, page: &mut Page) {
        self.write_under(page, Tone::Heading);
    }

    pub(crate) fn write(&self, page: &mut Page) {
        self.write_under(page, Tone::Dim);
    }

    /// `first` is the tone of the first column's title.
    fn write_under(&self, page: &mut Page, first: Tone) {
        if page.style.markdown {
            return self.write_markdown(page, first == Tone::Heading);
        }
        let labels = Labels::of(self, page);
        let (fit, most) = self.fit_labelled(&labels, page.style.limit());
        let tones = std::iter::once(first).chain(std::iter::repeat(Tone::Dim));
        let titles = labels.titles.iter().copied().zip(tones);
        // What is the table's own title stands out to the left.
        let indent = if first == Tone::Heading { 0 } else { INDENT };
        self.write_row(page, &fit, indent, titles.map(|(title, tone)| (title, "", tone)));
        for (row, (cells, remark)) in self.rows.iter().enumerate() {
            let label = |column| if most == 0 { "" } else { labels.get(row, column) };
            let cells = cells.iter().enumerate();
            let texts: Vec<Cow<'_, str>> =
                cells.clone().map(|(place, _)| self.text(row, place, &labels)).collect();
            let cells = cells.zip(&texts);
            let cells = cells.map(|((column, cell), text)| (text.as_ref(), label(column), cell.tone));
            self.write_row(page, &fit, INDENT, cells);
            if let Some(remark) = remark {
                page.prose(&remark.text, INDENT + 5, remark.tone);
            }
        }
    }

    /// All columns, with a last one for remarks if there are any.
    fn write_markdown(&self, page: &mut Page, titled: bool) {
        let remarks = self.rows.iter().any(|(_, remark)| remark.is_some());
        let more = |text| remarks.then_some(text);
        let labels = Labels::of(self, page);
        if let Some(title) = labels.titles.first().filter(|_| titled) {
            page.title(title, "");
        }
        page.blank();
        page.cells(labels.titles.iter().copied().chain(more(say!(page.lang(), "Remark"))));
        page.alignment(self.columns.iter().map(|column| column.right).chain(remarks.then_some(false)));
        for (row, (_, remark)) in self.rows.iter().enumerate() {
            let text = |place| {
                let text = self.text(row, place, &labels);
                match labels.get(row, place) {
                    "" => text,
                    label => Cow::Owned(format!("{text} {label}")),
                }
            };
            let remark = remark.as_ref().map_or("", |remark| remark.text.as_str());
            let cells: Vec<Cow<'_, str>> = (0..self.columns.len()).map(text).collect();
            page.cells(cells.iter().map(AsRef::as_ref).chain(more(remark)));
        }
    }

    /// A cell's text: numbers as the language has them.
    fn text(&self, row: usize, place: usize, labels: &Labels) -> Cow<'_, str> {
        let cell = self.rows.get(row).and_then(|(cells, _)| cells.get(place));
        let text = cell.map_or("", |cell| cell.text.as_str());
        let is_number = self.columns.get(place).is_some_and(|column| column.right);
        match labels.lang {
            Lang::Es if is_number => Cow::Owned(labels.lang.number(text.to_owned())),
            _ => Cow::Borrowed(text),
        }
    }

    fn write_row<'a>(
        &self,
        page: &mut Page,
        fit: &Fit,
        indent: usize,
        cells: impl Iterator<Item = (&'a str, &'a str, Tone)>,
    ) {
        let (limit, ascii) = (page.style.limit(), page.style.ascii);
        // Where the line ends, and where the column begins; a first cell further to the left has so much more room.
        let (mut end, mut start, mut more) = (0, indent, INDENT - indent);
        for ((column, width), (text, label, tone)) in self.columns.iter().zip(&fit.widths).zip(cells) {
            let Some(width) = *width else { continue };
            let width = width + std::mem::take(&mut more);
            let needed = text::width(text);
            // The address stays whole; what is known of it takes the room that is left.
            let room = width.saturating_sub(needed + 1);
            let shown = if label.is_empty() || room < LEAST_LABEL.min(text::width(label)) {
                text::shorten(text, if column.whole { limit.max(1) } else { width }, ascii)
            } else {
                Cow::Owned(format!("{text} {}", text::shorten(label, room, ascii)))
            };
            let shown_width = text::width(&shown);
            // Behind something wider than its column an address goes on if it can.
            let mut begin = if end > 0 { start.max(end + fit.gap) } else { start };
            let fits = begin.saturating_add(shown_width) <= limit;
            if end > 0 && (if column.whole { !fits } else { begin > start }) {
                page.end_line();
                (end, begin) = (0, start);
            }
            if column.right {
                begin += width.saturating_sub(shown_width);
            } else if column.whole {
                begin = begin.min(limit.saturating_sub(shown_width));
            }
            page.spaces(begin.saturating_sub(end));
            page.paint(&shown, tone);
            end = begin + shown_width;
            start += width + fit.gap;
        }
        page.end_line();
    }
}

/// What a table's cells are shown with.
struct Labels {
    /// What is known of the addresses, by row and column; nothing where nothing is known of any.
    known: Vec<Vec<String>>,
    /// The columns' titles in the page's language.
    titles: Vec<&'static str>,
    /// The cells of numbers are to be read in it.
    lang: Lang,
}

impl Labels {
    fn of(table: &Table, page: &Page) -> Self {
        let lang = page.lang();
        let titles = table.columns.iter().map(|column| lang.title(column.title)).collect();
        if page.hosts.is_empty() {
            return Self { known: Vec::new(), titles, lang };
        }
        let label = |(cell, column): (&Cell, &Column)| {
            // Columns of addresses alone are that wide.
            if column.whole { page.label(&cell.text) } else { String::new() }
        };
        let row = |(cells, _): &(Vec<Cell>, _)| cells.iter().zip(&table.columns).map(label).collect();
        let labels: Vec<Vec<String>> = table.rows.iter().map(row).collect();
        let is_any = labels.iter().flatten().any(|label| !label.is_empty());
        Self { known: if is_any { labels } else { Vec::new() }, titles, lang }
    }

    fn get(&self, row: usize, column: usize) -> &str {
        self.known.get(row).and_then(|labels| labels.get(column)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests;
