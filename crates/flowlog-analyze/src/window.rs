//! Which files may hold flows of the time asked for, and how far the data go.
//!
//! The downloader's tree and Azure's own folders name the hour of a file. A file that is named in another way may hold
//! any time and is always read.

use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use chrono::NaiveDate;
use flowlog_core::bytes::{self, Part};
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_core::report::SelectionRow;
use flowlog_core::select::{Selection, Window};
use flowlog_core::state::HOUR_MS;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::RunError;
use crate::cli::Select;
use crate::walk::{self, Input, InputKind};

/// What is to be read, and what of it is asked for.
pub struct Chosen {
    /// Files that may hold tuples of the time asked for.
    pub inputs: Vec<Input>,
    /// Which tuples.
    pub selection: Selection,
    /// The condition as it was asked for.
    pub filter_text: Option<String>,
    /// Files that were not opened: their names tell another time.
    pub left_out: u64,
}

impl Chosen {
    /// Finds the files behind `named` that may hold what `select` asks for.
    ///
    /// # Errors
    /// Names that lead nowhere; and a time of which no file is.
    pub fn of(named: &[PathBuf], select: &Select) -> Result<Self, RunError> {
        let found = walk::discover(named)?;
        let mut window = select.window;
        if let Some(span) = select.last_of_data {
            let newest = newest_ms(&found).ok_or(RunError::NoNewest)?;
            window = Window {
                from_ms: Some(newest.saturating_sub(span.num_milliseconds())),
                to_ms: Some(newest.saturating_add(1)),
            };
        }
        let (inputs, left_out) = within(found, &window)?;
        let selection = Selection { window, filter: select.filter.clone(), picked: None };
        Ok(Self { inputs, selection, filter_text: select.text.clone(), left_out })
    }

    /// What a report tells of it; `None` if everything is asked for.
    pub fn row(&self) -> Option<SelectionRow> {
        let Window { from_ms, to_ms } = self.selection.window;
        (!self.selection.is_all()).then(|| SelectionRow {
            from_ms,
            to_ms,
            filter: self.filter_text.clone(),
            files_left_out: self.left_out,
            tuples_left_out: 0,
        })
    }
}

/// Tuples of an hour's last minute stand in the next hour's first record.
const LATE_MS: i64 = 120_000;

/// Parts inputs into those that may hold tuples of `window` and the number of those that cannot, going by their names.
///
/// # Errors
/// None that may.
fn within(inputs: Vec<Input>, window: &Window) -> Result<(Vec<Input>, u64), RunError> {
    if window.is_all() {
        return Ok((inputs, 0));
    }
    let hours: Vec<Option<i64>> = inputs.par_iter().map(|input| hour_ms(&input.path)).collect();
    let may_hold = |hour: Option<i64>| {
        hour.is_none_or(|hour| {
            window.to_ms.is_none_or(|to| hour - LATE_MS < to)
                && window.from_ms.is_none_or(|from| from < hour + HOUR_MS)
        })
    };
    let all = inputs.len();
    let kept = inputs.into_iter().zip(&hours).filter(|(_, hour)| may_hold(**hour));
    let kept: Vec<Input> = kept.map(|(input, _)| input).collect();
    let known = || hours.iter().flatten().copied();
    if let (true, Some((first_ms, last))) = (kept.is_empty(), known().min().zip(known().max())) {
        return Err(RunError::OtherTime { first_ms, last_ms: last + HOUR_MS });
    }
    let left_out = all - kept.len();
    Ok((kept, left_out as u64))
}

/// Beginning of the hour that a path names, Unix ms: `2025-10-05/09/FlowLog_...` or `y=2025/m=10/d=05/h=09/m=00/...`.
fn hour_ms(path: &Path) -> Option<i64> {
    let names: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    azure_hour(&names).or_else(|| tree_hour(&names))
}

fn azure_hour(names: &[&str]) -> Option<i64> {
    let number = |name: &str, key: &str| name.strip_prefix(key).and_then(digits);
    names.windows(4).rev().find_map(|names| match names {
        [year, month, day, hour] => {
            let date = date(number(year, "y=")?, number(month, "m=")?, number(day, "d=")?)?;
            hour_of(date, number(hour, "h=")?)
        }
        _ => None,
    })
}

fn tree_hour(names: &[&str]) -> Option<i64> {
    let [.., day, hour, file] = names else { return None };
    let hour = digits(hour).filter(|_| file.starts_with("FlowLog_") && hour.len() == 2)?;
    hour_of(day.parse().ok().filter(|_| day.len() == 10)?, hour)
}

