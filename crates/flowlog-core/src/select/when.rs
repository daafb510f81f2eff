//! Times and spans as a person writes them.

/// A number and its unit, `ms`, `s`, `m`, `h`, `d` or `w`, in milliseconds.
pub fn milliseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];
    let end = text.find(|char: char| !char.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(end)?;
    let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
