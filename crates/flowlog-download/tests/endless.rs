//! Answers and listings without end: a run stops with a sentence, within a bound of memory and of time.
#![cfg(unix)]

mod common;
#[path = "common/way.rs"]
mod way;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output},
    time::Duration,
};

use chrono::{Datelike as _, Timelike as _, Utc};
use common::{CONTAINER, Container, assert_same_tree, blob_name, day_of, record, said, tree};
use flowlog_testkit::{
    azurite::Azurite,
    fault_proxy::{Fault, Seen},
};
use way::Way;

/// Kibibytes of address space: a run takes a third of it, most of that threads' stacks and arenas.
const MEMORY: &str = "1048576";
const XML: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// The same command, in less memory than an answer without end would fill.
fn bounded(tool: &Command) -> Output {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MEMORY]).arg(tool.get_program());
    limited.args(tool.get_args()).env_clear();
    for (name, value) in tool.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.output().expect("a run")
}

fn entry(name: &str) -> String {
    format!(
        "<Blob><Name>{name}</Name><Properties><Etag>0x1</Etag><Content-Length>1</Content-Length></Properties></Blob>"
    )
}

fn storage_headers() -> Vec<(&'static str, String)> {
    vec![("Content-Type", "application/xml".to_owned()), ("x-ms-request-id", "1".to_owned())]
}

fn endless(code: u16, begin: &str, piece: String, pause: Duration) -> Fault {
    Fault::Endless { code, headers: storage_headers(), begin: begin.to_owned(), piece, pause }
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 2).into_iter().take(2).collect());
    container
}

/// What is endless, the fault, the exit code, what is said.
type Case = (&'static str, Fault, i32, &'static str);

#[test]
fn an_answer_without_end_is_cut_off() {
    let container = container();
    let (listing, many) = (format!("{XML}<EnumerationResults><Blobs>"), entry("a/b.json").repeat(200));
    let (blanks, quick, slow) = (" ".repeat(32 * 1024), Duration::ZERO, Duration::from_millis(500));
    let cases: [Case; 8] = [
        ("entries", endless(200, &listing, many, quick), 1, "a page of the listing is larger than 32 MiB"),
        ("blanks", endless(200, &listing, blanks.clone(), quick), 1, "larger than 32 MiB"),
        ("a page", endless(200, "<html>", blanks.clone(), quick), 1, "larger than 32 MiB"),
        ("a refusal", endless(403, "<html>", blanks.clone(), quick), 4, "refused (403)"),
        ("an error", endless(500, "<html>", blanks, quick), 1, "answered 500"),
        ("a byte now and then", endless(200, &listing, " ".to_owned(), slow), 1, "comes too slowly"),
        ("a refusal, slowly", endless(403, "<", "x".to_owned(), slow), 1, "comes too slowly"),
        ("an error, slowly", endless(503, "<", "x".to_owned(), slow), 1, "comes too slowly"),
    ];
    std::thread::scope(|scope| {
        for (what, fault, code, told) in cases {
            let container = &container;
            scope.spawn(move || {
                let way = Way::new(container, move |seen| seen.is_list().then(|| fault.clone()));
                let dir = tempfile::tempdir().expect("a temporary folder");
                for arguments in [&[][..], &["--doctor"]] {
                    let output = bounded(way.tool(dir.path()).args(arguments));
                    assert_eq!(output.status.code(), Some(code), "{what} {arguments:?}: {}", said(&output));
                    assert!(said(&output).contains(told), "{what} {arguments:?}: {}", said(&output));
                }
            });
        }
    });
}