fn digits(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn hour_of(date: NaiveDate, hour: u32) -> Option<i64> {
    Some(date.and_hms_opt(hour, 0, 0)?.and_utc().timestamp_millis())
}

/// The newest tuple of all files, Unix ms; `None` if there is none. The newest hours are read first, and no others if
/// they have any. Streams are left alone.
fn newest_ms(inputs: &[Input]) -> Option<i64> {
    let files = || inputs.iter().filter(|input| input.kind == InputKind::File);
    let unnamed: Vec<&Input> = files().filter(|input| hour_ms(&input.path).is_none()).collect();
    let mut hours: Vec<(i64, &Input)> =
        files().filter_map(|file| Some((hour_ms(&file.path)?, file))).collect();
    hours.sort_unstable_by_key(|(hour, _)| std::cmp::Reverse(*hour));
    let mut newest = read(&unnamed);
    for of_hour in hours.chunk_by(|(a, _), (b, _)| a == b) {
        let files: Vec<&Input> = of_hour.iter().map(|(_, file)| *file).collect();
        let found = read(&files);
        newest = newest.max(found);
        if found.is_some() {
            break;
        }
    }
    newest
}

fn read(files: &[&Input]) -> Option<i64> {
    let (next, newest) = (AtomicUsize::new(0), AtomicI64::new(i64::MIN));
    rayon::broadcast(|_| {
        let (mut decoder, mut seen) = (Decoder::default(), Newest(i64::MIN));
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut part = |part: Part<'_>| {
                decoder.decode(part.bytes, &mut seen);
                ControlFlow::Continue(())
            };
            // Reading it for the report will tell what is wrong.
            let _ = bytes::each_part(&file.path, |_| (), &walk::is_flow_log, &mut part);
        }
        newest.fetch_max(seen.0, Ordering::Relaxed);
    });
    Some(newest.into_inner()).filter(|&newest| newest > i64::MIN)
}

struct Newest(i64);

impl Sink for Newest {
    fn record(&mut self, _: &RecordContext<'_>) {}
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.0 = self.0.max(tuple.time_ms);
    }
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINE: i64 = 1_759_654_800_000;

    #[test]
    fn folders_of_azure_and_of_the_downloader_name_the_hour() {
        let hour = |path: &str| hour_ms(Path::new(path));
        assert_eq!(hour("FlowLogs/2025-10-05/09/FlowLog_090000_x.json"), Some(NINE));
        assert_eq!(hour("c/y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json"), Some(NINE));
        for other in [
            "2025-10-05/09/PT1H.json",
            "2025-10-05/9/FlowLog_x.json",
            "2025-10-05/24/FlowLog_x.json",
            "2025-13-05/09/FlowLog_x.json",
            "y=2025/m=10/d=05/PT1H.json",
            "y=+2025/m=10/d=05/h=09/PT1H.json",
            "FlowLog_x.json",
            "-",
        ] {
            assert_eq!(hour(other), None, "{other}");
        }
    }

    #[test]
    fn the_hour_after_the_window_is_kept_for_its_first_record_and_unknown_names_always() {
        let names = ["2025-10-05/08/FlowLog_a", "2025-10-05/09/FlowLog_b", "2025-10-05/10/FlowLog_c"];
        let names = names.into_iter().chain(["2025-10-05/11/FlowLog_d", "other.json"]);
        let inputs: Vec<Input> = names.map(|name| Input::file(name, 1)).collect();
        let kept = |from_ms: Option<i64>, to_ms: Option<i64>| {
            let (kept, left_out) = within(inputs.clone(), &Window { from_ms, to_ms }).unwrap();
            assert_eq!(kept.len() as u64 + left_out, inputs.len() as u64);
            kept.iter().map(|input| input.path.to_str().unwrap().chars().last().unwrap()).collect::<String>()
        };
        assert_eq!(kept(None, None), "abcdn");
        assert_eq!(kept(Some(NINE), Some(NINE + HOUR_MS)), "bcn");
        assert_eq!(kept(Some(NINE + HOUR_MS - 1), None), "bcdn");
        assert_eq!(kept(None, Some(NINE - LATE_MS)), "an");
        let [early, late] = [0, 2].map(|place| inputs[place].clone());
        let before = Window { from_ms: None, to_ms: Some(0) };
        assert!(matches!(
            within(vec![late, early], &before),
            Err(RunError::OtherTime { first_ms, last_ms }) if first_ms == NINE - HOUR_MS && last_ms == NINE + 2 * HOUR_MS
        ));
    }
}
