//! What is kept of the pairs of hosts beyond the limit: in one temporary file, in pieces.
//!
//! Beside the rows that pairs are made of, this is the second thing that grows with a set. Both have the same way to disk
//! ([`Spill`]) and the same limit, each for itself: one is filled while the other is read.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::spill::{Budget, Packed, Spill, SpillError, Spilled};

/// The temporary file of one gathering. All threads write to it, in turn; once it is closed, it is read.
pub struct Shelf {
    writing: Mutex<Option<Spill>>,
    written: OnceLock<Spilled>,
}

impl Shelf {
    pub(crate) fn new(budget: &Arc<Budget>) -> Arc<Self> {
        Arc::new(Self { writing: Mutex::new(Some(Spill::new(budget))), written: OnceLock::new() })
    }

    /// Puts a piece there. Nothing if that fails, which is told by [`Self::close`]: nobody will ask for the piece then.
    fn put(self: &Arc<Self>, plain: &[u8]) -> Option<Piece> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let packed = writing.as_mut()?.write(plain, 0, None)?;
        Some(Piece { shelf: Arc::clone(self), packed })
    }

    /// No more pieces follow.
    ///
    /// # Errors
    /// Some could not be written.
    pub(crate) fn close(&self) -> Result<(), SpillError> {
        let spill = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(written) = spill.map(Spill::finish).transpose()?.flatten() {
            self.written.set(written).ok();
        }
        Ok(())
    }
}

/// Some rows on a [`Shelf`].
#[derive(Clone)]
struct Piece {
    shelf: Arc<Shelf>,
    packed: Packed,
}

/// Rows of one kind and bucket that are on disk.
#[derive(Clone, Default)]
pub(crate) struct Away(Vec<Piece>);

impl std::fmt::Debug for Away {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} pieces", self.0.len())
    }
}

/// Bytes of rows that are written as one: what is read at once.
const PIECE: usize = 64 << 10;

impl Away {
    /// Puts `rows` on the shelf.
    pub(crate) fn put<T: Serialize>(&mut self, shelf: &Arc<Shelf>, rows: impl IntoIterator<Item = T>) {
        let mut open = Vec::with_capacity(PIECE + PIECE / 8);
        for row in rows {
            self.put_one(shelf, &mut open, &row);
        }
        self.end_piece(shelf, &open);
    }

    /// Adds a row to the piece that is `open`, which goes on the shelf when it is full.
    pub(super) fn put_one<T: Serialize>(&mut self, shelf: &Arc<Shelf>, open: &mut Vec<u8>, row: &T) {
        // A list always has room.
        *open = postcard::to_extend(row, std::mem::take(open)).unwrap_or_default();
        if open.len() >= PIECE {
            self.0.extend(shelf.put(open));
            open.clear();
        }
    }

    /// No more rows follow in the piece that is open.
    pub(super) fn end_piece(&mut self, shelf: &Arc<Shelf>, open: &[u8]) {
        if !open.is_empty() {
            self.0.extend(shelf.put(open));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Each of the rows, in no order.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn each<T: DeserializeOwned>(&self, mut take: impl FnMut(T)) -> Result<(), SpillError> {
        let mut plain = Vec::new();
        for Piece { shelf, packed } in &self.0 {
            let damaged = || SpillError::Damaged { path: None };
            shelf.written.get().ok_or_else(damaged)?.read(packed, &mut plain)?;
            let mut rest = plain.as_slice();
            while !rest.is_empty() {
                let row;
                (row, rest) = postcard::take_from_bytes(rest).map_err(|_| damaged())?;
                take(row);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::new(0, folder.path().to_owned());
        let shelf = Shelf::new(&budget);
        let mut away = [Away::default(), Away::default()];
        let rows = |bucket: usize| (0..50_000_u64).map(move |n| (n * 7919 + bucket as u64, bucket == 1));
        for _ in 0..2 {
            away.iter_mut().enumerate().for_each(|(bucket, away)| away.put(&shelf, rows(bucket)));
        }
        assert!(away[0].each(|_: (u64, bool)| ()).is_err(), "it is not closed");
        shelf.close().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(budget.written() > 100_000);
        for (bucket, away) in away.iter().enumerate() {
            let mut found = Vec::new();
            away.each(|row: (u64, bool)| found.push(row)).unwrap();
            assert!(found.into_iter().eq(rows(bucket).chain(rows(bucket))));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_when_it_is_closed() {
        let shelf = Shelf::new(&Budget::new(0, "/no such folder".into()));
        let mut away = Away::default();
        away.put(&shelf, [1_u8, 2]);
        assert!(away.each(|_: u8| ()).is_ok(), "nothing is there");
        let error = shelf.close().unwrap_err();
        assert!(matches!(error, SpillError::Temporary { .. }), "{error}");
    }
}
