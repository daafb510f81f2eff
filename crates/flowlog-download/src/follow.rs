//! `--follow`: the tree is updated again and again, one line an update, until Ctrl-C.

use std::{fmt::Write as _, io::Write, time::Duration};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use indicatif::{HumanBytes, HumanCount};

use crate::{
    Manner, Session,
    cli::Cli,
    config::Env,
    error::{Failure, Kind},
    listing::{Filter, Hour},
    progress::shown,
    summary::Summary,
    until,
};

/// How many blobs may be listed each time: one request brings that many.
const LIST_ALL: u64 = 5_000;
/// How far back a narrowed listing looks: an hour's blob gets its last block soon after the hour.
const LOOK_BACK: TimeDelta = TimeDelta::hours(3);
/// How often everything is listed, for blobs that came late.
const LIST_ALL_EVERY: TimeDelta = TimeDelta::hours(1);

/// Updates the tree every `interval` and writes a line for each update to `out`; the first is an
/// ordinary run, and ends the whole if it fails. A later one that fails is told and tried again.
pub async fn follow(
    cli: &Cli,
    env: Env<'_>,
    interval: TimeDelta,
    out: &mut dyn Write,
) -> Result<Summary, Failure> {
    let session = Session::open(cli, env).await?;
    let wait = interval.to_std().unwrap_or(Duration::from_secs(60));
    let mut all: Option<(DateTime<Utc>, u64)> = None;
    let mut total: Option<Summary> = None;
    while !session.cancel.is_set() {
        let now = Utc::now();
        let (filter, narrowed) = narrow(session.config.select.at(now), all, now);
        let first = Manner::Once { interactive: false };
        let manner = if total.is_none() { first } else { Manner::Again };
        let line = match session.update(&filter, manner).await {
            Ok(summary) => {
                if !narrowed {
                    all = Some((now, summary.listed));
                }
                let line = line(&summary);
                total = Some(add(total, summary));
                line
            }
            Err(failure) if total.is_none() || failure.kind == Kind::Usage => return Err(failure),
            Err(failure) => format!("failed: {}; trying again", shown(&failure.message)),
        };
        let stamp = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        // Nobody reads the lines any more: the end of a pipe is an end like Ctrl-C.
        if writeln!(out, "{stamp}  {line}").and_then(|()| out.flush()).is_err() {
            break;
        }
        until(&session.cancel, tokio::time::sleep(wait)).await;
    }
    let total = total.unwrap_or_default();
    // Ctrl-C is how following ends.
    Ok(Summary { interrupted: false, ..total })
}

/// Where a container is large, only the hours that can still change are listed most of the time.
fn narrow(filter: Filter, all: Option<(DateTime<Utc>, u64)>, now: DateTime<Utc>) -> (Filter, bool) {
    let due = all.is_none_or(|(time, blobs)| blobs <= LIST_ALL || now - time >= LIST_ALL_EVERY);
    if due {
        return (filter, false);
    }
    let since = Hour::of(now.checked_sub_signed(LOOK_BACK).unwrap_or(now));
    let keep_unknown = filter.keep_unknown || filter.is_everything();
    (Filter { hours: filter.hours.since(since), keep_unknown, ..filter }, true)
}

fn line(summary: &Summary) -> String {
    let Summary { fetched, fetched_bytes, kept_bytes, spliced, unchanged, failed, .. } = summary;
    let received = HumanBytes(fetched_bytes.saturating_sub(*kept_bytes));
    let mut line = format!(
        "{} fetched ({} grown), {received} received, {} unchanged",
        HumanCount(*fetched),
        HumanCount(*spliced),
        HumanCount(*unchanged)
    );
    if let Some((name, reason)) = failed.first() {
        let _ = write!(line, ", {} failed: {}: {}", failed.len(), shown(name), shown(reason));
    }
    line
}

/// What all updates together did. Blobs that failed and came later are no failure.
fn add(total: Option<Summary>, update: Summary) -> Summary {
    let Some(total) = total else { return update };
    Summary {
        fetched: total.fetched + update.fetched,
        fetched_bytes: total.fetched_bytes.saturating_add(update.fetched_bytes),
        spliced: total.spliced + update.spliced,
        kept_bytes: total.kept_bytes.saturating_add(update.kept_bytes),
        calls: total.calls + update.calls,
        elapsed: total.elapsed + update.elapsed,
        ..update
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Verdict;

    #[test]
    fn large_containers_are_listed_whole_once_an_hour() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let all = |minutes, blobs| Some((now - TimeDelta::minutes(minutes), blobs));
        assert!(!narrow(Filter::default(), None, now).1);
        assert!(!narrow(Filter::default(), all(1, 5_000), now).1);
        assert!(!narrow(Filter::default(), all(60, 5_001), now).1);
        let (filter, narrowed) = narrow(Filter::default(), all(59, 5_001), now);
        assert!(narrowed && filter.hours.first == Some(Hour(2024, 10, 3, 21)), "{filter}");
        assert_eq!(filter.blob("exports/x.json"), Verdict::Unknown);
        assert!(filter.keep_unknown);
    }
}
