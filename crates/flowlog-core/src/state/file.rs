//! A state in a file: written once, read partition by partition. docs/state.md gives the format.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::coverage::{HourCounts, LogCoverage};
use super::hosts::Hosts;
use super::logs::{Logs, NicLog};
use super::near::NearLog;
use super::partition::{Chunk, KEY_WORDS, Origin, PartitionKey, Place, Rows};
use super::reader::Shared;
use super::rules::{RuleCounts, Rules};
use super::spill::{Packed, SpillError, Spilled, count, pack};
use super::{State, Totals};
use crate::record::LogKind;

/// What a state file begins with.
const MAGIC: [u8; 8] = *b"FLOWSTAT";
/// Version of the format.
pub const STATE_VERSION: u32 = 5;
/// The last bytes: where the directory is, its length packed and plain, its checksum, and the magic once more.
const TRAILER: usize = 8 + 8 + 8 + 8 + 8;
/// A directory is not larger: it holds a few hundred bytes a log.
const LONGEST_DIRECTORY: u64 = 8 << 30;

/// Why a state cannot be read, written or joined to others.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file that cannot be read or written.
    #[error("cannot {what} the state {}: {source}", .path.display())]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else than a state.
    #[error("{} is no state: states are written by flowlog-analyze partial", .0.display())]
    Foreign(PathBuf),
    /// A state of another version of the format.
    #[error(
        "{} is a state of format {version}, and this program reads format {STATE_VERSION}: make it again from the logs, \
         or use the program that wrote it",
        .path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u32,
    },
    /// Bytes that are not those that were written.
    #[error("{} is damaged or was cut off: make it again from the logs", .0.display())]
    Damaged(PathBuf),
    /// Two states hold the same record.
    #[error(
        "{} and another of the states both hold the record of NIC {mac} of {time}: some files are in both, and would count \
         twice; make the states of different files",
        .path.display()
    )]
    Twice {
        /// The later of the two.
        path: PathBuf,
        /// MAC address.
        mac: String,
        /// UTC.
        time: String,
    },
    /// Rows that cannot be had.
    #[error(transparent)]
    Rows(#[from] SpillError),
}

/// Everything but rows.
#[derive(Serialize, Deserialize)]
struct Directory {
    key: [u64; KEY_WORDS],
    totals: Totals,
    logs: Vec<WrittenLog>,
    rules: Vec<(String, String, RuleCounts)>,
    /// Places in `logs` and `rules`, by the places that rows have.
    origins: Vec<(Vec<u32>, Vec<u32>)>,
    chunks: Vec<WrittenChunk>,
    /// What the writer adds, as it is.
    notes: String,
}

#[derive(Serialize, Deserialize)]
struct WrittenLog {
    mac: String,
    resource: String,
    kind: LogKind,
    states: [u64; 5],
    /// Hour, tuples, newest record.
    hours: Vec<(i64, u64, i64)>,
    untimed: u64,
    newest_ms: i64,
    has_ends: bool,
    /// Address, rows, and whether some far end is not private.
    near: Vec<(IpAddr, u64, bool)>,
    far: Vec<IpAddr>,
    /// Differences between the times of its records, in order.
    records: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct WrittenChunk {
    partition: u16,
    origin: u32,
    rows: u32,
    offset: u64,
    length: u32,
    plain: u32,
    checksum: u64,
}

impl WrittenChunk {
    fn new(partition: u16, origin: u32, packed: &Packed) -> Self {
        let Packed { rows, offset, length, plain, checksum, .. } = *packed;
        Self { partition, origin, rows, offset, length, plain, checksum }
    }

    /// In the only file.
    fn packed(&self) -> Packed {
        let Self { rows, offset, length, plain, checksum, .. } = *self;
        Packed { file: 0, rows, offset, length, plain, checksum }
    }
}

impl State {
    /// Writes the state. `notes` are given back by [`State::read`].
    ///
    /// # Errors
    /// What cannot be written, and rows that cannot be read.
    pub fn write(self, path: &Path, out: &mut impl Write, notes: &str) -> Result<(), StateError> {
        let failed = |source| StateError::File { what: "write", path: path.to_owned(), source };
        let Self { totals, mut logs, rules, mut hosts, rows, .. } = self;
        hosts.refresh();
        out.write_all(&MAGIC).and_then(|()| out.write_all(&STATE_VERSION.to_le_bytes())).map_err(failed)?;
        let mut offset = (MAGIC.len() + 4) as u64;
        let chunks = write_rows(&rows, &mut offset, |bytes| out.write_all(bytes).map_err(failed))?;
        let rule = |((acl, rule), counts): &((String, String), RuleCounts)| {
            (acl.clone(), rule.clone(), counts.clone())
        };
        let directory = Directory {
            key: rows.key.0,
            totals,
            logs: logs.all.drain(..).map(|log| written(log, &hosts)).collect(),
            rules: rules.rows().iter().map(rule).collect(),
            origins: rows.origins.into_iter().map(|origin| (origin.logs, origin.rules)).collect(),
            chunks,
            notes: notes.to_owned(),
        };
        let plain = postcard::to_allocvec(&directory).map_err(|error| failed(io::Error::other(error)))?;
        let packed = lz4_flex::block::compress(&plain);
        out.write_all(&packed).map_err(failed)?;
        for number in [offset, packed.len() as u64, plain.len() as u64, XxHash3_64::oneshot(&packed)] {
            out.write_all(&number.to_le_bytes()).map_err(failed)?;
        }
        out.write_all(&MAGIC).map_err(failed)
    }

