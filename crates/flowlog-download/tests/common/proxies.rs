//! Proxies that stand between the tool and the service, as small as they can be.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A proxy's host and port, and how many connections it got.
pub(crate) struct Standing {
    pub(crate) address: String,
    connections: Arc<AtomicUsize>,
}

impl Standing {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    fn start(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (Arc::clone(&connections), Arc::new(serve));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::Relaxed);
                let serve = Arc::clone(&serve);
                // A client that leaves early is no concern of a proxy.
                thread::spawn(move || serve(client));
            }
        });
        Self { address, connections }
    }
}

/// An HTTP proxy that brings every plain request to `service`, whatever host it names.
pub(crate) fn http(service: &str) -> Standing {
    let service = service.to_owned();
    Standing::start(move |mut client| {
        let head = read_head(&mut client)?;
        let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
        let target = first.split(' ').nth(1).unwrap_or_default();
        let path = target.splitn(4, '/').nth(3).unwrap_or_default();
        let method = first.split(' ').next().unwrap_or_default();
        let mut server = TcpStream::connect(&service)?;
        write!(server, "{method} /{path} HTTP/1.1\r\nConnection: close\r\n{rest}")?;
        io::copy(&mut server, &mut client)?;
        client.shutdown(Shutdown::Both)
    })
}

/// An HTTP proxy that answers everything, tunnels too, with one status.
pub(crate) fn refusing(status: &'static str) -> Standing {
    Standing::start(move |mut client| {
        read_head(&mut client)?;
        let page = "<html>proxy</html>";
        write!(
            client,
            "HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        )?;
        client.shutdown(Shutdown::Write)
    })
}

/// A SOCKS 5 proxy that connects to `service`, whatever it is asked for.
pub(crate) fn socks5(service: &str) -> Standing {
    let service = service.to_owned();
    Standing::start(move |mut client| {
        let [_, methods] = read_array(&mut client)?;
        client.read_exact(&mut vec![0; usize::from(methods)])?;
        client.write_all(&[5, 0])?;
        let [_, _, _, kind] = read_array(&mut client)?;
        let length = match kind {
            1 => 4,
            4 => 16,
            _ => usize::from(read_array::<1>(&mut client)?[0]),
        };
        client.read_exact(&mut vec![0; length + 2])?;
        let server = TcpStream::connect(&service)?;
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || io::copy(&mut from, &mut to));
        let mut server = server;
        io::copy(&mut server, &mut client)?;
        client.shutdown(Shutdown::Both)
    })
}

fn read_array<const N: usize>(from: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_head(from: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
