//! The rows of the details CSV, written while a group is read.

use std::fs::File;

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{MalformedTuple, RecordContext, Sink};
use flowlog_core::select::Selector;

use super::job::{FileEnd, Files, Job};
use crate::export::ExportError;
use crate::render::csv_details::DetailsWriter;

/// Writes the rows of one group.
pub(super) struct Details<'a> {
    writer: DetailsWriter<File>,
    /// `None`: everything is asked for.
    selector: Option<Selector>,
    job: Job<'a>,
}

impl<'a> Details<'a> {
    /// Of the `index`th group, if there are to be any.
    pub(super) fn new(index: usize, job: Job<'a>) -> Result<Option<Self>, ExportError> {
        let writer = job.details.map(|parts| parts.part(index)).transpose()?;
        Ok(writer.map(|writer| Self { writer, selector: job.selection.map(Selector::new), job }))
    }

    /// The group is read.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let written = self.writer.finish();
        self.job.details.map_or(Ok(()), |parts| parts.told(written.map(|_| ())))
    }
}

impl Files for Details<'_> {
    fn begin(&mut self, input: usize) {
        if let Some(file) = self.job.inputs.get(input) {
            self.writer.begin_file(&file.path.display().to_string());
        }
    }
    fn end(&mut self, _: usize, _: &FileEnd) {}
}

impl Sink for Details<'_> {
    fn record(&mut self, record: &RecordContext<'_>) {
        if let Some(selector) = &mut self.selector {
            selector.record(record);
        }
        self.writer.record(record);
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        if let Some(selector) = &mut self.selector {
            selector.rule(acl, rule);
        }
        self.writer.rule(acl, rule);
    }
    fn encryption_word(&mut self, word: &str) {
        match &mut self.selector {
            Some(selector) => selector.encryption_word(word),
            None => self.writer.encryption_word(word),
        }
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(std::slice::from_ref(tuple));
    }
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        let Some(selector) = &mut self.selector else { return self.writer.tuples(tuples) };
        let parted = selector.part(tuples);
        if let Some(word) = parted.word {
            self.writer.encryption_word(&word);
        }
        self.writer.tuples(parted.chosen);
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.writer.malformed(tuple);
    }
}

/// Tells two about the same files.
pub(super) struct Both<'a, A, B>(pub(super) &'a mut A, pub(super) &'a mut B);

impl<A: Files, B: Files> Files for Both<'_, A, B> {
    fn begin(&mut self, input: usize) {
        self.0.begin(input);
        self.1.begin(input);
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
