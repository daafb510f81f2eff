//! Reading ahead: bytes are read and unpacked on a thread of their own while another one decodes them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Bytes handed over at once.
const BLOCK: usize = 256 << 10;
/// Blocks on their way.
const IN_FLIGHT: usize = 4;

/// Lets `with` read what `reader` holds, which is read ahead meanwhile.
pub(super) fn read_ahead<T>(reader: impl Read + Send, with: impl FnOnce(Blocks) -> T) -> T {
    thread::scope(|scope| {
        let (out, blocks) = sync_channel(IN_FLIGHT);
        scope.spawn(move || pump(reader, &out));
        with(Blocks { pending: blocks, block: Vec::new(), at: 0 })
    })
}

/// Until all is read, or nobody wants more.
fn pump(mut reader: impl Read, out: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = Vec::with_capacity(BLOCK);
        let end = reader.by_ref().take(BLOCK as u64).read_to_end(&mut block);
        // What stands before a fault is read, too.
        if !block.is_empty() && out.send(Ok(block)).is_err() {
            return;
        }
        match end {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                out.send(Err(error)).ok();
                return;
            }
        }
    }
}

/// What was read ahead.
pub(super) struct Blocks {
    pending: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
}

impl Read for Blocks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            match self.pending.recv() {
                Ok(block) => (self.block, self.at) = (block?, 0),
                Err(_) => return Ok(0),
            }
        }
        let length = self.block.get(self.at..).unwrap_or_default().read(out)?;
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many bytes, a few at a time, then a fault.
    struct Faulty(usize);

    impl Read for Faulty {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = out.len().min(self.0).min(1000);
            if length == 0 {
                return Err(io::Error::other("broken"));
            }
            out.iter_mut().take(length).for_each(|byte| *byte = b'x');
            self.0 -= length;
            Ok(length)
        }
    }

    #[test]
    fn all_bytes_come_in_order() {
        let bytes: Vec<u8> = (0..=250).cycle().take(BLOCK * 3 + 7).collect();
        for length in [0, 1, BLOCK, bytes.len()] {
            let part = bytes.get(..length).unwrap();
            let mut read = Vec::new();
            read_ahead(part, |mut blocks| blocks.read_to_end(&mut read)).unwrap();
            assert!(read == part, "{length} bytes");
        }
    }

    #[test]
    fn a_fault_comes_behind_what_was_read_before_it() {
        let mut read = Vec::new();
        let end = read_ahead(Faulty(BLOCK + 5), |mut blocks| blocks.read_to_end(&mut read));
        assert_eq!((end.unwrap_err().to_string().as_str(), read.len()), ("broken", BLOCK + 5));
    }

    #[test]
    fn who_stops_reading_early_does_not_wait() {
        let first = read_ahead(io::repeat(b'x'), |mut blocks| blocks.read(&mut [0; 10])).unwrap();
        assert_eq!(first, 10);
    }
}
