//! Encryption words that this version does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// So many different words are counted apart: the first in the order of their letters, so that it does not depend
/// on who met them first.
pub const MAX_WORDS: usize = 32;

/// Tuples by word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownWords {
    kept: BTreeMap<String, u64>,
    others: u64,
}

impl UnknownWords {
    pub(super) fn count(&mut self, word: &str) {
        match self.kept.get_mut(word) {
            Some(tuples) => *tuples += 1,
            None => self.add(word.to_owned(), 1),
        }
    }

    fn add(&mut self, word: String, tuples: u64) {
        *self.kept.entry(word).or_default() += tuples;
        if self.kept.len() > MAX_WORDS
            && let Some((_, last)) = self.kept.pop_last()
        {
            // What comes behind the first words once comes behind them for ever: no kept count lacks any.
            self.others += last;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.others += other.others;
        for (word, tuples) in other.kept {
            self.add(word, tuples);
        }
    }

    /// Words as they stand in the log, and their tuples.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kept.iter().map(|(word, &tuples)| (word.as_str(), tuples))
    }

    /// Tuples of all further words.
    pub fn others(&self) -> u64 {
        self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_are_counted_exactly_whoever_met_them() {
        let words: Vec<String> = (0..100).map(|n| format!("NX_{:02}", n * 37 % 100)).collect();
        let count = |words: &[String]| {
            let mut counts = UnknownWords::default();
            for word in words {
                counts.count(word);
            }
            counts
        };
        let all = count(&[&words[..], &words[..]].concat());
        let mut halves = count(&words[50..]);
        halves.merge(count(&[&words[..], &words[..50]].concat()));
        assert_eq!(halves, all);
        assert!(
            all.iter()
                .map(|(word, tuples)| (word.to_owned(), tuples))
                .eq((0..32).map(|n| (format!("NX_{n:02}"), 2)))
        );
        assert_eq!(all.others(), 2 * 68);
    }
}
