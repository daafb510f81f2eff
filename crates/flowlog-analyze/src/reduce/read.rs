//! One worker: reads one group of files after the other.

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_core::select::Selector;
use flowlog_core::state::{Reader, Shared, State};

use super::ReduceError;
use super::ahead::decode_ahead;
use super::details::{Both, Details};
use super::job::{FileEnd, Files, Job, read_group};
use super::plan::Group;
use super::rows::ReadRows;
use crate::walk::Input;

/// Index of a group, and the NICs' logs met in it, as numbers.
pub(super) type Met = (usize, Vec<u64>);

/// What one worker has read up to now.
pub(super) struct Worker {
    reader: Reader,
    decoder: Decoder,
    rows: ReadRows,
    logs: Vec<Met>,
}

impl Worker {
    pub(super) fn new(shared: &Shared) -> Self {
        let (reader, decoder) = (Reader::new(shared), Decoder::default());
        Self { reader, decoder, rows: ReadRows::default(), logs: Vec::new() }
    }

    /// Reads the files of `group`, the `index`th.
    pub(super) fn read(&mut self, index: usize, group: &Group, job: Job<'_>) -> Result<(), ReduceError> {
        let mut details = Details::new(index, job)?;
        let selector = job.selection.map(Selector::new);
        let (reader, rows) = (&mut self.reader, &mut self.rows);
        let mut counting = Counting { reader, rows, inputs: job.inputs, selector, name: String::new() };
        match &mut details {
            details if job.ahead => {
                decode_ahead(group, job, &mut self.decoder, &mut counting, details.as_mut());
            }
            Some(details) => read_group(group, job, &mut self.decoder, &mut Both(&mut counting, details)),
            None => read_group(group, job, &mut self.decoder, &mut counting),
        }
        details.map_or(Ok(()), Details::finish)?;
        self.logs.push((index, self.reader.logs_met()));
        Ok(())
    }

    /// Counts all that `read` lets the decoder read.
    pub(super) fn read_with<E>(
        &mut self,
        read: impl FnOnce(&mut Decoder, &mut Counting<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (reader, rows) = (&mut self.reader, &mut self.rows);
        let mut counting = Counting { reader, rows, inputs: &[], selector: None, name: String::new() };
        read(&mut self.decoder, &mut counting)
    }

    /// No more groups follow.
    pub(super) fn finish(self) -> Result<(State, ReadRows, Vec<Met>), ReduceError> {
        Ok((self.reader.finish()?, self.rows, self.logs))
    }
}

/// A group being counted.
pub(super) struct Counting<'a> {
    reader: &'a mut Reader,
    rows: &'a mut ReadRows,
    /// What is read; none if that is not known before.
    inputs: &'a [Input],
    /// `None`: everything is asked for.
    selector: Option<Selector>,
    /// Of the file at hand.
    name: String,
}

impl Files for Counting<'_> {
    fn begin(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.reader.begin_file(name);
    }

    fn end(&mut self, input: usize, end: &FileEnd) {
        let times = self.reader.end_file();
        self.rows.push(self.inputs, input, &self.name, end, times);
    }
}

impl Sink for Counting<'_> {
    fn record(&mut self, record: &RecordContext<'_>) {
        let within = self.selector.as_mut().map(|selector| selector.record(record));
        self.reader.record(within.as_ref().unwrap_or(record));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        if let Some(selector) = &mut self.selector {
            selector.rule(acl, rule);
        }
        self.reader.rule(acl, rule);
    }
    fn encryption_word(&mut self, word: &str) {
        match &mut self.selector {
            Some(selector) => selector.encryption_word(word),
            None => self.reader.encryption_word(word),
        }
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(std::slice::from_ref(tuple));
    }
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        let Some(selector) = &mut self.selector else { return self.reader.tuples(tuples) };
        let parted = selector.part(tuples);
        if let Some(word) = parted.word {
            self.reader.encryption_word(&word);
        }
        self.reader.tuples(parted.chosen);
        self.reader.pass_by(parted.passed);
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.reader.malformed(tuple);
    }
}
