//! Rows -> chunks of partitions, in memory and beyond the limit on disk, while one worker reads; and a large partition's
//! rows -> chunks of its parts, in the same way.

use std::sync::Arc;

use super::hosts::Hosts;
use super::partition::{Chunk, Origin, PARTITIONS, PartitionKey, Place, Rows, partition_of};
use super::row::{LONGEST_ROW, Row, RowWriter, follow};
use super::segments::Segments;
use super::spill::{self, Budget, Spill, SpillError};

/// Bytes of rows that are kept, compressed and written as one: less where little memory is allowed, since each worker
/// has a chunk of each partition open.
const CHUNKS: (usize, usize) = (1 << 10, 8 << 10);
/// Bytes of memory that full chunks are kept in: less where little memory is allowed, since each worker has some.
const SEGMENTS: (usize, usize) = (64 << 10, 1 << 20);
/// Chunks of a partition that go to disk together are written as one until it has so many bytes: what is read at once.
const JOINED: usize = 64 << 10;

/// The partitions' chunks while one worker fills them.
pub(super) struct Scatter {
    key: PartitionKey,
    /// Bytes of a chunk.
    chunk: usize,
    open: Vec<RowWriter>,
    chunks: Vec<Vec<Chunk>>,
    full: Segments,
    spill: Spill,
    joined: Vec<u8>,
}

impl Scatter {
    /// With so many partitions.
    pub(super) fn new(key: PartitionKey, partitions: usize, spill: Spill) -> Self {
        let part = |parts: u64, (least, most): (usize, usize)| {
            usize::try_from(spill.limit() / parts).unwrap_or(usize::MAX).clamp(least, most)
        };
        let chunk = part(partitions.max(1) as u64 * 4, CHUNKS);
        let full = Segments::new(part(64, SEGMENTS));
        Self {
            key,
            chunk,
            open: (0..partitions).map(|_| RowWriter::default()).collect(),
            chunks: (0..partitions).map(|_| Vec::new()).collect(),
            full,
            spill,
            joined: Vec::new(),
        }
    }

    /// In pieces of memory that others have used, as far as these go.
    pub(super) fn using(self, spare: Vec<Vec<u8>>) -> Self {
        Self { full: self.full.using(spare), ..self }
    }

    /// Takes a row into the partition of its hosts. What goes wrong with a temporary file is told at the end.
    #[inline]
    pub(super) fn write(&mut self, row: &Row, hosts: &Hosts) {
        self.write_to(partition_of(self.key.of(row, hosts)), row, hosts);
    }

    /// Takes a row into a partition.
    #[inline]
    pub(super) fn write_to(&mut self, partition: usize, row: &Row, hosts: &Hosts) {
        let Some(open) = self.open.get_mut(partition) else { return };
        open.write(row, hosts);
        if open.len() > self.chunk - LONGEST_ROW {
            self.seal(partition);
        }
    }

    #[cold]
    fn seal(&mut self, partition: usize) {
        let Self { open, chunks, full, .. } = self;
        let (Some(open), Some(chunks)) = (open.get_mut(partition), chunks.get_mut(partition)) else { return };
        let (held, grown) = full.push(open.bytes());
        chunks.push(Chunk::held(open, held));
        open.clear(self.chunk);
        if grown > 0 && self.spill.grow(grown) {
            self.spill_all();
        }
    }

    /// Writes every full chunk to disk, behind those of its partition that are there already.
    fn spill_all(&mut self) {
        let Self { chunks, full, spill, joined, .. } = self;
        for chunks in chunks {
            // The first of them alone may be on disk.
            let (mut last, mut rows, mut done) = match chunks.first() {
                Some(Chunk { rows, place: Place::Disk(packed), .. }) => (Some(*packed), *rows, 1),
                _ => (None, 0, 0),
            };
            while let Some((more, count)) = chunks.get(done..).and_then(|rest| join(rest, full, joined)) {
                let Some(packed) = spill.write(joined, more, last) else {
                    // It is told at the end; until then all stay.
                    return;
                };
                last = Some(packed);
                rows += u64::from(more);
                done += count;
            }
            if let Some(packed) = last {
                chunks.clear();
                chunks.push(Chunk { origin: 0, rows, place: Place::Disk(packed) });
            }
        }
        spill.shrink(full.clear());
    }

    /// No more rows follow: those in memory stay there, unless all are to go `to_disk`. `origins` as in [`Rows`]: of one
    /// worker, one or none.
    ///
    /// # Errors
    /// A temporary file could not be written.
    pub(super) fn finish(mut self, origins: Vec<Origin>, to_disk: bool) -> Result<Rows, SpillError> {
        for (open, chunks) in std::mem::take(&mut self.open).iter().zip(&mut self.chunks) {
            if open.rows > 0 {
                let (held, grown) = self.full.push(open.bytes());
                self.spill.grow(grown);
                chunks.push(Chunk::held(open, held));
            }
        }
        if to_disk {
            self.spill_all();
        }
        let spilled = self.spill.finish()?;
        Ok(Rows {
            key: self.key,
            origins,
            partitions: self.chunks,
            full: self.full,
            files: spilled.map(Arc::new).into_iter().collect(),
        })
    }
}

impl Rows {
    /// The same rows, spread over partitions by another key. `lists` are the numbers of logs and rules.
    pub(super) fn rekeyed(
        self,
        key: PartitionKey,
        hosts: &mut Hosts,
        lists: (usize, usize),
        budget: &Arc<Budget>,
    ) -> Result<Self, SpillError> {
        let mut scatter = Scatter::new(key, PARTITIONS, Spill::new(budget));
        for partition in 0..PARTITIONS {
            self.each(partition, hosts, |row, hosts| scatter.write(&row, hosts))?;
        }
        scatter.finish(vec![Origin::of(lists.0, lists.1)], budget.has_begun())
    }
}

/// The rows of the first of `chunks` that are written as one, and how many chunks these are; `None` if there are none.
fn join(chunks: &[Chunk], full: &Segments, joined: &mut Vec<u8>) -> Option<(u32, usize)> {
    joined.clear();
    let (mut rows, mut count, mut before) = (0, 0, None);
    for chunk in chunks {
        let Place::Memory { held, last_ms } = chunk.place else { break };
        if joined.len() >= JOINED {
            break;
        }
        let bytes = full.get(held);
        match before.replace(last_ms) {
            None => joined.extend_from_slice(bytes),
            // What cannot follow another begins the next one.
            Some(before) if follow(joined, bytes, before).is_none() => break,
            Some(_) => {}
        }
        rows += spill::count(chunk.rows);
        count += 1;
    }
    (count > 0).then_some((rows, count))
}
