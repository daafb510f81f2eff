//! A network that breaks on command, in front of a real service.
//!
//! The proxy takes requests without a body (what a downloader sends), asks the service for each anew
//! and hands the answer on, unless the script says otherwise. Signatures stay valid: neither the host
//! nor the connection is signed with Shared Key, and the path is passed on as it came.

mod fault;

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub use fault::Fault;
use fault::{answer, endless, in_one_piece, refusal, with_headers, with_length};

/// How long a stalled answer is held if the client does not leave.
const STALL_LIMIT: Duration = Duration::from_secs(120);
/// The longest request head that is looked at.
const HEAD_LIMIT: usize = 64 * 1024;

/// A request as the script and the log see it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Counts all requests, from 1.
    pub number: u64,
    /// Counts the requests for this target, from 1.
    pub again: u64,
    /// Path and query, as sent.
    pub target: String,
    /// `GET` or `HEAD`.
    pub method: String,
    /// First byte asked for, where a range is.
    pub from: Option<u64>,
    /// When it came.
    pub at: Instant,
    /// What was done to it.
    pub fault: Option<Fault>,
}

impl Seen {
    /// Whether this asks for a page of the listing.
    pub fn is_list(&self) -> bool {
        self.target.contains("comp=list")
    }

    /// Whether this asks for a blob's bytes.
    pub fn is_content(&self) -> bool {
        self.method == "GET" && !self.target.contains("comp=")
    }
}

type Script = dyn Fn(&Seen) -> Option<Fault> + Send + Sync;

struct Shared {
    service: String,
    script: Box<Script>,
    log: Mutex<Vec<Seen>>,
    counts: Mutex<HashMap<String, u64>>,
    ended: AtomicBool,
}

/// A running proxy. Dropping it ends it.
pub struct FaultProxy {
    address: SocketAddr,
    path: String,
    shared: Arc<Shared>,
}

