//! Which answers are believed, and how much of one is read.
//!
//! Whoever stands between this machine and the service may answer in its place: a filtering proxy, a
//! sign-in page, a broken balancer. Nothing of theirs may pass for an empty container or a blob. So a
//! listing has the root `EnumerationResults`, a block list the root `BlockList`, and a blob has the
//! `ETag` it was asked for, headers of the service (`x-ms-`) and the range it was asked for.
//!
//! An answer that is no blob is read whole as part of the try, up to a limit and not for ever; a blob
//! is a stream that ends with its length.

mod body;
mod root;
mod said;
mod words;
mod wrong;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    Result,
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Method, Request, StatusCode, headers::Headers},
};

pub use said::{Said, service_status};
pub use words::InWords;
pub use wrong::Wrong;

use crate::{listing::quoted, unreachable::is_hopeless};
use body::{Bounds, collect};

/// A page of a listing: 5,000 blobs at most, about 1 KiB each.
const LARGEST_PAGE: u64 = 32 << 20;
/// Any other answer that is no blob. A block list of 50,000 blocks is the largest: about 10 MB.
const LARGEST_ANSWER: u64 = 16 << 20;
/// Of a refusal, what comes after so many bytes is not looked at.
const LARGEST_REFUSAL: u64 = 64 << 10;

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Azure Storage: its answers must be recognised as its own.
    Storage,
    /// Identity services and Azure Resource Manager: the reader of each answer judges it.
    Other,
}

/// An HTTP client that lets answers through which can be believed.
///
/// It is no policy of the pipeline: what is no stream is read whole below all policies.
#[derive(Debug)]
pub struct Answers<C> {
    client: C,
    speaker: Speaker,
    /// Least rate of answers that are no blob is measured over this time.
    window: Duration,
    /// Somebody has answered already: the address is right, and what fails now may pass.
    answered: AtomicBool,
}

impl<C: HttpClient> Answers<C> {
    /// Judges what `client` brings of `speaker`; `window` is how long nothing may come.
    pub fn of(client: C, speaker: Speaker, window: Duration) -> Self {
        Self { client, speaker, window, answered: AtomicBool::new(false) }
    }

    /// What cannot be reached at the first try is wrong or down; trying again would only delay the word.
    fn failed(&self, error: azure_core::Error) -> azure_core::Error {
        if !self.answered.load(Ordering::Relaxed) && is_hopeless(&error) {
            return azure_core::Error::new(ErrorKind::Other, error);
        }
        error
    }
}

#[async_trait]
impl<C: HttpClient> HttpClient for Answers<C> {
    async fn execute_request(&self, request: &Request) -> Result<AsyncRawResponse> {
        let asked = Asked::by(request);
        let sent = self.client.execute_request(request).await;
        let (status, headers, body) = sent.map_err(|error| self.failed(error))?.deconstruct();
        self.answered.store(true, Ordering::Relaxed);
        let believed = self.speaker == Speaker::Storage && status.is_success();
        if believed {
            asked.check(status, &headers)?;
            if matches!(asked, Asked::Content(_)) {
                return Ok(AsyncRawResponse::new(status, headers, Box::pin(body)));
            }
        }
        let bounds = Bounds { limit: asked.limit(status), window: self.window, what: asked.named() };
        let bytes = if status.is_success() {
            collect(body, bounds).await?.ok_or(Wrong::TooLarge { what: bounds.what, limit: bounds.limit })?
        } else {
            // What is too long is cut: the status says enough.
            collect(body, bounds).await?.unwrap_or_default()
        };
        if believed {
            asked.check_body(&bytes)?;
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, bytes))
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    List,
    Blocks,
    /// A blob's properties, of this version if one is named.
    Properties,
    Content(Content),
    Other,
}

/// A blob's bytes: of this version, from and up to these bytes, where they are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Content {
    version: Option<String>,
    range: Option<(u64, u64)>,
}

