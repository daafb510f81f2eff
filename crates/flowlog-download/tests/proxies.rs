//! Behind proxies: a download works or is refused in a sentence, and `--doctor` says the same as it does.

mod common;
#[path = "common/proxies.rs"]
mod proxies;

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use common::{CONTAINER, Container, assert_same_tree, day_of, said, tree};
use flowlog_testkit::azurite::Azurite;

/// A name that no resolver knows, but the proxies of these tests do.
const ELSEWHERE: &str = "http://devstoreaccount1.blob.example.invalid";

fn container() -> (Container, String) {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 2).into_iter().take(3).collect());
    let endpoint = container.azurite.endpoint();
    let service = endpoint.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
    (container, service)
}

fn tool(root: &Path, endpoint: &str, variable: &str, proxy: &str) -> Command {
    let mut tool = common::tool(root);
    tool.args(["--endpoint", endpoint]).env("AZ_STORAGE_KEY", Azurite::KEY).env(variable, proxy);
    tool
}

/// A download and the doctor, who must agree.
fn both(endpoint: &str, variable: &str, proxy: &str) -> (Output, Output, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let run = tool(&dir.path().join("tree"), endpoint, variable, proxy).output().expect("a run");
    let doctor =
        tool(&dir.path().join("tree"), endpoint, variable, proxy).arg("--doctor").output().expect("a run");
    assert_eq!(run.status.code(), doctor.status.code(), "{}\n{}", said(&run), said(&doctor));
    (run, doctor, dir)
}

#[test]
fn a_download_goes_through_the_proxy_and_the_doctor_tries_the_same() {
    let (container, service) = container();
    let (http, socks) = (proxies::http(&service), proxies::socks5(&service));
    let direct = container.azurite.endpoint();
    for (variable, proxy, endpoint) in [
        ("HTTP_PROXY", format!("http://{}", http.address), ELSEWHERE),
        ("http_proxy", http.address.clone(), ELSEWHERE),
        ("ALL_PROXY", format!("http://user:geheim@{}", http.address), ELSEWHERE),
        ("HTTP_PROXY", format!("socks5h://{}", socks.address), ELSEWHERE),
        ("ALL_PROXY", format!("socks5h://{}", socks.address), ELSEWHERE),
        ("ALL_PROXY", format!("socks5://{}", socks.address), &direct),
    ] {
        let (run, doctor, dir) = both(endpoint, variable, &proxy);
        assert_eq!(run.status.code(), Some(0), "{variable}={proxy}: {}", said(&run));
        assert_same_tree(&tree(&dir.path().join("tree")), &container.expected());
        let told = said(&doctor);
        assert!(told.contains(&format!("({variable}), which answers")), "{told}");
        assert!(told.contains("a download should work") && !told.contains("geheim"), "{told}");
    }
    assert!(http.connections() > 0 && socks.connections() > 0);
    // Named in NO_PROXY, the host is reached without.
    let before = http.connections();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut without = tool(dir.path(), &direct, "HTTP_PROXY", &format!("http://{}", http.address));
    let output = without.env("NO_PROXY", "127.0.0.1").output().expect("a run");
    assert_eq!((output.status.code(), http.connections()), (Some(0), before), "{}", said(&output));
}

#[test]
fn a_proxy_in_the_way_is_named_at_once() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let https = "https://logs1.blob.core.windows.net";
    let nobody = format!("http://{nobody}");
    for (endpoint, variable) in [(ELSEWHERE, "HTTP_PROXY"), (https, "HTTPS_PROXY")] {
        for (proxy, words, step) in [
            (nobody.as_str(), "refuses connections", "FAILED  proxy"),
            ("http://proxy.invalid:8080", "has no address", "FAILED  proxy"),
        ] {
            let (run, doctor, _dir) = both(endpoint, variable, proxy);
            assert_eq!(run.status.code(), Some(1), "{}", said(&run));
            assert!(said(&run).contains(words) && said(&run).contains(variable), "{}", said(&run));
            assert!(said(&run).contains("--doctor"), "{}", said(&run));
            assert!(
                said(&doctor).contains(step) && !said(&doctor).contains("the same command"),
                "{}",
                said(&doctor)
            );
        }
        for (status, words) in
            [("407 Proxy Authentication Required", "name and password"), ("403 Forbidden", "proxy http://")]
        {
            let proxy = proxies::refusing(status);
            let dir = tempfile::tempdir().expect("a temporary folder");
            let run = tool(dir.path(), endpoint, variable, &format!("http://{}", proxy.address))
                .output()
                .expect("a run");
            let told = said(&run);
            assert_eq!(run.status.code(), Some(1), "{told}");
            assert!(told.contains(words) && !told.contains("<html>") && !told.contains("reqwest"), "{told}");
            assert_eq!(proxy.connections(), 1, "{status}: trying again is of no use: {told}");
            let (_, doctor, _dir) = both(endpoint, variable, &format!("http://{}", proxy.address));
            assert!(said(&doctor).contains("FAILED"), "{}", said(&doctor));
        }
    }
}

#[test]
fn a_proxy_that_is_not_understood_is_refused() {
    for value in ["socks://127.0.0.1:1080", "socks6://h:1", "ftp://h:1", "what ever"] {
        let (run, doctor, _dir) = both(ELSEWHERE, "ALL_PROXY", value);
        assert_eq!(run.status.code(), Some(2), "{value}: {}", said(&run));
        assert!(said(&run).contains("ALL_PROXY names no proxy"), "{value}: {}", said(&run));
        assert!(said(&doctor).contains("FAILED  proxy"), "{value}: {}", said(&doctor));
    }
}

#[test]
fn what_cannot_be_reached_is_told_in_words() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for (endpoint, code, words) in [
        (format!("http://{nobody}/devstoreaccount1"), 1, "the port refuses connections"),
        ("https://no-such-account.invalid".to_owned(), 5, "has no address"),
    ] {
        let (run, doctor, dir) = both(&endpoint, "UNUSED", "x");
        let told = said(&run);
        assert_eq!(run.status.code(), Some(code), "{told}");
        assert!(told.contains(words) && told.contains("--doctor"), "{told}");
        assert!(!told.contains("retry policy") && !told.contains("reqwest"), "{told}");
        assert!(said(&doctor).contains("FAILED"), "{}", said(&doctor));
        assert!(!dir.path().join("tree/2025-10-05").exists());
    }
}

#[test]
fn a_slip_in_the_account_s_name_is_told_before_a_login_is_tried() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for (endpoint, code, words) in [
        (format!("https://{nobody}/devstoreaccount1"), 1, "the port refuses connections"),
        ("https://no-such-account.invalid".to_owned(), 5, "has no address"),
    ] {
        for way in [&[][..], &["--auth-mode", "login"][..]] {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let mut tool = common::tool(dir.path());
            let run = tool.args(["--endpoint", &endpoint]).args(way).output().expect("a run");
            let told = said(&run);
            assert_eq!(run.status.code(), Some(code), "{told}");
            assert!(told.contains(words) && told.contains("--doctor"), "{told}");
            assert!(!told.contains("az login") && !told.contains("tried"), "{told}");
        }
    }
}
