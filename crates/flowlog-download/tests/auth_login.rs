//! Login with Entra ID, against a blob service that checks tokens: issuer, audience, time.
#![cfg(unix)]

mod auth_support;
mod common;

use std::{fs, process::Output};

use auth_support::{Programs, Request, STORAGE, Site, StandIn, now, token, token_of};
use common::{assert_same_tree, said, tree};

/// Runs the tool with a set environment and expects the whole tree.
fn complete(site: &Site, what: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = site.tool(dir.path());
    let output = tool.envs(environment.iter().copied()).args(arguments).output().expect("a run");
    assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
    assert_same_tree(&tree(dir.path()), &site.container.expected());
    output
}

#[test]
fn a_command_line_login_opens_the_container() {
    let site = Site::new();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let programs = Programs::new();
    let run = |name: &str| {
        let mut tool = site.tool(&dir.path().join(name));
        programs.in_front_of(&mut tool);
        tool.args(["--auth-mode", "login"]).output().expect("a run")
    };

    // Nobody is logged in: each identity's answer stands in the order they were asked.
    let nobody = run("nobody");
    assert_eq!(nobody.status.code(), Some(4), "{}", said(&nobody));
    let text = said(&nobody);
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
    for (line, expected) in
        told.iter().zip(["Azure CLI: ", "Azure Developer CLI: ", "managed identity: ", "hint: "])
    {
        assert!(line.trim_start().starts_with(expected), "{expected} in {text}");
    }
    assert!(text.contains("Please run 'az login'") && text.contains("Storage Blob Data Reader"), "{text}");

    programs.azd("storage", &token(STORAGE));
    let developer = run("azd");
    assert_eq!(developer.status.code(), Some(0), "{}", said(&developer));
    assert_same_tree(&tree(&dir.path().join("azd")), &site.container.expected());

    // Asked once for the whole run, and for reading blobs only.
    let before = programs.calls().len();
    programs.az("storage", &token(STORAGE));
    let cli = run("az");
    assert_eq!(cli.status.code(), Some(0), "{}", said(&cli));
    assert_same_tree(&tree(&dir.path().join("az")), &site.container.expected());
    assert_eq!(
        programs.calls()[before..],
        ["az account get-access-token -o json --scope https://storage.azure.com/.default"]
    );

    // The service does check what it is shown.
    let issuer = "https://sts.windows.net/x/";
    for (what, wrong) in [
        ("audience", token("https://graph.microsoft.com")),
        ("issuer", token_of(STORAGE, "https://issuer.example", 3600)),
        ("time", token_of(STORAGE, issuer, -60)),
    ] {
        programs.az("storage", &wrong);
        let refused = run(what);
        assert_eq!(refused.status.code(), Some(4), "{what}: {}", said(&refused));
        assert!(said(&refused).contains("az login --tenant"), "{what}: {}", said(&refused));
    }
}

#[test]
fn an_unknown_certificate_authority_is_named() {
    let site = Site::new();
    let programs = Programs::new();
    programs.az("storage", &token(STORAGE));
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = common::tool(dir.path());
    programs.in_front_of(&mut tool);
    let endpoint = site.container.azurite.endpoint();
    let output = tool.args(["--endpoint", &endpoint, "--auth-mode", "login"]).output().expect("a run");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("--ca-file"), "{}", said(&output));
    assert!(said(&output).contains("UnknownIssuer"), "{}", said(&output));
}

/// What the token services of Azure's machines answer.
fn metadata_answer(request: &Request) -> (u16, String) {
    if request.method != "GET" || !request.target.contains("resource=https%3A%2F%2Fstorage.azure.com") {
        return (400, "{}".to_owned());
    }
    let expires = now() + 3600;
    let token = token(STORAGE);
    (
        200,
        format!(
            r#"{{"access_token":"{token}","expires_on":"{expires}","resource":"{STORAGE}","token_type":"Bearer"}}"#
        ),
    )
}

