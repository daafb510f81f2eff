//! What is no record of Azure's and says the same: records that a shipper of logs wrapped in a field, rows of one tuple
//! (objects, or lines of a table), and rows of Traffic Analytics.
//!
//! [`Found::Native`] is left to `document`. Every row is pushed as one tuple or a few; rows that follow each other and
//! are of one record make one. See docs/inputs.md for what is read of each field.

mod analytics;
mod column;
mod flat;
mod native;
mod row;
mod table;
mod value;

use super::document::Counts;
use super::name::{MAX_ID_BYTES, MAX_NAME_BYTES, bounded};
use super::tuple::{self, looks_like_tuple};
use super::{LogKind, MalformedTuple, RecordContext, Sink};
use crate::flow::FlowTuple;
use column::Column;
use row::Row;
pub(super) use row::Wrapped;
pub(super) use table::{Begin, Table, begin};

/// What an object, or the line of a table, is.
pub(super) enum Found<'t> {
    /// A record, or what `document` must tell of.
    Native,
    /// A row, which was pushed.
    Row,
    /// It may pass records on; the names of its fields.
    Wrapped(Vec<Wrapped<'t>>, Vec<String>),
    /// Nothing that is understood; the names of its fields.
    Stranger(Vec<String>),
}

/// Reads an object at `offset` of the input.
pub(super) fn object<'t, S: Sink>(object: &'t str, offset: u64, out: &mut Out<'_, S>) -> Found<'t> {
    if native::is_native(object) {
        return Found::Native;
    }
    let Ok(mut row) = Row::of_object(object) else { return Found::Native };
    // No tuple is passed over in silence: `document` tells of those that stand where they do not belong.
    let tuples = tuples_in(object);
    if tuples > 1 {
        row.wrapped.retain(|wrapped| wrapped.tuples() == tuples);
        return if row.wrapped.is_empty() { Found::Native } else { Found::Wrapped(row.wrapped, row.keys) };
    }
    row.find_tuple();
    if row.has(Column::Tuple) && tuple::parse(row.text(Column::Tuple)).is_err() {
        return Found::Native;
    }
    match fields(row, object, offset, out) {
        Found::Wrapped(wrapped, keys) if tuples > 0 => {
            let whole = wrapped.into_iter().filter(|wrapped| wrapped.tuples() == tuples);
            Found::Wrapped(whole.collect(), keys)
        }
        found => found,
    }
}

/// Texts in an object that begin like a tuple, those in JSON that is a text itself not counted.
fn tuples_in(json: &str) -> usize {
    let quotes = memchr::memchr_iter(b'"', json.as_bytes());
    let texts = quotes.filter_map(|at| {
        let (before, rest) = (json.get(..at)?, json.get(at + 1..)?);
        let is_text = !before.ends_with('\\') && rest.starts_with(|c: char| c.is_ascii_digit() || c == ' ');
        is_text.then(|| rest.split('"').next().unwrap_or_default().trim_start())
    });
    texts.filter(|text| looks_like_tuple(text)).count()
}

/// Reads a row, whose own text is `text`.
fn fields<'t, S: Sink>(mut row: Row<'t>, text: &str, offset: u64, out: &mut Out<'_, S>) -> Found<'t> {
    let keys = std::mem::take(&mut row.keys);
    match Shape::of(&row) {
        Some(Shape::Analytics) => analytics::push(&row, text, offset, out),
        Some(Shape::Flat) => flat::push(&row, text, offset, out),
        None if row.wrapped.is_empty() => return Found::Stranger(keys),
        None => return Found::Wrapped(row.wrapped, keys),
    }
    Found::Row
}

/// What rows can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Flat,
    Analytics,
}

impl Shape {
    /// What fields make a row, whatever they say.
    fn of(row: &Row<'_>) -> Option<Self> {
        use Column::{
            AllowedIn, AnyTime, Decision, DeniedIn, Destination, DestinationPort, DestinationPublic,
            Direction, FlowStart, Protocol, Source, SourcePort, SourcePublic, State, SubType, Time, Tuple,
        };
        let has = |columns: &[Column]| columns.iter().any(|column| row.has(*column));
        let ends = has(&[Source, SourcePublic]) && has(&[Destination, DestinationPublic]);
        let rest = ends && has(&[DestinationPort]) && has(&[Protocol]) && has(&[Direction]);
        if row.has(Tuple) {
            Some(Self::Flat)
        } else if rest && row.has(FlowStart) && has(&[Decision, AllowedIn, DeniedIn]) {
            // The table has other kinds of rows, too.
            matches!(row.text(SubType), "" | "FlowLog").then_some(Self::Analytics)
        } else if rest && has(&[SourcePort]) && has(&[Time, AnyTime]) && has(&[State, Decision]) {
            Some(Self::Flat)
        } else {
            None
        }
    }
}

/// What the last row said of its record and rule.
#[derive(Debug, Default)]
pub(super) struct Last {
    record: Option<(Option<i64>, LogKind)>,
    mac: String,
    resource: String,
    acl: String,
    rule: String,
}

impl Last {
    /// What was pushed since is of another record.
    pub(super) fn forget(&mut self) {
        self.record = None;
    }
}

/// Where rows go.
pub(super) struct Out<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) counts: &'a mut Counts,
    pub(super) last: &'a mut Last,
}

impl<S: Sink> Out<'_, S> {
    /// The tuples that follow are of this row.
    fn begin(&mut self, row: &Row<'_>, kind: LogKind, time_ms: Option<i64>, offset: u64) {
        let mac = bounded(row.text(Column::Mac), MAX_NAME_BYTES);
        let resource = bounded(row.text(Column::Resource), MAX_ID_BYTES);
        let acl = bounded(row.text(Column::Acl), MAX_ID_BYTES);
        let rule = bounded(row.text(Column::Rule), MAX_NAME_BYTES);
        let last = &mut *self.last;
        let same = last.record == Some((time_ms, kind)) && last.mac == mac && last.resource == resource;
        if same && last.acl == acl && last.rule == rule {
            return;
        }
        if !same {
            self.counts.records += 1;
            last.record = Some((time_ms, kind));
            mac.as_ref().clone_into(&mut last.mac);
            resource.as_ref().clone_into(&mut last.resource);
        }
        self.sink.record(&RecordContext { time_ms, mac: &mac, kind, resource: &resource, offset });
        self.sink.rule(&acl, &rule);
        acl.as_ref().clone_into(&mut last.acl);
        rule.as_ref().clone_into(&mut last.rule);
    }

    fn tuple(&mut self, tuple: &FlowTuple, word: Option<&str>) {
        if let Some(word) = word {
            self.sink.encryption_word(&bounded(word, MAX_NAME_BYTES));
        }
        self.counts.tuples += 1;
        self.sink.tuple(tuple);
    }

    fn malformed(&mut self, reason: &'static str, text: &str, offset: u64) {
        self.counts.malformed += 1;
        self.counts.first_malformed.get_or_insert((offset, reason));
        self.sink.malformed(&MalformedTuple { reason, text, offset });
    }
}

#[cfg(test)]
mod tests;
