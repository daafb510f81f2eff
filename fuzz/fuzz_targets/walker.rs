//! The short way through a record against the JSON library: any two files mean the same to both, whatever the
//! pieces they come in.
#![no_main]

use std::io::{self, Read};

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, SeenRecords, Sink};

/// Hands out `step` bytes a read.
struct Pipe<'a>(&'a [u8], usize);

impl Read for Pipe<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(space.len());
        let (now, later) = self.0.split_at(length);
        space[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

/// Every call, in words and in order.
#[derive(Default, PartialEq, Debug)]
struct Calls(Vec<String>);

impl Sink for Calls {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.0.push(format!("{record:?}"));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.0.push(format!("{acl:?} {rule:?}"));
    }
    fn encryption_word(&mut self, word: &str) {
        self.0.push(format!("{word:?}"));
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.0.push(format!("{tuple:?}"));
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.0.push(format!("{tuple:?}"));
    }
}

// The first two bytes say how the rest is read: as two files, divided somewhere, in pieces of this size.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let &[step, at, ref bytes @ ..] = input else { return };
    let step = if step < 128 { usize::MAX } else { usize::from(step) - 127 };
    let (one, two) = bytes.split_at(bytes.len() * usize::from(at) / 255);
    let read = |mut decoder: Decoder| {
        let mut calls = Calls::default();
        let mut seen = SeenRecords::default();
        let decoded = [one, two, bytes].map(|file| {
            let decoded = decoder.decode_new(Pipe(file, step), &mut calls, Some(&mut seen));
            format!("{decoded:?}")
        });
        (decoded, calls)
    };
    assert_eq!(read(Decoder::default()), read(Decoder::library_only()));
});
