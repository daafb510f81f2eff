//! A screen that follows flow logs as they come: the newest connections, denials and findings.
//!
//! One thread looks and reads (`follow`), one draws and listens to keys. The terminal is as it was before, however the
//! program ends: by a key, a signal, an error or a panic.

mod columns;
mod follow;
mod keys;
mod model;
mod view;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use flowlog_core::enrich::AddressBook;
use flowlog_core::select::Filter;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::{DefaultTerminal, crossterm};

use crate::book::resolved;
use crate::cli::{TopConfig, parse_where};
use crate::render::{Style, Surroundings};
use crate::{RunError, settings, walk};
use follow::{Ask, Follower, News};
use keys::{Action, Typed};
use model::{Model, Prompt};

/// How long the screen waits for a key before it looks for news and signals.
const TICK: Duration = Duration::from_millis(100);

/// How the person left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a key.
    Quit,
    /// By a signal, or the key that stands for it.
    Signal(u8),
}

const SIGINT: u8 = 2;
/// What shells tell of a program that SIGHUP ended.
const SIGHUP_CODE: i32 = 129;

/// Follows the files of `config` until the person leaves.
///
/// # Errors
/// Standard output is no terminal; settings or files about addresses that cannot be used; inputs that do not exist.
pub fn run(config: &TopConfig, around: &Surroundings) -> Result<End, RunError> {
    if !around.terminal {
        return Err(RunError::NoTerminal);
    }
    let settings = settings::read(&config.settings)?;
    let mut finding = settings::of_findings(&settings);
    let own = config.own.networks(&mut finding.thresholds);
    let book = config.book.read(&settings)?;
    finding.book = Arc::clone(&book);
    // A slip in the options, or in a name, is told before the screen is taken. A folder may still be empty.
    let select = config.select.clone().check(Utc::now()).unwrap_or_default();
    select.resolved(&book)?;
    if let Err(error) = walk::discover(&config.inputs)
        && !matches!(error, walk::WalkError::EmptyFolder(_) | walk::WalkError::NoMatch(_))
    {
        return Err(error.into());
    }
    let signals = Signals::watch();
    end_with_terminal();
    let (asks, asked) = mpsc::channel();
    let (told, news) = mpsc::channel();
    let follower = Follower::new(config, Arc::clone(&book), finding, own);
    thread::spawn(move || follower.follow(&asked, &told));
    let inputs: Vec<String> = config.inputs.iter().map(|path| path.display().to_string()).collect();
    let model = Model { inputs: inputs.join(" "), asked: select.text, ..Model::default() };
    let style = Style::new(config.running.color, config.running.ascii, false, 0, around);
    let mut screen = Screen::take()?;
    let mut live = Live { model, style, book, asks, news };
    match live.run(&mut screen.0, &signals) {
        // Drawing may meet it before the thread that waits for it.
        Err(_) if terminal_has_gone() => hang_up(),
        ended => ended,
    }
}

/// The terminal, given back when this is dropped.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> io::Result<Self> {
        // Also gives the terminal back when a thread panics.
        ratatui::try_init().map(Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
        crossterm::execute!(io::stdout(), crossterm::cursor::Show).ok();
    }
}

/// The screen while it lives.
struct Live {
    model: Model,
    style: Style,
    book: Arc<AddressBook>,
    asks: Sender<Ask>,
    news: Receiver<News>,
}

impl Live {
    fn run(&mut self, terminal: &mut DefaultTerminal, signals: &Signals) -> Result<End, RunError> {
        loop {
            if let Some(signal) = signals.heard() {
                return Ok(End::Signal(signal));
            }
            self.hear()?;
            // Takes the size of the terminal as it is now.
            terminal.draw(|frame| view::draw(frame, &mut self.model, &self.style))?;
            if !event::poll(TICK)? {
                continue;
            }
            // Windows tells releases, too.
            if let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
                && let Some(end) = self.key(key)
            {
                return Ok(end);
            }
        }
    }

    /// Takes in what the follower has told meanwhile.
    fn hear(&mut self) -> Result<(), RunError> {
        loop {
            match self.news.try_recv() {
                Ok(news) => self.model.hear(news),
                Err(TryRecvError::Empty) => return Ok(()),
                // Only if it panicked.
                Err(TryRecvError::Disconnected) => {
                    return Err(io::Error::other("the thread that reads has ended").into());
                }
            }
        }
    }

