//! Archives: each member as if it were a file of its own.

mod tar;
mod zip;

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

pub(super) use self::zip::{is_zip, read as zip};

/// So many members of an archive are read at most: a small packed file can hold any number of empty ones.
pub const MAX_MEMBERS: usize = 1_000_000;

/// So many first bytes tell an archive.
const HEAD_BYTES: usize = tar::BLOCK;

/// What is read as one: a file, or a member of an archive.
pub struct Part<'a> {
    /// The member's name in its archive; none for a file, and for what is wrong with an archive as a whole.
    pub member: Option<&'a str>,
    /// Its plain bytes. What is wrong with it is what reading reports.
    pub bytes: &'a mut (dyn Read + Send),
}

fn is_archive(head: &[u8]) -> bool {
    is_zip(head) || tar::is_header(head)
}

/// Lets pass what is no archive.
pub(super) fn refuse<'a>(plain: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let whole = Whole::of(plain);
    if is_archive(whole.head()) {
        return Err(io::Error::other("it is an archive; unpack it first"));
    }
    Ok(Box::new(whole))
}

/// Reads what comes once and from its beginning.
pub(super) fn stream(
    reader: impl Read + Send,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut whole = Whole::of(super::unpack(reader)?);
    let (is_zip, is_tar) = (is_zip(whole.head()), tar::is_header(whole.head()));
    if is_zip {
        let words = "a ZIP archive is read only from a file of its own; save or unpack it first";
        Members::new(wanted, each).fault(io::Error::other(words))
    } else if is_tar {
        tar::read(&mut whole, Members::new(wanted, each));
        Ok(())
    } else {
        let _ = each(Part { member: None, bytes: &mut whole });
        Ok(())
    }
}

/// Members on their way to who reads them.
struct Members<'m> {
    wanted: &'m dyn Fn(&str) -> bool,
    each: &'m mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
    read: usize,
}

impl<'m> Members<'m> {
    fn new(wanted: &'m dyn Fn(&str) -> bool, each: &'m mut dyn FnMut(Part<'_>) -> ControlFlow<()>) -> Self {
        Self { wanted, each, read: 0 }
    }

    fn wants(&self, name: &str) -> bool {
        (self.wanted)(name)
    }

    /// Hands on a member, which may be packed in its turn.
    fn member(&mut self, name: &str, bytes: impl Read + Send) -> ControlFlow<()> {
        if self.read == MAX_MEMBERS {
            let words = format!("more than {MAX_MEMBERS} flow logs in one archive; the others are not read");
            let _ = self.fault(io::Error::other(words));
            return ControlFlow::Break(());
        }
        self.read += 1;
        let each = &mut *self.each;
        let mut hand_on = |bytes: &mut (dyn Read + Send)| each(Part { member: Some(name), bytes });
        let opened = super::unpack(bytes).map(Whole::of).and_then(|whole| {
            let nested = || io::Error::other("an archive inside an archive; unpack it first");
            if is_archive(whole.head()) { Err(nested()) } else { Ok(whole) }
        });
        match opened {
            Ok(mut whole) => hand_on(&mut whole),
            Err(error) => hand_on(&mut Faulty(Some(error))),
        }
    }

    /// A member that cannot be read.
    fn faulty(&mut self, name: &str, error: io::Error) -> ControlFlow<()> {
        self.member(name, Faulty(Some(error)))
    }

    /// What is wrong with the archive as a whole.
    #[allow(clippy::unnecessary_wraps)] // who found it is done
    fn fault(&mut self, error: io::Error) -> io::Result<()> {
        let _ = (self.each)(Part { member: None, bytes: &mut Faulty(Some(error)) });
        Ok(())
    }

    /// All members were met.
    fn end(mut self) {
        if self.read == 0 {
            let _ = self
                .fault(io::Error::other("an archive without flow logs (its names have no ending of theirs)"));
        }
    }
}

/// Bytes whose beginning was looked at. A fault met there comes behind what was read before it.
struct Whole<R>(io::Chain<Cursor<Vec<u8>>, io::Chain<Faulty, R>>);

impl<R: Read> Whole<R> {
    fn of(mut rest: R) -> Self {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let fault = rest.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).err();
        Self(Cursor::new(head).chain(Faulty(fault).chain(rest)))
    }

    fn head(&self) -> &[u8] {
        self.0.get_ref().0.get_ref()
    }
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

/// Nothing but a fault, told once: where reading ahead met it.
pub(crate) struct Faulty(pub(crate) Option<io::Error>);

impl Read for Faulty {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
