//! Options that an analysis and a comparison share.

use std::num::NonZeroUsize;

use clap::Args;
use flowlog_cli::config::{ConfigArgs, Settings, delimiter};
use flowlog_cli::number::at_once;

use super::{ColorChoice, FailOn};
use crate::render::{CsvStyle, Surroundings};
use crate::words::Lang;

/// Which findings are looked for, and what follows from them.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingArgs {
    /// Exit with 10 on a finding this grave or graver
    ///
    /// In a comparison: on a new one.
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Findings")]
    pub fail_on: Option<FailOn>,

    /// Look for no findings: a third faster, with less memory
    #[arg(long, help_heading = "Findings", conflicts_with = "fail_on")]
    pub no_findings: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub settings: ConfigArgs,
}

/// How CSV files are written.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvArgs {
    /// What parts the cells of CSV files: , or ; or tab [default: ,]
    ///
    /// Spreadsheets of languages with a decimal comma take the semicolon.
    #[arg(long, value_name = "CHAR", value_parser = delimiter, help_heading = "Output")]
    pub csv_delimiter: Option<u8>,

    /// Begin CSV files with a byte-order mark, as Excel wants it
    #[arg(long, help_heading = "Output")]
    pub csv_bom: bool,
}

impl CsvArgs {
    /// The options, and what `settings` say where there are none.
    pub fn style(&self, settings: &Settings) -> CsvStyle {
        CsvStyle {
            delimiter: self.csv_delimiter.or(settings.csv_delimiter).unwrap_or(b','),
            bom: self.csv_bom || settings.csv_bom.unwrap_or(false),
        }
    }
}

/// In which language people are told.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LangArgs {
    /// Language of reports, tables and pages [default: en]
    ///
    /// What programs read stays as it is: JSON, CSV, NDJSON and Parquet. Help and errors are in English. Also lang in
    /// flowlog.toml, and FLOWLOG_LANG.
    #[arg(long, value_enum, help_heading = "Output")]
    pub lang: Option<Lang>,
}

impl LangArgs {
    /// The option, and what `settings` say where there is none.
    pub fn lang(self, settings: &Settings) -> Lang {
        self.lang.or_else(|| Lang::of_code(settings.lang.as_deref()?)).unwrap_or_default()
    }
}

/// How any run goes, whatever it is asked.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// When to colour the text
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, help_heading = "Output")]
    pub color: ColorChoice,

    /// Use ASCII characters only, as where the locale is not UTF-8
    #[arg(long, help_heading = "Output")]
    pub ascii: bool,

    /// Show no progress bar
    #[arg(long, short, help_heading = "Run")]
    pub quiet: bool,

    /// Exit with 3 if any tuple is malformed
    ///
    /// Without it, only if a file could not be read whole.
    #[arg(long, help_heading = "Run")]
    pub strict: bool,

    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = at_once, help_heading = "Run")]
    pub threads: Option<NonZeroUsize>,
}

/// See [`Running::threads`].
const MOST_THREADS: usize = 1024;

impl Running {
    /// True if nothing but ASCII is to be written.
    pub fn ascii(&self, around: &Surroundings) -> bool {
        self.ascii || !around.unicode
    }

    /// Worker threads: as many as asked for, or one a processor. More than there are partitions would have no work.
    pub fn threads(&self) -> usize {
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(processors).get().min(MOST_THREADS)
    }
}
