//! Columns to read. What is the same in every row stands once, above; the answer in numbers stands last.

use flowlog_core::enrich::FactKind;
use flowlog_core::flows::{Field, FlowRow, FlowTable, Value};
use flowlog_core::report::SelectionRow;

use crate::render::names::{acl_label, direction_label, port_label, protocol_label};
use crate::render::style::Style;
use crate::render::terminal::page::{Page, Tone};
use crate::render::terminal::table::{ADDRESS, Cell, Table, addresses, names, numbers, words};
use crate::render::text::{self, count, period};
use crate::words::{Lang, fill, say};

/// A first column of times beside the last is worth its room from this width on.
const WIDE: usize = 110;

/// A column: its title, whether it is of numbers or of names that may be cut, and its text in each row.
struct Shown {
    title: &'static str,
    kind: Kind,
    cells: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Words,
    Addresses,
    Names,
    Numbers,
}

pub(super) fn page(table: &FlowTable, selection: Option<&SelectionRow>, style: &Style) -> String {
    let mut page = Page::knowing(*style, &table.hosts);
    if let Some(selection) = selection {
        // Wrapped, not cut: an address in it is what was asked for.
        page.prose(&asked(selection, page.lang()), 0, Tone::Dim);
    }
    if table.rows.is_empty() {
        page.line(say!(page.lang(), "No connection is like that."), 0, Tone::Warn);
        if let Some(selection) = selection {
            let (lang, all) = (page.lang(), selection.tuples_left_out);
            let line = fill!(
                lang,
                "{tuples} of that time were looked at.",
                tuples = lang.counted(all, "tuple", "tuples")
            );
            page.line(&line, 0, Tone::Plain);
        }
        return page.into_text();
    }
    draw(&mut page, table);
    ending(&mut page, table);
    page.into_text()
}

/// The rows, below what is the same in all of them.
pub(crate) fn draw(page: &mut Page, table: &FlowTable) {
    let (same, columns): (Vec<Shown>, Vec<Shown>) = fields(table, page.lang())
        .into_iter()
        .partition(|column| table.rows.len() > 1 && is_same(&column.cells));
    let lang = page.lang();
    if !same.is_empty() {
        let told: Vec<String> = same.iter().filter_map(|column| told(lang, column)).collect();
        let told = page.told(&told.join(", "));
        page.prose(&fill!(page.lang(), "Each row: {told}", told), 2, Tone::Plain);
    }
    body(page, table, columns);
}

/// What was asked for, in a line.
pub(crate) fn asked(selection: &SelectionRow, lang: Lang) -> String {
    let time = match (selection.from_ms, selection.to_ms) {
        (Some(from), Some(to)) => Some(format!("{} UTC", period(from, to))),
        (Some(from), None) => Some(fill!(lang, "from {time} UTC", time = text::time(from))),
        (None, Some(to)) => Some(fill!(lang, "before {time} UTC", time = text::time(to))),
        (None, None) => None,
    };
    time.into_iter().chain(selection.filter.clone()).collect::<Vec<_>>().join("; ")
}

fn is_same(cells: &[String]) -> bool {
    cells.first().is_some_and(|first| cells.iter().all(|cell| cell == first))
}

fn told(lang: Lang, column: &Shown) -> Option<String> {
    let cell = column.cells.first()?;
    let title = lang.say(column.title);
    let is_acronym = title.chars().all(char::is_uppercase);
    let title = if is_acronym { title.to_owned() } else { title.to_lowercase() };
    Some(format!("{title} {}", if cell.is_empty() { "-" } else { cell }))
}

/// The fields as columns; port and protocol are one.
fn fields(table: &FlowTable, lang: Lang) -> Vec<Shown> {
    let protocol = table.by.iter().position(|field| *field == Field::Protocol);
    let port = table.by.iter().position(|field| *field == Field::Port);
    let mut columns = Vec::new();
    for (place, &field) in table.by.iter().enumerate() {
        let at = |row: &FlowRow, place: usize| row.values.get(place).cloned();
        let cell = |row: &FlowRow| match (at(row, place), protocol.and_then(|place| at(row, place))) {
            (Some(Value::Port(number)), Some(Value::Protocol(protocol))) if field == Field::Port => {
                port_label(number, protocol.0)
            }
            (Some(value), _) => text_of(&value, field, lang),
            (None, _) => String::new(),
        };
        if field == Field::Protocol && port.is_some() {
            continue;
        }
        let (title, kind) = head(field);
        columns.push(Shown { title, kind, cells: table.rows.iter().map(cell).collect() });
    }
    columns
}

