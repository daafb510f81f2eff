//! The same bytes from a pipe, a few at a time: the same is found as in a file.
#![no_main]

use std::io::{self, Read};

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};

/// Hands out as many bytes a read as `steps` say, over and over: a pipe gives what is there.
struct Pipe<'a> {
    bytes: &'a [u8],
    steps: &'a [u8],
    at: usize,
}

impl Read for Pipe<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let step = self.steps.get(self.at % self.steps.len().max(1)).map_or(1, |step| usize::from(*step) + 1);
        self.at += 1;
        let length = step.min(space.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(length);
        space[..length].copy_from_slice(now);
        self.bytes = later;
        Ok(length)
    }
}

/// Everything that is pushed, in words.
#[derive(Default, PartialEq, Debug)]
struct Log(Vec<String>);

impl Sink for Log {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.0.push(format!("{record:?}"));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.0.push(format!("{acl:?} {rule:?}"));
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.0.push(format!("{tuple:?}"));
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.0.push(format!("{tuple:?}"));
    }
}

libfuzzer_sys::fuzz_target!(|input: (Vec<u8>, &[u8])| {
    let (steps, bytes) = input;
    let read = |reader: &mut dyn Read| {
        let mut log = Log::default();
        let decoded = Decoder::default().decode(reader, &mut log);
        (format!("{decoded:?}"), log)
    };
    let whole = read(&mut &*bytes);
    let piped = read(&mut Pipe { bytes, steps: &steps, at: 0 });
    assert_eq!(whole, piped);
});
