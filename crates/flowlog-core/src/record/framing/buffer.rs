//! Bytes that were read, and room behind them for those that come next.

use std::ops::Deref;

/// The bytes read and not yet dropped: it derefs to them. Room that was once made stays, so that it is filled with zeros
/// once and not at each reading.
#[derive(Debug, Default)]
pub(in crate::record) struct Buffer {
    bytes: Vec<u8>,
    /// Bytes that were read; room behind them.
    length: usize,
}

impl Buffer {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// Room for so many bytes, behind those that are there. [`Self::filled`] says how many came.
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.length + bytes;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(self.length..end).unwrap_or_default()
    }

    /// So many bytes were written to the room.
    pub(super) fn filled(&mut self, bytes: usize) {
        self.length = self.bytes.len().min(self.length + bytes);
    }

    /// Drops the first bytes.
    pub(super) fn drop_first(&mut self, bytes: usize) {
        let bytes = bytes.min(self.length);
        self.bytes.copy_within(bytes..self.length, 0);
        self.length -= bytes;
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_was_read_and_not_dropped(
            steps in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), 0_usize..60), 0..20),
        ) {
            let mut buffer = Buffer::default();
            let mut expected = Vec::new();
            for (read, dropped) in steps {
                let room = buffer.room(40);
                prop_assert_eq!(room.len(), 40);
                room[..read.len()].copy_from_slice(&read);
                buffer.filled(read.len());
                expected.extend(read);
                prop_assert_eq!(&buffer[..], &expected[..]);
                buffer.drop_first(dropped);
                expected.drain(..dropped.min(expected.len()));
                prop_assert_eq!(&buffer[..], &expected[..]);
            }
        }
    }
}