impl Asked {
    fn by(request: &Request) -> Self {
        let of = request.url().query_pairs().find(|(name, _)| name == "comp").map(|(_, value)| value);
        let header = |name: &'static str| request.headers().get_optional_string(&name.into());
        match (request.method(), of.as_deref()) {
            (Method::Get, Some("list")) => Self::List,
            (Method::Get, Some("blocklist")) => Self::Blocks,
            (Method::Head, None) => Self::Properties,
            (Method::Get, None) => {
                let range = header("x-ms-range").or_else(|| header("range"));
                let range = range.as_deref().and_then(|text| byte_range(text.strip_prefix("bytes=")?));
                Self::Content(Content { version: header("if-match").map(quoted), range })
            }
            _ => Self::Other,
        }
    }

    fn named(&self) -> &'static str {
        match self {
            Self::List => "a page of the listing",
            Self::Blocks => "a block list",
            Self::Properties => "a blob's properties",
            Self::Content(_) | Self::Other => "an answer",
        }
    }

    fn limit(&self, status: StatusCode) -> u64 {
        match self {
            _ if !status.is_success() => LARGEST_REFUSAL,
            Self::List => LARGEST_PAGE,
            _ => LARGEST_ANSWER,
        }
    }

    /// Judges an answer by its head.
    fn check(&self, status: StatusCode, headers: &Headers) -> Result<()> {
        let header = |name: &'static str| headers.get_optional_string(&name.into());
        let not_storage = |lacks| Err(Wrong::NotStorage { status: status.into(), lacks }.into());
        match self {
            Self::Properties | Self::Content(_) if !is_service(headers) => {
                return not_storage("x-ms- headers");
            }
            Self::Properties | Self::Content(_) if header("etag").is_none() => return not_storage("an ETag"),
            _ => {}
        }
        let Self::Content(asked) = self else { return Ok(()) };
        let version = header("etag").map(quoted);
        if asked.version.is_some() && version != asked.version {
            return Err(Wrong::OtherVersion.into());
        }
        let Some((from, to)) = asked.range else { return Ok(()) };
        let came = header("content-range").and_then(|text| content_range(&text));
        let right = match (status, came) {
            // A whole blob is a range that begins at its first byte.
            (StatusCode::Ok, None) => from == 0,
            (_, Some((first, last, whole))) => first == from && (last == to || last.checked_add(1) == whole),
            _ => false,
        };
        if right { Ok(()) } else { Err(Wrong::OtherRange.into()) }
    }

    /// Judges an answer by its body.
    fn check_body(&self, body: &[u8]) -> Result<()> {
        let root = match self {
            Self::List => "EnumerationResults",
            Self::Blocks => "BlockList",
            _ => return Ok(()),
        };
        if root::of(body).as_deref() == Some(root) {
            return Ok(());
        }
        Err(Wrong::NotStorage {
            status: 200,
            lacks: if root == "BlockList" { "a BlockList" } else { "EnumerationResults" },
        }
        .into())
    }
}

/// Whether a head is the service's: every one of its answers has such a header, its refusals, too.
fn is_service(headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| name.as_str().starts_with("x-ms-"))
}

