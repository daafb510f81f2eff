//! Blobs that failed, one line a cause.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use indicatif::HumanCount;

use super::amount_of;
use crate::{fetch::BROKE_OFF, progress::shown};

/// How many causes of failures are told one by one.
const CAUSES_SHOWN: usize = 20;

/// One cause after the other, the most frequent first: a firewall fails a thousand blobs alike.
pub(super) fn write(failed: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFailed (run again to try these once more):")?;
    let causes = causes(failed);
    for ((name, reason), count) in causes.iter().take(CAUSES_SHOWN) {
        if *count == 1 {
            writeln!(out, "  {}\n    {}", shown(name), shown(reason))?;
        } else {
            writeln!(out, "  {}: {}\n    the first: {}", amount_of(*count), shown(reason), shown(name))?;
        }
    }
    match causes.iter().skip(CAUSES_SHOWN).map(|(_, count)| count).sum() {
        0u64 => Ok(()),
        more => writeln!(out, "  and {} more; --format json lists all", HumanCount(more)),
    }
}

/// The first blob of each cause with its reason, and how many blobs share it.
fn causes(failed: &[(String, String)]) -> Vec<(&(String, String), u64)> {
    let mut places = HashMap::new();
    let mut causes: Vec<(&(String, String), u64)> = Vec::new();
    for blob in failed {
        let place = *places.entry(cause(&blob.1)).or_insert(causes.len());
        match causes.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => causes.push((blob, 1)),
        }
    }
    causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    causes
}

/// What is the same in the reasons of blobs that failed alike: how far each came is not.
fn cause(reason: &str) -> &str {
    match reason.split_once(": ") {
        Some((place, cause)) if place.starts_with(BROKE_OFF) => cause,
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(failed: &[(String, String)]) -> String {
        let mut text = Vec::new();
        write(failed, &mut text).expect("memory");
        String::from_utf8(text).expect("text")
    }

    #[cfg(unix)]
    #[test]
    fn failures_are_named_with_their_reasons_up_to_a_point() {
        let text =
            written(&(0..23).map(|i| (format!("blob{i}\u{1b}"), format!("gone {i}"))).collect::<Vec<_>>());
        assert!(text.contains("blob19\\u{1b}\n    gone 19") && !text.contains("blob20"));
        assert!(text.contains("and 3 more"));
    }

    #[test]
    fn blobs_that_failed_alike_are_one_line() {
        let reason =
            |n: u64| if n == 4 { "gone".to_owned() } else { format!("{BROKE_OFF} {n} of 9{n}: reset") };
        let text = written(&(0..1_000).map(|n| (format!("blob{n}"), reason(n))).collect::<Vec<_>>());
        assert!(
            text.contains("  999 blobs: broke off at byte 0 of 90: reset\n    the first: blob0\n"),
            "{text}"
        );
        assert!(text.contains("  blob4\n    gone\n") && text.lines().count() < 20, "{text}");
    }
}
