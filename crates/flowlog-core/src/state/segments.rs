//! Full chunks of rows in memory, one behind the other.
//!
//! A chunk is copied here from where it was written, which the next one is written to: that stays in the processor's
//! cache. Large pieces leave no small holes in the heap when rows go to disk.

/// Where a chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) segment: usize,
    from: u32,
    length: u32,
}

/// Pieces of memory with chunks. None is ever moved.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// Bytes of a piece.
    size: usize,
    all: Vec<Vec<u8>>,
    /// Pieces that others have used, and which are used before new ones.
    spare: Vec<Vec<u8>>,
}

impl Segments {
    /// With pieces of so many bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { size, ..Self::default() }
    }

    /// In pieces of others, as far as these go.
    pub(super) fn using(self, spare: Vec<Vec<u8>>) -> Self {
        Self { spare, ..self }
    }

    /// No chunk is needed any more: its pieces, for others.
    pub(super) fn into_spare(self) -> Vec<Vec<u8>> {
        let mut spare = self.spare;
        spare.extend(self.all.into_iter().map(|mut piece| {
            piece.clear();
            piece
        }));
        spare
    }

    /// Copies a chunk here. Returns where it lies, and by how many bytes memory has grown for it.
    pub(super) fn push(&mut self, chunk: &[u8]) -> (Held, usize) {
        let has_room = |last: &Vec<u8>| last.capacity() - last.len() >= chunk.len();
        let grown = if self.all.last().is_some_and(has_room) {
            0
        } else if let Some(spare) = self.spare.pop_if(|spare| spare.capacity() >= chunk.len()) {
            self.all.push(spare);
            0
        } else {
            let room = self.size.max(chunk.len());
            self.all.push(Vec::with_capacity(room));
            room
        };
        let segment = self.all.len().saturating_sub(1);
        let mut from = 0;
        if let Some(last) = self.all.last_mut() {
            from = last.len();
            last.extend_from_slice(chunk);
        }
        let number = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        (Held { segment, from: number(from), length: number(chunk.len()) }, grown)
    }

    /// The bytes of a chunk.
    pub(super) fn get(&self, held: Held) -> &[u8] {
        let (from, length) = (held.from as usize, held.length as usize);
        let bytes = || self.all.get(held.segment)?.get(from..from + length);
        bytes().unwrap_or_default()
    }

    /// Gives all memory back. Returns how many bytes.
    pub(super) fn clear(&mut self) -> usize {
        self.all.drain(..).chain(self.spare.drain(..)).map(|piece| piece.capacity()).sum()
    }

    /// Adds the chunks of `other`; returns what the numbers of their pieces have grown by.
    pub(super) fn append(&mut self, mut other: Self) -> usize {
        let before = self.all.len();
        self.all.append(&mut other.all);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_lie_one_behind_the_other_and_come_back() {
        let mut segments = Segments::new(10);
        let held: Vec<(Held, usize)> =
            [&b"abcd"[..], b"efghij", b"k", b"a long chunk", b""].map(|chunk| segments.push(chunk)).into();
        assert_eq!(held.iter().map(|(_, grown)| *grown).collect::<Vec<_>>(), [10, 0, 10, 12, 0]);
        let mut all = Segments::new(10);
        all.push(b"x");
        let by = all.append(segments);
        let text: Vec<&[u8]> =
            held.iter().map(|(held, _)| all.get(Held { segment: held.segment + by, ..*held })).collect();
        assert_eq!(text, [&b"abcd"[..], b"efghij", b"k", b"a long chunk", b""]);
        let mut again = Segments::new(10).using(all.into_spare());
        let grown: Vec<usize> = [&b"0123456789"[..]; 6].map(|chunk| again.push(chunk).1).into();
        assert_eq!(grown, [0, 0, 0, 0, 10, 10]);
        assert_eq!(again.clear(), 62);
        assert_eq!(again.get(held[0].0), b"");
    }
}
