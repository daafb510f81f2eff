//! Names from logs, kept at a bounded length.
//!
//! Azure's names are short: a rule has 80 characters, a resource id below 400. Tables keep each distinct name
//! once, and a log of long ones must not fill the memory with them.

use std::borrow::Cow;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;

/// A rule's name, a MAC address or a category is kept whole up to so many bytes.
pub const MAX_NAME_BYTES: usize = 128;
/// A resource id is kept whole up to so many bytes.
pub const MAX_ID_BYTES: usize = 512;
/// A mark and 16 hexadecimal digits.
const MARK_BYTES: usize = 20;

/// The name itself, or, if it is longer than `limit` bytes, its beginning and a hash of the whole, so that
/// different names stay different.
pub(super) fn bounded<'n>(name: impl Into<Cow<'n, str>>, limit: usize) -> Cow<'n, str> {
    let name = name.into();
    if name.len() <= limit {
        return name;
    }
    let end = (0..=limit.saturating_sub(MARK_BYTES)).rev().find(|&end| name.is_char_boundary(end));
    let head = name.get(..end.unwrap_or_default()).unwrap_or_default();
    Cow::Owned(format!("{head}...#{:016x}", FixedState::default().hash_one(&*name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let name = |tail: &str| bounded("\u{e9}".repeat(200) + tail, 256);
        assert_eq!(bounded("UserRule_web", 256), "UserRule_web");
        let (a, b) = (name("a"), name("b"));
        assert!(a != b && a.len() <= 256 && a.contains("...#"), "{a}");
        assert_eq!(bounded("x".repeat(256), 256).len(), 256);
    }
}
