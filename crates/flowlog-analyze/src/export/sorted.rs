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
type Keyed = (Vec<u8>, Vec<u8>);

/// Lines that come in any order.
pub(crate) struct Sorted {
    folder: PathBuf,
    held: Vec<Keyed>,
    bytes: usize,
    runs: Vec<File>,
}

impl Sorted {
    /// Temporary files are made in `folder`; they have no names there.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), held: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Takes a line; lines of equal keys are ordered by themselves.
    pub(crate) fn push(&mut self, key: Vec<u8>, line: Vec<u8>) -> io::Result<()> {
        self.bytes += key.len() + line.len() + size_of::<Keyed>();
        self.held.push((key, line));
        if self.bytes >= RUN_BYTES { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.held.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for keyed in self.held.drain(..) {
            write_keyed(&mut out, &keyed)?;
        }
        self.bytes = 0;
        self.add_run(out)
    }

    fn add_run(&mut self, run: BufWriter<File>) -> io::Result<()> {
        self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        if self.runs.len() >= MOST_RUNS {
            let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
            merge(std::mem::take(&mut self.runs), |keyed| write_keyed(&mut out, keyed))?;
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

    /// Writes all lines in order.
    pub(crate) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        if self.runs.is_empty() {
            self.held.sort_unstable();
            return self.held.iter().try_for_each(|(_, line)| out.write_all(line));
        }
        self.end_run()?;
        merge(self.runs, |(_, line)| out.write_all(line))
    }
}

fn write_keyed(out: &mut impl Write, (key, line): &Keyed) -> io::Result<()> {
    for bytes in [key, line] {
        // No line is near 4 GiB.
        out.write_all(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        out.write_all(bytes)?;
    }
    Ok(())
}

fn read_keyed(run: &mut impl Read) -> io::Result<Option<Keyed>> {
    let mut length = [0; 4];
    match run.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut key = vec![0; u32::from_le_bytes(length) as usize];
    run.read_exact(&mut key)?;
    run.read_exact(&mut length)?;
    let mut line = vec![0; u32::from_le_bytes(length) as usize];
    run.read_exact(&mut line)?;
    Ok(Some((key, line)))
}

fn merge(runs: Vec<File>, mut out: impl FnMut(&Keyed) -> io::Result<()>) -> io::Result<()> {
    let mut open = Vec::new();
    let mut heads = BinaryHeap::new();
    for (place, mut run) in runs.into_iter().enumerate() {
        run.seek(SeekFrom::Start(0))?;
        let mut run = BufReader::new(run);
        heads.extend(read_keyed(&mut run)?.map(|keyed| Reverse((keyed, place))));
        open.push(run);
    }
    while let Some(Reverse((keyed, place))) = heads.pop() {
        out(&keyed)?;
        if let Some(run) = open.get_mut(place) {
            heads.extend(read_keyed(run)?.map(|keyed| Reverse((keyed, place))));
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
            to.push(line(n), format!("{n}\n").into_bytes()).unwrap();
            if n % 40 == 0 {
                to.end_run().unwrap();
            }
        }
        all.append(other).unwrap();
        let mut text = Vec::new();
        all.finish(&mut text).unwrap();
        let mut expected: Vec<(Vec<u8>, Vec<u8>)> =
            (0..5000).map(|n| (line(n), format!("{n}\n").into_bytes())).collect();
        expected.sort();
        let expected: Vec<u8> = expected.into_iter().flat_map(|(_, line)| line).collect();
        assert!(text == expected);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
