//! How many requests are under way at once, and how many bytes come in a second.
//!
//! A service that says it is busy (429, 503) is asked for less: the number of requests at once is
//! halved, and nobody asks before the time it named. Each time it has served as many requests as are
//! allowed at once, one more is allowed, up to where it began.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::http::{
    AsyncRawResponse, Context, Request, StatusCode,
    headers::{Headers, RETRY_AFTER},
    policies::{Policy, PolicyResult},
};
use futures::StreamExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout},
};

/// Refusals within this time are one: sixteen requests that failed together halve once.
const ONE_REFUSAL: Duration = Duration::from_secs(1);
/// What the service asks for is honoured for everybody up to here.
const LONGEST_HOLD: Duration = Duration::from_secs(120);
/// Nobody waits longer for a turn: a request that holds one may itself wait for another.
const LONGEST_TURN: Duration = Duration::from_secs(30);
/// Bytes that may come ahead of the limit before a pause is made.
const SLACK: Duration = Duration::from_millis(20);

/// Shared by all requests of a run.
#[derive(Debug)]
pub struct Pace {
    turns: Arc<Semaphore>,
    most: usize,
    /// Bytes a second; `None` is as fast as it goes.
    cap: Option<f64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests allowed at once.
    limit: usize,
    /// Turns that are to vanish when they are given back.
    owed: usize,
    /// Requests served since the limit last changed.
    served: usize,
    refused: Option<Instant>,
    /// Nobody asks before.
    hold: Option<Instant>,
    /// When the bytes that came so far are due under the cap.
    due: Option<Instant>,
}

impl Pace {
    /// At most `most` requests at once and `cap_mbps` megabits a second.
    pub fn new(most: usize, cap_mbps: Option<f64>) -> Arc<Self> {
        Arc::new(Self {
            turns: Arc::new(Semaphore::new(most)),
            most,
            cap: cap_mbps.map(|megabits| megabits * 1e6 / 8.0),
            state: Mutex::new(State {
                limit: most,
                owed: 0,
                served: 0,
                refused: None,
                hold: None,
                due: None,
            }),
        })
    }

    /// Requests allowed at once now.
    pub fn limit(&self) -> usize {
        self.state().limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turn(self: &Arc<Self>) -> Turn {
        loop {
            let hold = self.state().hold.filter(|hold| *hold > Instant::now());
            let Some(hold) = hold else { break };
            sleep_until(hold).await;
        }
        let permit = timeout(LONGEST_TURN, Arc::clone(&self.turns).acquire_owned()).await;
        Turn { pace: Arc::clone(self), permit: permit.ok().and_then(Result::ok) }
    }

    /// The service said it is busy.
    fn refused(&self, asked: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(asked) = asked {
            let until = now + asked.min(LONGEST_HOLD);
            state.hold = Some(state.hold.map_or(until, |hold| hold.max(until)));
        }
        if state.refused.is_some_and(|before| now.duration_since(before) < ONE_REFUSAL) {
            return;
        }
        state.refused = Some(now);
        let limit = (state.limit / 2).max(1);
        let fewer = state.limit - limit;
        state.owed += fewer - self.turns.forget_permits(fewer);
        (state.limit, state.served) = (limit, 0);
    }

    fn served(&self) {
        let mut state = self.state();
        state.served += 1;
        if state.served >= state.limit && state.limit < self.most {
            (state.limit, state.served) = (state.limit + 1, 0);
            if state.owed > 0 {
                state.owed -= 1;
            } else {
                self.turns.add_permits(1);
            }
        }
    }

    /// Waits until `bytes` more are due.
    async fn spend(&self, bytes: usize) {
        let Some(cap) = self.cap else { return };
        let now = Instant::now();
        let due = {
            let mut state = self.state();
            let due = state.due.map_or(now, |due| due.max(now)) + Duration::from_secs_f64(bytes as f64 / cap);
            state.due = Some(due);
            due
        };
        if due > now + SLACK {
            sleep_until(due).await;
        }
    }
}

/// The right to have one request under way, until its body is read.
struct Turn {
    pace: Arc<Pace>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut state = self.pace.state();
        if state.owed > 0 {
            state.owed -= 1;
            permit.forget();
        }
    }
}

/// The pipeline policy that keeps the pace; one for each try of a request.
#[derive(Debug)]
pub struct PacePolicy(pub Arc<Pace>);

#[async_trait]
impl Policy for PacePolicy {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((policy, rest)) = next.split_first() else {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Other,
                "the pace policy has no policy after it",
            ));
        };
        let turn = self.0.turn().await;
        let response = policy.send(ctx, request, rest).await?;
        if matches!(response.status(), StatusCode::TooManyRequests | StatusCode::ServiceUnavailable) {
            self.0.refused(asked(response.headers()));
            return Ok(response);
        }
        if response.status().is_success() {
            self.0.served();
        }
        let (status, headers, body) = response.deconstruct();
        // The turn lives in the stream and ends with it.
        let paced = body.then(move |piece| {
            let pace = Arc::clone(&turn.pace);
            async move {
                if let Ok(bytes) = &piece {
                    pace.spend(bytes.len()).await;
                }
                piece
            }
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(paced)))
    }
}

/// `Retry-After` in seconds; the form with a date is left to the retry policy.
fn asked(headers: &Headers) -> Option<Duration> {
    headers.get_optional_str(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_is_asked_for_less_and_slowly_for_more_again() {
        let pace = Pace::new(16, None);
        let mut turns = Vec::new();
        for _ in 0..16 {
            turns.push(pace.turn().await);
        }
        pace.refused(None);
        pace.refused(None);
        assert_eq!(pace.limit(), 8, "refusals at one time count once");
        turns.clear();
        assert_eq!(pace.turns.available_permits(), 8);
        tokio::time::advance(Duration::from_secs(2)).await;
        for _ in 0..10 {
            pace.refused(None);
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        assert_eq!((pace.limit(), pace.turns.available_permits()), (1, 1));
        for _ in 0..1000 {
            drop(pace.turn().await);
            pace.served();
        }
        assert_eq!((pace.limit(), pace.turns.available_permits()), (16, 16));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_asks_before_the_time_the_service_named() {
        let pace = Pace::new(4, None);
        pace.refused(Some(Duration::from_secs(9)));
        let before = Instant::now();
        drop(pace.turn().await);
        assert!(before.elapsed() >= Duration::from_secs(9));
    }

    #[tokio::test(start_paused = true)]
    async fn the_cap_is_kept() {
        let pace = Pace::new(4, Some(8.0));
        let before = Instant::now();
        for _ in 0..50 {
            pace.spend(100_000).await;
        }
        let took = before.elapsed().as_secs_f64();
        assert!((4.9..5.2).contains(&took), "5 MB at 1 MB/s took {took} s");
    }
}
