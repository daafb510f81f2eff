//! Lines in order, however many there are: sorted in runs that go to temporary files, and merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of lines that are sorted in memory.
const RUN_BYTES: usize = 16 << 20;
/// So many runs are merged to one: each is an open file.
const MOST_RUNS: usize = 64;

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
    runs: Vec<File>,
}

impl<T: Sortable> Sorted<T> {
    /// Temporary files are made in `folder`; they have no names there.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), held: Vec::new(), bytes: 0, runs: Vec::new() }
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
        self.held.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for one in self.held.drain(..) {
            one.write(&mut out)?;
        }
        self.bytes = 0;
        self.add_run(out)
    }

    fn add_run(&mut self, run: BufWriter<File>) -> io::Result<()> {
        self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        if self.runs.len() >= MOST_RUNS {
            let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
            merge(std::mem::take(&mut self.runs), |one: T| one.write(&mut out))?;
            self.runs.push(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        }
        Ok(())
    }

    /// Adds the lines of `other`.
    pub(crate) fn append(&mut self, mut other: Self) -> io::Result<()> {
        other.end_run()?;
        for run in other.runs {
            self.add_run(BufWriter::new(run))?;
        }
        Ok(())
    }

    /// Gives all of them in order.
    pub(crate) fn finish(mut self, mut out: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        if self.runs.is_empty() {
            self.held.sort_unstable();
            return self.held.into_iter().try_for_each(out);
        }
        self.end_run()?;
        merge(self.runs, &mut out)
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

fn merge<T: Sortable>(runs: Vec<File>, mut out: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
    let mut open = Vec::new();
    let mut heads = BinaryHeap::new();
    for (place, mut run) in runs.into_iter().enumerate() {
        run.seek(SeekFrom::Start(0))?;
        let mut run = BufReader::new(run);
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
}
