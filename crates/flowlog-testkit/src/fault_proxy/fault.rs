//! What can happen to an answer, and the answers the proxy makes up.

use std::{
    io::{self, Write},
    time::Duration,
};

/// What happens to one answer. Numbers of bytes count the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset; the service is not asked.
    Reset,
    /// So many bytes come, then the connection is reset.
    ResetAfter(usize),
    /// So many bytes come, then the connection is closed in good order.
    Truncate(usize),
    /// So many bytes come, then none, and the connection stays open.
    Stall(usize),
    /// Not even the head of the answer comes.
    StallBeforeAnswer,
    /// An answer with this status and error code; the service is not asked.
    Status {
        /// HTTP status.
        code: u16,
        /// `x-ms-error-code`.
        error: &'static str,
        /// `Retry-After`, in seconds.
        retry_after: Option<u32>,
    },
    /// The `Content-Length` is so much larger (or smaller) than the body.
    WrongLength(i64),
    /// The body comes in pieces of `bytes` with pauses between them.
    Drip {
        /// Bytes of one piece.
        bytes: usize,
        /// Time between two pieces.
        pause: Duration,
    },
    /// One bit in the middle of the body is another one; its length is right.
    FlipBit,
    /// Somebody else answers; the service is not asked.
    Answer {
        /// HTTP status.
        code: u16,
        /// Headers beside `Content-Length`.
        headers: Vec<(&'static str, String)>,
        /// Body.
        body: String,
    },
    /// A page in place of the body, without any header of the service, filled up with blanks to the
    /// length that is right.
    PageOfRightLength(&'static str),
    /// Headers of the service's answer are other ones, or are left out.
    Headers(Vec<(&'static str, Option<String>)>),
    /// Text in the body is other text, each time it occurs.
    Replace(Vec<(String, String)>),
    /// The body goes on for ever: `begin`, then `piece` again and again. The service is not asked.
    Endless {
        /// HTTP status.
        code: u16,
        /// Headers.
        headers: Vec<(&'static str, String)>,
        /// What comes first.
        begin: String,
        /// What comes without end.
        piece: String,
        /// Time between two pieces.
        pause: Duration,
    },
}

/// An answer of the service's kind.
pub(super) fn refusal(code: u16, error: &str, retry_after: Option<u32>) -> Vec<u8> {
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{error}</Code></Error>");
    let wait = retry_after.map(|seconds| ("Retry-After", seconds.to_string()));
    let headers = [("Content-Type", "application/xml".to_owned()), ("x-ms-error-code", error.to_owned())];
    answer(code, headers.into_iter().chain(wait), &body)
}

/// A whole answer.
pub(super) fn answer(
    code: u16,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    body: &str,
) -> Vec<u8> {
    let length = ("Content-Length", body.len().to_string());
    [head(code, headers.into_iter().chain([length])).as_bytes(), body.as_bytes()].concat()
}

fn head(code: u16, headers: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let first = format!("HTTP/1.1 {code} Answer\r\n");
    headers.into_iter().fold(first, |head, (name, value)| head + name + ": " + &value + "\r\n") + "\r\n"
}

/// Writes an answer that goes on until the client leaves.
pub(super) fn endless(
    client: &mut impl Write,
    code: u16,
    headers: &[(&'static str, String)],
    [begin, piece]: [&str; 2],
    pause: Duration,
) -> io::Result<()> {
    let chunked = ("Transfer-Encoding", "chunked".to_owned());
    client.write_all(head(code, headers.iter().cloned().chain([chunked])).as_bytes())?;
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    client.write_all(chunk(begin).as_bytes())?;
    let piece = chunk(piece);
    loop {
        client.write_all(piece.as_bytes())?;
        if !pause.is_zero() {
            client.flush()?;
            std::thread::sleep(pause);
        }
    }
}

/// The head with other headers, or without some.
pub(super) fn with_headers(head: &str, changes: &[(&'static str, Option<String>)]) -> String {
    let line = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        match changes.iter().find(|(changed, _)| line.contains(':') && name.eq_ignore_ascii_case(changed)) {
            None => Some(line.to_owned()),
            Some((name, value)) => value.as_ref().map(|value| format!("{name}: {value}")),
        }
    };
    head.split("\r\n").filter_map(line).collect::<Vec<_>>().join("\r\n")
}

/// A body without the lengths of its chunks.
pub(super) fn in_one_piece(head: &str, body: &[u8]) -> Vec<u8> {
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_vec();
    }
    let (mut whole, mut rest) = (Vec::new(), body);
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let digits = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let length = usize::from_str_radix(digits.trim(), 16).unwrap_or(0);
        let from = end + 2;
        let Some(chunk) = rest.get(from..from + length).filter(|chunk| !chunk.is_empty()) else { break };
        whole.extend_from_slice(chunk);
        rest = rest.get(from + length + 2..).unwrap_or_default();
    }
    whole
}

/// The head with a content length that lies.
pub(super) fn with_length(head: &str, by: i64) -> String {
    let change = |line: &str| match line.split_once(':') {
        Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
            let right: i64 = value.trim().parse().unwrap_or_default();
            format!("{name}: {}", right.saturating_add(by).max(0))
        }
        _ => line.to_owned(),
    };
    head.split("\r\n").map(change).collect::<Vec<_>>().join("\r\n")
}
