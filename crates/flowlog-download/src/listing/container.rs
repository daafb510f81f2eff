//! Listing a container, page by page.

use azure_storage_blob::BlobContainerClient;
use futures::TryStreamExt as _;

use super::{Listed, Listing};

/// Lists every blob; `progress` hears the blobs and bytes so far after each page.
pub async fn list_container(
    container: &BlobContainerClient,
    mut progress: impl FnMut(u64, u64),
) -> azure_core::Result<Listing> {
    let mut listing = Listing::default();
    let (mut count, mut bytes) = (0u64, 0u64);
    let mut pages = container.list_blobs(None)?.into_pages();
    while let Some(page) = pages.try_next().await? {
        for item in page.into_model()?.blob_items {
            // A deleted or nameless entry cannot be fetched; plain listings hold none.
            let (Some(name), Some(properties)) = (item.name, item.properties) else { continue };
            let length = properties.content_length.unwrap_or_default();
            count += 1;
            bytes = bytes.saturating_add(length);
            listing.blobs.push(Listed {
                id: name.clone(),
                name,
                version: quoted(properties.etag.map(String::from).unwrap_or_default()),
                length,
                file: None,
            });
        }
        progress(count, bytes);
    }
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
