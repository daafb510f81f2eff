//! A network that breaks, between the tool and a real service.

mod common;

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use common::{CONTAINER, Container, bytes, figure, leftovers, said, tree};
use flowlog_testkit::azurite::Azurite;

/// Where the proxy cuts a connection.
#[derive(Clone, Copy)]
enum Cut {
    /// Once it brought so many bytes back.
    After(usize),
    /// Before the first byte of every blob's content.
    BeforeContent,
}

/// Forwards to `service` and cuts connections. Returns the address and the number of cuts.
fn cutting_proxy(service: String, cut: Cut) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let cuts = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&cuts);
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(&service) else { return };
            let (mut to_server, mut from_client) =
                (server.try_clone().expect("a clone"), client.try_clone().expect("a clone"));
            std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
            let counter = Arc::clone(&counter);
            std::thread::spawn(move || forward(server, client, cut, &counter));
        }
    });
    (address, cuts)
}

fn forward(mut server: TcpStream, mut client: TcpStream, cut: Cut, cuts: &AtomicU64) {
    let (mut buffer, mut sent) = (vec![0; 16 * 1024], 0);
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        let head = buffer[..read].windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(read, |at| at + 4);
        let (pass, last) = match cut {
            Cut::After(limit) => (read, sent + read >= limit),
            Cut::BeforeContent if buffer.starts_with(b"HTTP/1.1 206") => (head, true),
            Cut::BeforeContent => (read, false),
        };
        if client.write_all(&buffer[..pass]).is_err() {
            return;
        }
        sent += pass;
        if last {
            cuts.fetch_add(1, Ordering::Relaxed);
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
            return;
        }
    }
}

#[test]
fn a_body_that_breaks_off_is_continued_where_it_broke() {
    let container = Container::new(CONTAINER);
    let content: Vec<u8> = (0..12_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let blob = container.client.blob_client("large.json");
    container.block_on(async { blob.upload(bytes(&content), None).await }).expect("uploaded");
    let service = container.azurite.endpoint().replace("http://", "").replace("/devstoreaccount1", "");
    let (address, cuts) = cutting_proxy(service, Cut::After(1_000_000));

    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(dir.path());
    tool.args(["--endpoint", &format!("http://{address}/{}", Azurite::ACCOUNT)]);
    let output = tool.env("AZ_STORAGE_KEY", Azurite::KEY).output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(figure(&output, "Downloaded"), 1);
    assert!(tree(dir.path()).into_values().next().expect("a file") == content);
    let cuts = cuts.load(Ordering::Relaxed);
    // Continued, not begun again: 12 MB in pieces of 1 MB.
    assert!((10..=16).contains(&cuts), "{cuts} cuts");
}

#[test]
fn a_network_that_brings_nothing_is_given_up_with_a_reason() {
    let container = Container::new(CONTAINER);
    for name in ["a.json", "b.json"] {
        let blob = container.client.blob_client(name);
        container.block_on(async { blob.upload(bytes(b"{\"records\":[]}"), None).await }).expect("uploaded");
    }
    let service = container.azurite.endpoint().replace("http://", "").replace("/devstoreaccount1", "");
    let (address, _) = cutting_proxy(service, Cut::BeforeContent);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(dir.path());
    tool.args(["--endpoint", &format!("http://{address}/{}", Azurite::ACCOUNT)]);
    let output = tool.env("AZ_STORAGE_KEY", Azurite::KEY).output().expect("a run");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(figure(&output, "Failed"), 2);
    assert!(said(&output).contains("broke off at byte 0 of 14"), "{}", said(&output));
    assert!(tree(dir.path()).is_empty() && leftovers(dir.path()).is_empty());

    let direct = container.tool(dir.path()).output().expect("a run");
    assert_eq!((direct.status.code(), figure(&direct, "Downloaded")), (Some(0), 2));
}
