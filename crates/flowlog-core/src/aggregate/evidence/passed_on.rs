//! Evidence of a NIC whose log tells of other NICs' traffic, too.

use super::sums::NEVER;
use super::{Evidence, Failed, Side};
use crate::aggregate::HostId;
use crate::aggregate::near::{Ends, NearEnds};

impl Evidence {
    /// Drops what the log of `ends` only saw pass by, where a log of one of its two ends is known (to `all`) and has it:
    /// each connection would count twice. What nobody else logged stays.
    pub(in crate::aggregate) fn leave_to_others(&mut self, ends: &Ends, all: &NearEnds) {
        let is_mine = |near: HostId, far: HostId| match (ends.claim(near), all.claim(near)) {
            // Nobody's near end: a host of the internet, behind this NIC.
            (None, None) => all.claim(far).is_none(),
            (mine, best) => mine >= best,
        };
        let is_end_mine = |a: HostId, b: HostId| is_mine(a, b) || is_mine(b, a);
        let is_side_mine = |side: Side, source: HostId, destination: HostId| match side {
            Side::Source => is_mine(source, destination),
            Side::Destination => is_mine(destination, source),
        };
        self.activity.retain(|key, activity| {
            let mine =
                [Side::Source, Side::Destination].map(|side| is_side_mine(side, key.source, key.destination));
            for (answered, mine) in activity.answered.iter_mut().zip(mine) {
                *answered = if mine { *answered } else { 0 };
            }
            if activity.answered == [0; 2] {
                activity.answered_times = NEVER;
            }
            mine != [false; 2]
        });
        self.failed.retain(|key, failed| {
            for side in [Side::Source, Side::Destination] {
                if !is_side_mine(side, key.source, key.destination) {
                    failed.failed[side as usize] = 0;
                    failed.silent[side as usize] = 0;
                }
            }
            failed.drop_times();
            failed.failed != [0; 2] || failed.silent != [0; 2]
        });
        self.logins.retain(|(key, side), _| is_side_mine(*side, key.source, key.destination));
        self.vain.retain(|(source, destination), _| is_mine(*source, *destination));
        self.rhythms.retain(|key, _| is_mine(key.source, key.destination));
        self.long.retain(|key, _| is_end_mine(key.source, key.destination));
        self.clear.retain(|key, _| is_end_mine(key.source, key.destination));
        // Whom the source is, a load does not say: what goes out of a forwarding NIC has come in to it before.
        self.load.retain(|(host, side), _| match side {
            Side::Source => !ends.forwards,
            Side::Destination => ends.claim(*host) >= all.claim(*host),
        });
    }
}

impl Failed {
    /// No count, no times.
    fn drop_times(&mut self) {
        if self.failed == [0; 2] {
            self.times = NEVER;
        }
        if self.silent == [0; 2] {
            self.silent_times = NEVER;
        }
    }
}