    fn key(&mut self, key: event::KeyEvent) -> Option<End> {
        if self.model.prompt.is_some() {
            return keys::typed(key).and_then(|typed| self.typed(typed));
        }
        let action = keys::action(key)?;
        self.model.act(action);
        match action {
            Action::Quit => return Some(End::Quit),
            Action::Interrupt => return Some(End::Signal(SIGINT)),
            Action::Sort => self.ask(Ask::Sort(self.model.sort)),
            Action::Pause => self.ask(Ask::Pause(self.model.paused)),
            _ => {}
        }
        None
    }

    fn typed(&mut self, typed: Typed) -> Option<End> {
        let prompt = self.model.prompt.get_or_insert_default();
        prompt.error = None;
        match typed {
            Typed::Char(char) => prompt.push(char),
            Typed::Back => drop(prompt.text.pop()),
            Typed::Clear => prompt.text.clear(),
            Typed::Leave => self.model.prompt = None,
            Typed::Interrupt => return Some(End::Signal(SIGINT)),
            Typed::Done => self.narrow(),
        }
        None
    }

    /// Asks for what was typed, or tells what is wrong with it.
    fn narrow(&mut self) {
        let Some(Prompt { text, .. }) = self.model.prompt.take() else { return };
        let text = text.trim().to_owned();
        match self.condition(&text) {
            Ok(filter) => {
                self.model.typed = text;
                self.ask(Ask::Filter(filter));
            }
            Err(error) => self.model.prompt = Some(Prompt { text, error: Some(error) }),
        }
    }

    fn condition(&self, text: &str) -> Result<Option<Filter>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let filter = parse_where(text).map_err(|error| error.to_string())?;
        resolved(&filter, &self.book).map(Some).map_err(|error| error.to_string())
    }

    /// A follower that has gone is met when news are heard.
    fn ask(&self, ask: Ask) {
        self.asks.send(ask).ok();
    }
}

/// Ends the program when its terminal has gone, as SIGHUP does. Not by a flag: the thread that listens to keys reads
/// without end from a terminal that is no more.
fn end_with_terminal() {
    #[cfg(unix)]
    thread::spawn(|| {
        // The thread that draws may never look at anything again.
        if hung_up(None) {
            hang_up();
        }
    });
}

/// Ends the program at once: there is no terminal to give back, and ratatui, which tells of that on standard error when
/// it is dropped, would panic, since there is none.
fn hang_up() -> ! {
    #[allow(clippy::exit)]
    std::process::exit(SIGHUP_CODE);
}

/// Whether the terminal is no more.
fn terminal_has_gone() -> bool {
    #[cfg(unix)]
    return hung_up(Some(&rustix::event::Timespec::default()));
    #[cfg(not(unix))]
    false
}

/// Waits until the other end of standard input is gone; no longer than `timeout`, and without end if there is none.
#[cfg(unix)]
fn hung_up(timeout: Option<&rustix::event::Timespec>) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let input = io::stdin();
    let mut gone = [PollFd::new(&input, PollFlags::empty())];
    while let Err(rustix::io::Errno::INTR) = poll(&mut gone, timeout) {}
    gone.iter().any(|gone| gone.revents().contains(PollFlags::HUP))
}

/// Signals that end the program.
struct Signals {
    #[cfg(unix)]
    heard: Vec<(u8, Arc<std::sync::atomic::AtomicBool>)>,
}

#[cfg(unix)]
impl Signals {
    fn watch() -> Self {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let watch = |signal: i32| {
            let heard = Arc::default();
            signal_hook::flag::register(signal, Arc::clone(&heard)).ok();
            (u8::try_from(signal).unwrap_or_default(), heard)
        };
        Self { heard: [SIGINT, SIGTERM].map(watch).into() }
    }

    fn heard(&self) -> Option<u8> {
        let raised = self.heard.iter().find(|(_, heard)| heard.load(std::sync::atomic::Ordering::Relaxed));
        raised.map(|(signal, _)| *signal)
    }
}

#[cfg(not(unix))]
impl Signals {
    fn watch() -> Self {
        Self {}
    }

    fn heard(&self) -> Option<u8> {
        None
    }
}
