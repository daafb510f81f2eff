//! Rows of tuples, written while a group is read.

use std::fs::File;
use std::io;

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{MalformedTuple, RecordContext, Sink};
use flowlog_core::select::Selector;

use super::job::{FileEnd, Files, Job};
use crate::export::{ExportError, TupleRow, TupleRows};
use crate::render::csv_details::DetailsWriter;
use crate::render::tuples::TupleWriter;

/// Who writes rows of tuples.
pub(super) enum Rows {
    Details(DetailsWriter<File>),
    Lines(TupleWriter<File>),
}

impl Rows {
    fn begin_file(&mut self, path: &str) {
        match self {
            Self::Details(rows) => rows.begin_file(path),
            Self::Lines(rows) => rows.begin_file(path),
        }
    }

    /// No more rows follow.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Details(rows) => rows.finish().map(drop),
            Self::Lines(rows) => rows.finish().map(drop),
        }
    }

    /// Tells whoever it is.
    fn tell(&mut self, tell: impl Fn(&mut dyn Sink)) {
        match self {
            Self::Details(rows) => tell(rows),
            Self::Lines(rows) => tell(rows),
        }
    }
}

/// Writes the rows of one group.
pub(super) struct Details<'a> {
    writers: Vec<Rows>,
    /// Rows of Parquet files are written when all are there.
    kept: Option<TupleRow>,
    /// `None`: everything is asked for.
    selector: Option<Selector>,
    job: Job<'a>,
}

impl<'a> Details<'a> {
    /// Of the `index`th group, if there are to be any.
    pub(super) fn new(index: usize, job: Job<'a>) -> Result<Option<Self>, ExportError> {
        let writers = job.details.iter().map(|parts| parts.part(index)).collect::<Result<Vec<_>, _>>()?;
        let selector = job.selection.map(Selector::new);
        let kept = job.hours.map(TupleRows::part);
        let any = kept.is_some() || !writers.is_empty();
        Ok(any.then_some(Self { writers, kept, selector, job }))
    }

    /// The group is read.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let mut parts = self.job.details.iter().zip(self.writers);
        parts.try_for_each(|(parts, rows)| parts.told(rows.finish()))?;
        self.job.hours.zip(self.kept).map_or(Ok(()), |(hours, kept)| hours.add(kept))
    }
}

impl Files for Details<'_> {
    fn begin(&mut self, name: &str) {
        self.writers.iter_mut().for_each(|rows| rows.begin_file(name));
        self.kept.iter_mut().for_each(|rows| rows.begin_file(name));
    }
    fn end(&mut self, _: usize, _: &FileEnd) {}
}

impl Files for TupleRow {
    fn begin(&mut self, name: &str) {
        self.begin_file(name);
    }
    fn end(&mut self, _: usize, _: &FileEnd) {}
}

impl Details<'_> {
    fn tell(&mut self, tell: impl Fn(&mut dyn Sink)) {
        self.writers.iter_mut().for_each(|rows| rows.tell(&tell));
        self.kept.iter_mut().for_each(|rows| tell(rows));
    }
}

impl Sink for Details<'_> {
    fn record(&mut self, record: &RecordContext<'_>) {
        if let Some(selector) = &mut self.selector {
            selector.record(record);
        }
        self.tell(|rows| rows.record(record));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        if let Some(selector) = &mut self.selector {
            selector.rule(acl, rule);
        }
        self.tell(|rows| rows.rule(acl, rule));
    }
    fn encryption_word(&mut self, word: &str) {
        match &mut self.selector {
            Some(selector) => selector.encryption_word(word),
            None => self.tell(|rows| rows.encryption_word(word)),
        }
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(std::slice::from_ref(tuple));
    }
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        let Self { writers, kept, selector, .. } = self;
        let Some(selector) = selector else { return self.tell(|rows| rows.tuples(tuples)) };
        let parted = selector.part(tuples);
        let tell = |rows: &mut dyn Sink| {
            if let Some(word) = &parted.word {
                rows.encryption_word(word);
            }
            rows.tuples(parted.chosen);
        };
        for rows in writers {
            rows.tell(tell);
        }
        if let Some(rows) = kept {
            tell(rows);
        }
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.tell(|rows| rows.malformed(tuple));
    }
}

/// Tells two about the same files.
pub(super) struct Both<'a, A, B>(pub(super) &'a mut A, pub(super) &'a mut B);

impl<A: Files, B: Files> Files for Both<'_, A, B> {
    fn begin(&mut self, name: &str) {
        self.0.begin(name);
        self.1.begin(name);
    }
    fn end(&mut self, input: usize, end: &FileEnd) {
        self.0.end(input, end);
        self.1.end(input, end);
    }
}

impl<A: Sink, B: Sink> Sink for Both<'_, A, B> {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.0.record(record);
        self.1.record(record);
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.0.rule(acl, rule);
        self.1.rule(acl, rule);
    }
    fn encryption_word(&mut self, word: &str) {
        self.0.encryption_word(word);
        self.1.encryption_word(word);
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.0.tuple(tuple);
        self.1.tuple(tuple);
    }
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        self.0.tuples(tuples);
        self.1.tuples(tuples);
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.0.malformed(tuple);
        self.1.malformed(tuple);
    }
}
