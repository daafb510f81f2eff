//! Ctrl-C and `kill`: what is unfinished is removed, and the exit code tells the signal.

use crate::export::Unfinished;

/// Removes what is unfinished when SIGINT or SIGTERM comes, and ends the process with 130 or 143. A second
/// one ends it at once, whatever the first is waiting for.
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
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down, and puts it up.
        flag::register_conditional_default(signal, Arc::clone(&again)).ok();
        flag::register(signal, Arc::clone(&again)).ok();
    }
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
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

/// Without Unix signals the process just ends; the next run removes what is left.
#[cfg(not(unix))]
pub fn watch(_: &Unfinished) {}

/// Does not come back if the run is abandoned: how it ended is then the signal's consequence, and not to be told.
pub fn settle(unfinished: &Unfinished) {
    while unfinished.is_abandoned() {
        std::thread::park();
    }
}
