//! Flow-log files in, copies that can be handed on out.

mod key_file;
mod targets;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use flowlog_core::anonymize::{Anonymizer, Key, Rewritten};
use flowlog_core::bytes;
use flowlog_core::text::count;

use crate::cli::AnonymizeConfig;
use crate::export::{ExportError, Output, Unfinished};
use crate::progress::Progress;
use crate::render::Surroundings;
use crate::walk::{self, Input, InputKind};
use crate::{Outcome, RunError, say};
pub use key_file::KeyError;
use targets::Target;
pub use targets::TargetError;

/// Files that are named, of those that could not be copied whole.
const NAMED: usize = 10;

/// Copies the files of `config` with all that tells whose network it is replaced; talks of everything to `talk`.
///
/// # Errors
/// As [`crate::run`]; a key that is none, and a folder for the copies that is among what is read.
pub fn run(
    config: &AnonymizeConfig,
    around: &Surroundings,
    unfinished: &Unfinished,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    let inputs = walk::discover(&config.inputs)?;
    targets::check_places(config, &inputs)?;
    let key = if let Some(key) = key_file::read(&config.key)? {
        key
    } else {
        let key = key_file::make(&config.key)?;
        let path = config.key.display();
        say(
            talk,
            ascii,
            &format!("made a new key, {path}: keep it, and keep it from whoever gets the copies"),
        );
        key
    };
    let targets = targets::plan(config, &inputs, &mut Anonymizer::new(&key));
    if !config.overwrite {
        targets::refuse_existing(&targets)?;
    }
    let bytes = inputs.iter().map(|input| input.size).sum();
    let progress = Progress::new(inputs.len() as u64, bytes, config.running.quiet, ascii);
    let job = Job {
        inputs: &inputs,
        targets: &targets,
        key: &key,
        overwrite: config.overwrite,
        unfinished,
        progress: &progress,
        next: AtomicUsize::new(0),
        swept: Mutex::default(),
    };
    let rows = job.run()?;
    progress.finish();
    Ok(tell(&rows, config, ascii, talk))
}

/// How one file went.
struct Row {
    path: PathBuf,
    /// There is a copy.
    written: bool,
    /// Why it is not whole, or not there.
    reason: Option<String>,
    tuples: u64,
    unknown: u64,
}

/// What all threads share.
struct Job<'a> {
    inputs: &'a [Input],
    targets: &'a [Target],
    key: &'a Key,
    overwrite: bool,
    unfinished: &'a Unfinished,
    progress: &'a Progress,
    next: AtomicUsize,
    /// Folders in which what dead runs left was looked for.
    swept: Mutex<HashSet<PathBuf>>,
}

impl Job<'_> {
    fn run(&self) -> Result<Vec<Row>, ExportError> {
        let mut rows = Vec::with_capacity(self.inputs.len());
        for mut done in rayon::broadcast(|_| self.work()).into_iter().collect::<Result<Vec<_>, _>>()? {
            rows.append(&mut done);
        }
        rows.sort_by_key(|(number, _)| *number);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Copies files that nobody has until there are none. What cannot be written ends the whole run.
    fn work(&self) -> Result<Vec<(usize, Row)>, ExportError> {
        let mut anonymizer = Anonymizer::new(self.key);
        let mut rows = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((input, target)) = self.inputs.get(number).zip(self.targets.get(number)) else {
                return Ok(rows);
            };
            let row = self.file(input, target, &mut anonymizer).inspect_err(|_| {
                self.next.store(self.inputs.len(), Ordering::Relaxed);
            })?;
            rows.push((number, row));
            self.progress.file_done();
        }
    }

    fn file(&self, input: &Input, target: &Target, anonymizer: &mut Anonymizer) -> Result<Row, ExportError> {
        let not_read = |reason: String| Row {
            path: input.path.clone(),
            written: false,
            reason: Some(reason),
            tuples: 0,
            unknown: 0,
        };
        if let InputKind::Unreadable(reason) = &input.kind {
            return Ok(not_read(format!("cannot be read: {reason}")));
        }
        let reader = match bytes::open(&input.path, |bytes| self.progress.bytes_read(bytes)) {
            Ok(reader) => reader,
            Err(error) => return Ok(not_read(format!("cannot be read: {error}"))),
        };
        let output = self.claim(&target.path)?;
        let met = copy(reader, &output.whole(), target.packed, anonymizer)
            .map_err(|source| ExportError::Write { path: target.path.clone(), source })?;
        if !met.is_flow_log {
            let reason = match met.failure {
                Some(error) => format!("cannot be read: {error}"),
                None => "no flow log in it: not copied".to_owned(),
            };
            return Ok(not_read(reason));
        }
        Output::finish([&output], self.unfinished)?;
        let reason = why_partly(&met);
        Ok(Row { path: input.path.clone(), written: true, reason, tuples: met.tuples, unknown: met.unknown })
    }

    fn claim(&self, path: &Path) -> Result<Output, ExportError> {
        let write = |source| ExportError::Write { path: path.to_owned(), source };
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(write)?;
        let new = {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            swept.insert(folder.to_owned())
        };
        if new {
            Output::prepare(path, self.overwrite, &[], self.unfinished)
        } else {
            Output::claim(path, self.overwrite, self.unfinished)
        }
    }
}

