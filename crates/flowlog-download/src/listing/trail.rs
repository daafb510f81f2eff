//! Whether a listing gets on: a service may give the same page, or the way to it, for ever.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use super::page::{Call, Page, PageBlob};
use crate::answer::Wrong;

/// Pages in a row that hold nothing but the way to the next one.
const MOST_EMPTY: u32 = 10_000;
/// Characters of a blob's name; Microsoft Learn, "Naming and referencing blobs".
const LONGEST_NAME: usize = 1_024;

/// The pages of one branch so far: two numbers of eight bytes each.
#[derive(Debug, Default)]
pub(super) struct Trail {
    hashes: RandomState,
    markers: HashSet<u64>,
    /// The first and last names of each page: names come in order, so none comes twice.
    names: HashSet<u64>,
    empty: u32,
}

impl Trail {
    /// Takes a page in, if it leads on.
    pub(super) fn follow(&mut self, page: &Page) -> Result<(), Wrong> {
        if let Some(marker) = &page.next
            && !self.markers.insert(self.hashes.hash_one(marker))
        {
            return Err(Wrong::Endless("it points to a page that was read already"));
        }
        let name = |blob: &'_ PageBlob| blob.name.clone();
        let blobs = page.blobs.first().map(name).zip(page.blobs.last().map(name));
        let prefixes = page.prefixes.first().cloned().zip(page.prefixes.last().cloned());
        let is_empty = blobs.is_none() && prefixes.is_none();
        if !is_empty && !self.names.insert(self.hashes.hash_one((blobs, prefixes))) {
            return Err(Wrong::Endless("the same names come again"));
        }
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if self.empty > MOST_EMPTY { Err(Wrong::Endless("page after page holds nothing")) } else { Ok(()) }
    }
}

/// Whether a page holds what was asked for, and its prefixes go deeper.
pub(super) fn check(call: &Call, page: &Page) -> Result<(), Wrong> {
    let below = |name: &String| name.starts_with(&call.prefix) && !name.is_empty();
    let deeper =
        |name: &String| below(name) && name.len() > call.prefix.len() && name.chars().count() <= LONGEST_NAME;
    let right = page.blobs.iter().all(|blob| below(&blob.name)) && page.prefixes.iter().all(deeper);
    if right { Ok(()) } else { Err(Wrong::Astray) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(blobs: &[&str], prefixes: &[&str], next: Option<&str>) -> Page {
        let blob = |name: &&str| PageBlob {
            name: (*name).to_owned(),
            etag: String::new(),
            length: 1,
            archived: None,
        };
        Page {
            blobs: blobs.iter().map(blob).collect(),
            prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
            next: next.map(str::to_owned),
        }
    }

    #[test]
    fn a_listing_that_goes_in_circles_is_seen() {
        let follow = |pages: &[Page]| {
            let mut trail = Trail::default();
            pages.iter().try_for_each(|page| trail.follow(page))
        };
        assert_eq!(
            follow(&[page(&["a"], &[], Some("1")), page(&[], &[], Some("2")), page(&["b"], &["a"], None)]),
            Ok(())
        );
        let circle =
            [page(&["a"], &[], Some("1")), page(&["b"], &[], Some("2")), page(&["c"], &[], Some("1"))];
        assert!(matches!(follow(&circle), Err(Wrong::Endless(_))));
        let same = [page(&["a"], &[], Some("1")), page(&["a"], &[], Some("2"))];
        assert!(matches!(follow(&same), Err(Wrong::Endless(_))));
        let nothing: Vec<Page> = (0..=MOST_EMPTY).map(|n| page(&[], &[], Some(&n.to_string()))).collect();
        assert_eq!(follow(&nothing[..MOST_EMPTY as usize]), Ok(()));
        assert!(matches!(follow(&nothing), Err(Wrong::Endless(_))));
    }

    #[test]
    fn a_page_stays_below_its_prefix_and_leads_deeper() {
        let call = Call { prefix: "a/".into(), by_level: true, marker: None };
        assert_eq!(check(&call, &page(&["a/b"], &["a/c/"], None)), Ok(()));
        let long = "a/".repeat(600);
        for (blobs, prefixes) in
            [(&["b"][..], &[][..]), (&[], &["a/"]), (&[], &["b/"]), (&[], &[long.as_str()])]
        {
            assert_eq!(check(&call, &page(blobs, prefixes, None)), Err(Wrong::Astray));
        }
    }
}
