//! Shared Key: signing each request with the account key.
//!
//! The client library has no account-key credential, so a pipeline policy signs. The rules are those
//! of Microsoft Learn, "Authorize with Shared Key" (versions 2015-02-21 and later): the content
//! length of an empty body is an empty line, and with `x-ms-date` set the `Date` line is empty.

use std::{collections::BTreeMap, fmt, fmt::Write as _, sync::Arc};

use async_trait::async_trait;
use azure_core::{
    http::{
        Context, Method, Request, Url,
        headers::Headers,
        policies::{Policy, PolicyResult},
    },
    time::{OffsetDateTime, to_rfc7231},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The standard headers of the string to sign, in its order.
const SIGNED_HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// A storage account key, decoded.
#[derive(Clone)]
pub struct AccountKey(Vec<u8>);

impl AccountKey {
    /// The key from its base64 text; `None` if it is not base64 or empty.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok().filter(|key| !key.is_empty()).map(Self)
    }

    fn sign(&self, text: &str) -> String {
        // HMAC takes keys of every length, so there is no error to handle.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| mac.chain_update(text.as_bytes()));
        mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default()
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Signs every try of a request: a retry carries a new date and so a new signature.
#[derive(Debug)]
pub struct SharedKeyPolicy {
    account: String,
    key: AccountKey,
}

impl SharedKeyPolicy {
    /// Signs as `account` with `key`.
    pub fn new(account: impl Into<String>, key: AccountKey) -> Self {
        Self { account: account.into(), key }
    }
}

#[async_trait]
impl Policy for SharedKeyPolicy {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        request.insert_header("x-ms-date", to_rfc7231(&OffsetDateTime::now_utc()));
        if let Some(length) = request.body().len().filter(|length| *length > 0) {
            request.insert_header("content-length", length.to_string());
        }
        let text = string_to_sign(request.method(), request.url(), request.headers(), &self.account);
        let signature = self.key.sign(&text);
        request.insert_header("authorization", format!("SharedKey {}:{signature}", self.account));
        match next.split_first() {
            Some((policy, rest)) => policy.send(ctx, request, rest).await,
            None => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Other,
                "the signing policy has no policy after it",
            )),
        }
    }
}

/// The text whose HMAC authorises the request.
fn string_to_sign(method: Method, url: &Url, headers: &Headers, account: &str) -> String {
    let by_name: BTreeMap<String, &str> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().trim()))
        .collect();
    let mut text = method.as_ref().to_owned();
    for name in SIGNED_HEADERS {
        let value = by_name.get(name).copied().unwrap_or_default();
        let value = if name == "content-length" && value == "0" { "" } else { value };
        let _ = write!(text, "\n{value}");
    }
    for (name, value) in by_name.iter().filter(|(name, _)| name.starts_with("x-ms-")) {
        let _ = write!(text, "\n{name}:{value}");
    }
    // On path-style endpoints (emulators) the path begins with the account, which so stands twice.
    let _ = write!(text, "\n/{account}{}", url.path());
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        parameters.entry(name.to_lowercase()).or_default().push(value.into_owned());
    }
    for (name, mut values) in parameters {
        values.sort();
        let _ = write!(text, "\n{name}:{}", values.join(","));
    }
    text
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

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a valid address")
    }

    /// The examples of "Authorize with Shared Key": Get Container Metadata and List Blobs.
    #[test]
    fn the_string_to_sign_is_the_documented_one() {
        let sent = headers(&[("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"), ("x-ms-version", "2015-02-21")]);
        let metadata = url(
            "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20",
        );
        assert_eq!(
            string_to_sign(Method::Get, &metadata, &sent, "myaccount"),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
        let list = url(
            "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=list&include=snapshots&include=metadata&include=uncommittedblobs",
        );
        assert!(string_to_sign(Method::Get, &list, &sent, "myaccount").ends_with(
            "\n/myaccount/mycontainer\ncomp:list\ninclude:metadata,snapshots,uncommittedblobs\nrestype:container"
        ));
    }

    /// The header lines of a Put Blob request, in the documented order.
    #[test]
    fn standard_headers_stand_in_their_lines() {
        let sent = headers(&[
            ("content-type", "text/plain; charset=UTF-8"),
            ("content-length", "11"),
            ("x-ms-date", "Sun, 20 Sep 2009 20:36:40 GMT"),
            ("x-ms-version", "2015-02-21"),
            ("x-ms-blob-type", "BlockBlob"),
            ("accept", "application/xml"),
        ]);
        assert_eq!(
            string_to_sign(Method::Put, &url("https://a.blob.core.windows.net/c/b%2Fx.json"), &sent, "a"),
            "PUT\n\n\n11\n\ntext/plain; charset=UTF-8\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\n\
             x-ms-date:Sun, 20 Sep 2009 20:36:40 GMT\nx-ms-version:2015-02-21\n/a/c/b%2Fx.json"
        );
    }

    #[test]
    fn an_empty_body_has_an_empty_length_and_paths_keep_the_account() {
        let text = string_to_sign(
            Method::Put,
            &url("http://127.0.0.1:10000/devstoreaccount1/c?restype=container"),
            &headers(&[("content-length", "0"), ("range", "bytes=0-9"), ("if-match", "\"0x1\"")]),
            "devstoreaccount1",
        );
        assert_eq!(
            text,
            "PUT\n\n\n\n\n\n\n\n\"0x1\"\n\n\nbytes=0-9\n/devstoreaccount1/devstoreaccount1/c\nrestype:container"
        );
    }

    /// RFC 4231, test case 2, in base64.
    #[test]
    fn the_signature_is_hmac_sha256() {
        let key = AccountKey::from_base64("SmVmZQ==").expect("valid base64");
        assert_eq!(key.sign("what do ya want for nothing?"), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    }

    #[test]
    fn a_key_that_is_not_base64_is_refused() {
        assert!(AccountKey::from_base64("not a key").is_none());
        assert!(AccountKey::from_base64("  ").is_none());
    }
}
