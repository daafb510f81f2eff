//! One List Blobs call: a page of blobs and, if asked for, of the "folders" between them.
//!
//! The client library lists flat only. Its request is used all the same, so that authorisation,
//! retries and API version are its own; [`HierarchyPolicy`] adds the delimiter to it, and the answer
//! is read here because the library's model has no place for prefixes. Form of the answer: Microsoft
//! Learn, "List Blobs" (REST API).

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::{
    http::{
        Context, Request,
        pager::PagerOptions,
        policies::{Policy, PolicyResult},
    },
    xml::from_xml,
};
use azure_storage_blob::{BlobContainerClient, models::BlobContainerClientListBlobsOptions};
use flowlog_core::blob_path::percent_decode;
use futures::TryStreamExt as _;
use serde::Deserialize;

/// Travels with a call whose blobs are to be grouped by `/`.
struct Hierarchical;

/// Turns List Blobs calls that ask for it into hierarchical ones. Stands before the signing policy.
#[derive(Debug)]
pub struct HierarchyPolicy;

#[async_trait]
impl Policy for HierarchyPolicy {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if ctx.value::<Hierarchical>().is_some() {
            request.url_mut().query_pairs_mut().append_pair("delimiter", "/");
        }
        match next.split_first() {
            Some((policy, rest)) => policy.send(ctx, request, rest).await,
            None => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Other,
                "the listing policy has no policy after it",
            )),
        }
    }
}

/// What one call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Names begin with this.
    pub(super) prefix: String,
    /// Group what follows the prefix by `/`.
    pub(super) by_level: bool,
    /// Where an earlier page ended.
    pub(super) marker: Option<String>,
}

/// What one call brought.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) blobs: Vec<PageBlob>,
    pub(super) prefixes: Vec<String>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageBlob {
    pub(super) name: String,
    pub(super) etag: String,
    pub(super) length: u64,
}

/// Makes the call.
pub(super) async fn read_page(container: &BlobContainerClient, call: &Call) -> azure_core::Result<Page> {
    let mut context = Context::new();
    if call.by_level {
        context = context.with_value(Hierarchical);
    }
    let options = BlobContainerClientListBlobsOptions {
        prefix: (!call.prefix.is_empty()).then(|| call.prefix.clone()),
        marker: call.marker.clone(),
        method_options: PagerOptions { context, ..PagerOptions::default() },
        ..Default::default()
    };
    let mut pages = container.list_blobs(Some(options))?.into_pages();
    match pages.try_next().await? {
        Some(page) => parse(page.into_body().as_ref()),
        None => Ok(Page::default()),
    }
}

fn parse(body: &[u8]) -> azure_core::Result<Page> {
    let answer: Answer = from_xml(body)?;
    let mut page = Page { next: answer.next_marker.filter(|marker| !marker.is_empty()), ..Page::default() };
    for item in answer.blobs.items {
        match item {
            Item::Blob { name, properties } => page.blobs.push(PageBlob {
                name: name.plain(),
                etag: properties.etag,
                length: properties.length.unwrap_or_default(),
            }),
            Item::BlobPrefix { name } => page.prefixes.push(name.plain()),
        }
    }
    Ok(page)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Blobs", default)]
    blobs: Items,
    #[serde(rename = "NextMarker")]
    next_marker: Option<String>,
}

/// Blobs and prefixes come mixed, in name order.
#[derive(Default, Deserialize)]
struct Items {
    #[serde(rename = "$value", default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
enum Item {
    Blob {
        #[serde(rename = "Name")]
        name: Name,
        #[serde(rename = "Properties")]
        properties: Properties,
    },
    BlobPrefix {
        #[serde(rename = "Name")]
        name: Name,
    },
}

/// A name; percent-encoded, and marked so, where it holds characters that XML cannot.
#[derive(Deserialize)]
struct Name {
    #[serde(rename = "@Encoded", default)]
    encoded: bool,
    #[serde(rename = "$text", default)]
    text: String,
}

impl Name {
    fn plain(self) -> String {
        if self.encoded { percent_decode(&self.text) } else { self.text }
    }
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Etag", default)]
    etag: String,
    #[serde(rename = "Content-Length")]
    length: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_and_prefixes_come_mixed_and_names_may_be_encoded() {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\" \
            ContainerName=\"c\"><Prefix>p/</Prefix><Delimiter>/</Delimiter><Blobs>\
            <BlobPrefix><Name>p/a=/</Name></BlobPrefix>\
            <Blob><Name>p/b &amp; c.json</Name><Properties><Creation-Time>x</Creation-Time><Etag>0x8D1</Etag>\
            <Content-Length>12</Content-Length><BlobType>BlockBlob</BlobType></Properties><OrMetadata /></Blob>\
            <BlobPrefix><Name Encoded=\"true\">p/%EF%BF%BF/</Name><Properties><Etag>0x2</Etag></Properties></BlobPrefix>\
            </Blobs><NextMarker>2!76!x</NextMarker></EnumerationResults>";
        let page = parse(body.as_bytes()).expect("an answer");
        assert_eq!(page.prefixes, ["p/a=/", "p/\u{ffff}/"]);
        let blob = PageBlob { name: "p/b & c.json".into(), etag: "0x8D1".into(), length: 12 };
        assert_eq!((page.blobs, page.next.as_deref()), (vec![blob], Some("2!76!x")));
    }

    #[test]
    fn an_empty_answer_is_a_page_without_blobs() {
        let page =
            parse(b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>").expect("an answer");
        assert!(page.blobs.is_empty() && page.prefixes.is_empty() && page.next.is_none());
        assert!(parse(b"<html>proxy says no").is_err());
    }
}