    /// Opens a written state: its rows stay in the file until they are asked for. Returns its notes, too.
    ///
    /// # Errors
    /// A file that is no state of this version, or is damaged.
    pub fn read(path: &Path, shared: &Shared) -> Result<(Self, String), StateError> {
        let failed = |source| StateError::File { what: "read", path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        check_head(&mut file, path)?;
        let directory = directory(&mut file, path)?;
        let damaged = || StateError::Damaged(path.to_owned());
        let mut hosts = shared.hosts();
        let mut logs = Logs::default();
        let places = directory
            .logs
            .into_iter()
            .map(|log| add_unwritten(log, &mut logs, &mut hosts))
            .collect::<Vec<_>>();
        let mut rules = Rules::default();
        let rule_places: Vec<u32> =
            directory.rules.iter().map(|(acl, rule, counts)| rules.add(acl, rule, counts)).collect();
        let mut rows = Rows::new(PartitionKey(directory.key));
        rows.files.push(Arc::new(Spilled::state(file, path.to_owned())));
        for (of_logs, of_rules) in directory.origins {
            let place = |places: &[u32], at: u32| places.get(at as usize).copied().ok_or_else(damaged);
            let logs = of_logs.into_iter().map(|at| place(&places, at)).collect::<Result<_, _>>()?;
            let rules = of_rules.into_iter().map(|at| place(&rule_places, at)).collect::<Result<_, _>>()?;
            rows.origins.push(Origin { logs, rules });
        }
        for chunk in directory.chunks {
            let partition = rows.partitions.get_mut(usize::from(chunk.partition)).ok_or_else(damaged)?;
            rows.origins.get(chunk.origin as usize).ok_or_else(damaged)?;
            let place = Place::Disk(chunk.packed());
            partition.push(Chunk { origin: chunk.origin, rows: chunk.rows.into(), place });
        }
        let budget = Arc::clone(shared.budget());
        let state = Self { totals: directory.totals, logs, rules, hosts, rows, budget, picked: None };
        Ok((state, directory.notes))
    }

    /// Adds everything of the state read from `path`.
    ///
    /// # Errors
    /// Both hold the same records, or rows cannot be read or kept.
    pub fn join(&mut self, mut other: Self, path: &Path, shared: &Shared) -> Result<(), StateError> {
        for log in &other.logs.all {
            let Some(mine) = self.logs.find(log) else { continue };
            if let Some(time_ms) = common(&mine.records, &log.records) {
                let time = DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
                return Err(StateError::Twice {
                    path: path.to_owned(),
                    mac: log.coverage.mac.to_string(),
                    time: time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                });
            }
        }
        if other.rows.key != self.rows.key {
            let lists = (other.logs.all.len(), other.rules.rows().len());
            other.rows = other.rows.rekeyed(self.rows.key, &mut other.hosts, lists, shared.budget())?;
        }
        self.merge(other);
        for log in &mut self.logs.all {
            log.records.sort_unstable();
        }
        Ok(())
    }
}

/// Writes the chunks of all partitions, from `offset` on.
fn write_rows(
    rows: &Rows,
    offset: &mut u64,
    mut write: impl FnMut(&[u8]) -> Result<(), StateError>,
) -> Result<Vec<WrittenChunk>, StateError> {
    let mut chunks = Vec::new();
    let mut room = Vec::new();
    for (partition, of_partition) in (0_u16..).zip(&rows.partitions) {
        for chunk in of_partition {
            let mut put = |rows: u32, plain: u32, bytes: &[u8]| {
                let packed = Packed::new(*offset, rows, plain, bytes);
                chunks.push(WrittenChunk::new(partition, chunk.origin, &packed));
                *offset += u64::from(packed.length);
                write(bytes)
            };
            match &chunk.place {
                Place::Memory { held, .. } => {
                    let plain = rows.full.get(*held);
                    room.clear();
                    pack(plain, &mut room);
                    put(count(chunk.rows), count(plain.len()), &room)?;
                }
                Place::Disk(last) => {
                    let mut next = Some(*last);
                    while let Some(packed) = next {
                        let (bytes, before) = rows.file(packed.file)?.read_packed(&packed, &mut room)?;
                        put(packed.rows, packed.plain, bytes)?;
                        next = before;
                    }
                }
            }
        }
    }
    Ok(chunks)
}

/// A number that is in both sorted lists.
fn common(a: &[i64], b: &[i64]) -> Option<i64> {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().copied().find(|time_ms| many.binary_search(time_ms).is_ok())
}

fn check_head(file: &mut File, path: &Path) -> Result<(), StateError> {
    let mut head = [0; 12];
    let [magic @ .., _, _, _, _] = match file.read_exact(&mut head) {
        Ok(()) => head,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(StateError::Foreign(path.to_owned()));
        }
        Err(source) => return Err(StateError::File { what: "read", path: path.to_owned(), source }),
    };
    if magic != MAGIC {
        return Err(StateError::Foreign(path.to_owned()));
    }
    let [.., a, b, c, d] = head;
    match u32::from_le_bytes([a, b, c, d]) {
        STATE_VERSION => Ok(()),
        version => Err(StateError::Version { path: path.to_owned(), version }),
    }
}

fn directory(file: &mut File, path: &Path) -> Result<Directory, StateError> {
    let failed = |source| StateError::File { what: "read", path: path.to_owned(), source };
    let damaged = || StateError::Damaged(path.to_owned());
    let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let trailer = length.checked_sub(TRAILER as u64).ok_or_else(damaged)?;
    let mut bytes = [0; TRAILER];
    file.seek(SeekFrom::Start(trailer)).and_then(|_| file.read_exact(&mut bytes)).map_err(failed)?;
    let number = |at: usize| -> u64 {
        let number = bytes.get(at * 8..).and_then(|bytes| bytes.first_chunk());
        number.map_or(0, |number| u64::from_le_bytes(*number))
    };
    let (offset, packed, plain, checksum) = (number(0), number(1), number(2), number(3));
    // LZ4 cannot make more than 255 times as much of anything.
    let fits = offset.checked_add(packed) == Some(trailer)
        && plain <= packed.saturating_mul(256).min(LONGEST_DIRECTORY);
    if !bytes.ends_with(&MAGIC) || !fits {
        return Err(damaged());
    }
    let size = |number: u64| usize::try_from(number).map_err(|_| damaged());
    let mut held = vec![0; size(packed)?];
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut held)).map_err(failed)?;
    if XxHash3_64::oneshot(&held) != checksum {
        return Err(damaged());
    }
    let length = size(plain)?;
    let plain = lz4_flex::block::decompress(&held, length).map_err(|_| damaged())?;
    if plain.len() != length {
        return Err(damaged());
    }
    postcard::from_bytes(&plain).map_err(|_| damaged())
}

