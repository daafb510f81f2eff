//! The files cut into stretches of time, which all groups go through one after the other.
//!
//! What several NICs logged of a connection is brought together when all have been read to the same
//! time, and forgotten then: memory is that of one stretch, whatever the number of days. A stretch is
//! long enough that a worker reads one NIC for a while before it turns to the next.

use super::plan::{Beginning, Group};
use crate::walk::Input;

/// A stretch ends at the first full hour after so many bytes.
const STRETCH_BYTES: u64 = 64 << 20;
const HOUR_MS: i64 = 3_600_000;

/// Files of one group and one stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) stretch: usize,
    pub(super) group: usize,
    /// Indexes of the inputs, in the order to read them.
    pub(super) inputs: Vec<usize>,
    /// Their bytes on disk.
    pub(super) size: u64,
    /// Time of the group's next file, in a later stretch, Unix ms; `None` if this is the last.
    pub(super) next_ms: Option<i64>,
}

/// All tasks, and when each stretch but the last ends, Unix ms.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretches {
    /// By group, then by time.
    pub(super) tasks: Vec<Task>,
    pub(super) ends_ms: Vec<i64>,
}

/// Cuts the groups' files into stretches.
pub(super) fn cut(groups: &[Group], beginnings: &[Beginning], inputs: &[Input]) -> Stretches {
    cut_at(groups, beginnings, inputs, STRETCH_BYTES)
}

fn cut_at(groups: &[Group], beginnings: &[Beginning], inputs: &[Input], bytes: u64) -> Stretches {
    let size = |index: usize| inputs.get(index).map_or(0, |input| input.size);
    let time = |index: usize| beginnings.get(index).and_then(Beginning::time_ms);
    let mut timed: Vec<(i64, u64)> =
        (0..inputs.len()).filter_map(|index| Some((time(index)?, size(index)))).collect();
    timed.sort_unstable();
    let mut ends_ms = Vec::new();
    let mut gathered = 0;
    for (time_ms, size) in timed {
        let hour_ms = time_ms.div_euclid(HOUR_MS).saturating_mul(HOUR_MS);
        if gathered >= bytes && ends_ms.last().is_none_or(|&last| last < hour_ms) {
            ends_ms.push(hour_ms);
            gathered = 0;
        }
        gathered += size;
    }
    let mut tasks: Vec<Task> = Vec::new();
    for (group, files) in groups.iter().enumerate() {
        let first = tasks.len();
        // Files of one group are read in their order: a later one is in no earlier stretch.
        let mut stretch = 0;
        for &index in &files.inputs {
            let time_ms = time(index).unwrap_or(i64::MIN);
            stretch = stretch.max(ends_ms.partition_point(|&end| end <= time_ms));
            match tasks.get_mut(first..).and_then(|mine| mine.last_mut()) {
                Some(task) if task.stretch == stretch => {
                    task.inputs.push(index);
                    task.size += size(index);
                }
                last => {
                    if let Some(task) = last {
                        task.next_ms = Some(time_ms);
                    }
                    let inputs = vec![index];
                    tasks.push(Task { stretch, group, inputs, size: size(index), next_ms: None });
                }
            }
        }
    }
    Stretches { tasks, ends_ms }
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[test]
    fn stretches_end_at_full_hours_and_tasks_know_when_their_group_goes_on() {
        let hour = |n: i64| n * HOUR_MS + 5000;
        let inputs: Vec<Input> = (0..6).map(|n| Input::file(format!("{n}"), 10)).collect();
        let beginnings: Vec<Beginning> = [("A", 0), ("B", 0), ("A", 1), ("B", 1), ("A", 2), ("B", 3)]
            .map(|(mac, n)| Beginning::of(mac, hour(n)))
            .into();
        let groups = plan::groups(&inputs, &beginnings);
        let Stretches { tasks, ends_ms } = cut_at(&groups, &beginnings, &inputs, 35);
        assert_eq!(ends_ms, [2 * HOUR_MS]);
        let seen: Vec<_> =
            tasks.iter().map(|task| (task.group, task.stretch, task.inputs.clone(), task.next_ms)).collect();
        assert_eq!(
            seen,
            [
                (0, 0, vec![0, 2], Some(hour(2))),
                (0, 1, vec![4], None),
                (1, 0, vec![1, 3], Some(hour(3))),
                (1, 1, vec![5], None),
            ]
        );
    }
}