/// `0-99`.
fn byte_range(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once('-')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

/// `bytes 0-99/200`: first and last byte, and the length of the whole where it is told.
fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = byte_range(range)?;
    Some((first, last, whole.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    fn request(method: Method, url: &str, pairs: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::new(url.parse().expect("an address"), method);
        for (name, value) in pairs {
            request.insert_header(*name, *value);
        }
        request
    }

    #[test]
    fn a_blob_is_the_version_and_range_that_was_asked_for() {
        let asked = Asked::by(&request(
            Method::Get,
            "http://a/c/b",
            &[("if-match", "\"1\""), ("x-ms-range", "bytes=10-99")],
        ));
        let check = |status: u16, pairs: &[(&'static str, &'static str)]| {
            asked.check(status.into(), &headers(pairs)).map_err(|error| *Wrong::of(&error).expect("typed"))
        };
        let (ms, etag) = (("x-ms-request-id", "1"), ("etag", "\"1\""));
        assert_eq!(check(206, &[ms, etag, ("content-range", "bytes 10-99/100")]), Ok(()));
        assert_eq!(check(206, &[ms, etag, ("content-range", "bytes 10-49/50")]), Ok(()), "a shorter blob");
        for (pairs, wrong) in [
            (&[etag, ("content-range", "bytes 10-99/100")][..], "x-ms- headers"),
            (&[ms, ("content-range", "bytes 10-99/100")], "an ETag"),
        ] {
            assert_eq!(check(206, pairs), Err(Wrong::NotStorage { status: 206, lacks: wrong }));
        }
        let other = ("etag", "\"2\"");
        assert_eq!(check(206, &[ms, other, ("content-range", "bytes 10-99/100")]), Err(Wrong::OtherVersion));
        for range in ["bytes 0-89/100", "bytes 10-20/100", "bytes 10-99", "x"] {
            assert_eq!(check(206, &[ms, etag, ("content-range", range)]), Err(Wrong::OtherRange), "{range}");
        }
        assert_eq!(check(200, &[ms, etag]), Err(Wrong::OtherRange), "from the first byte on");
    }

    #[test]
    fn what_was_asked_for_follows_from_the_request() {
        let by = |method, url: &str| Asked::by(&request(method, url, &[]));
        assert_eq!(by(Method::Get, "http://a/c?restype=container&comp=list&prefix=comp"), Asked::List);
        assert_eq!(by(Method::Get, "http://a/c/b?comp=blocklist&blocklisttype=committed"), Asked::Blocks);
        assert_eq!(by(Method::Head, "http://a/c/b"), Asked::Properties);
        assert_eq!(by(Method::Get, "http://a/c/b?sv=1"), Asked::Content(Content::default()));
        assert_eq!(by(Method::Put, "http://a/c/b"), Asked::Other);
    }

    /// Refuses connections, but for the second one.
    #[derive(Debug, Default)]
    struct Unsteady(std::sync::atomic::AtomicU32);

    #[async_trait]
    impl HttpClient for Unsteady {
        async fn execute_request(&self, _: &Request) -> Result<AsyncRawResponse> {
            if self.0.fetch_add(1, Ordering::Relaxed) == 1 {
                return Ok(AsyncRawResponse::from_bytes(StatusCode::NotFound, Headers::new(), ""));
            }
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Err(azure_core::Error::new(ErrorKind::Connection, refused))
        }
    }

    #[tokio::test]
    async fn a_refused_port_is_tried_again_once_it_has_answered() {
        let answers = Answers::of(Unsteady::default(), Speaker::Storage, Duration::from_secs(1));
        let request = request(Method::Get, "http://a/c/b", &[]);
        let mut kinds = Vec::new();
        for _ in 0..3 {
            kinds.push(answers.execute_request(&request).await.err().map(|error| error.kind().clone()));
        }
        // The client tries connections again, other failures not.
        assert_eq!(kinds, [Some(ErrorKind::Other), None, Some(ErrorKind::Connection)]);
    }

    #[test]
    fn a_listing_has_its_root() {
        assert!(Asked::List.check_body(b"\xEF\xBB\xBF<EnumerationResults/>").is_ok());
        for body in [&b"<html/>"[..], b"", b"{}", b"<a><EnumerationResults/></a>", b"<BlockList/>"] {
            let error = Asked::List.check_body(body).expect_err("no listing");
            assert!(matches!(Wrong::of(&error), Some(Wrong::NotStorage { .. })));
        }
        assert!(Asked::Blocks.check_body(b"<BlockList/>").is_ok());
        assert!(Asked::Other.check_body(b"anything").is_ok());
    }
}
