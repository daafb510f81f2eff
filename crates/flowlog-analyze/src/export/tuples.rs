//! Tuples on their way to a folder of Parquet files: kept as rows of one length, sorted by time on the disk, and written
//! hour by hour when all are there.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowlog_core::enrich::AddressBook;
use flowlog_core::flow::{Counters, Direction, Encryption, FlowTuple, Protocol, State};
use flowlog_core::policy::plain_rule;
use flowlog_core::record::{LogKind, MalformedTuple, RecordContext, Sink};
use flowlog_core::state::plain_mac;
use twox_hash::XxHash3_64;

use super::hours::HourFolder;
use super::sorted::Sorted;
use super::{ExportError, Output, folder_of};
use crate::render::ends;
use crate::render::tuples::{SPECS, TupleCells};

/// All tuples of a run, and the names in them, each once: as many as the logs have.
pub struct TupleRows<'a> {
    output: &'a Output,
    book: &'a AddressBook,
    all: Mutex<Sorted<[u8; ROW]>>,
    names: Arc<Mutex<Names>>,
}

#[derive(Default)]
struct Names {
    places: HashMap<Arc<str>, u32>,
    all: Vec<Arc<str>>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let (name, place) = (Arc::<str>::from(name), u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.places.insert(Arc::clone(&name), place);
        self.all.push(name);
        place
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> TupleRows<'a> {
    /// Of the folder that `output` will be.
    pub(crate) fn new(output: &'a Output, book: &'a AddressBook) -> Self {
        let all = Mutex::new(Sorted::new(folder_of(output.path())));
        Self { output, book, all, names: Arc::default() }
    }

    /// Who takes the tuples of one group of files.
    pub(crate) fn part(&self) -> TupleRow {
        TupleRow {
            rows: Sorted::new(folder_of(self.output.path())),
            error: None,
            names: Arc::clone(&self.names),
            texts: Default::default(),
            record_ms: None,
            kind: LogKind::VNet,
            tail: [0; TAIL],
        }
    }

    /// Adds what a part took.
    ///
    /// # Errors
    /// A temporary file could not be written.
    pub(crate) fn add(&self, part: TupleRow) -> Result<(), ExportError> {
        let added = match part.error {
            Some(error) => Err(error),
            None => lock(&self.all).append(part.rows),
        };
        added.map_err(|source| ExportError::Write { path: self.output.path().to_owned(), source })
    }

    /// Writes all of them; the folder is on the disk then, and waits for its name.
    pub(crate) fn finish(self) -> Result<(), ExportError> {
        let all = self.all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let names = lock(&self.names);
        let written = || {
            let mut folder = HourFolder::new(&self.output.whole(), ends::specs(&SPECS, self.book), 2)?;
            all.finish(|row| {
                let cells = unpack(&row, &names.all).ok_or(io::ErrorKind::InvalidData)?;
                folder.row(cells.tuple.time_ms, |columns| cells.fill(columns, self.book))
            })?;
            folder.finish()
        };
        written().map_err(|source| ExportError::Write { path: self.output.path().to_owned(), source })
    }
}

/// Names of a row: NIC, resource, NSG, rule, file, and the encryption word if it is none that is known.
const TEXTS: usize = 6;
const MAC: usize = 0;
const RESOURCE: usize = 1;
const NSG: usize = 2;
const RULE: usize = 3;
const FILE: usize = 4;
const WORD: usize = 5;

/// Takes the tuples of one group of files.
pub struct TupleRow {
    rows: Sorted<[u8; ROW]>,
    error: Option<io::Error>,
    names: Arc<Mutex<Names>>,
    texts: [String; TEXTS],
    record_ms: Option<i64>,
    kind: LogKind,
    /// The end of each row: what its record and its rule say.
    tail: [u8; TAIL],
}

impl TupleRow {
    /// The following records stand in the file at `path`.
    pub(crate) fn begin_file(&mut self, path: &str) {
        self.set(FILE, path);
    }

