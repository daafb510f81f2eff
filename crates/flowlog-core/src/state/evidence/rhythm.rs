//! When the connections of a conversation began: what beacons are told by.

/// Begins kept of one conversation: the earliest. One a minute fills them in 68 hours; of what is
/// busier, the first so many are judged.
pub const BEATS: usize = 4096;

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beat {
    /// When it began, Unix seconds.
    pub seconds: u32,
    /// Bytes sent, held at [`u32::MAX`].
    pub bytes: u32,
}

/// The earliest connections of a conversation.
#[derive(Clone, Debug)]
pub struct Rhythm {
    first: Beat,
    /// At most twice [`BEATS`], in no order; what is cut off is never among the earliest [`BEATS`].
    // Most conversations have one connection or two: they pay for one pointer, not for three words.
    #[allow(clippy::box_collection)]
    rest: Option<Box<Vec<Beat>>>,
}

impl Rhythm {
    pub(in crate::state) fn once(first: Beat) -> Self {
        Self { first, rest: None }
    }

    #[inline]
    pub(in crate::state) fn beat(&mut self, beat: Beat) {
        let rest = self.rest.get_or_insert_default();
        rest.push(beat);
        if rest.len() >= 2 * BEATS {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.select_nth_unstable(BEATS);
            rest.truncate(BEATS);
        }
    }

    /// How many are kept at least; never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        (1 + self.rest.as_ref().map_or(0, |rest| rest.len())).min(BEATS)
    }

    /// The earliest [`BEATS`], in order.
    pub fn sorted(&self) -> Vec<Beat> {
        let rest = self.rest.iter().flat_map(|rest| rest.iter().copied());
        let mut beats: Vec<Beat> = std::iter::once(self.first).chain(rest).collect();
        beats.sort_unstable();
        beats.truncate(BEATS);
        beats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_are_kept_whatever_the_order() {
        let all: Vec<Beat> = (0..20_000_u32).map(|n| Beat { seconds: n * 7919 % 20_000, bytes: n }).collect();
        let mut whole = Rhythm::once(all[0]);
        for beat in all.iter().skip(1) {
            whole.beat(*beat);
        }
        let mut expected = all;
        expected.sort_unstable();
        expected.truncate(BEATS);
        assert_eq!(whole.sorted(), expected);
    }
}
