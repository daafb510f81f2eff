//! Failures of identity services in words: the libraries that ask them pass on the outermost message only.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::{
    Error,
    error::ErrorKind,
    http::{
        Context, Request,
        policies::{Policy, PolicyResult},
    },
};

use crate::refusal::in_words;

/// A pipeline policy that stands before the retries and names the cause of their end, and the host.
#[derive(Debug)]
pub struct InWords;

#[async_trait]
impl Policy for InWords {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((policy, rest)) = next.split_first() else {
            return Err(Error::with_message(ErrorKind::Other, "no policy after this one"));
        };
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let named =
            |error: Error| Error::with_message(error.kind().clone(), format!("{host}: {}", in_words(&error)));
        policy.send(ctx, request, rest).await.map_err(named)
    }
}
