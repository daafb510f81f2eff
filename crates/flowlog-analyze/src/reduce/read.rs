//! One worker: reads groups of files into its own tables.

use flowlog_core::aggregate::Aggregate;
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoded, Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_core::report::FileRow;

use super::ahead::{Files, decode_ahead};
use super::details::{DetailsError, Part};
use super::job::{FileEnd, Job, decode_file};
use super::plan::Group;
use crate::walk::Input;

/// What one worker has read up to now.
pub(super) struct Worker {
    pub(super) aggregate: Aggregate,
    decoder: Decoder,
    /// Index of the input, and its row.
    pub(super) rows: Vec<(usize, FileRow)>,
    /// Index of the group, and the NICs' logs met in it.
    pub(super) streams: Vec<(usize, Vec<(String, String)>)>,
}

impl Worker {
    pub(super) fn new(aggregate: Aggregate) -> Self {
        Self { aggregate, decoder: Decoder::default(), rows: Vec::new(), streams: Vec::new() }
    }

    pub(super) fn read_group(
        &mut self,
        index: usize,
        group: &Group,
        job: Job<'_>,
    ) -> Result<(), DetailsError> {
        let part = job.details.map(|details| details.part(index)).transpose()?;
        let (aggregate, rows) = (&mut self.aggregate, &mut self.rows);
        let mut reading = Reading { aggregate, rows, part, job };
        if job.ahead {
            decode_ahead(&group.inputs, job, &mut reading);
        } else {
            for &input in &group.inputs {
                let Some(file) = job.inputs.get(input) else { continue };
                reading.begin(input);
                let end = decode_file(&mut self.decoder, file, job.progress, &mut reading);
                reading.end(input, end);
            }
        }
        let part = reading.part;
        self.streams.push((index, self.aggregate.end_group()));
        match (job.details, part) {
            (Some(details), Some(part)) => details.end_part(index, part),
            _ => Ok(()),
        }
    }
}

/// A group being read: counts, and writes rows if asked to.
struct Reading<'a> {
    aggregate: &'a mut Aggregate,
    rows: &'a mut Vec<(usize, FileRow)>,
    part: Option<Part>,
    job: Job<'a>,
}

impl Files for Reading<'_> {
    fn begin(&mut self, input: usize) {
        if let Some(file) = self.job.inputs.get(input) {
            let path = file.path.display().to_string();
            self.aggregate.begin_file(&path);
            if let Some(part) = &mut self.part {
                part.begin_file(&path);
            }
        }
    }

    fn end(&mut self, input: usize, end: FileEnd) {
        if let Some(file) = self.job.inputs.get(input) {
            let times = self.aggregate.end_file();
            self.rows.push((input, row(file, &end, times)));
        }
    }
}

impl Sink for Reading<'_> {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.aggregate.record(record);
        if let Some(part) = &mut self.part {
            part.record(record);
        }
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.aggregate.rule(acl, rule);
        if let Some(part) = &mut self.part {
            part.rule(acl, rule);
        }
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.aggregate.tuple(tuple);
        if let Some(part) = &mut self.part {
            part.tuple(tuple);
        }
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.aggregate.malformed(tuple);
    }
}

fn row(input: &Input, end: &FileEnd, times: Option<(i64, i64)>) -> FileRow {
    let path = input.path.display().to_string();
    let (first_time_ms, last_time_ms) = times.unzip();
    match end {
        Err(error) => FileRow {
            path,
            bytes: 0,
            records: 0,
            tuples: 0,
            malformed: 0,
            first_time_ms,
            last_time_ms,
            error: Some(format!("cannot be opened: {error}")),
        },
        Ok(decoded) => FileRow {
            path,
            bytes: decoded.bytes,
            records: decoded.records,
            tuples: decoded.tuples,
            malformed: decoded.malformed,
            first_time_ms,
            last_time_ms,
            error: problem(decoded),
        },
    }
}

fn problem(decoded: &Decoded) -> Option<String> {
    let problem = decoded.problem.as_ref()?;
    Some(match decoded.broken_records {
        0 | 1 => problem.to_string(),
        broken => format!("{problem} (and {} more broken records)", broken - 1),
    })
}
