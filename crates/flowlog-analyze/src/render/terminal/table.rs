//! Columns that fit the width: numbers right-aligned, long names cut in the middle, and the least
//! important columns left out before anything becomes unreadable. Nothing ever wraps.

use std::borrow::Cow;

use super::page::{Page, Tone};
use crate::render::text;

const INDENT: usize = 2;
const GAP: usize = 2;
/// An IPv6 address in full: other columns are left out before an address is cut.
pub(crate) const ADDRESS: usize = 39;
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
    /// May be left out.
    spare: bool,
}

/// A column of words that are never cut.
pub(crate) fn words(title: &'static str) -> Column {
    Column { title, right: false, least: None, spare: false }
}

/// A column of names that may be cut to `least` columns.
pub(crate) fn names(title: &'static str, least: usize) -> Column {
    Column { title, right: false, least: Some(least), spare: false }
}

/// A right-aligned column.
pub(crate) fn numbers(title: &'static str) -> Column {
    Column { title, right: true, least: None, spare: false }
}

impl Column {
    /// May be left out where the width does not suffice; the last such column goes first.
    pub(crate) fn spare(self) -> Self {
        Self { spare: true, ..self }
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
        let (widths, most) = self.fit_labelled(&labels, page.style.limit());
        let tones = std::iter::once(first).chain(std::iter::repeat(Tone::Dim));
        let titles = self.columns.iter().map(|column| column.title).zip(tones);
        // What is the table's own title stands out to the left.
        let indent = if first == Tone::Heading { 0 } else { INDENT };
        self.write_row(page, &widths, indent, titles.map(|(title, tone)| (title, "", tone)));
        for (row, (cells, remark)) in self.rows.iter().enumerate() {
            let label = |column| if most == 0 { "" } else { labels.get(row, column) };
            let cells = cells.iter().enumerate();
            let cells = cells.map(|(column, cell)| (cell.text.as_str(), label(column), cell.tone));
            self.write_row(page, &widths, INDENT, cells);
            if let Some(remark) = remark {
                page.prose(&remark.text, INDENT + 5, remark.tone);
            }
        }
    }

    /// All columns, with a last one for remarks if there are any.
    fn write_markdown(&self, page: &mut Page, titled: bool) {
        let remarks = self.rows.iter().any(|(_, remark)| remark.is_some());
        let more = |text| remarks.then_some(text);
        if let Some(title) = self.columns.first().map(|column| column.title).filter(|_| titled) {
            page.title(title, "");
        }
        page.blank();
        page.cells(self.columns.iter().map(|column| column.title).chain(more("Remark")));
        page.alignment(self.columns.iter().map(|column| column.right).chain(remarks.then_some(false)));
        let labels = Labels::of(self, page);
        for (row, (cells, remark)) in self.rows.iter().enumerate() {
            let text = |place| {
                let text = cells.get(place).map_or("", |cell: &Cell| cell.text.as_str());
                match labels.get(row, place) {
                    "" => Cow::Borrowed(text),
                    label => Cow::Owned(format!("{text} {label}")),
                }
            };
            let remark = remark.as_ref().map_or("", |remark| remark.text.as_str());
            let cells: Vec<Cow<'_, str>> = (0..self.columns.len()).map(text).collect();
            page.cells(cells.iter().map(AsRef::as_ref).chain(more(remark)));
        }
    }

    fn write_row<'a>(
        &self,
        page: &mut Page,
        widths: &[Option<usize>],
        indent: usize,
        cells: impl Iterator<Item = (&'a str, &'a str, Tone)>,
    ) {
        let mut gap = indent;
        // A first cell further to the left has so much more room.
        let mut more = INDENT - indent;
        for ((column, width), (text, label, tone)) in self.columns.iter().zip(widths).zip(cells) {
            let Some(width) = *width else { continue };
            page.spaces(gap);
            gap = GAP;
            let width = width + std::mem::take(&mut more);
            // The address stays whole; what is known of it takes the room that is left.
            let room = width.saturating_sub(text::width(text) + 1);
            let shown = if label.is_empty() || room < LEAST_LABEL.min(text::width(label)) {
                text::shorten(text, width, page.style.ascii)
            } else {
                Cow::Owned(format!("{text} {}", text::shorten(label, room, page.style.ascii)))
            };
            let padding = width - text::width(&shown);
            if column.right {
                page.spaces(padding);
            }
            page.paint(&shown, tone);
            if !column.right {
                page.spaces(padding);
            }
        }
        page.end_line();
    }

    /// The width of each column, `None` for one that is left out, and that of labels at most. Spare columns are left
    /// out before labels are, but nothing is cut for them.
    fn fit_labelled(&self, labels: &Labels, available: usize) -> (Vec<Option<usize>>, usize) {
        let limits = if labels.0.is_empty() { &[][..] } else { &LABELS[..] };
        for &most in limits {
            let (widths, is_whole) = self.fit(labels, most, available);
            if is_whole {
                return (widths, most);
            }
        }
        (self.fit(labels, 0, available).0, 0)
    }

    /// The width of each column, `None` for one that is left out; and whether that was enough. Labels have `most`
    /// columns.
    fn fit(&self, labels: &Labels, most: usize, available: usize) -> (Vec<Option<usize>>, bool) {
        let wanted: Vec<Option<usize>> =
            (0..self.columns.len()).map(|index| Some(self.wanted(index, labels, most))).collect();
        let least: Vec<_> = self.columns.iter().map(|column| column.least).collect();
        let last_resort: Vec<_> = least.iter().map(|least| least.map(|_| LAST_RESORT)).collect();
        // First without the spare columns, from the last on; then without any but the first.
        let (spare, other): (Vec<usize>, Vec<usize>) = (1..self.columns.len())
            .rev()
            .partition(|&index| self.columns.get(index).is_some_and(|c| c.spare));
        let mut widths = wanted;
        for (limits, dispensable, is_whole) in [(&least, &spare, true), (&last_resort, &other, false)] {
            let none_left = [usize::MAX];
            for column in dispensable.iter().chain(&none_left) {
                let mut cut = widths.clone();
                if shrink(&mut cut, limits, available) {
                    return (cut, is_whole);
                }
                if let Some(width) = widths.get_mut(*column) {
                    *width = None;
                }
            }
        }
        shrink(&mut widths, &last_resort, available);
        (widths, false)
    }

    fn wanted(&self, index: usize, labels: &Labels, most: usize) -> usize {
        let title = self.columns.get(index).map_or(0, |column| text::width(column.title));
        let cells = self.rows.iter().map(|(cells, _)| cells.get(index)).enumerate();
        let width = |(row, cell): (usize, Option<&Cell>)| {
            let cell = cell.map_or(0, |cell| text::width(&cell.text));
            match text::width(labels.get(row, index)).min(most) {
                0 => cell,
                label => cell + 1 + label,
            }
        };
        cells.map(width).fold(title, usize::max)
    }
}

