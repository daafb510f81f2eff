//! The secret that decides what stands for what.

use std::fmt;

/// Bytes of a key: 16 of an AES key and 16 that become Crypto-PAn's padding.
pub const KEY_BYTES: usize = 32;

/// A key. It is never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

/// Text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is {} hexadecimal digits ({KEY_BYTES} random bytes), with nothing else in the file", 2 * KEY_BYTES)]
pub struct BadKey;

impl Key {
    /// A key of these bytes, which should be random.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits; white space around them does not count.
    ///
    /// # Errors
    /// The text is anything else.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return Err(BadKey);
        }
        let mut bytes = [0; KEY_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |index: usize| {
                let digit = pair.get(index).and_then(|&digit| char::from(digit).to_digit(16));
                digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(BadKey)
            };
            *byte = digit(0)? << 4 | digit(1)?;
        }
        Ok(Self(bytes))
    }

    /// The text that [`Self::parse`] reads.
    pub fn to_hex(&self) -> String {
        use fmt::Write;
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_writing_and_reading_and_is_not_shown() {
        let key = Key::new(std::array::from_fn(|index| u8::try_from(index * 7).unwrap()));
        let text = key.to_hex();
        assert_eq!(Key::parse(&format!(" {}\r\n", text.to_uppercase())), Ok(key.clone()));
        assert_eq!(format!("{key:?}"), "Key(..)");
        for bad in ["", "00", &text[1..], &format!("{text}0"), &text.replace('0', "g"), &"\u{e9}".repeat(32)]
        {
            assert_eq!(Key::parse(bad), Err(BadKey), "{bad}");
        }
    }
}
