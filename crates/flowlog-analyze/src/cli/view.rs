//! How much of the report is shown.

use clap::Args;

use crate::render::{Section, View};

/// How much of the report is shown; without any of these the short report.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewArgs {
    /// Print the whole report instead of the short one
    #[arg(long, help_heading = "Report")]
    pub full: bool,

    /// Print what fits a screen of 24 lines
    #[arg(long, help_heading = "Report", conflicts_with = "full")]
    pub brief: bool,

    /// Print these sections alone, in this order
    #[arg(long, value_enum, value_name = "NAME,...", value_delimiter = ',', help_heading = "Report")]
    #[arg(conflicts_with_all = ["full", "brief"])]
    pub section: Vec<Section>,
}

impl ViewArgs {
    /// What they ask for; a section that is named twice is shown once.
    pub(super) fn view(self) -> View {
        let mut sections: Vec<Section> = Vec::new();
        for section in self.section {
            if !sections.contains(&section) {
                sections.push(section);
            }
        }
        match (self.full, self.brief) {
            (true, _) => View::Full,
            (_, true) => View::Brief,
            _ if sections.is_empty() => View::Short,
            _ => View::Sections(sections),
        }
    }
}
