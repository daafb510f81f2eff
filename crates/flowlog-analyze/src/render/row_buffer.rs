//! Rows on their way to a file, handed on many at a time.

use std::io::{self, Write};

/// Rows are handed on when so many bytes have come together.
const FULL: usize = 128 << 10;
/// Most rows are shorter: the buffer does not grow for the one that fills it.
const ROW: usize = 1 << 12;

/// Rows that wait, and where they go. A failed write is kept and told at the end; nothing is written after it.
#[derive(Debug)]
pub(super) struct RowBuffer<W: Write> {
    out: W,
    error: Option<io::Error>,
    pub(super) rows: Vec<u8>,
}

impl<W: Write> RowBuffer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, error: None, rows: Vec::with_capacity(FULL + ROW) }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= FULL
    }

    /// Writes what waits.
    pub(super) fn hand_on(&mut self) {
        if self.error.is_none() {
            self.error = self.out.write_all(&self.rows).err();
        }
        self.rows.clear();
    }

    /// Writes what waits in another form.
    pub(super) fn hand_on_as(&mut self, form: impl FnOnce(&[u8]) -> io::Result<Vec<u8>>) {
        match form(&self.rows) {
            Ok(rows) => self.rows = rows,
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self.hand_on();
    }

    /// The first write that failed, if any: there is no use in going on.
    pub(super) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Gives the output back, flushed; nothing may wait.
    ///
    /// # Errors
    /// The first write that failed.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.hand_on();
        match self.error {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }
}
