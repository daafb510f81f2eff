//! Bursts of attempts to log in, in a window that slides.

use crate::state::evidence::{ATTEMPT_BYTES, ATTEMPT_MS, BIN_SECONDS, SLOT_SECONDS, SLOTS, Sessions};

/// What is asked of a burst.
pub(super) struct Asked {
    /// Length of the window, seconds.
    pub(super) window_seconds: u32,
    /// Least attempts within it.
    pub(super) attempts: u64,
    /// Least share of attempts among all sessions.
    pub(super) short_share: f64,
    /// Largest standard deviation of the attempts' bytes, as a share of their mean.
    pub(super) spread: f64,
}

/// The bursts of attempts of one source at one service, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Burst {
    /// Attempts in the densest window.
    pub(super) densest: u64,
    /// Attempts of all windows that are dense enough.
    pub(super) attempts: u64,
    /// Unix ms.
    pub(super) first_ms: i64,
    /// Unix ms.
    pub(super) last_ms: i64,
    /// A session that began after the limit was reached and is no attempt: it lasted longer than an idle login may
    /// stand, or is much larger than the attempts.
    pub(super) success: bool,
    /// Attempts come as evenly as those of a monitor.
    pub(super) even: bool,
}

impl Burst {
    const NONE: Self =
        Self { densest: 0, attempts: 0, first_ms: i64::MAX, last_ms: i64::MIN, success: false, even: false };
}

/// Sums up to a bin, so that those of a window are two look-ups.
#[derive(Clone, Copy, Default)]
struct Sums {
    sessions: u64,
    attempts: u64,
    bytes: u64,
    squares: u64,
}

impl Sums {
    fn and(self, bin: &Sessions) -> Self {
        Self {
            sessions: self.sessions + u64::from(bin.sessions),
            attempts: self.attempts + u64::from(bin.attempts),
            bytes: self.bytes.saturating_add(bin.bytes),
            squares: self.squares.saturating_add(bin.squares),
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            sessions: self.sessions - earlier.sessions,
            attempts: self.attempts - earlier.attempts,
            bytes: self.bytes.saturating_sub(earlier.bytes),
            squares: self.squares.saturating_sub(earlier.squares),
        }
    }

    fn mean(self) -> f64 {
        self.bytes as f64 / self.attempts.max(1) as f64
    }

    fn looks_like_guessing(self, asked: &Asked) -> bool {
        let mean = self.mean();
        let variance = (self.squares as f64 / self.attempts.max(1) as f64 - mean * mean).max(0.0);
        let spread = if mean > 0.0 { variance.sqrt() / mean } else { 0.0 };
        self.attempts as f64 >= asked.short_share * self.sessions as f64 && spread <= asked.spread
    }
}

/// A slot with attempts: its number since 1970, its bin's place in the list, how many.
type Slot = (u32, usize, u64);

/// The bursts in `bins`, which are in order of time.
pub(super) fn burst(bins: &[(u32, Sessions)], asked: &Asked) -> Option<Burst> {
    let sums: Vec<Sums> = std::iter::once(Sums::default())
        .chain(bins.iter().scan(Sums::default(), |sums, (_, bin)| {
            *sums = sums.and(bin);
            Some(*sums)
        }))
        .collect();
    let between = |first: usize, last: usize| {
        let at = |place: usize| sums.get(place).copied().unwrap_or_default();
        at(last + 1).since(at(first))
    };
    let slots = slots(bins);
    // A window of so many slots may cut its first one: it is taken whole.
    let window = asked.window_seconds / SLOT_SECONDS;
    let (mut start, mut within) = (0, 0);
    let mut found: Option<(Burst, usize, usize)> = None;
    for &(slot, place, attempts) in &slots {
        within += attempts;
        while let Some(&(first, _, gone)) = slots.get(start).filter(|(first, ..)| first + window < slot) {
            debug_assert!(first < slot);
            within -= gone;
            start += 1;
        }
        let Some(&(_, from, _)) = slots.get(start) else { break };
        if within < asked.attempts || !between(from, place).looks_like_guessing(asked) {
            continue;
        }
        let reached = (slot + 1) * SLOT_SECONDS;
        let (burst, _, last) = found.get_or_insert_with(|| {
            let success = succeeded(bins.get(from..).unwrap_or_default(), reached, between(from, place));
            (Burst { success, even: is_even(bins), ..Burst::NONE }, from, place)
        });
        burst.densest = burst.densest.max(within);
        *last = place;
    }
    let (mut burst, first, last) = found?;
    for (_, bin) in bins.get(first..=last)? {
        burst.attempts += u64::from(bin.attempts);
        burst.first_ms = burst.first_ms.min(bin.first_ms);
        burst.last_ms = burst.last_ms.max(bin.last_ms);
    }
    Some(burst)
}

fn slots(bins: &[(u32, Sessions)]) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (place, (bin, sessions)) in bins.iter().enumerate() {
        for (part, &attempts) in (0_u32..).zip(&sessions.slots).filter(|(_, attempts)| **attempts > 0) {
            let slot = bin.saturating_mul(SLOTS).saturating_add(part);
            slots.push((slot, place, u64::from(attempts)));
        }
    }
    slots
}

