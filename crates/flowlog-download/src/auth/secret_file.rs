//! Secrets from a file or from standard input, where other users of the machine cannot see them.

use std::{
    fs::File,
    io::{self, BufRead as _, Read as _},
    path::Path,
};

use super::Secret;

/// Keys have 88 characters, SAS tokens some hundreds: more is another file.
const LONGEST: u64 = 16 * 1024;

/// The first line of a file, or of standard input for `-`, without the white space around it.
///
/// Windows PowerShell writes UTF-16 when told to redirect; that is read too. The error says what is
/// wrong and shows nothing of the content.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        // One line only: questions may be asked on the same input later.
        io::stdin().lock().take(LONGEST + 1).read_until(b'\n', &mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err("is too long for a secret".to_owned());
    }
    let text = decode(&bytes).ok_or("is not text")?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map(Secret::new).ok_or_else(|| "is empty".to_owned())
}

/// UTF-8, or UTF-16 if a byte-order mark says so.
fn decode(bytes: &[u8]) -> Option<String> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts_in_every_encoding() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("key");
        let utf16: Vec<u8> = "\u{feff}c2VjcmV0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for content in [&b"c2VjcmV0"[..], b"\n  c2VjcmV0 \nnot this\n", b"\xef\xbb\xbfc2VjcmV0\r\n", &utf16] {
            std::fs::write(&path, content).expect("written");
            assert_eq!(read(&path).expect("a secret").expose(), "c2VjcmV0");
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("key");
        assert!(read(&path).expect_err("no file").starts_with("cannot be read"));
        for (content, reason) in [
            (vec![b' '; 9], "is empty"),
            (vec![b'x'; 20_000], "is too long for a secret"),
            (vec![0xff; 9], "is not text"),
        ] {
            std::fs::write(&path, content).expect("written");
            assert_eq!(read(&path).expect_err("no secret"), reason);
        }
    }
}
