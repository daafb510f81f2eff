//! Columns that fit the screen, however narrow it is.

use crate::render::text::{shorten, width};

/// How a column takes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As wide as its widest cell.
    Fixed,
    /// The same, at the right.
    Number,
    /// May be cut, and takes what is left.
    Wide,
}

/// A column with its cells.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    kind: Kind,
    /// Columns of less worth go first.
    pub(super) worth: u8,
    cells: Vec<String>,
}

/// Columns between columns.
const GAP: usize = 2;
/// A column that may be cut is of no use below this.
const LEAST: usize = 7;
/// ... and is kept so wide, if it can be, by giving up columns of less worth.
const GOOD: usize = 15;

impl Column {
    pub(super) fn new(title: &'static str, kind: Kind, worth: u8, cells: Vec<String>) -> Self {
        Self { title, kind, worth, cells }
    }

    fn width(&self) -> usize {
        self.cells.iter().map(|cell| width(cell)).chain([width(self.title)]).max().unwrap_or_default()
    }

    /// What it takes at least.
    fn least(&self, good: usize) -> usize {
        if self.kind == Kind::Wide { self.width().min(good) } else { self.width() }
    }
}

/// The heads and the rows, each as wide as `room`.
pub(super) fn table(mut columns: Vec<Column>, room: usize, ascii: bool) -> Vec<String> {
    let least = |columns: &[Column], good| {
        let widths: usize = columns.iter().map(|column| column.least(good)).sum();
        widths + GAP * columns.len().saturating_sub(1)
    };
    // First what is of little worth makes room, then what can be cut is cut further, then the rest goes.
    while columns.len() > 1 && least(&columns, GOOD) > room {
        let Some(place) = least_worth(&columns).filter(|worth| *worth < 6) else { break };
        columns.retain(|column| column.worth != place);
    }
    while columns.len() > 1 && least(&columns, LEAST) > room {
        let Some(worth) = least_worth(&columns) else { break };
        let place = columns.iter().rposition(|column| column.worth == worth).unwrap_or_default();
        columns.remove(place);
    }
    let widths = widths(&columns, room);
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or_default();
    let line = |cell: &dyn Fn(&Column) -> String| {
        let cells = columns.iter().zip(&widths).map(|(column, wide)| {
            let text = shorten(&cell(column), *wide, ascii).into_owned();
            let gap = " ".repeat(wide.saturating_sub(width(&text)));
            if column.kind == Kind::Number { gap + &text } else { text + &gap }
        });
        let text = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        let gap = " ".repeat(room.saturating_sub(width(&text)));
        text + &gap
    };
    let row = |place: usize| line(&|column: &Column| column.cells.get(place).cloned().unwrap_or_default());
    std::iter::once(line(&|column: &Column| column.title.to_owned())).chain((0..rows).map(row)).collect()
}

fn least_worth(columns: &[Column]) -> Option<u8> {
    columns.iter().map(|column| column.worth).min()
}

/// What is left beside the fixed columns is shared by the others, as they need it.
fn widths(columns: &[Column], room: usize) -> Vec<usize> {
    let gaps = GAP * columns.len().saturating_sub(1);
    let fixed: usize = columns.iter().filter(|column| column.kind != Kind::Wide).map(Column::width).sum();
    let mut left = room.saturating_sub(gaps + fixed);
    let mut wide: Vec<(usize, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind == Kind::Wide)
        .map(|(place, column)| (column.width(), place))
        .collect();
    // Who needs little gets it whole; the others share the rest.
    wide.sort_unstable();
    let mut widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let count = wide.len();
    for (done, (need, place)) in wide.into_iter().enumerate() {
        let share = left / (count - done);
        let given = need.min(share);
        left -= given;
        if let Some(width) = widths.get_mut(place) {
            *width = given;
        }
    }
    // A single fixed column wider than all.
    widths.into_iter().map(|width| width.min(room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let cells = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        vec![
            Column::new("Last", Kind::Fixed, 2, cells(["09:00:01", "09:00:02"])),
            Column::new("Source", Kind::Wide, 9, cells(["10.10.1.4", "2001:db8:1234:5678::9abc"])),
            Column::new("Rule", Kind::Wide, 1, cells(["AllowVnetInBound", "A"])),
            Column::new("Bytes", Kind::Number, 5, cells(["1", "1.2 GiB"])),
        ]
    }

    #[test]
    fn what_is_of_less_worth_goes_first_and_every_line_fits() {
        let lines = |room| table(columns(), room, true);
        assert_eq!(lines(70)[0].split_whitespace().collect::<Vec<_>>(), ["Last", "Source", "Rule", "Bytes"]);
        assert_eq!(lines(40)[0].split_whitespace().collect::<Vec<_>>(), ["Last", "Source", "Bytes"]);
        assert_eq!(lines(25)[0].split_whitespace().collect::<Vec<_>>(), ["Source", "Bytes"]);
        assert_eq!(lines(12)[0].split_whitespace().collect::<Vec<_>>(), ["Source"]);
        for room in 1..90 {
            assert!(lines(room).iter().all(|line| width(line) == room), "{room}: {:?}", lines(room));
        }
        assert_eq!(lines(40)[2], "09:00:02  2001:db8:...678::9abc  1.2 GiB");
    }
}
