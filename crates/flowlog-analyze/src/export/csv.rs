//! The two CSV files of `--export-csv`.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::output::numbered;
use super::{ExportError, Output, Unfinished};

/// Details and summary of one run, which have the same time and number in their names.
pub(super) struct CsvPair {
    /// One row a tuple; `None` where there are no tuples but only states.
    pub(super) details: Option<Output>,
    /// The report's tables.
    pub(super) summary: Output,
}

impl CsvPair {
    /// Claims names for files begun at `now` (UTC, to the second) in `folder`. Names that are taken get a number.
    pub(super) fn claim(
        folder: &Path,
        now: DateTime<Utc>,
        with_details: bool,
        unfinished: &Unfinished,
    ) -> Result<Self, ExportError> {
        let stamp = now.format("%Y%m%d_%H%M%S");
        let names =
            ["Details", "Summary"].map(|kind| folder.join(format!("VNetFlowAnalysis_{kind}_{stamp}.csv")));
        let mut number = 1;
        loop {
            let [details, summary] = names.each_ref().map(|name| match number {
                1 => name.clone(),
                number => numbered(name, number),
            });
            let claim = |path: &Path| Output::claim(path, false, unfinished);
            let details = with_details.then(|| claim(&details)).transpose();
            match details.and_then(|details| Ok(Self { details, summary: claim(&summary)? })) {
                Err(ExportError::Exists(_) | ExportError::Busy(_)) => number += 1,
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_carry_the_time_and_never_meet_another_run_s() {
        let folder = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_766_848_280, 0).unwrap();
        let claim = || CsvPair::claim(folder.path(), now, true, &Unfinished::default()).unwrap();
        let first = claim();
        assert!(
            first.details.as_ref().unwrap().path().ends_with("VNetFlowAnalysis_Details_20251227_151120.csv")
        );
        assert!(first.summary.path().ends_with("VNetFlowAnalysis_Summary_20251227_151120.csv"));
        let second = claim();
        assert!(
            second
                .details
                .as_ref()
                .unwrap()
                .path()
                .ends_with("VNetFlowAnalysis_Details_20251227_151120_2.csv")
        );
        // One of the two names is enough.
        drop((first, second));
        fs::write(folder.path().join("VNetFlowAnalysis_Summary_20251227_151120.csv"), "mine").unwrap();
        let third = claim();
        assert!(
            third
                .details
                .as_ref()
                .unwrap()
                .path()
                .ends_with("VNetFlowAnalysis_Details_20251227_151120_2.csv")
        );
    }
}
