//! Lines in order, however many there are: sorted in runs that go to temporary files, and merged at the end.
//!
//! So many runs of a level are merged to one of the next level: each line is written once a level, and there are as many
//! levels as the number of runs has digits. The runs of a level stand in one file, so that few files are open.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of lines that are sorted in memory.
const RUN_BYTES: usize = 16 << 20;
/// So many runs of a level are merged to one of the next (few in tests).
const MOST_RUNS: usize = if cfg!(test) { 4 } else { 64 };

/// Bytes of a run that are read at once.
const PIECE: usize = 64 << 10;

/// What a line is ordered by, and the line.
pub(crate) type Keyed = (Vec<u8>, Vec<u8>);

/// What can be sorted, and put on the disk meanwhile.
pub(crate) trait Sortable: Ord + Sized {
    /// Bytes of memory it takes beside its own size.
    fn more_bytes(&self) -> usize;
    /// Writes it.
    fn write(&self, out: &mut impl Write) -> io::Result<()>;
    /// Reads one that was written; nothing at the end.
    fn read(run: &mut impl Read) -> io::Result<Option<Self>>;
}

/// Lines, or anything else, that come in any order.
pub(crate) struct Sorted<T> {
    folder: PathBuf,
    held: Vec<T>,
    bytes: usize,
    /// Runs by level: lines in memory become one of the first.
    levels: Vec<Vec<Run>>,
}

/// Lines in order, in a part of a temporary file.
struct Run {
    file: Arc<File>,
    begin: u64,
    end: u64,
}

/// Reads a run. Its file is asked for each piece by its place, since others read it, too.
struct Reading {
    run: Run,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.run.end - self.at).unwrap_or(usize::MAX);
        let most = left.min(into.len());
        let mut file = &*self.run.file;
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(into.get_mut(..most).unwrap_or_default())?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<T: Sortable> Sorted<T> {
    /// Temporary files are made in `folder`; they have no names there.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), held: Vec::new(), bytes: 0, levels: Vec::new() }
    }

    /// Takes one more.
    pub(crate) fn push(&mut self, one: T) -> io::Result<()> {
        self.bytes += one.more_bytes() + size_of::<T>();
        self.held.push(one);
        if self.bytes >= RUN_BYTES { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        held.sort_unstable();
        self.bytes = 0;
        let run = self.write(0, |out| held.drain(..).try_for_each(|one| one.write(out)))?;
        self.held = held;
        self.add_run(0, run)
    }

    /// Writes a run behind those of its level.
    fn write(
        &self,
        level: usize,
        lines: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> io::Result<Run> {
        let before = self.levels.get(level).and_then(|runs| runs.last());
        let file = match before {
            Some(run) => Arc::clone(&run.file),
            None => Arc::new(tempfile::tempfile_in(&self.folder)?),
        };
        let begin = (&*file).seek(SeekFrom::End(0))?;
        let mut out = BufWriter::new(&*file);
        lines(&mut out)?;
        out.flush()?;
        drop(out);
        let end = (&*file).stream_position()?;
        Ok(Run { file, begin, end })
    }

    fn add_run(&mut self, level: usize, run: Run) -> io::Result<()> {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        let Some(runs) = self.levels.get_mut(level) else { return Ok(()) };
        runs.push(run);
        if runs.len() < MOST_RUNS {
            return Ok(());
        }
        let full = std::mem::take(runs);
        let merged = self.write(level + 1, |out| merge(full, |one: T| one.write(out)))?;
        self.add_run(level + 1, merged)
    }

    /// Adds the lines of `other`.
    pub(crate) fn append(&mut self, mut other: Self) -> io::Result<()> {
        other.end_run()?;
        for (level, runs) in other.levels.into_iter().enumerate() {
            for run in runs {
                self.add_run(level, run)?;
            }
        }
        Ok(())
    }

    /// Gives all of them in order.
    pub(crate) fn finish(mut self, mut out: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        if self.levels.is_empty() {
            self.held.sort_unstable();
            return self.held.into_iter().try_for_each(out);
        }
        self.end_run()?;
        merge(self.levels.into_iter().flatten().collect(), &mut out)
    }
}

/// Lines of equal keys are ordered by themselves.
impl Sortable for Keyed {
    fn more_bytes(&self) -> usize {
        self.0.len() + self.1.len()
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for bytes in [&self.0, &self.1] {
            // No line is near 4 GiB.
            out.write_all(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes())?;
            out.write_all(bytes)?;
        }
        Ok(())
    }

    fn read(run: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(length) = <[u8; 4]>::read(run)? else { return Ok(None) };
        let mut key = vec![0; u32::from_le_bytes(length) as usize];
        run.read_exact(&mut key)?;
        let mut length = [0; 4];
        run.read_exact(&mut length)?;
        let mut line = vec![0; u32::from_le_bytes(length) as usize];
        run.read_exact(&mut line)?;
        Ok(Some((key, line)))
    }
}

/// Rows of one length.
impl<const N: usize> Sortable for [u8; N] {
    fn more_bytes(&self) -> usize {
        0
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self)
    }

    fn read(run: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; N];
        match run.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            other => other.map(|()| Some(bytes)),
        }
    }
}