fn written(mut log: NicLog, hosts: &Hosts) -> WrittenLog {
    log.coverage.put_away();
    let (near, far) = log.near.written(hosts);
    let hours =
        log.coverage.hours().iter().map(|counts| (counts.hour, counts.tuples, counts.last_ms)).collect();
    let LogCoverage { mac, resource, kind, states, untimed, .. } = log.coverage;
    log.records.sort_unstable();
    let mut before = 0;
    let differences = log.records.iter().map(|&time_ms| {
        let difference = time_ms.wrapping_sub(before).cast_unsigned();
        before = time_ms;
        difference
    });
    WrittenLog {
        mac: mac.into(),
        resource: (*resource).into(),
        kind,
        states,
        hours,
        untimed,
        newest_ms: log.newest_ms,
        has_ends: log.has_ends,
        near,
        far,
        records: differences.collect(),
    }
}

fn add_unwritten(written: WrittenLog, logs: &mut Logs, hosts: &mut Hosts) -> u32 {
    let mut log = NicLog::new(&written.mac, logs.resource(&written.resource), written.kind);
    log.coverage.states = written.states;
    let hours = written.hours.into_iter();
    let hours = hours.map(|(hour, tuples, last_ms)| HourCounts { hour, tuples, last_ms });
    log.coverage = log.coverage.with_hours(hours);
    log.coverage.untimed = written.untimed;
    log.newest_ms = written.newest_ms;
    log.has_ends = written.has_ends;
    log.near = NearLog::unwritten(written.near, written.far, hosts);
    let mut time_ms: i64 = 0;
    log.records = written
        .records
        .into_iter()
        .map(|difference| {
            time_ms = time_ms.wrapping_add(difference.cast_signed());
            time_ms
        })
        .collect();
    logs.add(log)
}
