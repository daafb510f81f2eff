//! Listing a container: all of it, or only the branches in which wanted blobs can be.

use azure_storage_blob::BlobContainerClient;
use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{
    Listed, Listing,
    filter::{Branch, Filter},
    page::{Call, PageBlob, read_page},
    trail::{Trail, check},
};
use crate::answer::Wrong;

/// Blobs that one listing keeps: a thousand NICs have as many in six years.
const MOST_BLOBS: usize = 50_000_000;
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
    let whole = Call { prefix: String::new(), by_level: !filter.is_everything(), marker: None };
    let mut waiting = vec![(whole, Trail::default())];
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((call, trail)) = waiting.pop()
        {
            running.push(async { (read_page(container, &call).await, call, trail) });
        }
        let Some((page, call, mut trail)) = running.next().await else { break };
        let page = page?;
        listing.calls += 1;
        check(&call, &page)?;
        trail.follow(&page)?;
        for blob in page.blobs {
            let (length, archived) = (blob.length, blob.archived);
            let blob = listed(blob);
            let id = archived.is_some().then(|| blob.id.clone());
            if listing.take(blob, filter) {
                bytes = bytes.saturating_add(length);
                listing.archived.extend(id.zip(archived));
            }
        }
        for prefix in page.prefixes {
            match filter.branch(&prefix) {
                Branch::Skip => listing.passed.branch(&prefix, Filter::is_resource(&prefix)),
                found => {
                    let by_level = found == Branch::Descend;
                    waiting.push((Call { prefix, by_level, marker: None }, Trail::default()));
                }
            }
        }
        if page.next.is_some() {
            waiting.push((Call { marker: page.next, ..call }, trail));
        }
        if listing.blobs.len() > MOST_BLOBS {
            return Err(
                Wrong::Endless("more than 50 million blobs; narrow it with --from, --to or --last").into()
            );
        }
        progress(listing.blobs.len() as u64, bytes);
    }
    listing.blobs.sort_by(|one, other| one.id.cmp(&other.id));
    // A blob that changes while pages are read could come twice; it is one.
    listing.blobs.dedup_by(|one, other| one.id == other.id);
    Ok(listing.without_folders())
}

/// The blobs of the first page of a whole listing: what the first request of a download brings.
pub async fn first_page(container: &BlobContainerClient) -> azure_core::Result<Vec<Listed>> {
    let call = Call { prefix: String::new(), by_level: false, marker: None };
    Ok(read_page(container, &call).await?.blobs.into_iter().map(listed).collect())
}

fn listed(blob: PageBlob) -> Listed {
    Listed {
        id: blob.name.clone(),
        name: blob.name,
        version: quoted(blob.etag),
        length: blob.length,
        file: None,
    }
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
