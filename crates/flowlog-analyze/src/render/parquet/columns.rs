//! The columns of a row group.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::{Type, TypePtr};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// The same, with a bloom filter.
    Address,
    /// Milliseconds, UTC.
    Time,
    Int64,
    UInt8,
    UInt16,
    UInt64,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// May hold nothing.
    pub(crate) optional: bool,
}

impl Spec {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, optional: false }
    }

    pub(crate) const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    pub(crate) const fn address(name: &'static str) -> Self {
        Self::new(name, Kind::Address)
    }

    pub(crate) const fn time(name: &'static str) -> Self {
        Self::new(name, Kind::Time)
    }

    pub(crate) const fn int64(name: &'static str) -> Self {
        Self::new(name, Kind::Int64)
    }

    pub(crate) const fn uint8(name: &'static str) -> Self {
        Self::new(name, Kind::UInt8)
    }

    pub(crate) const fn uint16(name: &'static str) -> Self {
        Self::new(name, Kind::UInt16)
    }

    pub(crate) const fn uint64(name: &'static str) -> Self {
        Self::new(name, Kind::UInt64)
    }

    /// The same, which may hold nothing.
    pub(crate) const fn or_null(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(super) fn column(&self) -> Result<TypePtr> {
        let (physical, logical) = match self.kind {
            Kind::Text | Kind::Address => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
            Kind::Int64 => (Physical::INT64, None),
            Kind::UInt8 => (Physical::INT32, Some(LogicalType::integer(8, false))),
            Kind::UInt16 => (Physical::INT32, Some(LogicalType::integer(16, false))),
            Kind::UInt64 => (Physical::INT64, Some(LogicalType::integer(64, false))),
        };
        let repetition = if self.optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let column = Type::primitive_type_builder(self.name, physical);
        column.with_logical_type(logical).with_repetition(repetition).build().map(Arc::new)
    }
}

/// What the columns are called.
pub(crate) const fn names<const N: usize>(specs: [Spec; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut place = 0;
    while place < N {
        names[place] = specs[place].name;
        place += 1;
    }
    names
}

/// Values of one column, those that are there, and which they are.
struct Column {
    values: Values,
    /// One a row: 1 if there is a value. Empty where there always is.
    there: Vec<i16>,
    optional: bool,
}

enum Values {
    Texts(Vec<ByteArray>),
    Small(Vec<i32>),
    Large(Vec<i64>),
}

/// The rows of a row group. The cells of a row are set one after the other.
pub(crate) struct Columns {
    all: Vec<Column>,
    /// The column of the cell that comes next.
    next: usize,
    rows: usize,
}

/// The last moment that every engine knows: the end of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

impl Columns {
    pub(super) fn new(specs: &[Spec]) -> Self {
        let column = |spec: &Spec| {
            let values = match spec.kind {
                Kind::Text | Kind::Address => Values::Texts(Vec::new()),
                Kind::UInt8 | Kind::UInt16 => Values::Small(Vec::new()),
                Kind::Time | Kind::Int64 | Kind::UInt64 => Values::Large(Vec::new()),
            };
            Column { values, there: Vec::new(), optional: spec.optional }
        };
        Self { all: specs.iter().map(column).collect(), next: 0, rows: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn end_row(&mut self) {
        debug_assert_eq!(self.next, self.all.len());
        self.next = 0;
        self.rows += 1;
    }

    /// The values that the next cell goes to, after `is_there` was noted.
    fn cell(&mut self, is_there: bool) -> Option<&mut Values> {
        let column = self.all.get_mut(self.next)?;
        self.next += 1;
        if column.optional {
            column.there.push(is_there.into());
        }
        is_there.then_some(&mut column.values)
    }

    /// Sets the next cell to a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.text_or_null(Some(text));
    }

    /// Sets the next cell to a text, or nothing.
    pub(crate) fn text_or_null(&mut self, text: Option<&str>) {
        if let (Some(Values::Texts(texts)), Some(text)) = (self.cell(text.is_some()), text) {
            // The same name often comes again at once: it is one piece of memory.
            let again = texts.last().filter(|last| last.data() == text.as_bytes()).cloned();
            texts.push(again.unwrap_or_else(|| ByteArray::from(text)));
        }
    }

    /// Sets the next cell to a number.
    pub(crate) fn number(&mut self, number: impl Into<u64>) {
        self.number_or_null(Some(number.into()));
    }

    /// Sets the next cell to a number, or nothing.
    pub(crate) fn number_or_null(&mut self, number: Option<u64>) {
        let number = number.map(u64::cast_signed);
        match (self.cell(number.is_some()), number) {
            (Some(Values::Large(all)), Some(number)) => all.push(number),
            // A port or a protocol.
            (Some(Values::Small(all)), Some(number)) => all.push(i32::try_from(number).unwrap_or(i32::MAX)),
            _ => {}
        }
    }

    /// Sets the next cell to a signed number.
    pub(crate) fn signed(&mut self, number: i64) {
        if let Some(Values::Large(all)) = self.cell(true) {
            all.push(number);
        }
    }

    /// Sets the next cell to a time, or nothing. One before 1970 or after 9999 is the nearest of these: there are engines
    /// that read nothing of a file with any other.
    pub(crate) fn time_or_null(&mut self, ms: Option<i64>) {
        if let (Some(Values::Large(all)), Some(ms)) = (self.cell(ms.is_some()), ms) {
            all.push(known_time(ms));
        }
    }

    /// Sets the next cell to a time.
    pub(crate) fn time(&mut self, ms: i64) {
        self.time_or_null(Some(ms));
    }

    /// Writes all rows, and forgets them.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<()> {
        for column in &mut self.all {
            let mut out = group
                .next_column()?
                .ok_or_else(|| ParquetError::General("a column is missing".to_owned()))?;
            let there = column.optional.then_some(column.there.as_slice());
            match (out.untyped(), &mut column.values) {
                (ColumnWriter::ByteArrayColumnWriter(out), Values::Texts(all)) => {
                    out.write_batch(all, there, None)?;
                    all.clear();
                }
                (ColumnWriter::Int32ColumnWriter(out), Values::Small(all)) => {
                    out.write_batch(all, there, None)?;
                    all.clear();
                }
                (ColumnWriter::Int64ColumnWriter(out), Values::Large(all)) => {
                    out.write_batch(all, there, None)?;
                    all.clear();
                }
                _ => return Err(ParquetError::General("a column is of another type".to_owned())),
            }
            out.close()?;
            column.there.clear();
        }
        self.rows = 0;
        Ok(())
    }
}

/// A time as every engine knows it.
pub(crate) fn known_time(ms: i64) -> i64 {
    ms.clamp(0, LAST_MS)
}
