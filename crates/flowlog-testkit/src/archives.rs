//! Packed files and archives, as people's tools write them.

use std::io::{Cursor, Write};

use lzma_rust2::{XzOptions, XzWriter};
use zip::write::SimpleFileOptions;

/// A name and what stands under it.
pub type Member<'a> = (&'a str, &'a [u8]);

/// One gzip member.
///
/// # Panics
/// Never: it is written to memory.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

/// One bzip2 stream.
///
/// # Panics
/// Never: it is written to memory.
pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

/// One xz stream.
///
/// # Panics
/// Never: it is written to memory.
pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = XzWriter::new(Vec::new(), XzOptions::with_preset(1)).expect("memory");
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

/// One Zstandard frame.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A tar archive (GNU: long names stand before their members).
///
/// # Panics
/// Never: it is written to memory.
pub fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).expect("memory");
    }
    builder.into_inner().expect("memory")
}

/// A ZIP archive, deflated.
///
/// # Panics
/// Never: it is written to memory.
pub fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).expect("memory");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}
