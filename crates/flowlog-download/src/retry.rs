//! How long to wait before a request is tried again, and how often.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Duration as Wait,
};

use async_trait::async_trait;
use azure_core::{
    http::{
        StatusCode,
        headers::{HeaderName, RETRY_AFTER},
        policies::{RetryHeaders, RetryPolicy},
    },
    time::Duration,
};

/// Tries after the first one, of one request.
const RETRIES: u32 = 5;
/// About how long the first wait is; the next ones double.
const FIRST_WAIT_MS: u64 = 400;
const LONGEST_WAIT_MS: u64 = 20_000;
/// What the service asks for with `Retry-After` is honoured up to here: a run must end.
const LONGEST_ASKED: Wait = Wait::from_secs(120);
/// No more tries once a request has taken so long altogether.
const LONGEST_ALTOGETHER: Duration = Duration::minutes(10);

/// Doubling waits, spread at random so that sixteen requests that failed together do not come back
/// together, and never shorter than the service asks for.
#[derive(Debug)]
pub struct Patience {
    headers: RetryHeaders,
}

impl Default for Patience {
    fn default() -> Self {
        // The first two are Azure's own, in milliseconds.
        let own = ["x-ms-retry-after-ms", "retry-after-ms"].map(HeaderName::from_static);
        Self { headers: RetryHeaders { retry_headers: own.into_iter().chain([RETRY_AFTER]).collect() } }
    }
}

#[async_trait]
impl RetryPolicy for Patience {
    fn is_expired(&self, since_start: Duration, retries: u32) -> bool {
        retries >= RETRIES || since_start >= LONGEST_ALTOGETHER
    }

    fn retry_headers(&self) -> Option<&RetryHeaders> {
        Some(&self.headers)
    }

    /// Empty: the client's own list (408, 429, 500, 502, 503, 504).
    fn retry_status_codes(&self) -> &[StatusCode] {
        &[]
    }

    fn sleep_duration(&self, retry: u32) -> Duration {
        Duration::milliseconds(i64::try_from(wait_ms(retry, random())).unwrap_or(i64::MAX))
    }

    async fn wait(&self, retry: u32, asked: Option<Duration>) {
        tokio::time::sleep(wait(retry, asked, random())).await;
    }
}

/// The wait before try `retry` (from 1): half of the doubling time is fixed, half is random.
fn wait_ms(retry: u32, random: u64) -> u64 {
    let whole = FIRST_WAIT_MS.saturating_mul(1 << retry.saturating_sub(1).min(16)).min(LONGEST_WAIT_MS);
    whole / 2 + random % (whole / 2 + 1)
}

fn wait(retry: u32, asked: Option<Duration>, random: u64) -> Wait {
    let own = Wait::from_millis(wait_ms(retry, random));
    let asked = asked.and_then(|asked| Wait::try_from(asked).ok()).unwrap_or_default().min(LONGEST_ASKED);
    if asked.is_zero() {
        return own;
    }
    // A little more than asked, for the same reason: everybody was asked for the same.
    (asked + Wait::from_millis(random % 250)).max(own)
}

/// A number nobody can guess, good enough to spread waits.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The wait before a body that broke off `breaks` times in a row (from 1) is asked for again.
pub fn after_break(breaks: u32) -> Wait {
    Wait::from_millis(wait_ms(breaks, random()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_spread_and_end() {
        for random in [0, 1, 77, u64::MAX] {
            let waits: Vec<u64> = (1..=20).map(|retry| wait_ms(retry, random)).collect();
            for (number, wait) in waits.iter().enumerate() {
                let whole = (FIRST_WAIT_MS << number.min(16)).min(LONGEST_WAIT_MS);
                assert!((whole / 2..=whole).contains(wait), "{number}: {wait}");
            }
        }
        assert_ne!(wait_ms(3, 0), wait_ms(3, 500));
        let patience = Patience::default();
        assert!(!patience.is_expired(Duration::ZERO, RETRIES - 1));
        assert!(patience.is_expired(Duration::ZERO, RETRIES));
        assert!(patience.is_expired(LONGEST_ALTOGETHER, 0));
    }

    #[test]
    fn the_service_is_given_the_time_it_asks_for_within_reason() {
        let seconds = |seconds| Some(Duration::seconds(seconds));
        assert!(wait(1, seconds(7), 3) >= Wait::from_secs(7));
        assert!(wait(1, seconds(7), u64::MAX) < Wait::from_secs(8));
        assert!(wait(1, seconds(86_400), 3) < LONGEST_ASKED + Wait::from_secs(1));
        assert!(wait(1, seconds(-5), 0) >= Wait::from_millis(FIRST_WAIT_MS / 2));
        assert!(wait(6, seconds(1), 0) > Wait::from_secs(1), "its own wait is longer");
    }
}