#[test]
fn managed_identities_open_the_container() {
    let site = Site::new();
    let machine = StandIn::plain(metadata_answer);
    let host = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.address())];
    complete(&site, "the machine's own", &host, &["--auth-mode", "login"]);
    complete(&site, "a named one", &host, &["--client-id", "0c0ffee0-1111-2222-3333-444444444444"]);
    // A proxy would see the token: it is not used, though there is one to be used.
    let proxied = [host[0], ("http_proxy", "http://127.0.0.1:9")];
    complete(&site, "beside a proxy", &proxied, &["--auth-mode", "login"]);
    let requests = machine.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert!(
            request.target.starts_with("/metadata/identity/oauth2/token?api-version="),
            "{}",
            request.target
        );
        assert_eq!(request.header("metadata"), "true");
    }
    assert!(!requests[0].target.contains("client_id"));
    assert!(requests[1].target.ends_with("&client_id=0c0ffee0-1111-2222-3333-444444444444"));

    let app = StandIn::plain(metadata_answer);
    let endpoint = format!("{}/msi/token", app.address());
    let hosted = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "header-secret")];
    let output = complete(&site, "an app's", &hosted, &["--auth-mode", "login"]);
    assert!(!said(&output).contains("header-secret"));
    let requests = app.requests();
    assert!(requests[0].target.starts_with("/msi/token?api-version=2019-08-01&"), "{}", requests[0].target);
    assert_eq!(requests[0].header("x-identity-header"), "header-secret");
}

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// What the identity service answers to an application with the right secret or assertion.
fn entra_answer(request: &Request) -> (u16, String) {
    let form: Vec<&str> = request.body.split('&').collect();
    let right = request.line() == format!("POST /{TENANT}/oauth2/v2.0/token")
        && form.contains(&"client_id=app")
        && form.contains(&"grant_type=client_credentials")
        && form.contains(&"scope=https%3A%2F%2Fstorage.azure.com%2F.default")
        && (form.contains(&"client_secret=s3cret") || form.contains(&"client_assertion=eyJhc3NlcnRpb24"));
    if right {
        let token = token(STORAGE);
        (200, format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{token}"}}"#))
    } else {
        let text = "AADSTS7000215: Invalid client secret provided.";
        (401, format!(r#"{{"error":"invalid_client","error_description":"{text}","error_codes":[7000215]}}"#))
    }
}

#[test]
fn service_principals_and_workload_identities_open_the_container() {
    let site = Site::new();
    let entra = StandIn::secure(&site.certificates, entra_answer);
    let principal =
        [("AZURE_AUTHORITY_HOST", entra.address()), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "app")];
    let login = ["--auth-mode", "login"];
    let with = |more: (&'static str, &str)| {
        principal.iter().copied().chain([more]).map(|(n, v)| (n, v.to_owned())).collect::<Vec<_>>()
    };
    let run = |what: &str, environment: &[(&str, String)], arguments: &[&str]| {
        let environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
        complete(&site, what, &environment, arguments)
    };
    run("a secret", &with(("AZURE_CLIENT_SECRET", "s3cret")), &login);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("token");
    fs::write(&file, "eyJhc3NlcnRpb24").expect("written");
    let file = file.display().to_string();
    run("a federated token", &with(("AZURE_FEDERATED_TOKEN_FILE", &file)), &login);
    // The option names the application; the environment may name another.
    let mut other = with(("AZURE_FEDERATED_TOKEN_FILE", &file));
    other[2].1 = "another".to_owned();
    run("a named one", &other, &["--client-id", "app"]);
    assert_eq!(entra.requests().len(), 3);

    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = site.tool(dir.path());
    let wrong = with(("AZURE_CLIENT_SECRET", "wr0ng"));
    let output = tool.envs(wrong).env("PATH", "/nowhere").args(login).output().expect("a run");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = said(&output);
    assert!(text.contains("service principal: ") && text.contains("AADSTS7000215"), "{text}");
    assert!(!text.contains("wr0ng"), "{text}");
}
