//! What the script gets: facts, tables and series, with all texts in the page's language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use flowlog_core::report::{Line, Report};
use serde::Serialize;
use serde_json::Value;

use super::{Told, hosts, lists, network, shown, traffic};
use crate::render::flows::asked;
use crate::render::text;
use crate::words::{self, Lang};

/// Rows of a table at most; the table tells how many there are in all.
pub(super) const ROWS: usize = 1_500;

/// Everything on the page.
#[derive(Serialize)]
pub(super) struct Page {
    lang: &'static str,
    words: BTreeMap<&'static str, &'static str>,
    title: &'static str,
    subtitle: String,
    asked: Option<String>,
    facts: Vec<Fact>,
    remarks: Vec<String>,
    timeline: Series,
    findings: Option<shown::Findings>,
    hosts: Vec<hosts::Host>,
    charts: network::Charts,
    tables: Vec<Sheet>,
}

impl Page {
    pub(super) fn of(told: &Told<'_>, lang: Lang) -> Self {
        let report = told.report;
        let remarks = report.coverage.remarks.iter();
        let mut page = Self {
            lang: lang.code(),
            words: words::of_page().iter().map(|text| (text.key, text.of(lang))).collect(),
            title: lang.say("title"),
            subtitle: period(report, lang),
            asked: report
                .selection
                .as_ref()
                .map(|selection| lang.fill("asked", &[("what", &asked(selection, lang))])),
            facts: traffic::facts(report, lang),
            remarks: remarks.map(|remark| words::remark(lang, remark)).collect(),
            timeline: Series::of(&told.charts.timeline),
            findings: report.findings.as_ref().map(|found| shown::findings(found, told, lang)),
            hosts: hosts::hosts(told, lang),
            charts: network::charts(told, lang),
            tables: tables(told, lang),
        };
        if !told.book.is_empty() {
            page.sheets().for_each(|sheet| sheet.tell(told.book));
        }
        page
    }

    /// Every table.
    fn sheets(&mut self) -> impl Iterator<Item = &mut Sheet> {
        let evidence = self.findings.iter_mut().flat_map(shown::Findings::sheets);
        self.tables.iter_mut().chain(evidence).chain(self.hosts.iter_mut().flat_map(hosts::Host::sheets))
    }
}

fn tables(told: &Told<'_>, lang: Lang) -> Vec<Sheet> {
    let mut tables = network::tables(told, lang);
    tables.extend(traffic::tables(told.report, lang));
    tables.extend(lists::tables(told.report, lang));
    tables
}

fn period(report: &Report, lang: Lang) -> String {
    match (report.totals.first_time_ms, report.totals.last_time_ms) {
        (Some(first), Some(last)) => {
            format!("{} UTC ({})", text::period(first, last), text::duration(first.abs_diff(last)))
        }
        _ => lang.say("no_flows").to_owned(),
    }
}

/// A figure: its name, how it is shown, and a remark.
#[derive(Serialize)]
pub(super) struct Fact(pub(super) &'static str, pub(super) Kind, pub(super) Value, pub(super) Option<String>);

/// Tuples over time: start, width of a row, and of each row its place, bytes each way, begun and denied.
#[derive(Serialize)]
pub(super) struct Series {
    pub(super) start: i64,
    pub(super) width: u64,
    pub(super) rows: Vec<[u64; 5]>,
}

impl Series {
    fn of(line: &Line) -> Self {
        let (width, start) = (line.width_ms.max(1), line.rows.first().map_or(0, |row| row.time_ms));
        let place = |time_ms: i64| time_ms.abs_diff(start) / width;
        let rows = line
            .rows
            .iter()
            .map(|row| [place(row.time_ms), row.bytes_sent, row.bytes_received, row.begun, row.denied]);
        Self { start, width, rows: rows.collect() }
    }
}

/// How a cell is shown.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    /// Addresses, paths: in a font of equal widths.
    Code,
    Count,
    Bytes,
    /// Unix ms.
    Time,
    Flag,
}

/// One column.
#[derive(Serialize)]
pub(super) struct Column {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: Kind,
    /// A bar shows how its number compares with the largest.
    pub(super) bar: bool,
}

/// One table.
#[derive(Serialize)]
pub(super) struct Sheet {
    #[serde(skip)]
    pub(super) lang: Lang,
    /// Its place on the page, and the name of its CSV file.
    id: String,
    title: String,
    note: Option<&'static str>,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Value>>,
    /// Rows there are, of which these are the first.
    total: u64,
    /// Columns with the first and the last time of a row.
    pub(super) times: Option<[usize; 2]>,
    /// Sums of the rows over time.
    pub(super) series: Option<Sums>,
}

/// What rows of a table are over time.
#[derive(Serialize)]
pub(super) struct Sums {
    pub(super) start: i64,
    pub(super) width: i64,
    /// Columns of the table.
    pub(super) columns: [usize; 3],
    /// Of each row the values of each of these columns.
    pub(super) rows: Vec<[Vec<u64>; 3]>,
}

impl Sheet {
    /// A table called by `title`, empty yet.
    pub(super) fn new(lang: Lang, title: &'static str) -> Self {
        let id = title.trim_start_matches("t_").to_owned();
        let title = lang.say(title).to_owned();
        let (columns, rows) = (Vec::new(), Vec::new());
        Self { lang, id, title, note: None, columns, rows, total: 0, times: None, series: None }
    }

    pub(super) fn called(mut self, id: String) -> Self {
        self.id = id;
        self
    }

    pub(super) fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    /// Its columns, called in its language.
    pub(super) fn columns(mut self, columns: impl IntoIterator<Item = Key>) -> Self {
        let named = |Key(key, kind, bar)| Column { name: self.lang.say(key).into(), kind, bar };
        self.columns = columns.into_iter().map(named).collect();
        self
    }

    /// Its rows, of which there are `total`.
    pub(super) fn rows(mut self, rows: impl Iterator<Item = Vec<Value>>, total: u64) -> Self {
        self.rows = rows.take(ROWS).collect();
        self.total = total.max(self.rows.len() as u64);
        self
    }

    /// The columns with first and last time.
    pub(super) fn times(mut self, first: usize, last: usize) -> Self {
        self.times = Some([first, last]);
        self
    }

    pub(super) fn series(mut self, series: Sums) -> Self {
        self.series = Some(series);
        self
    }

    /// Itself, unless it has no rows.
    pub(super) fn if_any(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }
}

/// A column of a [`Sheet`], which names it by the catalogue's text of `key`.
pub(super) fn column(key: &'static str, kind: Kind) -> Key {
    Key(key, kind, false)
}

/// A column before it has its name: key of that, kind, whether it has a bar.
#[derive(Clone, Copy)]
pub(super) struct Key(&'static str, Kind, bool);

impl Key {
    /// The same, with a bar.
    pub(super) fn bar(self) -> Self {
        Self(self.0, self.1, true)
    }
}

/// A row of cells.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => { vec![$(serde_json::Value::from($cell)),*] };
}
pub(super) use cells;