/// What is endless, which requests it meets, the fault, the exit code.
type BlobCase = (&'static str, fn(&Seen) -> bool, Fault, i32);

#[test]
fn what_is_endless_about_one_blob_fails_that_blob_or_nothing() {
    let now = Utc::now();
    let (month, year) = (format!("/m={:02}/d=", now.month()), format!("y={}", now.year()));
    let name =
        blob_name("VNET-A", now.day(), now.hour(), 1).replace("/m=10/d=", &month).replace("y=2025", &year);
    let mut container = Container::new(CONTAINER);
    container.upload(vec![(name.clone(), vec![record(&name, 0)])]);
    let block = "<Block><Name>AAAA</Name><Size>1</Size></Block>".repeat(500);
    let list = format!("{XML}<BlockList><CommittedBlocks>");
    let blocks = |seen: &Seen| seen.target.contains("comp=blocklist");
    let (quick, slow) = (Duration::ZERO, Duration::from_millis(500));
    let cases: [BlobCase; 4] = [
        ("blocks", blocks, endless(200, &list, block, quick), 0),
        ("blocks, slowly", blocks, endless(200, &list, " ".to_owned(), slow), 0),
        ("a refusal", Seen::is_content, endless(404, "<Error>", " ".repeat(32 * 1024), quick), 3),
        ("a page", Seen::is_content, endless(200, "<html>", " ".repeat(32 * 1024), quick), 3),
    ];
    for (what, hit, fault, code) in cases {
        let way = Way::new(&container, move |seen| hit(seen).then(|| fault.clone()));
        let dir = tempfile::tempdir().expect("a temporary folder");
        let output = bounded(&way.tool(dir.path()));
        assert_eq!(output.status.code(), Some(code), "{what}: {}", said(&output));
        if code == 0 {
            assert_same_tree(&tree(dir.path()), &container.expected());
        } else {
            assert!(tree(dir.path()).is_empty(), "{what}");
        }
    }
}

/// What the listing answers each time.
type Circle = dyn Fn(&Seen) -> Fault + Send + Sync;

/// A page of one blob, by its number and the marker of the next one.
fn page(blob: u64, marker: &str) -> Fault {
    let name = entry(&format!("exports/{blob:020}.json"));
    let body = format!(
        "{XML}<EnumerationResults><Blobs>{name}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    );
    Fault::Answer { code: 200, headers: storage_headers(), body }
}

#[test]
fn a_listing_that_goes_in_circles_is_an_error() {
    let container = container();
    let prefix = format!(
        "{XML}<EnumerationResults><Blobs><BlobPrefix><Name>y=2025/</Name></BlobPrefix></Blobs><NextMarker /></EnumerationResults>"
    );
    let cases: [(&str, Box<Circle>, &str); 5] = [
        ("one marker", Box::new(|seen| page(seen.number, "same")), "does not end"),
        ("three markers", Box::new(|seen| page(seen.number, &(seen.number % 3).to_string())), "does not end"),
        ("the same page", Box::new(|seen| page(1, &seen.number.to_string())), "does not end"),
        ("two pages", Box::new(|seen| page(seen.number % 2, &seen.number.to_string())), "does not end"),
        (
            "the same branch",
            Box::new(move |_| Fault::Answer { code: 200, headers: storage_headers(), body: prefix.clone() }),
            "names what was not asked for",
        ),
    ];
    for (what, fault, told) in cases {
        let branch = what == "the same branch";
        let way = Way::new(&container, move |seen| seen.is_list().then(|| fault(seen)));
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut tool = way.tool(dir.path());
        if branch {
            tool.args(["--from", "2025-10-05"]);
        }
        let output = bounded(&tool);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
        assert!(said(&output).contains(told), "{what}: {}", said(&output));
        assert!(way.proxy.requests().len() < 10, "{what}");
    }
}

#[test]
fn a_head_without_end_is_one_that_never_came() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let asked = client.read(&mut [0; 1024]);
                let mut sent = asked.and_then(|_| client.write_all(b"HTTP/1.1 200 OK\r\n"));
                while sent.is_ok() {
                    std::thread::sleep(Duration::from_millis(300));
                    sent = client.write_all(b"x-ms-a: b\r\n");
                }
            });
        }
    });
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(dir.path());
    tool.args(["--endpoint", &format!("http://{address}/{}", Azurite::ACCOUNT)]);
    tool.env("AZ_STORAGE_KEY", Azurite::KEY).env("FLOWLOG_TIMEOUT", "1");
    let output = bounded(&tool);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("no answer in time"), "{}", said(&output));
}
