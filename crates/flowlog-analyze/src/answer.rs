//! What a run tells, in each form: the report and, before it, the pages of the hosts that were asked for.

use std::io::{self, BufWriter, Write};

use flowlog_core::report::Report;

use crate::Outcome;
use crate::cli::{ColorChoice, Config, Format, ReportForm};
use crate::host::HostPage;
use crate::render::{self, CsvStyle, Style, Surroundings};
use crate::words::Lang;

/// What there is to tell, and how it was asked for.
pub(crate) struct Answer<'a> {
    pub(crate) config: &'a Config,
    pub(crate) report: &'a Report,
    pub(crate) lang: Lang,
    /// Of `--specific-ips`, in that order.
    pub(crate) pages: &'a [HostPage],
}

impl Answer<'_> {
    /// For a file, and no page for a browser: as wide as it needs, every character, no colour.
    pub(crate) fn write_file(&self, csv: CsvStyle, form: ReportForm, out: &mut impl Write) -> io::Result<()> {
        let Self { config, report, .. } = self;
        match form {
            ReportForm::Json => render::json::write(out, report),
            ReportForm::Csv => render::csv_summary::write(out, report, csv),
            ReportForm::Text | ReportForm::Markdown => {
                let around = Surroundings { unicode: true, ..Surroundings::default() };
                let ascii = config.running.ascii;
                let style = Style::new(ColorChoice::Never, ascii, config.show_graphs, config.top, &around);
                self.text(out, &Style { markdown: form == ReportForm::Markdown, ..style.speaking(self.lang) })
            }
        }
    }

    /// For standard output.
    pub(crate) fn print(&self, around: &Surroundings, outcome: Outcome, out: impl Write) -> io::Result<()> {
        let config = self.config;
        let mut out = BufWriter::new(out);
        match config.format {
            Format::Json => render::json::write(&mut out, self.report)?,
            Format::Text if outcome == Outcome::NothingAnalysed => {}
            Format::Text => {
                let (color, ascii) = (config.running.color, config.running.ascii);
                let style = Style::new(color, ascii, config.show_graphs, config.top, around);
                self.text(&mut out, &style.speaking(self.lang))?;
            }
        }
        out.flush()
    }

    fn text(&self, out: &mut impl Write, style: &Style) -> io::Result<()> {
        let view = &self.config.view;
        let of_host = Style { top: view.rows(style.top), ..*style };
        for page in self.pages {
            render::host::text(out, page, self.report.selection.as_ref(), &of_host)?;
            writeln!(out)?;
        }
        render::terminal::write(out, self.report, style, view)
    }
}