impl FaultProxy {
    /// Stands in front of an http `endpoint` (`http://127.0.0.1:10000/devstoreaccount1`); `script`
    /// says what happens to each request.
    ///
    /// # Panics
    /// If the endpoint is no http address or no port is free: a test that needs it must fail.
    pub fn start(endpoint: &str, script: impl Fn(&Seen) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let rest =
            endpoint.strip_prefix("http://").unwrap_or_else(|| panic!("{endpoint} is no http address"));
        let (service, path) = rest.split_once('/').unwrap_or((rest, ""));
        let listener =
            TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("a port without address: {error}"));
        let shared = Arc::new(Shared {
            service: service.to_owned(),
            script: Box::new(script),
            log: Mutex::default(),
            counts: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let path = path.to_owned();
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if state.ended.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&state);
                // A connection that ends badly is what the proxy is for.
                thread::spawn(move || state.serve(client));
            }
        });
        Self { address, path, shared }
    }

    /// The endpoint to give to the tool.
    pub fn endpoint(&self) -> String {
        format!("http://{}/{}", self.address, self.path)
    }

    /// Every request so far, in the order they came.
    pub fn requests(&self) -> Vec<Seen> {
        held(&self.shared.log).clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Answers one request after the other. A request stays unread until it is answered: a connection
    /// that is closed with unread bytes is a reset one, on every system.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        while let Some(head) = peek_head(&client)? {
            let seen = self.note(&head);
            let fault = seen.fault.as_ref();
            match fault {
                Some(Fault::Reset) => return Ok(()),
                Some(Fault::StallBeforeAnswer) => return self.hold(&mut client, head.len()),
                Some(Fault::Status { code, error, retry_after }) => {
                    client.write_all(&refusal(*code, error, *retry_after))?;
                }
                Some(Fault::Answer { code, headers, body }) => {
                    client.write_all(&answer(*code, headers.clone(), body))?;
                }
                Some(Fault::Endless { code, headers, begin, piece, pause }) => {
                    consume(&mut client, head.len())?;
                    return endless(&mut client, *code, headers, [begin, piece], *pause);
                }
                _ => {
                    let (answer_head, body) = self.ask(&head)?;
                    if !self.hand_on(&mut client, head.len(), &answer_head, &body, fault)? {
                        return Ok(());
                    }
                }
            }
            consume(&mut client, head.len())?;
        }
        Ok(())
    }

    /// Whether the connection can serve another request.
    fn hand_on(
        &self,
        client: &mut TcpStream,
        request: usize,
        head: &str,
        body: &[u8],
        fault: Option<&Fault>,
    ) -> io::Result<bool> {
        let first = |count: usize| body.get(..count).unwrap_or(body);
        match fault {
            Some(Fault::ResetAfter(count)) => {
                client.write_all(&[head.as_bytes(), first(*count)].concat())?;
                // What is on its way should arrive before the reset does.
                thread::sleep(Duration::from_millis(50));
                Ok(false)
            }
            Some(Fault::Truncate(count)) => {
                client.write_all(&[head.as_bytes(), first(*count)].concat())?;
                consume(client, request)?;
                client.shutdown(Shutdown::Write)?;
                Ok(false)
            }
            Some(Fault::Stall(count)) => {
                client.write_all(&[head.as_bytes(), first(*count)].concat())?;
                self.hold(client, request)?;
                Ok(false)
            }
            Some(Fault::WrongLength(by)) => {
                client.write_all(&[with_length(head, *by).as_bytes(), body].concat())?;
                consume(client, request)?;
                client.shutdown(Shutdown::Write)?;
                Ok(false)
            }
            Some(Fault::Drip { bytes, pause }) => {
                client.write_all(head.as_bytes())?;
                for piece in body.chunks((*bytes).max(1)) {
                    thread::sleep(*pause);
                    client.write_all(piece)?;
                }
                Ok(true)
            }
            Some(Fault::FlipBit) => {
                let mut body = body.to_vec();
                let middle = body.len() / 2;
                if let Some(byte) = body.get_mut(middle) {
                    *byte ^= 1;
                }
                client.write_all(&[head.as_bytes(), &body].concat())?;
                Ok(true)
            }
            Some(Fault::PageOfRightLength(page)) => {
                let page = format!("{page:width$}", width = body.len());
                client.write_all(&answer(
                    200,
                    [("Content-Type", "text/html".to_owned())],
                    first_of(&page, body.len()),
                ))?;
                Ok(true)
            }
            Some(Fault::Headers(changes)) => {
                client.write_all(&[with_headers(head, changes).as_bytes(), body].concat())?;
                Ok(true)
            }
            Some(Fault::Replace(pairs)) => {
                let text = String::from_utf8_lossy(&in_one_piece(head, body)).into_owned();
                let other = pairs.iter().fold(text, |text, (from, to)| text.replace(from, to));
                let length = Some(other.len().to_string());
                let changes = [("transfer-encoding", None), ("content-length", None)];
                let head = with_headers(head, &changes).replacen("\r\n", "\r\nContent-Length: @\r\n", 1);
                let head = with_headers(&head, &[("Content-Length", length)]);
                client.write_all(&[head.as_bytes(), other.as_bytes()].concat())?;
                Ok(true)
            }
            _ => {
                client.write_all(&[head.as_bytes(), body].concat())?;
                Ok(true)
            }
        }
    }

    /// Writes a request into the log, with what the script says about it.
    fn note(&self, head: &str) -> Seen {
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let range = header(head, "x-ms-range").or_else(|| header(head, "range"));
        let from = range.and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
        let mut counts = held(&self.counts);
        let again = counts.entry(target.clone()).or_default();
        *again += 1;
        let mut log = held(&self.log);
        let number = log.len() as u64 + 1;
        let mut seen = Seen { number, again: *again, target, method, from, at: Instant::now(), fault: None };
        seen.fault = (self.script)(&seen);
        log.push(seen.clone());
        seen
    }

    /// The service's whole answer: its head, made for a connection that stays open, and its body.
    fn ask(&self, head: &str) -> io::Result<(String, Vec<u8>)> {
        let mut service = TcpStream::connect(&self.service)?;
        let open_end = head.strip_suffix("\r\n").unwrap_or(head);
        service.write_all(format!("{open_end}Connection: close\r\n\r\n").as_bytes())?;
        let mut answer = Vec::new();
        service.read_to_end(&mut answer)?;
        let end = head_end(&answer).ok_or_else(|| io::Error::other("the service gave no answer"))?;
        let body = answer.split_off(end);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let hop = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            name != "connection" && name != "keep-alive"
        };
        Ok((text.split("\r\n").filter(hop).collect::<Vec<_>>().join("\r\n"), body))
    }

    /// Says nothing until the client leaves.
    fn hold(&self, client: &mut TcpStream, request: usize) -> io::Result<()> {
        consume(client, request)?;
        client.set_read_timeout(Some(Duration::from_millis(50)))?;
        let since = Instant::now();
        while since.elapsed() < STALL_LIMIT && !self.ended.load(Ordering::Relaxed) {
            match client.read(&mut [0; 16]) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A panicking test must not hide behind a poisoned lock.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next request's head, still unread; `None` once the client has closed.
fn peek_head(client: &TcpStream) -> io::Result<Option<String>> {
    let mut buffer = vec![0; HEAD_LIMIT];
    loop {
        let seen = client.peek(&mut buffer)?;
        if seen == 0 {
            return Ok(None);
        }
        let bytes = buffer.get(..seen).unwrap_or_default();
        if let Some(end) = head_end(bytes) {
            return Ok(bytes.get(..end).map(|head| String::from_utf8_lossy(head).into_owned()));
        }
        if seen == HEAD_LIMIT {
            return Err(io::Error::other("the head of the request is too long"));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn consume(client: &mut TcpStream, bytes: usize) -> io::Result<()> {
    client.read_exact(&mut vec![0; bytes])
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The text's first so many bytes.
fn first_of(text: &str, bytes: usize) -> &str {
    text.get(..bytes).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that answers every request with ten bytes and closes.
    fn service() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let head = peek_head(&client).expect("a request").expect("a head");
                assert!(head.contains("\r\nConnection: close\r\n"));
                consume(&mut client, head.len()).expect("read");
                client
                    .write_all(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789",
                    )
                    .expect("answered");
            }
        });
        format!("http://{address}/a")
    }

    fn ask(connection: &mut TcpStream) -> String {
        connection.write_all(b"GET /a/b HTTP/1.1\r\nHost: x\r\nRange: bytes=7-9\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"9") && connection.read(&mut byte).is_ok_and(|read| read == 1) {
            answer.push(byte[0]);
        }
        String::from_utf8(answer).expect("text")
    }

    #[test]
    fn answers_pass_and_faults_follow_the_script() {
        let proxy = FaultProxy::start(&service(), |seen| match seen.number {
            2 => Some(Fault::Status { code: 503, error: "ServerBusy", retry_after: Some(9) }),
            3 => Some(Fault::Truncate(4)),
            4 => Some(Fault::Reset),
            5 => Some(Fault::WrongLength(5)),
            _ => None,
        });
        let address = proxy.address;
        let open = || TcpStream::connect(address).expect("connected");
        let mut kept = open();
        assert!(ask(&mut kept).ends_with("\r\n\r\n0123456789"));
        let busy = ask(&mut kept);
        assert!(busy.starts_with("HTTP/1.1 503") && busy.contains("Retry-After: 9"), "{busy}");
        assert!(ask(&mut open()).ends_with("\r\n\r\n0123"));
        let mut reset = open();
        assert_eq!(ask(&mut reset), "");
        assert!(ask(&mut open()).contains("Content-Length: 15\r\n"));
        let seen = proxy.requests();
        assert_eq!(seen.len(), 5);
        assert_eq!((seen[4].again, seen[4].from, seen[4].is_content()), (5, Some(7), true));
        assert_eq!(seen[3].fault, Some(Fault::Reset));
    }
}
