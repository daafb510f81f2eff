//! Parquet files: rows come in order of time and are written in row groups, so that memory does not grow with them.
//!
//! zstd, statistics of every page, bloom filters on the two addresses, and the order told: what the engines need to read
//! only what a question is about. docs/exports.md tells the types.

mod columns;

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use columns::Kind;
pub(crate) use columns::{Columns, Spec, known_time, names};

/// Rows of a row group: they are in memory, some 30 MB.
const GROUP: usize = 1 << 16;

/// A file being written.
pub(crate) struct ParquetFile<W: Write + Send> {
    out: SerializedFileWriter<W>,
    rows: Columns,
}

impl<W: Write + Send> ParquetFile<W> {
    /// A file with the columns of `specs`, of which rows are in the order of the first `sorted`.
    pub(crate) fn new(out: W, specs: &[Spec], sorted: usize) -> io::Result<Self> {
        let fields = specs.iter().map(Spec::column).collect::<Result<Vec<_>, _>>().map_err(told)?;
        let schema = Type::group_type_builder("flowlog").with_fields(fields).build().map_err(told)?;
        let properties = properties(specs, sorted).map_err(told)?;
        let out = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(told)?;
        Ok(Self { out, rows: Columns::new(specs) })
    }

    /// Adds a row, of which `fill` sets every cell.
    pub(crate) fn row(&mut self, fill: impl FnOnce(&mut Columns)) -> io::Result<()> {
        fill(&mut self.rows);
        self.rows.end_row();
        if self.rows.len() >= GROUP { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> io::Result<()> {
        let mut group = self.out.next_row_group().map_err(told)?;
        self.rows.write(&mut group).map_err(told)?;
        group.close().map(drop).map_err(told)
    }

    /// Writes what is left, and what a file ends with.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.rows.len() > 0 {
            self.end_group()?;
        }
        self.out.close().map(drop).map_err(told)
    }
}

fn properties(specs: &[Spec], sorted: usize) -> Result<WriterProperties, ParquetError> {
    let order = (0..).take(sorted);
    let order =
        order.map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: true }).collect();
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("flowlog-analyze version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP))
        .set_sorting_columns(Some(order));
    for spec in specs.iter().filter(|spec| spec.kind == Kind::Address) {
        properties = properties.set_column_bloom_filter_enabled(ColumnPath::from(spec.name), true);
    }
    Ok(properties.build())
}

fn told(error: ParquetError) -> io::Error {
    match error {
        // What the disk said, not what the library makes of it.
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => *cause,
            Err(cause) => io::Error::other(cause),
        },
        other => io::Error::other(other),
    }
}
