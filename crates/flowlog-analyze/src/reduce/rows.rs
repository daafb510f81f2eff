//! How each file ended -> its row.

use std::io;

use flowlog_core::record::Decoded;
use flowlog_core::report::{FileRow, FileRows};
use flowlog_core::text::count;
use rayon::slice::ParallelSliceMut;

use crate::walk::Input;

/// Rows of the files that one worker has read, in the order in which it has. There may be a million: they are packed, and
/// without the paths of inputs, to some 40 bytes each.
#[derive(Default)]
pub(super) struct ReadRows {
    rows: Vec<Place>,
    bytes: Vec<u8>,
}

/// Index of an input, and where its row stands, or that of a member of it.
#[derive(Clone, Copy)]
struct Place {
    input: usize,
    begin: usize,
}

impl ReadRows {
    /// Adds the row of a file of this `name`, or of a member of it.
    pub(super) fn push(
        &mut self,
        inputs: &[Input],
        input: usize,
        name: &str,
        end: &io::Result<Decoded>,
        times: Option<(i64, i64)>,
    ) {
        let path = path_of(inputs, input);
        let row = row(name.strip_prefix(path.as_str()).unwrap_or(name), end, times);
        self.rows.push(Place { input, begin: self.bytes.len() });
        // A list always has room.
        self.bytes = postcard::to_extend(&row, std::mem::take(&mut self.bytes)).unwrap_or_default();
    }

    /// The rows of all workers, in the order of the inputs.
    pub(super) fn in_order(parts: &[Self], inputs: &[Input]) -> FileRows {
        let places = |(part, rows): (usize, &Self)| -> Vec<(Place, usize)> {
            rows.rows.iter().map(|place| (*place, part)).collect()
        };
        let mut all: Vec<(Place, usize)> = parts.iter().enumerate().flat_map(places).collect();
        // One worker has read all of an input.
        all.par_sort_unstable_by_key(|(place, _)| (place.input, place.begin));
        let row = |(place, part): (Place, usize)| -> Option<FileRow> {
            let bytes = parts.get(part)?.bytes.get(place.begin..)?;
            // It was packed here.
            let (row, _): (FileRow, _) = postcard::take_from_bytes(bytes).ok()?;
            Some(FileRow { path: path_of(inputs, place.input) + &row.path, ..row })
        };
        all.into_iter().filter_map(row).collect()
    }
}

fn path_of(inputs: &[Input], input: usize) -> String {
    inputs.get(input).map(|input| input.path.display().to_string()).unwrap_or_default()
}

fn row(path: &str, end: &io::Result<Decoded>, times: Option<(i64, i64)>) -> FileRow {
    let path = path.to_owned();
    let (first_time_ms, last_time_ms) = times.unzip();
    match end {
        Err(error) => FileRow {
            path,
            first_time_ms,
            last_time_ms,
            error: Some(format!("cannot be opened: {error}")),
            ..FileRow::default()
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
