//! What a person sees on standard error while the run goes on.

use std::{
    io::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use flowlog_core::text;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// A bar if standard error is a terminal, and lines of talk in any case.
#[derive(Debug)]
pub struct Progress {
    listing: ProgressBar,
    fetching: ProgressBar,
    blobs_total: AtomicU64,
    blobs_done: AtomicU64,
    quiet: bool,
}

impl Default for Progress {
    fn default() -> Self {
        // The target draws nothing where standard error is no terminal.
        let bar = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Self {
            listing: bar(),
            fetching: bar(),
            blobs_total: AtomicU64::new(0),
            blobs_done: AtomicU64::new(0),
            quiet: false,
        }
    }
}

impl Progress {
    /// Says no lines, if `quiet`; the bars stay.
    #[must_use]
    pub fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    /// Shows how far a listing is.
    pub fn listing(&self, blobs: u64, bytes: u64) {
        if blobs == 0 {
            self.listing.set_style(style("{spinner} {msg}"));
            self.listing.enable_steady_tick(TICK);
        }
        self.listing.set_message(format!("listing: {}", amount(blobs, bytes)));
    }

    /// Takes the listing's line away.
    pub fn listed(&self) {
        self.listing.finish_and_clear();
    }

    /// Begins to show the fetching of `blobs` blobs of `bytes` bytes.
    pub fn start(&self, blobs: u64, bytes: u64) {
        self.blobs_total.store(blobs, Ordering::Relaxed);
        self.fetching.set_style(style(
            "{wide_bar} {msg}  {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta} left",
        ));
        self.show_blobs(0);
        self.fetching.set_length(bytes);
        self.fetching.reset();
        self.fetching.enable_steady_tick(TICK);
    }

    /// More bytes came.
    pub fn advance(&self, bytes: u64) {
        self.fetching.inc(bytes);
    }

    /// Bytes that came count no more: the blob changed or failed.
    pub fn rewind(&self, bytes: u64) {
        self.fetching.dec(bytes);
    }

    /// One more blob is in place.
    pub fn blob_done(&self) {
        self.show_blobs(self.blobs_done.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn show_blobs(&self, done: u64) {
        let total = self.blobs_total.load(Ordering::Relaxed);
        self.fetching.set_message(format!("{}/{} blobs", HumanCount(done), HumanCount(total)));
    }

    /// Says a line, above the bar.
    pub fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        // Nobody listening on standard error is no reason to stop.
        self.listing.suspend(|| {
            let _ = writeln!(std::io::stderr().lock(), "{}", text::message(line));
        });
    }

    /// Takes every bar away.
    pub fn finish(&self) {
        self.listing.finish_and_clear();
        self.fetching.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `216 blobs, 1.20 MiB`.
pub fn amount(blobs: u64, bytes: u64) -> String {
    let noun = if blobs == 1 { "blob" } else { "blobs" };
    format!("{} {noun}, {}", HumanCount(blobs), HumanBytes(bytes))
}

/// A name or message from outside, fit for a terminal ([`text::message`]).
pub fn shown(name: &str) -> String {
    text::message(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_drive_the_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(shown("plain/Name=1.json é"), "plain/Name=1.json é");
    }

    #[test]
    fn amounts_are_readable() {
        assert_eq!(amount(1, 0), "1 blob, 0 B");
        assert_eq!(amount(1200, 1_258_291), "1,200 blobs, 1.20 MiB");
    }
}
