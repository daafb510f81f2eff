//! The progress bar on standard error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How far reading is: files, bytes, rate and time left. May be told from several threads at once.
///
/// Nothing is shown if standard error is no terminal, or if quiet was asked for.
#[derive(Debug, Clone)]
pub struct Progress {
    bar: ProgressBar,
    files: Arc<AtomicU64>,
}

impl Progress {
    /// A bar for `files` files of `bytes` bytes on disk together; 0 bytes if unknown (standard input).
    pub fn new(files: u64, bytes: u64, quiet: bool, ascii: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Self::on(target, files, bytes, ascii)
    }

    fn on(target: ProgressDrawTarget, files: u64, bytes: u64, ascii: bool) -> Self {
        let length = (bytes > 0).then_some(bytes);
        let bar = ProgressBar::with_draw_target(length, target);
        let done = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&done);
        let files_key = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{}/{files}", read.load(Ordering::Relaxed));
        };
        let template = if length.is_some() {
            "Reading {wide_bar} {files} files, {binary_bytes}/{binary_total_bytes}, \
             {binary_bytes_per_sec}, {eta} left"
        } else {
            "Reading {spinner} {files} files, {elapsed}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("files", files_key);
        bar.set_style(if ascii { style.progress_chars("#> ").tick_chars("|/-\\ ") } else { style });
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, files: done }
    }

    /// So many bytes on disk were read.
    pub fn bytes_read(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// A file was read to its end.
    pub fn file_done(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the bar away. Dropping the last copy does so, too.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;

    #[test]
    fn it_counts_from_several_threads_and_clears_itself() {
        let term = InMemoryTerm::new(5, 120);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let progress = Progress::on(target, 400, 400 << 10, true);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        progress.bytes_read(1 << 10);
                        progress.file_done();
                    }
                });
            }
        });
        progress.bar.force_draw();
        let shown = term.contents();
        assert!(shown.contains("200/400 files, 200.00 KiB/400.00 KiB"), "{shown:?}");
        progress.finish();
        assert_eq!(term.contents(), "");
    }

    #[test]
    fn without_sizes_it_counts_files() {
        let term = InMemoryTerm::new(5, 80);
        let progress = Progress::on(ProgressDrawTarget::term_like(Box::new(term.clone())), 2, 0, true);
        progress.file_done();
        progress.bar.force_draw();
        assert!(term.contents().contains("1/2 files"), "{:?}", term.contents());
    }

    #[test]
    fn quiet_shows_nothing() {
        assert!(Progress::new(1, 1, true, false).bar.is_hidden());
    }
}