    fn set(&mut self, text: usize, to: &str) {
        if let Some(text) = self.texts.get_mut(text) {
            to.clone_into(text);
        }
    }

    /// Rows that are alike in all else are in the order of a hash of their names: places depend on who came first.
    fn end_head(&mut self) {
        let hash = XxHash3_64::oneshot(self.texts.join("\0").as_bytes());
        let mut names = lock(&self.names);
        let mut tail = Packer::new([0; TAIL]);
        tail.put(&[u8::from(self.record_ms.is_some()), u8::from(self.kind == LogKind::Nsg)]);
        tail.put(&self.record_ms.unwrap_or_default().to_be_bytes());
        tail.put(&hash.to_be_bytes());
        for text in &self.texts {
            tail.put(&names.place(text).to_be_bytes());
        }
        self.tail = tail.bytes;
    }
}

impl Sink for TupleRow {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.record_ms = record.time_ms;
        self.kind = record.kind;
        self.set(MAC, &plain_mac(record.mac));
        self.set(RESOURCE, record.resource);
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.set(NSG, acl);
        self.set(RULE, plain_rule(rule));
        self.set(WORD, "");
        self.end_head();
    }

    fn encryption_word(&mut self, word: &str) {
        self.set(WORD, word);
        self.end_head();
    }

    fn tuple(&mut self, tuple: &FlowTuple) {
        if self.error.is_none() {
            let mut row = Packer::new([0; ROW]);
            pack(tuple, &mut row);
            row.put(&self.tail);
            self.error = self.rows.push(row.bytes).err();
        }
    }

    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

/// Bytes of a tuple, of what its record and rule say, and of both.
const HEAD: usize = 81;
const TAIL: usize = 18 + 4 * TEXTS;
const ROW: usize = HEAD + TAIL;

/// Puts one value after the other into a row.
struct Packer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Packer<N> {
    fn new(bytes: [u8; N]) -> Self {
        Self { bytes, at: 0 }
    }

    fn put(&mut self, value: &[u8]) {
        if let Some(slot) = self.bytes.get_mut(self.at..self.at + value.len()) {
            slot.copy_from_slice(value);
            self.at += value.len();
        }
    }

