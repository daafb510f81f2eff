//! Rows by time: hosts, ports, and the logs of NICs.

use std::hash::Hash;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Sums;
use crate::report::fitting_width_of;
use crate::state::{HOUR_MS, LogCoverage, joined_hours};

/// Columns of NICs by hour at most: a week of hours.
const HOURS: i64 = 168;
/// Logs at most.
const LOGS: usize = 60;

/// The columns: spans of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) start_ms: i64,
    pub(super) width_ms: i64,
    pub(super) length: usize,
}

impl Grid {
    /// At most `most` columns that hold all times from the first to the last.
    pub(super) fn fitting(first_ms: i64, last_ms: i64, most: i64) -> Self {
        Self::of_width(fitting_width_of(first_ms, last_ms, most), first_ms, last_ms, most)
    }

    fn of_width(width_ms: i64, first_ms: i64, last_ms: i64, most: i64) -> Self {
        let start_ms = first_ms.div_euclid(width_ms).saturating_mul(width_ms);
        // Times that no width fits, of thousands of years, share the last column.
        let last = last_ms.saturating_sub(start_ms).div_euclid(width_ms).clamp(0, most - 1);
        Self { start_ms, width_ms, length: usize::try_from(last).unwrap_or_default() + 1 }
    }

    pub(super) fn column(&self, time_ms: i64) -> usize {
        let place = time_ms.saturating_sub(self.start_ms).div_euclid(self.width_ms.max(1)).max(0);
        usize::try_from(place).unwrap_or(usize::MAX).min(self.length.saturating_sub(1))
    }
}

/// Rows of sums over time, each of something named.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<N> {
    /// Beginning of the first column, Unix ms UTC.
    pub start_ms: i64,
    /// How long a column is, ms.
    pub width_ms: i64,
    /// Columns.
    pub length: usize,
    /// Rows, the most connections and denied attempts first.
    pub rows: Vec<MapRow<N>>,
}

impl<N> Default for Map<N> {
    fn default() -> Self {
        Self { start_ms: 0, width_ms: 1, length: 0, rows: Vec::new() }
    }
}

/// One row: what of, and its sums by column, by the time connections began.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRow<N> {
    /// What the row is of.
    pub name: N,
    /// One a column.
    pub cells: Vec<Sums>,
    /// All of them.
    pub total: Sums,
}

/// Sums of chosen rows.
pub(super) struct Rows<K> {
    places: HashMap<K, usize, RandomState>,
    length: usize,
    cells: Vec<Sums>,
}

impl<K: Eq + Hash> Rows<K> {
    pub(super) fn new(keys: impl Iterator<Item = K>, grid: &Grid) -> Self {
        let places: HashMap<K, usize, RandomState> =
            keys.enumerate().map(|(place, key)| (key, place)).collect();
        let cells = vec![Sums::default(); places.len() * grid.length];
        Self { places, length: grid.length, cells }
    }

    pub(super) fn count(&mut self, key: &K, column: usize, sums: &Sums) {
        if let Some(place) = self.places.get(key)
            && let Some(cell) = self.cells.get_mut(place * self.length + column)
        {
            cell.add(sums);
        }
    }

    /// Adds everything of `other`, which has the same rows.
    pub(super) fn merge(&mut self, other: &Self) {
        self.cells.iter_mut().zip(&other.cells).for_each(|(mine, theirs)| mine.add(theirs));
    }

    pub(super) fn finish<N: Clone>(self, names: &[(K, N)], grid: &Grid) -> Map<N> {
        let rows = names.iter().zip(self.cells.chunks(self.length.max(1)));
        let row = |((_, name), cells): (&(K, N), &[Sums])| {
            let mut total = Sums::default();
            for cell in cells {
                total.add(cell);
            }
            MapRow { name: name.clone(), cells: cells.to_vec(), total }
        };
        let mut rows: Vec<MapRow<N>> = rows.map(row).collect();
        // Equal ones stay in the order of the report's ranking.
        rows.sort_by_key(|row| std::cmp::Reverse(row.total.connections + row.total.denied));
        Map { start_ms: grid.start_ms, width_ms: grid.width_ms, length: grid.length, rows }
    }
}

/// Tuples of the NICs' logs by the hours of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nics {
    /// Beginning of the first column, Unix ms UTC.
    pub start_ms: i64,
    /// How long a column is, ms: an hour or more.
    pub width_ms: i64,
    /// Columns.
    pub length: usize,
    /// Logs: those with the fewest hours first, of equal ones by MAC address and resource.
    pub rows: Vec<NicRow>,
    /// Logs that have no row.
    pub hidden: u64,
}

/// One NIC's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NicRow {
    /// MAC address, upper case without separators.
    pub mac: Box<str>,
    /// The resource whose log it is, lower case.
    pub resource: Arc<str>,
    /// Tuples, one number a column.
    pub tuples: Vec<u64>,
}

/// The logs by hour, or by longer spans of more than a week.
pub(super) fn nics(logs: &[LogCoverage]) -> Nics {
    let hours = joined_hours(logs);
    let ends = hours.first().zip(hours.last());
    let Some((first, last)) = ends.map(|(first, last)| (first.hour, last.hour)) else {
        return Nics::default();
    };
    let [first, last] = [first, last].map(|hour| hour.saturating_mul(HOUR_MS));
    let width = fitting_width_of(first, last, HOURS).max(HOUR_MS);
    let grid = Grid::of_width(width, first, last, HOURS);
    let mut sorted: Vec<&LogCoverage> = logs.iter().filter(|log| !log.hours().is_empty()).collect();
    sorted.sort_unstable_by(|a, b| {
        let key = |log: &LogCoverage| log.hours().len();
        let name = |log: &LogCoverage| (log.mac.clone(), Arc::clone(&log.resource), log.kind as u8);
        key(a).cmp(&key(b)).then_with(|| name(a).cmp(&name(b)))
    });
    let hidden = sorted.len().saturating_sub(LOGS) as u64;
    sorted.truncate(LOGS);
    let row = |log: &LogCoverage| {
        let mut tuples = vec![0_u64; grid.length];
        for counts in log.hours() {
            if let Some(cell) = tuples.get_mut(grid.column(counts.hour.saturating_mul(HOUR_MS))) {
                *cell += counts.tuples;
            }
        }
        NicRow { mac: log.mac.clone(), resource: Arc::clone(&log.resource), tuples }
    };
    let rows = sorted.into_iter().map(row).collect();
    Nics { start_ms: grid.start_ms, width_ms: grid.width_ms, length: grid.length, rows, hidden }
}
