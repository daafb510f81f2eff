//! A folder of Parquet files, one an hour: `date=2026-01-15/hour=09/part-0.parquet`, as Hive names them and every engine
//! knows.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::render::parquet::{Columns, ParquetFile, Spec, known_time};
use crate::render::time;

const HOUR_MS: i64 = 3_600_000;

/// A folder being filled in order of time: one file is open at a time.
pub(super) struct HourFolder {
    folder: PathBuf,
    specs: Vec<Spec>,
    sorted: usize,
    open: Option<(i64, Part)>,
}

struct Part {
    path: PathBuf,
    file: ParquetFile<BufWriter<File>>,
}

impl HourFolder {
    /// Makes `folder`, whose files have the columns of `specs` and are in the order of the first `sorted`.
    pub(super) fn new(folder: &Path, specs: Vec<Spec>, sorted: usize) -> io::Result<Self> {
        fs::create_dir(folder)?;
        Ok(Self { folder: folder.to_owned(), specs, sorted, open: None })
    }

    /// Adds a row of the time `ms`, which is not before that of the row before.
    pub(super) fn row(&mut self, ms: i64, fill: impl FnOnce(&mut Columns)) -> io::Result<()> {
        let hour = known_time(ms).div_euclid(HOUR_MS);
        if self.open.as_ref().is_none_or(|(open, _)| *open != hour) {
            self.end_hour()?;
            self.open = Some((hour, self.part(hour)?));
        }
        match &mut self.open {
            Some((_, part)) => part.file.row(fill),
            None => Ok(()),
        }
    }

    fn part(&self, hour: i64) -> io::Result<Part> {
        // `2026-01-15 09:00:00`
        let name = time(hour * HOUR_MS);
        let (date, clock) = name.split_once(' ').unwrap_or((&name, "00"));
        let hour = clock.get(..2).unwrap_or("00");
        let folder = self.folder.join(format!("date={date}")).join(format!("hour={hour}"));
        fs::create_dir_all(&folder)?;
        let path = folder.join("part-0.parquet");
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Part { path, file: ParquetFile::new(BufWriter::new(file), &self.specs, self.sorted)? })
    }

    fn end_hour(&mut self) -> io::Result<()> {
        let Some((_, Part { path, file })) = self.open.take() else { return Ok(()) };
        file.finish()?;
        File::open(path)?.sync_all()
    }

    /// All rows are there.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end_hour()
    }
}
