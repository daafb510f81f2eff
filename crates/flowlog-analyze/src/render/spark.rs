//! Numbers over time in one line of characters.

const BLOCKS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
const ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// One character a number, in proportion to the largest; nothing is a dot (`_` in ASCII), and something always shows.
pub(crate) fn spark(values: &[u64], ascii: bool) -> String {
    let (marks, largest) = (if ascii { ASCII } else { BLOCKS }, values.iter().copied().max().unwrap_or(0));
    let mark = |value: u64| {
        // Eight steps: the largest number is the eighth.
        let step = (u128::from(value) * 8).div_ceil(u128::from(largest.max(1)));
        usize::try_from(step).ok().and_then(|step| step.checked_sub(1)).and_then(|step| marks.get(step))
    };
    let nothing = if ascii { '_' } else { '\u{b7}' };
    values.iter().map(|&value| mark(value).copied().unwrap_or(nothing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_in_proportion_and_something_always_shows() {
        assert_eq!(spark(&[0, 1, 50, 100], false), "\u{b7}\u{2581}\u{2584}\u{2588}");
        assert_eq!(spark(&[0, 1, u64::MAX], true), "_.@");
        assert_eq!(spark(&[0, 0], true), "__");
        assert_eq!(spark(&[], true), "");
    }
}