    /// The next bytes of a row that is read.
    fn take<const M: usize>(&mut self) -> [u8; M] {
        let value = self.bytes.get(self.at..self.at + M).and_then(|value| value.try_into().ok());
        self.at += M;
        value.unwrap_or([0; M])
    }
}

/// Moves times so that those before 1970 come first.
const SIGN: u64 = 1 << 63;

/// In the order of rows: time, ends, and everything else.
fn pack(tuple: &FlowTuple, row: &mut Packer<ROW>) {
    row.put(&(tuple.time_ms.cast_unsigned() ^ SIGN).to_be_bytes());
    for address in [tuple.source, tuple.destination] {
        let address = match address.to_canonical() {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        row.put(&address.octets());
    }
    row.put(&tuple.source_port.to_be_bytes());
    row.put(&tuple.destination_port.to_be_bytes());
    let place = |place: Option<usize>| place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default();
    let state = place(State::ALL.iter().position(|state| *state == tuple.state));
    let encryption = place(Encryption::ALL.iter().position(|word| *word == tuple.encryption));
    let outbound = u8::from(tuple.direction == Direction::Outbound);
    row.put(&[tuple.protocol.0, outbound, state, encryption, u8::from(tuple.counters.is_some())]);
    let Counters { packets_sent, bytes_sent, packets_received, bytes_received } =
        tuple.counters.unwrap_or_default();
    for value in [packets_sent, bytes_sent, packets_received, bytes_received] {
        row.put(&value.to_be_bytes());
    }
}

fn unpack<'n>(row: &[u8; ROW], names: &'n [Arc<str>]) -> Option<TupleCells<'n>> {
    let mut row = Packer::new(*row);
    let time_ms = (u64::from_be_bytes(row.take()) ^ SIGN).cast_signed();
    let mut address = || IpAddr::from(row.take::<16>()).to_canonical();
    let (source, destination) = (address(), address());
    let mut port = || u16::from_be_bytes(row.take());
    let (source_port, destination_port) = (port(), port());
    let [protocol, outbound, state, encryption, counted] = row.take();
    let mut number = || u64::from_be_bytes(row.take());
    let [packets_sent, bytes_sent, packets_received, bytes_received] = [(); 4].map(|()| number());
    let tuple = FlowTuple {
        time_ms,
        source,
        destination,
        source_port,
        destination_port,
        protocol: Protocol(protocol),
        direction: if outbound == 1 { Direction::Outbound } else { Direction::Inbound },
        state: *State::ALL.get(usize::from(state))?,
        encryption: *Encryption::ALL.get(usize::from(encryption))?,
        counters: (counted == 1).then_some(Counters {
            packets_sent,
            bytes_sent,
            packets_received,
            bytes_received,
        }),
    };
    let [timed, nsg] = row.take();
    let record_ms = i64::from_be_bytes(row.take());
    let _hash: [u8; 8] = row.take();
    let texts = [(); TEXTS].map(|()| {
        let place = u32::from_be_bytes(row.take());
        names.get(place as usize).map_or("", |name| &**name)
    });
    Some(TupleCells {
        tuple,
        record_ms: (timed == 1).then_some(record_ms),
        kind: if nsg == 1 { LogKind::Nsg } else { LogKind::VNet },
        mac: texts[MAC],
        resource: texts[RESOURCE],
        nsg: texts[NSG],
        rule: texts[RULE],
        file: texts[FILE],
        word: texts[WORD],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_kept_and_are_in_the_order_of_time() {
        let tuple = |time_ms: i64, n: u16| FlowTuple {
            time_ms,
            source: "10.0.0.4".parse().unwrap(),
            destination: if n.is_multiple_of(2) { "2001:db8::1" } else { "::ffff:10.0.0.9" }.parse().unwrap(),
            source_port: n,
            destination_port: 443,
            protocol: Protocol(6),
            direction: if n.is_multiple_of(3) { Direction::Inbound } else { Direction::Outbound },
            state: State::ALL[usize::from(n) % 5],
            encryption: Encryption::ALL[usize::from(n) % 10],
            counters: n
                .is_multiple_of(2)
                .then_some(Counters { bytes_received: u64::MAX, ..Counters::default() }),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let output = Output::claim(&path, false, &super::super::Unfinished::default()).unwrap();
        let book = AddressBook::default();
        let all = TupleRows::new(&output, &book);
        let mut part = all.part();
        part.begin_file("f");
        part.record(&RecordContext {
            time_ms: None,
            mac: "a-b",
            kind: LogKind::Nsg,
            resource: "r",
            offset: 0,
        });
        part.rule("acl", "UserRule_x");
        let times = [5, -7, 1_764_573_270_007, i64::MAX, i64::MIN, 0];
        let tuples: Vec<FlowTuple> = times.into_iter().zip(0..).map(|(time, n)| tuple(time, n)).collect();
        part.tuples(&tuples);
        let mut read = Vec::new();
        let names = lock(&all.names).all.clone();
        part.rows
            .finish(|row| {
                let cells = unpack(&row, &names).unwrap();
                assert_eq!((cells.mac, cells.resource, cells.nsg, cells.rule), ("AB", "r", "acl", "x"));
                assert_eq!((cells.file, cells.word, cells.record_ms), ("f", "", None));
                read.push(cells.tuple);
                Ok(())
            })
            .unwrap();
        let mut expected = tuples;
        for tuple in &mut expected {
            tuple.destination = tuple.destination.to_canonical();
        }
        expected.sort_by_key(|tuple| tuple.time_ms);
        assert_eq!(read, expected);
    }
}
