//! Listing a container: all of it, or only the branches in which wanted blobs can be.

use azure_storage_blob::BlobContainerClient;
use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{
    Listed, Listing,
    filter::{Branch, Filter},
    page::{Call, read_page},
};

/// Calls made at once where the container falls into branches.
const AT_ONCE: usize = 8;

/// Lists every blob; `progress` hears the blobs and bytes so far after each page.
pub async fn list_container(
    container: &BlobContainerClient,
    progress: impl FnMut(u64, u64),
) -> azure_core::Result<Listing> {
    list_wanted(container, &Filter::default(), progress).await
}

/// Lists the blobs that `filter` wants, in name order, going level by level only where it wants some.
///
/// `progress` hears the wanted blobs and their bytes so far after each page.
pub async fn list_wanted(
    container: &BlobContainerClient,
    filter: &Filter,
    mut progress: impl FnMut(u64, u64),
) -> azure_core::Result<Listing> {
    let mut listing = Listing::default();
    let mut bytes = 0u64;
    let mut waiting = vec![Call { prefix: String::new(), by_level: !filter.is_everything(), marker: None }];
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(call) = waiting.pop()
        {
            running.push(async { (read_page(container, &call).await, call) });
        }
        let Some((page, call)) = running.next().await else { break };
        let page = page?;
        listing.calls += 1;
        for blob in page.blobs {
            let blob = Listed {
                id: blob.name.clone(),
                name: blob.name,
                version: quoted(blob.etag),
                length: blob.length,
                file: None,
            };
            let length = blob.length;
            if listing.take(blob, filter) {
                bytes = bytes.saturating_add(length);
            }
        }
        for prefix in page.prefixes {
            match filter.branch(&prefix) {
                Branch::Skip => {}
                found => waiting.push(Call { prefix, by_level: found == Branch::Descend, marker: None }),
            }
        }
        if page.next.is_some() {
            waiting.push(Call { marker: page.next, ..call });
        }
        progress(listing.blobs.len() as u64, bytes);
    }
    listing.blobs.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(listing.without_folders())
}

/// An `ETag` in the one form kept: listings give it bare, response headers in quotes.
pub fn quoted(etag: String) -> String {
    if etag.is_empty() || etag.ends_with('"') { etag } else { format!("\"{etag}\"") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn etags_of_listings_and_headers_compare_equal() {
        assert_eq!(super::quoted("0x8D1".into()), "\"0x8D1\"");
        assert_eq!(super::quoted("\"0x8D1\"".into()), "\"0x8D1\"");
    }
}
