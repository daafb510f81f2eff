//! ZIP: the list of members stands at the end, so that the file must be one that can be read from any place.

use std::io::{self, BufReader, Read, Seek};
use std::ops::ControlFlow;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Members, Part};

/// Whether a ZIP archive begins like this: with a member, or empty, or one of several parts.
pub(in crate::bytes) fn is_zip(head: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"].iter().any(|magic| head.starts_with(*magic))
}

/// Reads a whole archive. Its list of members, at most as long as the file, is held in memory.
pub(in crate::bytes) fn read(
    reader: impl Read + Seek + Send,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) {
    let mut members = Members::new(wanted, each);
    let mut archive = match ZipArchive::new(BufReader::new(reader)) {
        Ok(archive) => archive,
        Err(error) => {
            let _ = members.fault(io::Error::other(format!("the ZIP archive is damaged: {error}")));
            return;
        }
    };
    for number in 0..archive.len() {
        let name = match archive.name_for_index(number) {
            Some(Ok(name)) => name.into_owned(),
            _ => continue,
        };
        if name.ends_with('/') || !members.wants(&name) {
            continue;
        }
        let next = match archive.by_index(number) {
            Ok(member) => members.member(&name, member),
            Err(error) => members.faulty(&name, in_words(error)),
        };
        if next.is_break() {
            return;
        }
    }
    members.end();
}

fn in_words(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            io::Error::other("it is encrypted; unpack the archive with its password first")
        }
        ZipError::UnsupportedArchive(what) => {
            io::Error::other(format!("cannot be unpacked here ({what}); unpack the archive first"))
        }
        other => io::Error::other(format!("the ZIP archive is damaged: {other}")),
    }
}