/// Writes the copy under its temporary name; it is on the disk then.
fn copy(reader: impl Read, path: &Path, packed: bool, anonymizer: &mut Anonymizer) -> io::Result<Rewritten> {
    let file = File::options().write(true).create_new(true).open(path)?;
    let (file, met) = if packed {
        let mut out = BufWriter::new(GzEncoder::new(file, Compression::default()));
        let met = anonymizer.rewrite(reader, &mut out)?;
        (out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?, met)
    } else {
        let mut out = BufWriter::new(file);
        let met = anonymizer.rewrite(reader, &mut out)?;
        (out.into_inner().map_err(io::IntoInnerError::into_error)?, met)
    };
    file.sync_all()?;
    Ok(met)
}

/// Why a copy is not whole, if it is not.
fn why_partly(met: &Rewritten) -> Option<String> {
    let left_out = met.first_left_out.map(|first| {
        let (bytes, first) = (count(met.left_out), count(first));
        format!("{bytes} bytes that are no JSON, from byte {first} on, are not in the copy")
    });
    let failure = met.failure.as_ref().map(|error| format!("cannot be read to its end: {error}"));
    failure.or(left_out)
}

fn tell(rows: &[Row], config: &AnonymizeConfig, ascii: bool, talk: &mut impl Write) -> Outcome {
    let faulty: Vec<&Row> = rows.iter().filter(|row| row.reason.is_some()).collect();
    for row in faulty.iter().take(NAMED) {
        let reason = row.reason.as_deref().unwrap_or_default();
        say(talk, ascii, &format!("{}: {reason}", row.path.display()));
    }
    if faulty.len() > NAMED {
        say(talk, ascii, &format!("... and {} more", count((faulty.len() - NAMED) as u64)));
    }
    let unknown: u64 = rows.iter().map(|row| row.unknown).sum();
    if unknown > 0 {
        say(
            talk,
            ascii,
            &format!("{} keys, texts and numbers that no flow log has were replaced, too", count(unknown)),
        );
    }
    let written = rows.iter().filter(|row| row.written).count() as u64;
    if written == 0 {
        say(talk, ascii, "error: nothing was written");
        return Outcome::NothingAnalysed;
    }
    let tuples = count(rows.iter().map(|row| row.tuples).sum());
    let files = if written == 1 { "1 file".to_owned() } else { format!("{} files", count(written)) };
    say(talk, ascii, &format!("wrote {files} with {tuples} tuples to {}", config.output.display()));
    if faulty.is_empty() {
        return Outcome::Done;
    }
    let (some, all) = (count(faulty.len() as u64), count(rows.len() as u64));
    say(talk, ascii, &format!("exit code 3: {some} of {all} files could not be copied whole"));
    Outcome::SomeSkipped
}