fn head(field: Field) -> (&'static str, Kind) {
    match field {
        Field::Source(_) => ("Source", Kind::Addresses),
        Field::Destination(_) => ("Destination", Kind::Addresses),
        Field::SourcePort => ("From port", Kind::Numbers),
        Field::Port => ("Port", Kind::Words),
        Field::Protocol => ("Protocol", Kind::Words),
        Field::Direction => ("Direction", Kind::Words),
        Field::Outcome => ("Outcome", Kind::Words),
        Field::Rule => ("Rule", Kind::Names),
        Field::Nsg => ("NSG", Kind::Names),
        Field::Nic => ("NIC", Kind::Words),
        Field::Resource => ("Resource", Kind::Names),
        Field::SourceClass => ("Source class", Kind::Words),
        Field::DestinationClass => ("Destination class", Kind::Words),
        Field::Class => ("Class", Kind::Words),
        Field::SourceProvider => ("Source provider", Kind::Names),
        Field::DestinationProvider => ("Destination provider", Kind::Names),
        Field::Provider => ("Provider", Kind::Names),
        Field::SourceFact(kind) => match kind {
            FactKind::Name => ("Source name", Kind::Names),
            FactKind::Country => ("Source country", Kind::Words),
            FactKind::As => ("Source AS", Kind::Names),
            FactKind::Threat => ("Source threat", Kind::Names),
        },
        Field::DestinationFact(kind) => match kind {
            FactKind::Name => ("Destination name", Kind::Names),
            FactKind::Country => ("Destination country", Kind::Words),
            FactKind::As => ("Destination AS", Kind::Names),
            FactKind::Threat => ("Destination threat", Kind::Names),
        },
        Field::EitherFact(kind) => match kind {
            FactKind::Name => ("Name", Kind::Names),
            FactKind::Country => ("Country", Kind::Words),
            FactKind::As => ("AS", Kind::Names),
            FactKind::Threat => ("Threat", Kind::Names),
        },
        Field::Encryption => ("Encryption", Kind::Words),
        Field::Time(_) => ("Time (UTC)", Kind::Words),
    }
}

fn text_of(value: &Value, field: Field, lang: Lang) -> String {
    match value {
        Value::Address(address) => address.to_string(),
        Value::Network(network) => network.to_string(),
        Value::Port(port) => port.to_string(),
        Value::Protocol(protocol) => protocol_label(protocol.0),
        Value::Direction(direction) => lang.say(direction_label(&direction.letter().to_string())).to_owned(),
        Value::Outcome(outcome) => lang.say(outcome.name()).to_owned(),
        Value::Encryption(word) => word.word().to_owned(),
        Value::Class(class) => lang.say(class.label()).to_owned(),
        Value::Provider(name) => name.unwrap_or("-").to_owned(),
        Value::Fact(text) => text.as_deref().unwrap_or("-").to_owned(),
        Value::Name(name) if matches!(field, Field::Nsg | Field::Resource) => acl_label(name).to_owned(),
        Value::Name(name) => name.clone(),
        Value::Time(ms) => text::time(*ms),
    }
}

fn body(page: &mut Page, table: &FlowTable, mut columns: Vec<Shown>) {
    let timed = table.by.iter().any(|field| matches!(field, Field::Time(_)));
    if !timed {
        let [first, last] = times(&table.rows);
        columns.insert(0, Shown { title: "Last", kind: Kind::Words, cells: last });
        if page.style.width >= WIDE {
            columns.insert(0, Shown { title: "First", kind: Kind::Words, cells: first });
        }
    }
    let number = |title, number: &dyn Fn(&FlowRow) -> String| Shown {
        title,
        kind: Kind::Numbers,
        cells: table.rows.iter().map(number).collect(),
    };
    columns.push(number("Conns", &|row| count(row.sums.connections)));
    columns.push(number("Bytes", &|row| text::bytes(row.sums.counters.bytes())));
    if page.style.width >= WIDE {
        columns.push(number("Longest", &|row| text::duration(row.sums.longest_ms)));
    }
    let heads = columns.iter().map(|column| match column.kind {
        Kind::Words if column.title == "Last" => words(column.title).of_less_worth(),
        Kind::Words => words(column.title),
        Kind::Addresses => addresses(column.title),
        Kind::Names => names(column.title, 12).spare(),
        Kind::Numbers => numbers(column.title),
    });
    let mut drawn = Table::new(heads);
    for place in 0..table.rows.len() {
        let cell = |column: &Shown| column.cells.get(place).cloned().unwrap_or_default();
        drawn.push(
            columns
                .iter()
                .map(|column| Cell::from(text::shorten(&cell(column), ADDRESS * 2, page.style.ascii)))
                .collect(),
        );
    }
    drawn.write(page);
}

/// First and last times: without the date if all are of one day, which the last line tells.
fn times(rows: &[FlowRow]) -> [Vec<String>; 2] {
    let all = rows.iter().flat_map(|row| [row.sums.first_ms, row.sums.last_ms]).map(text::time);
    let mut days: Vec<String> =
        all.map(|time| time.split(' ').next().unwrap_or_default().to_owned()).collect();
    days.dedup();
    let from = if days.len() == 1 { "2025-12-01 ".len() } else { "2025-".len() };
    let short = |ms: i64| {
        let time = text::time(ms);
        time.get(from..).unwrap_or(&time).to_owned()
    };
    [
        rows.iter().map(|row| short(row.sums.first_ms)).collect(),
        rows.iter().map(|row| short(row.sums.last_ms)).collect(),
    ]
}

fn ending(page: &mut Page, table: &FlowTable) {
    let (found, shown) = (table.found, table.rows.len() as u64);
    let total = &table.total;
    let (counters, lang) = (&total.counters, page.lang());
    page.blank();
    if shown < found {
        let rest = fill!(
            lang,
            "{shown} of {all} rows; --limit all shows the rest",
            shown = lang.count(shown),
            all = lang.count(found)
        );
        page.line(&rest, 0, Tone::Warn);
    }
    let sums = fill!(
        lang,
        "{rows}: {connections}, {sent} sent, {received} received",
        rows = lang.counted(found, "row", "rows"),
        connections = lang.counted(total.connections, "connection", "connections"),
        sent = lang.bytes(counters.bytes_sent),
        received = lang.bytes(counters.bytes_received)
    );
    page.prose(&sums, 0, Tone::Plain);
    page.line(&format!("{} UTC", period(total.first_ms, total.last_ms)), 0, Tone::Plain);
}
