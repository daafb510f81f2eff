//! Many tiny blobs, quickly: plain requests on few connections, one signature for all of them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowlog_testkit::azurite::Azurite;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::common::{Container, content};

/// Connections used at once.
const CONNECTIONS: usize = 4;
/// Requests sent before their answers are read.
const AHEAD: usize = 32;

/// Puts blobs into the container `name`.
pub(crate) fn upload(container: &mut Container, name: &str, blobs: Vec<(String, Vec<Vec<u8>>)>) {
    let endpoint = container.azurite.endpoint();
    let host = endpoint.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
    let sas = write_sas();
    std::thread::scope(|scope| {
        for part in blobs.chunks(blobs.len().div_ceil(CONNECTIONS).max(1)) {
            let (host, sas) = (&host, &sas);
            scope.spawn(move || {
                // A connection for each batch: the service closes those that wait for long.
                for batch in part.chunks(AHEAD) {
                    let connection = TcpStream::connect(host).expect("a connection");
                    send(&connection, host, name, sas, batch);
                    let mut answers = BufReader::new(connection);
                    for _ in batch {
                        read_answer(&mut answers);
                    }
                }
            });
        }
    });
    container.blobs.extend(blobs);
}

fn send(
    mut connection: &TcpStream,
    host: &str,
    container: &str,
    sas: &str,
    batch: &[(String, Vec<Vec<u8>>)],
) {
    let mut requests = Vec::new();
    for (name, records) in batch {
        let body = content(records);
        let head = format!(
            "PUT /{}/{container}/{name}?{sas} HTTP/1.1\r\nHost: {host}\r\nx-ms-version: 2021-10-04\r\n\
             x-ms-blob-type: BlockBlob\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            Azurite::ACCOUNT,
            body.len()
        );
        requests.extend_from_slice(head.as_bytes());
        requests.extend_from_slice(&body);
    }
    connection.write_all(&requests).expect("sent");
}

fn read_answer(answers: &mut BufReader<TcpStream>) {
    let (mut line, mut length) = (String::new(), 0);
    answers.read_line(&mut line).expect("an answer");
    assert!(line.contains(" 201 "), "{line}");
    while line.trim() != "" {
        line.clear();
        answers.read_line(&mut line).expect("a header");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        assert!(!line.to_ascii_lowercase().contains("transfer-encoding"), "{line}");
    }
    answers.read_exact(&mut vec![0; length]).expect("a body");
}

/// A shared access signature that may write blobs (Microsoft Learn, "Create an account SAS").
fn write_sas() -> String {
    let (permissions, services, types, expiry, version) =
        ("cw", "b", "co", "2099-01-01T00:00:00Z", "2021-10-04");
    let text =
        format!("{}\n{permissions}\n{services}\n{types}\n\n{expiry}\n\n\n{version}\n\n", Azurite::ACCOUNT);
    let key = STANDARD.decode(Azurite::KEY).expect("base64");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes()).replace('+', "%2B").replace('/', "%2F");
    format!(
        "sv={version}&ss={services}&srt={types}&sp={permissions}&se={expiry}&sig={}",
        signature.replace('=', "%3D")
    )
}
