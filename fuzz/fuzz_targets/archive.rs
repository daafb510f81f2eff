//! Any bytes as a file that may be packed or an archive: no panic, and an end.
#![no_main]

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use flowlog_core::bytes::{Part, each_part};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("flowlog-fuzz-{}", std::process::id()));
    std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes)).unwrap();
    let mut each = |part: Part<'_>| {
        let _ = io::copy(&mut part.bytes.take(1 << 20), &mut io::sink());
        ControlFlow::Continue(())
    };
    each_part(&path, |_| (), &|_| true, &mut each).unwrap();
});
