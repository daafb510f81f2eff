//! Reading an answer whole: up to a limit, and not for ever.

use std::time::Duration;

use azure_core::{Bytes, Result, error::ErrorKind};
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use super::Wrong;

/// Bytes a second that an answer which is no blob brings at least.
pub(super) const LEAST_RATE: u64 = 1024;

/// How much is read, and how slowly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes at most.
    pub(super) limit: u64,
    /// In each such time, [`LEAST_RATE`] is kept.
    pub(super) window: Duration,
    /// What is read, for people.
    pub(super) what: &'static str,
}

/// The bytes of a body; `None` if there are more than `bounds` allow.
pub(super) async fn collect(
    mut body: impl Stream<Item = Result<Bytes>> + Unpin,
    bounds: Bounds,
) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let (mut until, mut before) = (Instant::now() + bounds.window, 0);
    loop {
        match timeout_at(until, body.next()).await {
            Ok(None) => return Ok(Some(bytes)),
            Ok(Some(piece)) => {
                let piece = piece.map_err(|error| azure_core::Error::new(ErrorKind::Io, error))?;
                if (bytes.len() + piece.len()) as u64 > bounds.limit {
                    return Ok(None);
                }
                bytes.extend_from_slice(&piece);
            }
            Err(_) => {
                let came = bytes.len() - before;
                if (came as u64) < LEAST_RATE * bounds.window.as_secs() {
                    return Err(Wrong::TooSlow(bounds.what, came as u64, bounds.window.as_secs()).into());
                }
                (until, before) = (until + bounds.window, bytes.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    const BOUNDS: Bounds = Bounds { limit: 10_000, window: Duration::from_secs(4), what: "it" };

    fn drip(pieces: usize, bytes: usize) -> impl Stream<Item = Result<Bytes>> + Unpin {
        let piece = move |_| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Bytes::from(vec![b'x'; bytes]))
        };
        Box::pin(stream::iter(0..pieces).then(piece))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_an_end_and_a_least_rate() {
        let whole = collect(drip(4, 2_500), BOUNDS).await.expect("read").expect("within the limit");
        assert_eq!(whole.len(), 10_000);
        assert_eq!(collect(drip(5, 2_500), BOUNDS).await.expect("read"), None);
        assert!(collect(drip(9, 1_100), BOUNDS).await.expect("slow, not too slow").is_some());
        let error = collect(drip(9_000, 1), BOUNDS).await.expect_err("too slow");
        assert!(matches!(Wrong::of(&error), Some(Wrong::TooSlow("it", 3 | 4, 4))), "{error}");
        assert!(collect(drip(3, 1), BOUNDS).await.expect("short").is_some());
    }
}
