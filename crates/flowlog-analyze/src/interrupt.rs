//! Ctrl-C and `kill`: what is unfinished is removed, and the exit code tells the signal.

use crate::export::Unfinished;

/// Removes what is unfinished when SIGINT or SIGTERM comes, and ends the process with 130 or 143. A second
/// one ends it at once, whatever the first is waiting for. A signal that the parent has set to be ignored, as
/// shells do for what a script puts into the background, stays ignored.
///
/// Without Unix signals (Windows) the process just ends; the next run removes what is left.
#[cfg(unix)]
pub fn watch(unfinished: &Unfinished) {
    use std::io::{self, IsTerminal, Write};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;

    let again = Arc::new(AtomicBool::new(false));
    let heard: Vec<i32> = [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)).collect();
    for &signal in &heard {
        // In this order: the first signal finds the flag down, and puts it up.
        flag::register_conditional_default(signal, Arc::clone(&again)).ok();
        flag::register(signal, Arc::clone(&again)).ok();
    }
    let Ok(mut signals) = Signals::new(&heard) else { return };
    let unfinished = unfinished.clone();
    std::thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        let parts = unfinished.abandon();
        let mut talk = io::stderr();
        // Past the progress bar.
        let line = if talk.is_terminal() { "\n" } else { "" };
        let what = if parts > 0 { "interrupted: unfinished files are removed" } else { "interrupted" };
        writeln!(talk, "{line}{what}").ok();
        // The thread that reads cannot be reached in the middle of a file.
        #[allow(clippy::exit)]
        std::process::exit(128 + signal);
    });
}

/// True if the process was started with this signal ignored. Linux tells; elsewhere only unsafe code could ask.
#[cfg(unix)]
pub fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Without Unix signals the process just ends; the next run removes what is left.
#[cfg(not(unix))]
pub fn watch(_: &Unfinished) {}

/// Does not come back if the run is abandoned: how it ended is then the signal's consequence, and not to be told.
pub fn settle(unfinished: &Unfinished) {
    while unfinished.is_abandoned() {
        std::thread::park();
    }
}
