//! What keys mean.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::Pane;

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    /// Ctrl-C, which a raw terminal does not turn into a signal.
    Interrupt,
    Pane(Pane),
    NextPane,
    LastPane,
    /// So many rows on, or back.
    Rows(isize),
    /// So many screens on, or back.
    Screens(isize),
    First,
    Last,
    /// Begin to type a condition.
    Type,
    Sort,
    Pause,
}

/// What a key means while nothing is typed.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if is_ctrl_c(key) {
        return Some(Action::Interrupt);
    }
    Some(match key.code {
        KeyCode::Char('q') => Action::Quit,
        KeyCode::Char('1') => Action::Pane(Pane::Connections),
        KeyCode::Char('2') => Action::Pane(Pane::Denied),
        KeyCode::Char('3') => Action::Pane(Pane::Findings),
        KeyCode::Tab | KeyCode::Right => Action::NextPane,
        KeyCode::BackTab | KeyCode::Left => Action::LastPane,
        KeyCode::Down | KeyCode::Char('j') => Action::Rows(1),
        KeyCode::Up | KeyCode::Char('k') => Action::Rows(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Action::Screens(1),
        KeyCode::PageUp => Action::Screens(-1),
        KeyCode::Home | KeyCode::Char('g') => Action::First,
        KeyCode::End | KeyCode::Char('G') => Action::Last,
        KeyCode::Char('/') => Action::Type,
        KeyCode::Char('s') => Action::Sort,
        KeyCode::Char('p') => Action::Pause,
        _ => return None,
    })
}

/// What a key does to a line that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    Char(char),
    /// The last character goes.
    Back,
    /// All of it goes.
    Clear,
    Done,
    /// Forget it.
    Leave,
    Interrupt,
}

/// What a key means while a condition is typed.
pub(super) fn typed(key: KeyEvent) -> Option<Typed> {
    if is_ctrl_c(key) {
        return Some(Typed::Interrupt);
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('u') if control => Typed::Clear,
        KeyCode::Char(char) if is_plain => Typed::Char(char),
        KeyCode::Backspace => Typed::Back,
        KeyCode::Enter => Typed::Done,
        KeyCode::Esc => Typed::Leave,
        _ => return None,
    })
}

fn is_ctrl_c(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_commands_until_something_is_typed() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(action(key(KeyCode::Char('q'))), Some(Action::Quit));
        assert_eq!(action(key(KeyCode::Char('x'))), None);
        assert_eq!(typed(key(KeyCode::Char('q'))), Some(Typed::Char('q')));
        let control = |char| KeyEvent::new(KeyCode::Char(char), KeyModifiers::CONTROL);
        assert_eq!(
            (action(control('c')), typed(control('c'))),
            (Some(Action::Interrupt), Some(Typed::Interrupt))
        );
        assert_eq!((typed(control('u')), typed(control('x'))), (Some(Typed::Clear), None));
    }
}
