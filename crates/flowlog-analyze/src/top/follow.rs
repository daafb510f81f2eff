//! Looks whether files are new or have changed, and reads those of the time asked for when they have.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use flowlog_core::connection::Outcome;
use flowlog_core::enrich::AddressBook;
use flowlog_core::finding::{Finding, FindingOptions};
use flowlog_core::flow::OwnNetworks;
use flowlog_core::flows::{Field, FlowNames, FlowOptions, FlowScene, FlowTable, Flows, Prefix, Sort};
use flowlog_core::report::{Report, ReportOptions, build};
use flowlog_core::select::{self, Filter, Window};
use flowlog_core::state::{GatherOptions, Gatherer, Shared};

use crate::RunError;
use crate::cli::{Select, TopConfig};
use crate::pick::pick;
use crate::reduce::{self, Options, Reduced};
use crate::walk::{self, WalkError};
use crate::window::Chosen;

/// Rows of each table: more than anybody scrolls through.
const ROWS: usize = 500;

/// Of the time it takes to look and read, so many times as much is waited: the machine has other work.
const REST: u32 = 4;

/// A span that ends now is of another time after so long, whether or not files have changed.
const STEP: Duration = Duration::from_secs(15);

/// What the screen wants.
pub(super) enum Ask {
    /// Only connections that fulfil this, beside what the options say.
    Filter(Option<Filter>),
    /// Another order.
    Sort(Sort),
    /// Look no more, or again.
    Pause(bool),
}

/// What there is to show.
pub(super) enum News {
    /// Files are being read.
    Reading,
    /// Nothing has changed.
    Same,
    Picture(Box<Picture>),
    /// Why there is nothing new to show.
    Problem(String),
}

/// Everything that is shown.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) files: u64,
    /// Files that could not be read whole.
    pub(super) broken: u64,
    pub(super) tuples: u64,
    /// Connections, without denied attempts.
    pub(super) connections: u64,
    pub(super) denied: u64,
    /// Bytes from and to initiators, each connection once.
    pub(super) bytes: [u64; 2],
    pub(super) window: Window,
    /// Connections that were not denied.
    pub(super) newest: FlowTable,
    pub(super) refused: FlowTable,
    /// The gravest first.
    pub(super) findings: Vec<Finding>,
    /// When it was read, and how long that took.
    pub(super) read: (DateTime<Utc>, Duration),
}

/// A file as it was when it was looked at.
#[derive(PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    size: u64,
    changed: Option<SystemTime>,
}

/// Who looks and reads.
pub(super) struct Follower {
    pub(super) config: TopConfig,
    pub(super) book: Arc<AddressBook>,
    pub(super) finding: FindingOptions,
    pub(super) own: OwnNetworks,
    filter: Option<Filter>,
    sort: Sort,
    seen: Vec<Seen>,
    /// When files were last read.
    read: Option<Instant>,
}

impl Follower {
    pub(super) fn new(
        config: &TopConfig,
        book: Arc<AddressBook>,
        finding: FindingOptions,
        own: OwnNetworks,
    ) -> Self {
        let config = config.clone();
        Self { config, book, finding, own, filter: None, sort: Sort::Last, seen: Vec::new(), read: None }
    }

