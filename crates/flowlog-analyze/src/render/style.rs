//! How a text report may look: width, colour and characters.

use std::env;
use std::ffi::OsStr;
use std::io::IsTerminal;

use crate::cli::ColorChoice;
use crate::words::Lang;

/// Columns assumed where nothing tells the width (a file, a pipe in a job without a terminal).
const PIPE_WIDTH: usize = 100;
/// Narrower than this, tables cannot be read; wider, they only grow gaps.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=400;

/// Where nothing is cut, a name of a hostile log still is: it would pad each row of its table.
const WIDEST: usize = 1000;

/// How the text report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a way to look
pub struct Style {
    /// Columns to fill at most: of prose, headings and charts, and of everything where it is cut to fit.
    pub width: usize,
    /// Names and rows are cut to the width; in a file they are not.
    pub cut: bool,
    /// Use ANSI colour. Nothing is told by colour alone.
    pub color: bool,
    /// Use ASCII characters only.
    pub ascii: bool,
    /// Write Markdown: headings, lists and tables as GitHub shows them.
    pub markdown: bool,
    /// Add bar charts.
    pub graphs: bool,
    /// Rows a table shows at most.
    pub top: usize,
    /// The language of the words.
    pub lang: Lang,
}

#[cfg(test)]
impl Style {
    /// What tests lay out with unless they say otherwise: 80 columns, in English, without colour.
    pub(crate) const PLAIN: Self = Self {
        width: 80,
        cut: true,
        color: false,
        ascii: false,
        markdown: false,
        graphs: false,
        top: 5,
        lang: Lang::En,
    };
}

/// What the place where the report is printed allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Standard output is a terminal (one that is not `TERM=dumb`).
    pub terminal: bool,
    /// Columns to fill, if known: `COLUMNS`, else the terminal's; behind a pipe, which may lead to a pager,
    /// those of the terminal that standard error is on.
    pub columns: Option<usize>,
    /// `NO_COLOR` is set (<https://no-color.org>).
    pub no_color: bool,
    /// Characters beyond ASCII are shown.
    pub unicode: bool,
}

impl Surroundings {
    /// Looks at standard output and the environment.
    pub fn detect() -> Self {
        let number = |text: String| text.trim().parse().ok().filter(|&columns| columns > 0);
        let terminal = std::io::stdout().is_terminal();
        let width = |size: Option<(terminal_size::Width, terminal_size::Height)>| {
            size.map(|(width, _)| usize::from(width.0)).filter(|&columns| columns > 0)
        };
        let asked = env::var("COLUMNS").ok().and_then(number);
        let here = || width(terminal_size::terminal_size_of(std::io::stdout()));
        let beside = || width(terminal_size::terminal_size_of(std::io::stderr()));
        Self {
            terminal: terminal && env::var_os("TERM").is_none_or(|term| term != "dumb"),
            columns: asked.or_else(here).or_else(|| if is_pipe() { beside() } else { None }),
            no_color: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            // Windows consoles take UTF-16 whatever the code page.
            unicode: cfg!(windows) || {
                let set = ["LC_ALL", "LC_CTYPE", "LANG"].map(env::var_os);
                set.into_iter()
                    .flatten()
                    .find(|value| !value.is_empty())
                    .is_some_and(|locale| is_utf8(&locale))
            },
        }
    }
}

/// True if standard output is a pipe: what is read from it may be shown in this terminal. A file keeps its
/// one width, whatever terminal it was written from.
#[cfg(unix)]
fn is_pipe() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let file = std::io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Pipes cannot be told from files here without unsafe code.
#[cfg(not(unix))]
fn is_pipe() -> bool {
    false
}

/// `en_GB.UTF-8`, `C.utf8`: POSIX leaves the spelling of the character set open.
fn is_utf8(locale: &OsStr) -> bool {
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

impl Style {
    /// Joins what was asked for with what the surroundings allow.
    pub fn new(color: ColorChoice, ascii: bool, graphs: bool, top: usize, around: &Surroundings) -> Self {
        Self {
            width: around.columns.unwrap_or(PIPE_WIDTH).clamp(*WIDTHS.start(), *WIDTHS.end()),
            cut: around.columns.is_some(),
            color: match color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => around.terminal && !around.no_color,
            },
            ascii: ascii || !around.unicode,
            markdown: false,
            graphs,
            top,
            lang: Lang::En,
        }
    }
}

impl Style {
    /// The same in a language.
    #[must_use]
    pub fn speaking(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }

    /// Columns a line may have.
    pub(crate) fn limit(&self) -> usize {
        if self.cut { self.width } else { WIDEST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(choice: ColorChoice, terminal: bool, no_color: bool) -> bool {
        let around = Surroundings { terminal, no_color, ..Surroundings::default() };
        Style::new(choice, false, false, 15, &around).color
    }

    #[test]
    fn colour_follows_the_flag_then_no_color_then_the_terminal() {
        assert!(color(ColorChoice::Auto, true, false));
        assert!(!color(ColorChoice::Auto, false, false));
        assert!(!color(ColorChoice::Auto, true, true));
        assert!(color(ColorChoice::Always, false, true));
        assert!(!color(ColorChoice::Never, true, false));
    }

    #[test]
    fn width_comes_from_the_surroundings_within_reason() {
        let width = |columns| {
            let around = Surroundings { columns, ..Surroundings::default() };
            Style::new(ColorChoice::Auto, false, false, 15, &around).width
        };
        assert_eq!((width(Some(132)), width(None), width(Some(3))), (132, 100, 40));
        let limit = |columns| {
            let around = Surroundings { columns, ..Surroundings::default() };
            Style::new(ColorChoice::Auto, false, false, 15, &around).limit()
        };
        assert_eq!((limit(Some(132)), limit(None)), (132, WIDEST));
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        assert!(is_utf8(OsStr::new("en_GB.UTF-8")) && is_utf8(OsStr::new("C.utf8")));
        assert!(!is_utf8(OsStr::new("C")) && !is_utf8(OsStr::new("de_DE.ISO-8859-1")));
        let around = |unicode| Surroundings { unicode, ..Surroundings::default() };
        assert!(Style::new(ColorChoice::Auto, false, false, 1, &around(false)).ascii);
        assert!(!Style::new(ColorChoice::Auto, false, false, 1, &around(true)).ascii);
        assert!(Style::new(ColorChoice::Auto, true, false, 1, &around(true)).ascii);
    }
}