/// What is known of the addresses in a table, by row and column; nothing where nothing is known of any.
struct Labels(Vec<Vec<String>>);

impl Labels {
    fn of(table: &Table, page: &Page) -> Self {
        if page.hosts.is_empty() {
            return Self(Vec::new());
        }
        let label = |(cell, column): (&Cell, &Column)| {
            // Columns of addresses alone are that wide.
            if column.least == Some(ADDRESS) { page.label(&cell.text) } else { String::new() }
        };
        let row = |(cells, _): &(Vec<Cell>, _)| cells.iter().zip(&table.columns).map(label).collect();
        let labels: Vec<Vec<String>> = table.rows.iter().map(row).collect();
        let is_any = labels.iter().flatten().any(|label| !label.is_empty());
        Self(if is_any { labels } else { Vec::new() })
    }

    fn get(&self, row: usize, column: usize) -> &str {
        self.0.get(row).and_then(|labels| labels.get(column)).map_or("", String::as_str)
    }
}

fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    INDENT + shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

/// Takes what is too much from the widest of the columns that may shrink, one by one, so that they
/// end up level. False if that is not enough.
fn shrink(widths: &mut [Option<usize>], limits: &[Option<usize>], available: usize) -> bool {
    for _ in available..total(widths).max(available) {
        let widest = widths
            .iter_mut()
            .zip(limits)
            .filter_map(|(width, limit)| width.as_mut().zip(*limit))
            .filter(|(width, limit)| **width > *limit)
            .max_by_key(|(width, _)| **width);
        match widest {
            Some((width, _)) => *width -= 1,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::style::Style;

    fn render(width: usize, table: &Table) -> String {
        let mut page = Page::new(Style {
            width,
            cut: true,
            color: false,
            ascii: false,
            markdown: false,
            graphs: false,
            top: 5,
        });
        table.write(&mut page);
        page.into_text()
    }

    fn table() -> Table {
        let mut table = Table::new([names("Rule", 10), numbers("Tuples"), words("Last").spare()]);
        table.push(vec!["DefaultRule_AllowVnetInBound".into(), Cell::count(1_234_567), "2025-12-01".into()]);
        table.push(vec!["ssh".into(), Cell::count(1), "2025-12-02".into()]);
        table
    }

    #[test]
    fn columns_are_aligned() {
        let expected = concat!(
            "  Rule                             Tuples  Last\n",
            "  DefaultRule_AllowVnetInBound  1,234,567  2025-12-01\n",
            "  ssh                                   1  2025-12-02\n"
        );
        assert_eq!(render(80, &table()), expected);
    }

    #[test]
    fn names_are_cut_then_spare_columns_go_then_names_are_cut_harder() {
        assert!(render(45, &table()).contains("  DefaultRu…netInBound  1,234,567  2025-12-01\n"));
        assert!(render(30, &table()).contains("  DefaultR…tInBound  1,234,567\n"));
        assert!(render(20, &table()).contains("  Def…und  1,234,567\n"));
        for width in 20..90 {
            for line in render(width, &table()).lines() {
                assert!(text::width(line) <= width, "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn a_name_narrower_than_its_limit_is_left_whole() {
        let mut table = Table::new([names("Source", 20), words("Text").spare()]);
        table.push(vec!["10.0.0.4".into(), "x".repeat(30).into()]);
        assert!(render(20, &table).contains("10.0.0.4"));
    }
}