/// Whether a session that began at `reached` (Unix seconds) or later was a login, and no attempt.
fn succeeded(bins: &[(u32, Sessions)], reached: u32, attempts: Sums) -> bool {
    let much = (10.0 * attempts.mean()).max(2.0 * ATTEMPT_BYTES as f64);
    bins.iter().any(|(_, bin)| {
        let ((seconds, long_begin), (bytes, large_begin)) = (bin.longest, bin.largest);
        i64::from(seconds) * 1000 > ATTEMPT_MS && long_begin >= reached
            || bytes as f64 > much && large_begin >= reached
    })
}

/// A monitor's checks come as evenly as its clock: their number in five minutes hardly varies over half an hour or
/// longer. Guesses of chance have a variance as large as their mean.
fn is_even(bins: &[(u32, Sessions)]) -> bool {
    let inner = bins.get(1..bins.len().saturating_sub(1)).unwrap_or_default();
    let (Some((first, _)), Some((last, _))) = (inner.first(), inner.last()) else { return false };
    let count = f64::from(last - first + 1);
    let sum: f64 = inner.iter().map(|(_, bin)| f64::from(bin.sessions)).sum();
    let squares: f64 = inner.iter().map(|(_, bin)| f64::from(bin.sessions).powi(2)).sum();
    let mean = sum / count;
    (last - first) >= 1800 / BIN_SECONDS && squares / count - mean * mean <= 0.3 * mean
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { window_seconds: 1800, attempts: 15, short_share: 0.8, spread: 0.5 };

    fn session(begun: u32, seconds: u32, bytes: u64) -> (u32, Sessions) {
        let attempt = i64::from(seconds) * 1000 <= ATTEMPT_MS && bytes <= ATTEMPT_BYTES;
        let mut slots = [0; SLOTS as usize];
        slots[(begun % BIN_SECONDS / SLOT_SECONDS) as usize] = u16::from(attempt);
        let counted = if attempt { bytes } else { 0 };
        let (first_ms, last_ms) = (i64::from(begun) * 1000, i64::from(begun + seconds) * 1000);
        let sessions = Sessions {
            sessions: 1,
            attempts: u32::from(attempt),
            slots,
            bytes: counted,
            squares: counted * counted,
            longest: (seconds, begun),
            largest: (bytes, begun),
            times: (first_ms, last_ms),
            first_ms: if attempt { first_ms } else { i64::MAX },
            last_ms: if attempt { last_ms } else { i64::MIN },
        };
        (begun / BIN_SECONDS, sessions)
    }

    fn bins(sessions: impl IntoIterator<Item = (u32, u32, u64)>) -> Vec<(u32, Sessions)> {
        use crate::state::evidence::Bins;
        let mut bins = Bins::default();
        for (begun, seconds, bytes) in sessions {
            let (bin, session) = session(begun, seconds, bytes);
            bins.put(bin, &session);
        }
        bins.sorted()
    }

    #[test]
    fn a_burst_is_found_wherever_bins_cut_it() {
        for offset in (0..1800).step_by(70) {
            let tries = (0..15).map(|n| (90_000 + offset + n * 115, 4, 2800));
            let burst = burst(&bins(tries), &ASKED).unwrap();
            assert_eq!((burst.densest, burst.attempts, burst.success), (15, 15, false), "{offset}");
            assert_eq!(burst.first_ms, i64::from(90_000 + offset) * 1000);
            assert_eq!(burst.last_ms, i64::from(90_000 + offset + 14 * 115 + 4) * 1000);
        }
    }

    #[test]
    fn fewer_or_slower_attempts_or_sizes_of_all_kinds_are_no_burst() {
        assert_eq!(burst(&bins((0..14).map(|n| (90_000 + n * 10, 4, 2800))), &ASKED), None);
        assert_eq!(burst(&bins((0..60).map(|n| (90_000 + n * 140, 4, 2800))), &ASKED), None);
        let sizes = (0..30).map(|n| (90_000 + n * 20, 4, 200 + u64::from(n % 5) * 7000));
        assert_eq!(burst(&bins(sizes), &ASKED), None);
        let mixed = (0..40).map(|n| (90_000 + n * 20, if n % 2 == 0 { 4 } else { 400 }, 2800));
        assert_eq!(burst(&bins(mixed), &ASKED), None);
    }

    #[test]
    fn only_a_login_after_the_burst_is_a_success() {
        let tries = || (0..20).map(|n| (90_000 + n * 30, 4, 2800));
        let success = |extra: (u32, u32, u64)| burst(&bins(tries().chain([extra])), &ASKED).unwrap().success;
        // An idle login stands for 120 s; sessions before the burst prove nothing.
        assert!(!success((91_000, 121, 3000)));
        assert!(!success((80_000, 900, 90_000)));
        assert!(success((91_000, 900, 9000)));
        assert!(success((91_000, 40, 5_000_000)));
    }

    #[test]
    fn a_monitor_is_even_and_a_guesser_is_not() {
        let monitor = burst(&bins((0..300).map(|n| (90_000 + n * 60, 1, 2800))), &ASKED).unwrap();
        assert!(monitor.even);
        let mut time = 90_000;
        let guesses = (0..300_u32).map(|n| {
            time += 5 + n.wrapping_mul(2_654_435_761) % 110;
            (time, 2, 2800)
        });
        assert!(!burst(&bins(guesses), &ASKED).unwrap().even);
    }
}
