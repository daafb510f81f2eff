//! What the screen knows: the last picture, and where the person is in it.

use flowlog_core::flows::Sort;

use super::follow::{News, Picture};
use super::keys::Action;

/// Characters of a condition.
const MOST_TYPED: usize = 1_000;

/// What is shown in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Connections,
    Denied,
    Findings,
}

impl Pane {
    pub(super) const ALL: [Self; 3] = [Self::Connections, Self::Denied, Self::Findings];

    /// The pane so many places on, around the end.
    fn on(self, places: usize) -> Self {
        let all = Self::ALL;
        all.into_iter().cycle().nth(self as usize + places).unwrap_or_default()
    }
}

/// A condition while it is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Prompt {
    pub(super) text: String,
    /// What is wrong with what was typed before the last key.
    pub(super) error: Option<String>,
}

impl Prompt {
    pub(super) fn push(&mut self, char: char) {
        if self.text.chars().count() < MOST_TYPED {
            self.text.push(char);
        }
    }
}

/// Everything the screen is drawn from.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// The inputs, as named.
    pub(super) inputs: String,
    /// What the options choose, as a condition.
    pub(super) asked: Option<String>,
    /// What was typed beside it.
    pub(super) typed: String,
    pub(super) prompt: Option<Prompt>,
    pub(super) pane: Pane,
    pub(super) sort: Sort,
    pub(super) paused: bool,
    pub(super) reading: bool,
    pub(super) picture: Option<Picture>,
    /// Why there is no newer picture.
    pub(super) problem: Option<String>,
    /// The selected row of each pane.
    pub(super) selected: [usize; 3],
    /// Rows that fitted the screen when it was drawn.
    pub(super) screen: usize,
}

impl Model {
    /// Rows of the pane.
    pub(super) fn rows(&self, pane: Pane) -> usize {
        self.picture.as_ref().map_or(0, |picture| match pane {
            Pane::Connections => picture.newest.rows.len(),
            Pane::Denied => picture.refused.rows.len(),
            Pane::Findings => picture.findings.len(),
        })
    }

    /// The selected row of the pane that is shown.
    pub(super) fn selected(&self) -> usize {
        let selected = self.selected.get(self.pane as usize).copied().unwrap_or_default();
        selected.min(self.rows(self.pane).saturating_sub(1))
    }

    fn select(&mut self, row: usize) {
        let last = self.rows(self.pane).saturating_sub(1);
        if let Some(selected) = self.selected.get_mut(self.pane as usize) {
            *selected = row.min(last);
        }
    }

    /// Goes where an action leads; others are not the model's.
    pub(super) fn act(&mut self, action: Action) {
        let screen = isize::try_from(self.screen.max(1)).unwrap_or(1);
        match action {
            Action::Pane(pane) => self.pane = pane,
            Action::NextPane => self.pane = self.pane.on(1),
            Action::LastPane => self.pane = self.pane.on(2),
            Action::Rows(rows) => self.select(self.selected().saturating_add_signed(rows)),
            Action::Screens(screens) => self.select(self.selected().saturating_add_signed(screens * screen)),
            Action::First => self.select(0),
            Action::Last => self.select(usize::MAX),
            Action::Sort => self.sort = next_sort(self.sort),
            Action::Pause => self.paused = !self.paused,
            Action::Type => self.prompt = Some(Prompt { text: self.typed.clone(), error: None }),
            Action::Quit | Action::Interrupt => {}
        }
    }

    /// Takes in what the follower tells.
    pub(super) fn hear(&mut self, news: News) {
        self.reading = matches!(news, News::Reading);
        match news {
            News::Reading | News::Same => {}
            News::Picture(picture) => {
                self.picture = Some(*picture);
                self.problem = None;
            }
            News::Problem(problem) => self.problem = Some(problem),
        }
    }
}

fn next_sort(sort: Sort) -> Sort {
    match sort {
        Sort::Last => Sort::Bytes,
        Sort::Bytes => Sort::Connections,
        _ => Sort::Last,
    }
}

/// What rows are ordered by, in words.
pub(super) fn sort_label(sort: Sort) -> &'static str {
    match sort {
        Sort::Bytes => "by bytes",
        Sort::Connections => "by connections",
        _ => "newest first",
    }
}
