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
use azure_storage_blob::{
    BlobContainerClient,
    models::{BlobContainerClientListBlobsOptions, ListBlobsIncludeItem},
};
use flowlog_core::blob_path::percent_decode;
use futures::TryStreamExt as _;
use serde::Deserialize;

use super::folder::LOG_ENDINGS;
use crate::answer::Wrong;

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
    /// In the archive tier, from which nothing can be read.
    pub(super) archived: Option<Archived>,
}

/// A blob in the archive tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archived {
    /// Until somebody asks for it to be rehydrated.
    Resting,
    /// Somebody has; it takes hours.
    Rehydrating,
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
        // Directories of hierarchical namespaces are told by it alone.
        include: Some(vec![ListBlobsIncludeItem::Metadata]),
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
    let answer: Answer = from_xml(body).map_err(|_| Wrong::Unreadable("a page of the listing"))?;
    let mut page = Page { next: answer.next_marker.filter(|marker| !marker.is_empty()), ..Page::default() };
    for item in answer.blobs.items {
        match item {
            Item::Blob { name, properties, metadata } => {
                let name = name.plain();
                if !is_directory(&name, &properties, &metadata) {
                    let (etag, length) = (properties.etag, properties.length.unwrap_or_default());
                    let archived = archived(&properties.tier, &properties.archive_status);
                    page.blobs.push(PageBlob { name, etag, length, archived });
                }
            }
            Item::BlobPrefix { name } => page.prefixes.push(name.plain()),
        }
    }
    Ok(page)
}

/// Whether an entry is a directory of a hierarchical namespace. They are listed as empty blobs; those
/// that tools wrote or retention emptied are known by their names alone.
fn is_directory(name: &str, properties: &Properties, metadata: &Metadata) -> bool {
    let length = properties.length.unwrap_or_default();
    properties.resource_type.eq_ignore_ascii_case("directory")
        || length == 0 && (metadata.is_folder.eq_ignore_ascii_case("true") || is_bare_path(name))
}

/// Whether a name is a beginning of Azure's flow-log names, without a file at its end.
fn is_bare_path(name: &str) -> bool {
    let key = name.split(['=', '/']).next().unwrap_or_default();
    let known = ["flowLogResourceID", "resourceId"].iter().any(|known| key.eq_ignore_ascii_case(known));
    let leaf = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    known && !LOG_ENDINGS.iter().any(|ending| leaf.ends_with(ending))
}

fn archived(tier: &str, status: &str) -> Option<Archived> {
    let rehydrating = status.to_ascii_lowercase().starts_with("rehydrate-pending");
    match (tier.eq_ignore_ascii_case("archive"), rehydrating) {
        (_, true) => Some(Archived::Rehydrating),
        (true, false) => Some(Archived::Resting),
        (false, false) => None,
    }
}

/// The part of the answer that is of use. `Blobs` is there even if there are none.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Blobs")]
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
        #[serde(rename = "Metadata", default)]
        metadata: Metadata,
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
    #[serde(rename = "ResourceType", default)]
    resource_type: String,
    #[serde(rename = "AccessTier", default)]
    tier: String,
    #[serde(rename = "ArchiveStatus", default)]
    archive_status: String,
}

#[derive(Default, Deserialize)]
struct Metadata {
    /// Keys keep the case they were written in.
    #[serde(rename = "hdi_isfolder", alias = "Hdi_isfolder", alias = "HDI_ISFOLDER", default)]
    is_folder: String,
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
        let blob = PageBlob { name: "p/b & c.json".into(), etag: "0x8D1".into(), length: 12, archived: None };
        assert_eq!((page.blobs, page.next.as_deref()), (vec![blob], Some("2!76!x")));
    }

    #[test]
    fn an_empty_answer_is_a_page_without_blobs() {
        let page =
            parse(b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>").expect("an answer");
        assert!(page.blobs.is_empty() && page.prefixes.is_empty() && page.next.is_none());
        for body in [
            &b"<html>proxy says no"[..],
            b"<EnumerationResults></EnumerationResults>",
            b"<EnumerationResults><Blobs><Blob>",
        ] {
            let error = parse(body).expect_err("no page");
            assert!(!error.to_string().contains('<') && Wrong::of(&error).is_some(), "{error}");
        }
    }

    fn page_of(blobs: &str) -> Page {
        parse(
            format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>")
                .as_bytes(),
        )
        .expect("an answer")
    }

    #[test]
    fn directories_are_no_blobs() {
        let entry = |name: &str, length: u64, more: &str, metadata: &str| {
            format!(
                "<Blob><Name>{name}</Name><Properties><Etag>0x1</Etag><Content-Length>{length}</Content-Length>{more}\
                 </Properties>{metadata}</Blob>"
            )
        };
        let folder = "<Metadata><a>b</a><hdi_isfolder>true</hdi_isfolder></Metadata>";
        let path = "flowLogResourceID=/S_RG/NW_LOG/y=2025/m=10";
        let blobs = [
            entry("d/e", 0, "", folder),
            entry("d/f", 0, "", &folder.replace("hdi", "Hdi")),
            entry("d/g", 0, "<ResourceType>directory</ResourceType>", "<Metadata />"),
            entry("flowLogResourceID=", 0, "", ""),
            entry(path, 0, "", ""),
            entry("resourceId=/SUBSCRIPTIONS/S/", 0, "", ""),
            entry(
                "kept/a",
                0,
                "<ResourceType>file</ResourceType>",
                "<Metadata><hdi_isfolder>false</hdi_isfolder></Metadata>",
            ),
            entry(&format!("{path}/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json"), 0, "", ""),
            entry("kept/b", 7, "", folder),
            entry(&format!("{path}/notes"), 7, "", ""),
        ];
        let names: Vec<String> = page_of(&blobs.concat()).blobs.into_iter().map(|blob| blob.name).collect();
        assert_eq!(names.len(), 4, "{names:?}");
    }

    #[test]
    fn the_tier_is_read() {
        let blob = |properties: &str| {
            page_of(&format!("<Blob><Name>a</Name><Properties>{properties}</Properties></Blob>")).blobs[0]
                .archived
        };
        let pending =
            "<AccessTier>Archive</AccessTier><ArchiveStatus>rehydrate-pending-to-hot</ArchiveStatus>";
        assert_eq!(blob("<AccessTier>Archive</AccessTier>"), Some(Archived::Resting));
        assert_eq!(blob(pending), Some(Archived::Rehydrating));
        assert_eq!(blob("<AccessTier>Cold</AccessTier>"), None);
        assert_eq!(blob(""), None);
    }
}
