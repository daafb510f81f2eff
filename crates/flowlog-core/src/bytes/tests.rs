use std::io::Write;

use flowlog_testkit::archives::{bzip2, gzip, tar, xz, zip, zstd};

use super::*;

fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    unpack(Cursor::new(bytes))?.read_to_end(&mut out)?;
    Ok(out)
}

/// Name and text, or fault, of each part.
fn parts(bytes: &[u8]) -> Vec<(Option<String>, Result<String, String>)> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let mut parts = Vec::new();
    let mut each = |part: Part<'_>| {
        let mut text = String::new();
        let end = part.bytes.read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string());
        parts.push((part.member.map(str::to_owned), end));
        ControlFlow::Continue(())
    };
    each_part(file.path(), |_| (), &|name| name.contains(".json"), &mut each).unwrap();
    parts
}

fn ok(member: Option<&str>, text: &str) -> (Option<String>, Result<String, String>) {
    (member.map(str::to_owned), Ok(text.to_owned()))
}

fn fault(bytes: &[u8]) -> String {
    let mut parts = parts(bytes);
    let (member, end) = parts.pop().unwrap();
    assert_eq!((member, parts.len()), (None, 0));
    end.unwrap_err()
}

#[test]
fn plain_bytes_pass_through_even_if_there_are_few() {
    for text in ["", "{", "abcdefgh"] {
        assert_eq!(read(text.as_bytes().to_vec()).unwrap(), text.as_bytes());
        assert_eq!(parts(text.as_bytes()), [ok(None, text)]);
    }
}

#[test]
fn appended_packed_streams_are_one() {
    for pack in [gzip, zstd, bzip2, xz] {
        let both = [pack(b"one,"), pack(b"two")].concat();
        assert!(is_packed(&both));
        assert_eq!(parts(&both), [ok(None, "one,two")]);
        assert_eq!(read(both).unwrap(), b"one,two");
    }
}

#[test]
fn a_cut_file_is_an_error_and_not_a_short_one() {
    let text = "flow ".repeat(5000);
    for pack in [gzip, zstd, bzip2, xz] {
        let packed = pack(text.as_bytes());
        assert!(read(packed[..packed.len() / 2].to_vec()).is_err());
    }
}

#[test]
fn members_of_archives_are_read_by_name_whatever_they_are_packed_in() {
    let inner = gzip(b"two");
    let long = format!("{}.json", "folder/".repeat(40));
    let members = [("a/1.json", &b"one"[..]), ("b.txt", b"no"), ("a/2.json", &inner), (&long, b"three")];
    let expected = [ok(Some("a/1.json"), "one"), ok(Some("a/2.json"), "two"), ok(Some(&long), "three")];
    assert_eq!(parts(&zip(&members)), expected);
    let archive = tar(&members);
    assert_eq!(parts(&archive), expected);
    for pack in [gzip, zstd, bzip2, xz] {
        assert_eq!(parts(&pack(&archive)), expected);
    }
}

#[test]
fn extended_headers_tell_names() {
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", &b"pax.json"[..]), ("comment", b"x")]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(3);
    builder.append_data(&mut header, "short", &b"one"[..]).unwrap();
    assert_eq!(parts(&builder.into_inner().unwrap()), [ok(Some("pax.json"), "one")]);
}

#[test]
fn whoever_has_enough_is_asked_no_more() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&tar(&[("1.json", b"one"), ("2.json", b"two")])).unwrap();
    let mut met = 0;
    let mut each = |_: Part<'_>| {
        met += 1;
        ControlFlow::Break(())
    };
    each_part(file.path(), |_| (), &|_| true, &mut each).unwrap();
    assert_eq!(met, 1);
}

#[test]
fn a_cut_archive_gives_what_stood_before_and_says_so() {
    let text = "flow ".repeat(500);
    let archive = tar(&[("1.json", text.as_bytes()), ("2.json", text.as_bytes())]);
    // Inside the second member.
    let cut = parts(&archive[..512 + 2560 + 512 + 100]);
    assert_eq!(cut[0], ok(Some("1.json"), &text));
    assert_eq!(cut[1].1.as_ref().map(String::len), Ok(100));
    assert_eq!(cut[2], (None, Err("the tar archive breaks off; what stood before is counted".to_owned())));
    // Inside the second header.
    let cut = parts(&archive[..512 + 2560 + 90]);
    assert_eq!((cut.len(), &cut[0]), (2, &ok(Some("1.json"), &text)));
    // The second header is damaged.
    let mut damaged = archive.clone();
    damaged[512 + 2560] ^= 1;
    assert!(parts(&damaged)[1].1.as_ref().unwrap_err().contains("damaged behind here"));
}

#[test]
fn a_damaged_zip_says_what_is_wrong() {
    let archive = zip(&[("1.json", b"some text that is packed")]);
    assert!(fault(&archive[..archive.len() - 10]).starts_with("the ZIP archive is damaged"));
    // A byte of the member: its sum does not fit any more.
    let mut damaged = archive.clone();
    damaged[38] ^= 0x10;
    let parts = parts(&damaged);
    assert_eq!((parts.len(), parts[0].0.as_deref(), parts[0].1.is_err()), (1, Some("1.json"), true));
}

#[test]
fn an_archive_without_logs_and_one_in_another_are_told() {
    assert!(fault(&zip(&[("a.txt", b"x")])).contains("an archive without flow logs"));
    assert!(fault(&zip(&[])).contains("an archive without flow logs"));
    assert!(fault(&tar(&[("a.txt", b"x")])).contains("an archive without flow logs"));
    for inner in [zip(&[("x.json", b"{}")]), tar(&[("x.json", b"{}")]), gzip(&tar(&[("x.json", b"{}")]))] {
        let nested = parts(&tar(&[("in.json", &inner)]));
        assert!(nested[0].1.as_ref().unwrap_err().contains("an archive inside an archive"));
    }
    assert!(fault(&gzip(&zip(&[("x.json", b"{}")]))).contains("only from a file of its own"));
}

#[test]
fn who_cannot_read_archives_is_told_before_anything_is_read() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&gzip(&tar(&[("x.json", b"{}")]))).unwrap();
    let error = open(file.path(), |_| ()).err().unwrap();
    assert!(error.to_string().contains("unpack it first"));
}

#[test]
fn names_without_end_and_dictionaries_of_gigabytes_take_no_memory() {
    // A long name of 1 GiB of zeros is announced, and is not there.
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_size(1 << 30);
    header.set_cksum();
    let archive = [header.as_bytes().to_vec(), vec![b'x'; 200 << 10]].concat();
    assert!(fault(&archive).contains("breaks off"));
    // The size of the dictionary stands in the header of the first block, whose sum must fit.
    let mut packed = xz(b"text");
    let header = packed.get(12..24).unwrap().to_vec();
    assert_eq!(header[..4], [2, 0, 0x21, 1], "LZMA2, alone");
    packed[16] = 40;
    let sum = crc32(&packed[12..20]);
    packed[20..24].copy_from_slice(&sum.to_le_bytes());
    assert!(fault(&packed).contains("needed memory too big"));
}

/// The sum that xz has of a block's header.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}
