//! Pages in place of the identity service and of Azure Resource Manager: told in words, and not believed.
#![cfg(unix)]

mod auth_support;
mod common;

use auth_support::{Programs, STORAGE, Site, StandIn, token};
use common::{assert_same_tree, said, tree};

const PAGE: &str =
    "\u{feff}<!DOCTYPE html><html><head><title>Sign in</title></head><body>\n<p>Welcome</p></body></html>";

#[test]
fn a_page_is_no_token() {
    let site = Site::new();
    std::thread::scope(|scope| {
        for status in [200, 302, 403, 404, 500] {
            let site = &site;
            scope.spawn(move || {
                let service = StandIn::secure(&site.certificates, move |_| (status, PAGE.to_owned()));
                let dir = tempfile::tempdir().expect("a temporary folder");
                let mut tool = site.tool(dir.path());
                tool.args(["--auth-mode", "login"]).env("AZURE_AUTHORITY_HOST", service.address());
                for (name, value) in
                    [("AZURE_TENANT_ID", "t1"), ("AZURE_CLIENT_ID", "c1"), ("AZURE_CLIENT_SECRET", "geheim")]
                {
                    tool.env(name, value);
                }
                let output = tool.env("PATH", "").output().expect("a run");
                let told = said(&output);
                assert_eq!(output.status.code(), Some(4), "{status}: {told}");
                assert!(told.contains("service principal: "), "{status}: {told}");
                for word in ["<", "Welcome", "reqwest", "retry policy", "\u{feff}", "geheim"] {
                    assert!(!told.contains(word), "{status}: {word}: {told}");
                }
                assert!(told.lines().all(|line| line.chars().count() < 400), "{status}: {told}");
            });
        }
    });
}

#[test]
fn a_page_says_nothing_about_the_account() {
    let site = Site::new();
    let pages = [(200, PAGE), (403, PAGE), (404, PAGE), (302, PAGE), (200, "{}"), (200, "")];
    std::thread::scope(|scope| {
        for (status, page) in pages {
            let site = &site;
            scope.spawn(move || {
                let manager = StandIn::secure(&site.certificates, move |_| (status, page.to_owned()));
                let programs = Programs::new();
                programs.az("management", "for-the-manager");
                programs.az("storage", &token(STORAGE));
                let dir = tempfile::tempdir().expect("a temporary folder");
                let mut tool = site.tool(dir.path());
                tool.env("FLOWLOG_RESOURCE_MANAGER", manager.address());
                programs.in_front_of(&mut tool);
                let key = tool.args(["--auth-mode", "key"]).output().expect("a run");
                let told = said(&key);
                assert_eq!(key.status.code(), Some(1), "{status} {page}: {told}");
                assert!(
                    !told.contains('<') && told.contains("Azure Resource Manager"),
                    "{status} {page}: {told}"
                );
                // The login goes on without the key.
                let mut tool = site.tool(dir.path());
                tool.env("FLOWLOG_RESOURCE_MANAGER", manager.address());
                programs.in_front_of(&mut tool);
                let login = tool.output().expect("a run");
                assert_eq!(login.status.code(), Some(0), "{status} {page}: {}", said(&login));
                assert_same_tree(&tree(dir.path()), &site.container.expected());
            });
        }
    });
}

#[test]
fn who_cannot_be_reached_is_named() {
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(dir.path());
    // Somebody is at the account's address: what is not there is told without a login.
    let service = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("https://{}/logs1", service.local_addr().expect("an address"));
    tool.args(["--endpoint", &endpoint, "--auth-mode", "login"]).env("PATH", "");
    tool.env("AZURE_AUTHORITY_HOST", format!("https://{nobody}"));
    tool.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", format!("http://{nobody}"));
    for (name, value) in
        [("AZURE_TENANT_ID", "t1"), ("AZURE_CLIENT_ID", "c1"), ("AZURE_CLIENT_SECRET", "geheim")]
    {
        tool.env(name, value);
    }
    let output = tool.output().expect("a run");
    let told = said(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("service principal: 127.0.0.1: the port refuses connections"), "{told}");
    assert!(told.contains("managed identity: ") && !told.contains("retried"), "{told}");
}