fn merge<T: Sortable>(runs: Vec<Run>, mut out: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
    let mut open = Vec::new();
    let mut heads = BinaryHeap::new();
    for (place, run) in runs.into_iter().enumerate() {
        let mut run = BufReader::with_capacity(PIECE, Reading { at: run.begin, run });
        heads.extend(T::read(&mut run)?.map(|one| Reverse((one, place))));
        open.push(run);
    }
    while let Some(Reverse((one, place))) = heads.pop() {
        out(one)?;
        if let Some(run) = open.get_mut(place) {
            heads.extend(T::read(run)?.map(|one| Reverse((one, place))));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_in_order_however_they_were_shared_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Sorted::new(folder.path());
        let mut other = Sorted::new(folder.path());
        let line = |n: u32| (n.wrapping_mul(2_654_435_761) % 5000).to_be_bytes().to_vec();
        for n in 0..5000 {
            let to = if n % 3 == 0 { &mut other } else { &mut all };
            to.push((line(n), format!("{n}\n").into_bytes())).unwrap();
            if n % 40 == 0 {
                to.end_run().unwrap();
            }
        }
        all.append(other).unwrap();
        let mut text = Vec::new();
        all.finish(|(_, line)| text.write_all(&line)).unwrap();
        let mut expected: Vec<(Vec<u8>, Vec<u8>)> =
            (0..5000).map(|n| (line(n), format!("{n}\n").into_bytes())).collect();
        expected.sort();
        let expected: Vec<u8> = expected.into_iter().flat_map(|(_, line)| line).collect();
        assert!(text == expected);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    thread_local! {
        static WRITTEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// A number that counts how often any of them was written.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Counted(u32);

    impl Sortable for Counted {
        fn more_bytes(&self) -> usize {
            0
        }

        fn write(&self, out: &mut impl Write) -> io::Result<()> {
            WRITTEN.set(WRITTEN.get() + 1);
            self.0.to_be_bytes().write(out)
        }

        fn read(run: &mut impl Read) -> io::Result<Option<Self>> {
            Ok(<[u8; 4]>::read(run)?.map(|bytes| Self(u32::from_be_bytes(bytes))))
        }
    }

    #[test]
    fn a_line_is_written_once_a_level_and_few_files_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Sorted::new(folder.path());
        WRITTEN.set(0);
        // 4^5 runs of one line: six levels.
        for n in 0..1024_u32 {
            all.push(Counted(n.wrapping_mul(2_654_435_761))).unwrap();
            all.end_run().unwrap();
            let mut files: Vec<_> = all.levels.iter().flatten().map(|run| Arc::as_ptr(&run.file)).collect();
            files.dedup();
            assert!(files.len() <= 6, "{n}: {} files", files.len());
        }
        assert_eq!(WRITTEN.get(), 6 * 1024);
        let mut found = Vec::new();
        all.finish(|Counted(n)| {
            found.push(n);
            Ok(())
        })
        .unwrap();
        assert!(found.is_sorted() && found.len() == 1024);
    }
}
