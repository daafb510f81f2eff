//! Malformed tuples: counted by reason, with the first examples.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::record::MalformedTuple;

/// Examples kept of each reason.
pub const EXAMPLES: usize = 3;

/// Longest text kept of an example, in characters.
pub const EXAMPLE_CHARS: usize = 120;

/// Tuples with one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// How many.
    pub tuples: u64,
    /// File, byte offset and text of the first few, in path order.
    pub examples: BTreeSet<(String, u64, String)>,
}

/// Malformed tuples by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults(BTreeMap<String, Fault>);

impl Faults {
    pub(super) fn count(&mut self, path: &str, tuple: &MalformedTuple<'_>) {
        let fault = match self.0.get_mut(tuple.reason) {
            Some(fault) => fault,
            None => self.0.entry(tuple.reason.to_owned()).or_default(),
        };
        fault.tuples += 1;
        // A bad log may have millions: allocate only for those that may be shown.
        let is_early = fault.examples.len() < EXAMPLES
            || fault.examples.last().is_some_and(|(last, offset, _)| (path, tuple.offset) < (last, *offset));
        if is_early {
            let text = tuple.text.chars().take(EXAMPLE_CHARS).collect();
            fault.examples.insert((path.to_owned(), tuple.offset, text));
            fault.trim();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (reason, theirs) in other.0 {
            let mine = self.0.entry(reason).or_default();
            mine.tuples += theirs.tuples;
            mine.examples.extend(theirs.examples);
            mine.trim();
        }
    }

    /// Reasons and their tuples.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fault)> {
        self.0.iter().map(|(reason, fault)| (reason.as_str(), fault))
    }

    /// All malformed tuples.
    pub fn total(&self) -> u64 {
        self.0.values().map(|fault| fault.tuples).sum()
    }
}

impl Fault {
    fn trim(&mut self) {
        while self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(offsets: impl IntoIterator<Item = u64>) -> Faults {
        let mut faults = Faults::default();
        for offset in offsets {
            faults.count("a.json", &MalformedTuple { reason: "odd", text: "x", offset });
        }
        faults
    }

    #[test]
    fn the_first_examples_are_kept_whatever_the_order() {
        let all = faults(0..100);
        let mut halves = faults((50..100).rev());
        halves.merge(faults((0..50).rev()));
        assert_eq!(all, halves);
        let (_, fault) = all.iter().next().unwrap();
        assert_eq!((fault.tuples, fault.examples.len()), (100, EXAMPLES));
        assert!(fault.examples.iter().map(|example| example.1).eq(0..3));
    }
}
