//! Which columns fit, and how wide they are.

use super::{Cell, Column, GAP, INDENT, IPV4, LABELS, LAST_RESORT, LEAST_GAP, Labels, Table, Worth};
use crate::render::text;

/// How the columns of a table fit a width.
pub(super) struct Fit {
    /// The width of each column, `None` for one that is left out.
    pub(super) widths: Vec<Option<usize>>,
    /// Blanks between two columns.
    pub(super) gap: usize,
    /// Nothing is cut but names, and each row is a line.
    is_whole: bool,
}

fn total(widths: &[Option<usize>], gap: usize) -> usize {
    let shown = widths.iter().flatten();
    INDENT + shown.clone().sum::<usize>() + gap * shown.count().saturating_sub(1)
}

/// Takes what is too much from the widest of the columns that may shrink, one by one, so that they
/// end up level. False if that is not enough.
fn shrink(widths: &mut [Option<usize>], limits: &[Option<usize>], available: usize, gap: usize) -> bool {
    for _ in available..total(widths, gap).max(available) {
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

impl Table {
    /// How the columns fit, and the width of labels at most. Spare columns are left out before labels are, but nothing
    /// is cut for them.
    pub(super) fn fit_labelled(&self, labels: &Labels, available: usize) -> (Fit, usize) {
        let limits = if labels.known.is_empty() { &[][..] } else { &LABELS[..] };
        for &most in limits {
            let fit = self.fit(labels, most, available);
            if fit.is_whole {
                return (fit, most);
            }
        }
        (self.fit(labels, 0, available), 0)
    }

    /// How the columns fit if labels have `most` columns.
    fn fit(&self, labels: &Labels, most: usize, available: usize) -> Fit {
        let wanted = (0..self.columns.len()).map(|index| Some(self.wanted(index, labels, most)));
        let mut fit = Fit { widths: wanted.collect(), gap: GAP, is_whole: true };
        let limits = |limit: fn(&Column) -> Option<usize>| self.columns.iter().map(limit).collect::<Vec<_>>();
        let whole = limits(|column| column.least);
        let two_lines = limits(|column| if column.whole { Some(IPV4) } else { column.least });
        let last_resort =
            limits(|column| Some(if column.whole { IPV4 } else { LAST_RESORT.min(column.least?) }));
        let worth = |worth| {
            (usize::from(worth != Worth::Less)..self.columns.len())
                .rev()
                .filter(move |&i| self.columns.get(i).is_some_and(|c| c.worth == worth))
        };
        // First without the spare columns, from the last on; then closer together; then without any but the first.
        let steps = [
            (&whole, GAP, worth(Worth::Spare).collect()),
            (&whole, LEAST_GAP, Vec::new()),
            (&two_lines, LEAST_GAP, Vec::new()),
            (&last_resort, LEAST_GAP, worth(Worth::Less).collect()),
            (&last_resort, LEAST_GAP, worth(Worth::Most).collect()),
        ];
        for (step, (limits, gap, dispensable)) in steps.iter().enumerate() {
            (fit.gap, fit.is_whole) = (*gap, step < 2);
            for column in std::iter::once(None).chain(dispensable.iter().copied().map(Some)) {
                if let Some(width) = column.and_then(|column| fit.widths.get_mut(column)) {
                    *width = None;
                }
                let mut cut = fit.widths.clone();
                if shrink(&mut cut, limits, available, *gap) {
                    return Fit { widths: cut, ..fit };
                }
            }
        }
        shrink(&mut fit.widths, &last_resort, available, fit.gap);
        fit
    }

    fn wanted(&self, index: usize, labels: &Labels, most: usize) -> usize {
        let title = labels.titles.get(index).map_or(0, |title| text::width(title));
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
