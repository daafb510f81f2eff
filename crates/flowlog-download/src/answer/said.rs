//! What the service says when it refuses: its status and its code.

use azure_core::{
    error::ErrorKind,
    http::{RawResponse, StatusCode, headers::Headers},
    xml::from_xml,
};
use serde::Deserialize;

use super::{is_service, root};

/// The longest code that is taken for one.
const LONGEST_CODE: usize = 80;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// HTTP status.
    pub status: StatusCode,
    /// The service's error code, like `BlobNotFound`; empty if it gave none.
    pub code: String,
    /// Whether it is the service's own word: a page of somebody else has neither its headers nor a code.
    pub own: bool,
}

impl Said {
    /// The refusal behind an error, if the service or somebody in its place answered at all.
    pub fn of(error: &azure_core::Error) -> Option<Self> {
        let ErrorKind::HttpResponse { status, error_code, raw_response } = error.kind() else { return None };
        let raw = raw_response.as_deref();
        // The client puts the status where there is no code.
        let told = error_code.clone().filter(|code| *code != status.to_string());
        let code = told.or_else(|| raw.and_then(in_body)).filter(|code| is_code(code)).unwrap_or_default();
        let headers: Option<&Headers> = raw.map(RawResponse::headers);
        let own = !code.is_empty() || headers.is_none_or(is_service);
        Some(Self { status: *status, code, own })
    }

    /// `403 AuthorizationFailure`, or the status alone.
    pub fn shown(&self) -> String {
        format!("{} {}", u16::from(self.status), self.code).trim_end().to_owned()
    }
}

/// The status of a refusal by the service itself: only that says something about the blob.
pub fn service_status(error: &azure_core::Error) -> Option<StatusCode> {
    Said::of(error).filter(|said| said.own).map(|said| said.status)
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "Code")]
    code: String,
}

fn in_body(raw: &RawResponse) -> Option<String> {
    let body: &[u8] = raw.body().as_ref();
    (root::of(body).as_deref() == Some("Error")).then_some(())?;
    from_xml::<_, ErrorBody>(body).ok().map(|body| body.code)
}

/// A code is one word; anything else would be text of strangers in a sentence of ours.
fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, code: Option<&str>, headers: &[(&'static str, &'static str)], body: &str) -> Said {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.insert(*name, *value);
        }
        let status = StatusCode::from(status);
        let raw = RawResponse::from_bytes(status, all, body.as_bytes().to_vec());
        let kind = ErrorKind::HttpResponse {
            status,
            error_code: code.map(str::to_owned),
            raw_response: Some(Box::new(raw)),
        };
        Said::of(&azure_core::Error::with_message(kind, "x")).expect("a refusal")
    }

    #[test]
    fn the_code_comes_from_the_head_or_the_body() {
        let head = said(403, Some("AuthorizationFailure"), &[], "");
        assert_eq!((head.shown().as_str(), head.own), ("403 AuthorizationFailure", true));
        let body = "\u{feff}<?xml version=\"1.0\"?><Error><Code>AccountIsDisabled</Code><Message>m\nn</Message></Error>";
        assert_eq!(said(403, Some("403"), &[], body).shown(), "403 AccountIsDisabled");
        let bare = said(400, Some("400"), &[("x-ms-request-id", "1")], "<html>");
        assert_eq!((bare.shown().as_str(), bare.own), ("400", true));
    }

    #[test]
    fn a_page_is_not_the_service() {
        for body in
            ["<html><Code>BlobNotFound</Code></html>", "", "<Error><Code>no code at all</Code></Error>"]
        {
            let page = said(404, Some("404"), &[("server", "proxy")], body);
            assert_eq!((page.shown().as_str(), page.own), ("404", false), "{body}");
        }
    }
}
