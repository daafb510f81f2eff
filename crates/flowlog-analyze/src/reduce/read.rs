//! One worker: reads one task after the other into its own tables.

use std::fs::File;
use std::io;

use flowlog_core::aggregate::{Aggregate, HostId};
use flowlog_core::connection::Sighting;
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoded, Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_core::report::FileRow;
use flowlog_core::text::count;

use super::ahead::{Files, decode_ahead};
use super::epochs::Task;
use super::job::{FileEnd, Job, decode_file};
use super::parts::Parts;
use super::schedule::Paused;
use crate::export::ExportError;
use crate::render::connections::ConnectionWriter;
use crate::render::csv_details::DetailsWriter;
use crate::walk::Input;

/// What one worker has read up to now.
pub(super) struct Worker {
    pub(super) aggregate: Aggregate,
    decoder: Decoder,
    /// Index of the input, and its row.
    pub(super) rows: Vec<(usize, FileRow)>,
    /// Index of the group, and the NICs' logs met in it.
    pub(super) logs: Vec<(usize, Vec<(String, String)>)>,
}

impl Worker {
    pub(super) fn new(aggregate: Aggregate) -> Self {
        Self { aggregate, decoder: Decoder::default(), rows: Vec::new(), logs: Vec::new() }
    }

    /// Reads the files of `task`, the `index`th, and returns what was sighted in them.
    pub(super) fn read(
        &mut self,
        index: usize,
        task: &Task,
        paused: &mut Paused,
        job: Job<'_>,
    ) -> Result<Vec<Vec<Sighting<HostId>>>, ExportError> {
        let part = job.details.map(|details| details.part(index)).transpose()?.map(DetailsWriter::part);
        let mut connections = Connections::of(job, index)?;
        let (aggregate, rows) = (&mut self.aggregate, &mut self.rows);
        aggregate.begin_group(std::mem::take(&mut paused.group));
        let mut reading = Reading { aggregate, rows, part, connections: &mut connections, job };
        if job.ahead {
            decode_ahead(&task.inputs, job, &mut paused.seen, &mut reading);
        } else {
            for &input in &task.inputs {
                let Some(file) = job.inputs.get(input) else { continue };
                reading.begin(input);
                let end = decode_file(&mut self.decoder, file, job.progress, &mut reading, &mut paused.seen);
                reading.end(input, end);
            }
        }
        if let (Some(details), Some(part)) = (job.details, reading.part) {
            details.told(part.finish())?;
        }
        match task.next_ms {
            Some(next_ms) => {
                paused.group = self.aggregate.put_aside(next_ms);
                paused.seen.forget();
            }
            None => self.logs.push((task.group, self.aggregate.end_group())),
        }
        connections.take(&mut self.aggregate);
        if let Some((parts, _)) = job.connections {
            parts.told(connections.finish())?;
        }
        Ok(self.aggregate.take_sightings())
    }
}

/// Writes the connections that no other log can tell of, if they are asked for.
struct Connections {
    writer: Option<ConnectionWriter<File>>,
    error: Option<io::Error>,
}

impl Connections {
    fn of(job: Job<'_>, index: usize) -> Result<Self, ExportError> {
        let part = |(parts, format): (&Parts<'_>, _)| {
            parts.part(index).map(|part| ConnectionWriter::part(part, format))
        };
        Ok(Self { writer: job.connections.map(part).transpose()?, error: None })
    }

    fn take(&mut self, aggregate: &mut Aggregate) {
        if let (Some(writer), None) = (&mut self.writer, &self.error) {
            let settled = aggregate.take_connections().into_iter().map(|sighting| (sighting, 1));
            self.error = writer.write(settled, &aggregate.hosts).err();
        }
    }

    fn finish(self) -> io::Result<()> {
        match self.error {
            Some(error) => Err(error),
            None => self.writer.map_or(Ok(()), ConnectionWriter::finish),
        }
    }
}

/// A group being read: counts, and writes rows if asked to.
struct Reading<'a> {
    aggregate: &'a mut Aggregate,
    rows: &'a mut Vec<(usize, FileRow)>,
    part: Option<DetailsWriter<File>>,
    connections: &'a mut Connections,
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
            self.connections.take(self.aggregate);
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
    fn encryption_word(&mut self, word: &str) {
        self.aggregate.encryption_word(word);
        if let Some(part) = &mut self.part {
            part.encryption_word(word);
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
            misshapen: 0,
            repeated_records: 0,
            left_out_bytes: 0,
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
            misshapen: decoded.misshapen,
            repeated_records: decoded.repeated,
            left_out_bytes: decoded.left_out_bytes,
            first_time_ms,
            last_time_ms,
            error: problem(decoded),
        },
    }
}

/// Everything that is wrong with a file, in one line.
fn problem(decoded: &Decoded) -> Option<String> {
    let problem = decoded.problem.as_ref()?;
    let mut words = vec![problem.to_string()];
    if decoded.broken_records > 1 {
        words.push(format!("and {} more broken records", count(decoded.broken_records - 1)));
    }
    if decoded.left_out_bytes > 0 {
        let bytes = if decoded.left_out_bytes == 1 { "byte" } else { "bytes" };
        words.push(format!("{} {bytes} left out", count(decoded.left_out_bytes)));
    }
    words.extend(decoded.more_problems.iter().map(ToString::to_string));
    Some(words.join("; "))
}
