//! A proxy that counts what passes between the tool and the service.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender},
    },
};

/// Forwards every connection and counts. It lives as long as the test.
pub(crate) struct Counting {
    /// Where it listens: `127.0.0.1:port`.
    pub(crate) address: String,
    lists: Arc<AtomicU64>,
    received: Arc<AtomicU64>,
}

impl Counting {
    /// Starts in front of `service` (`127.0.0.1:port`).
    pub(crate) fn before(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (lists, received) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (service, counters) = (service.to_owned(), (Arc::clone(&lists), Arc::clone(&received)));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&service) else { return };
                let (from, to) = (client.try_clone().expect("a clone"), server.try_clone().expect("a clone"));
                let lists = Arc::clone(&counters.0);
                // A request without body is one write of the client, so it comes in one piece.
                std::thread::spawn(move || {
                    forward(from, to, |bytes| {
                        let list = bytes.windows(9).any(|part| part == b"comp=list")
                            && !bytes.windows(14).any(|part| part == b"comp=blocklist");
                        lists.fetch_add(u64::from(list), Ordering::Relaxed);
                    });
                });
                let received = Arc::clone(&counters.1);
                std::thread::spawn(move || {
                    forward(server, client, |bytes| {
                        received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                    });
                });
            }
        });
        Self { address, lists, received }
    }

    /// List Blobs requests so far.
    pub(crate) fn lists(&self) -> u64 {
        self.lists.load(Ordering::Relaxed)
    }

    /// Bytes the service sent so far, headers and listings included.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, count: impl Fn(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..read).unwrap_or_default();
        count(bytes);
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Forwards, and holds back each request for a range of a blob: tells `asked`, waits for `proceed`.
pub(crate) fn pausing_before_ranges(service: &str, asked: Sender<()>, proceed: Receiver<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let service = service.to_owned();
    let pause = Arc::new(Mutex::new((asked, proceed)));
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(&service) else { return };
            let (from, to) = (client.try_clone().expect("a clone"), server.try_clone().expect("a clone"));
            let pause = Arc::clone(&pause);
            std::thread::spawn(move || {
                forward(from, to, |bytes| {
                    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
                    if !text.contains("\r\nx-ms-range:") && !text.contains("\r\nrange:") {
                        return;
                    }
                    let pause = pause.lock().expect("no panic");
                    // The test is over when nobody listens.
                    let _ = pause.0.send(());
                    let _ = pause.1.recv();
                });
            });
            std::thread::spawn(move || forward(server, client, |_| {}));
        }
    });
    address
}
