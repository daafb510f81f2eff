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
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    /// At most twice [`BEATS`], in no order; what is cut off is never among the earliest [`BEATS`].
    beats: Vec<Beat>,
}

impl Rhythm {
    #[inline]
    pub(super) fn beat(&mut self, beat: Beat) {
        self.beats.push(beat);
        if self.beats.len() >= 2 * BEATS {
            self.cut();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if self.beats.is_empty() {
            *self = other;
        } else {
            self.beats.extend(other.beats);
            if self.beats.len() >= 2 * BEATS {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        self.beats.select_nth_unstable(BEATS);
        self.beats.truncate(BEATS);
    }

    /// How many are kept at least.
    pub fn len(&self) -> usize {
        self.beats.len().min(BEATS)
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.beats.is_empty()
    }

    /// The earliest [`BEATS`], in order.
    pub fn sorted(&self) -> Vec<Beat> {
        let mut beats = self.beats.clone();
        beats.sort_unstable();
        beats.truncate(BEATS);
        beats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_are_kept_whatever_the_order_and_the_parts() {
        let all: Vec<Beat> = (0..20_000_u32).map(|n| Beat { seconds: n * 7919 % 20_000, bytes: n }).collect();
        let mut whole = Rhythm::default();
        let mut parts = [Rhythm::default(), Rhythm::default()];
        for (place, beat) in all.iter().enumerate() {
            whole.beat(*beat);
            parts[place % 2].beat(*beat);
        }
        let [mut a, b] = parts;
        a.merge(b);
        let mut expected = all;
        expected.sort_unstable();
        expected.truncate(BEATS);
        assert_eq!(whole.sorted(), expected);
        assert_eq!(a.sorted(), expected);
    }
}
