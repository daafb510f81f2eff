//! The time of a blob's first record, from the first bytes of the blob.

use std::io::Read as _;

use super::Moment;

/// How many bytes from a blob's beginning are enough to find its first record's time.
pub const PEEK_BYTES: usize = 64 * 1024;

/// The value of the first `"time"` key in the beginning of a flow log, plain or gzip.
///
/// A search, not a parse: the bytes end anywhere. A `"time"` that holds no date (an epoch number, a
/// rule of that name) is passed over.
pub fn first_record_time(beginning: &[u8]) -> Option<Moment> {
    if beginning.starts_with(&[0x1f, 0x8b]) {
        return search(&inflate(beginning));
    }
    search(beginning)
}

/// What can be inflated of a gzip file's beginning, up to [`PEEK_BYTES`].
fn inflate(beginning: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(beginning).take(PEEK_BYTES as u64);
    // The input is cut off on purpose, so it ends in an error; what came before it is good.
    let _ = reader.read_to_end(&mut plain);
    plain
}

fn search(text: &[u8]) -> Option<Moment> {
    const KEY: &[u8] = b"\"time\"";
    memchr::memmem::find_iter(text, KEY).find_map(|at| {
        let after = text.get(at + KEY.len()..)?.trim_ascii_start();
        let value = after.strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        let end = memchr::memchr(b'"', value.get(..64).unwrap_or(value))?;
        Moment::parse(std::str::from_utf8(value.get(..end)?).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const LOG: &[u8] =
        br#"{"records":[{"flowLogVersion":4,"time" : "2025-10-05T09:03:27.12Z","x":{"time":"no"}}"#;

    #[test]
    fn the_first_time_that_is_a_date_counts() {
        let expected = Moment::new(2025, 10, 5, 9, 3, 27);
        assert_eq!(first_record_time(LOG), expected);
        assert_eq!(first_record_time(br#"{"rule":"time","time":17,"time":"2025-10-05T09:03:27Z""#), expected);
    }

    #[test]
    fn gzip_is_looked_into_even_when_cut_off() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(LOG).expect("writing to memory");
        let whole = encoder.finish().expect("writing to memory");
        assert_eq!(first_record_time(&whole), Moment::new(2025, 10, 5, 9, 3, 27));
        assert_eq!(first_record_time(&whole[..whole.len() - 6]), Moment::new(2025, 10, 5, 9, 3, 27));
    }

    #[test]
    fn no_time_is_none() {
        for bytes in [&b""[..], b"\"time\"", b"\"time\":\"", b"<html>", b"\x1f\x8b", b"\"time\":\"soon\""] {
            assert_eq!(first_record_time(bytes), None);
        }
    }
}
