//! Where does a JSON value end? Brackets and quotes only, whatever the buffers it comes in.

use memchr::{memchr2, memchr3};

/// Follows the nesting of one value across buffers.
pub(super) struct Scan {
    open: u8,
    close: u8,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    pub(super) fn new(first: Option<u8>) -> Self {
        let (open, close) = match first {
            Some(b'{') => (b'{', b'}'),
            Some(b'[') => (b'[', b']'),
            Some(b'"') => (b'"', b'"'),
            _ => (0, 0),
        };
        Self { open, close, depth: 0, in_string: false, escaped: false }
    }

    pub(super) fn is_scalar(&self) -> bool {
        self.open == 0
    }

    /// The number of bytes up to and with the value's last one, if it is among `bytes`.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.is_scalar() {
            return bytes
                .iter()
                .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n'));
        }
        let mut at = 0;
        if self.escaped && !bytes.is_empty() {
            self.escaped = false;
            at = 1;
        }
        loop {
            let rest = bytes.get(at..)?;
            if self.in_string {
                let found = memchr2(b'"', b'\\', rest)?;
                at += found + 1;
                if rest.get(found) == Some(&b'\\') {
                    if at == bytes.len() {
                        self.escaped = true;
                    }
                    at += 1;
                } else {
                    self.in_string = false;
                    if self.open == b'"' {
                        return Some(at);
                    }
                }
            } else {
                let found = memchr3(b'"', self.open, self.close, rest)?;
                at += found + 1;
                match rest.get(found) {
                    Some(b'"') => self.in_string = true,
                    Some(&byte) if byte == self.open => self.depth += 1,
                    _ => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                }
            }
        }
    }
}