    /// Works until nobody asks or listens any more.
    pub(super) fn follow(mut self, asks: &Receiver<Ask>, news: &Sender<News>) {
        let (mut paused, mut force) = (false, true);
        loop {
            let begun = Instant::now();
            if force || !paused {
                let told = match self.look(force, news) {
                    Ok(Some(picture)) => News::Picture(Box::new(picture)),
                    Ok(None) => News::Same,
                    Err(error) => News::Problem(error.to_string()),
                };
                if news.send(told).is_err() {
                    return;
                }
            }
            let pause = self.config.every.max(begun.elapsed() * REST);
            force = match asks.recv_timeout(pause) {
                Ok(ask) => self.take(ask, &mut paused),
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Of several at once one reading is enough.
            for ask in asks.try_iter() {
                force |= self.take(ask, &mut paused);
            }
        }
    }

    /// True if everything is to be read again.
    fn take(&mut self, ask: Ask, paused: &mut bool) -> bool {
        match ask {
            Ask::Filter(filter) => self.filter = filter,
            Ask::Sort(sort) => self.sort = sort,
            Ask::Pause(is) => {
                *paused = is;
                return false;
            }
        }
        true
    }

    /// What there is to show, if files have changed or the time asked for has moved on.
    fn look(&mut self, force: bool, news: &Sender<News>) -> Result<Option<Picture>, RunError> {
        let seen = self.files()?;
        let moves = self.config.select.last.is_some() && self.read.is_none_or(|read| read.elapsed() > STEP);
        if !force && !moves && seen == self.seen {
            return Ok(None);
        }
        // A reader that has gone is met when the picture is sent.
        news.send(News::Reading).ok();
        self.seen = seen;
        self.read = Some(Instant::now());
        self.picture().map(Some)
    }

    fn files(&self) -> Result<Vec<Seen>, WalkError> {
        let seen = |input: walk::Input| {
            let changed = fs::metadata(&input.path).and_then(|file| file.modified()).ok();
            Seen { path: input.path, size: input.size, changed }
        };
        Ok(walk::discover(&self.config.inputs)?.into_iter().map(seen).collect())
    }

    /// Reads the files of the time asked for, as a report does.
    pub(super) fn picture(&self) -> Result<Picture, RunError> {
        let (begun, now) = (Instant::now(), Utc::now());
        let running = &self.config.running;
        let mut chosen = Chosen::of(&self.config.inputs, &self.select(now)?)?;
        let gathering = GatherOptions {
            resolve: true,
            findings: self.config.findings,
            provenance: false,
            own: self.own.clone(),
        };
        pick(&mut chosen, gathering.clone(), &self.config.memory, running, false)?;
        let budget = self.config.memory.budget();
        let shared = Shared::new(&budget);
        let options = Options { details: &[], hours: None, selection: &chosen.selection, shared: &shared };
        let Reduced { state, files } = reduce::reduce(&chosen.inputs, &options, true, false)?;
        let gatherer = Gatherer::new(state, gathering);
        let options = ReportOptions {
            top: 1,
            problem_limit: 1,
            finding: self.finding.clone(),
            own: self.own.clone(),
            selection: chosen.row(),
            ..ReportOptions::default()
        };
        let names = FlowNames::of(&gatherer.summary, &self.book);
        let tables = [false, true].map(|denied| self.flow_options(denied, &chosen));
        let [newest, refused] =
            &tables.each_ref().map(|options| FlowScene::new(&gatherer.summary, &names, options));
        let (report, (newest, refused)) =
            build(&gatherer, files, &options, || (Flows::new(newest), Flows::new(refused)))?;
        let mut picture = picture_of(report, newest.finish(), refused.finish(), chosen.selection.window);
        picture.read = (now, begun.elapsed());
        Ok(picture)
    }

    /// What is asked for at this moment.
    fn select(&self, now: DateTime<Utc>) -> Result<Select, RunError> {
        // Was checked when the program began.
        let select = self.config.select.clone().check(now).unwrap_or_default();
        let mut select = select.resolved(&self.book)?;
        if let Some(filter) = &self.filter {
            select.filter = Some(match select.filter {
                Some(asked) => asked.and(filter.clone()),
                None => filter.clone(),
            });
        }
        Ok(select)
    }

    fn flow_options(&self, denied: bool, chosen: &Chosen) -> FlowOptions {
        let of = Filter::of(select::Field::Outcome, if denied { "denied" } else { "allowed" }).ok();
        let asked = chosen.selection.filter.clone();
        let filter = asked.into_iter().chain(of).reduce(Filter::and);
        let mut by = vec![
            Field::Source(Prefix::WHOLE),
            Field::Destination(Prefix::WHOLE),
            Field::Port,
            Field::Protocol,
            Field::Rule,
        ];
        if !denied {
            by.push(Field::Outcome);
        }
        FlowOptions { filter, by, sort: self.sort, limit: ROWS, every_log: false }
    }
}

fn picture_of(report: Report, newest: FlowTable, refused: FlowTable, window: Window) -> Picture {
    let denied = Outcome::Denied.name();
    let denied = report.connections.outcomes.iter().find(|row| row.outcome == denied);
    Picture {
        files: report.totals.files,
        broken: report.totals.files_with_errors,
        tuples: report.totals.tuples,
        connections: report.connections.total,
        denied: denied.map_or(0, |row| row.connections),
        bytes: [report.resolved.bytes_sent, report.resolved.bytes_received],
        window,
        newest,
        refused,
        findings: report.findings.map(|found| found.findings).unwrap_or_default(),
        read: (DateTime::default(), Duration::ZERO),
    }
}
