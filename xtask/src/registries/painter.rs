//! Ranges of addresses that are claimed once: the first claim holds.

use std::collections::BTreeMap;

/// First number, last number (both inclusive) and owner.
pub(super) type Range = (u64, u64, &'static str);

/// A number line whose parts are given to owners. Bounds are inclusive.
#[derive(Default)]
pub(super) struct Painter {
    /// Start to (end, owner); never overlapping.
    parts: BTreeMap<u64, (u64, &'static str)>,
}

impl Painter {
    /// Gives `owner` what nobody owns yet of `start..=end`.
    pub(super) fn claim(&mut self, start: u64, end: u64, owner: &'static str) {
        let before = self.parts.range(..=start).next_back().map(|(_, part)| part.0);
        let mut free = match before {
            Some(taken) if taken >= end => return,
            Some(taken) if taken >= start => taken + 1,
            _ => start,
        };
        let taken: Vec<(u64, u64)> =
            self.parts.range(free..=end).map(|(&start, part)| (start, part.0)).collect();
        for (next, last) in taken {
            if free < next {
                self.parts.insert(free, (next - 1, owner));
            }
            if last >= end {
                return;
            }
            free = last + 1;
        }
        self.parts.insert(free, (end, owner));
    }

    /// The parts in order, neighbours of one owner joined.
    pub(super) fn joined(&self) -> Vec<Range> {
        let mut joined: Vec<Range> = Vec::new();
        for (&start, &(end, owner)) in &self.parts {
            match joined.last_mut() {
                Some(last) if last.2 == owner && last.1.checked_add(1) == Some(start) => {
                    last.1 = end;
                }
                _ => joined.push((start, end, owner)),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::Painter;

    #[test]
    fn the_first_claim_holds_and_the_rest_fills_the_gaps() {
        let mut painter = Painter::default();
        painter.claim(10, 19, "a");
        painter.claim(30, 39, "a");
        painter.claim(0, 50, "b");
        painter.claim(15, 60, "c");
        assert_eq!(
            painter.joined(),
            [(0, 9, "b"), (10, 19, "a"), (20, 29, "b"), (30, 39, "a"), (40, 50, "b"), (51, 60, "c")]
        );
    }

    #[test]
    fn neighbours_of_one_owner_are_joined_up_to_the_last_number() {
        let mut painter = Painter::default();
        painter.claim(u64::MAX, u64::MAX, "a");
        painter.claim(5, u64::MAX - 1, "a");
        painter.claim(0, u64::MAX, "a");
        assert_eq!(painter.joined(), [(0, u64::MAX, "a")]);
    }
}
