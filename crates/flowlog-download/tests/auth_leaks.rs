//! No secret leaves the process but to the service it is for: not in what is printed, not in files,
//! not in arguments or environment of the programs that are run.
#![cfg(unix)]

mod auth_support;
mod common;

use std::{fs, path::Path, process::Output};

use auth_support::{Programs, Request, STORAGE, Site, StandIn, token};
use common::said;
use flowlog_testkit::azurite::Azurite;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT_SECRET: &str = "cl1ent-secret_0123456789";
const ASSERTION: &str = "eyJhc3NlcnRpb24.eyJ4Ijoi.c2lnbmVk";
const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLWEtc2FzLXRva2Vu%3D";
/// Not a key of the account, but of the right form.
const WRONG_KEY: &str = "d3JvbmcgYnV0IHZhbGlkIGJhc2U2NCBrZXkgb2YgYW4gYWNjb3VudA==";

/// Everything in a folder's files, names included; hidden ones too.
fn everything(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        all.extend(path.as_os_str().as_encoded_bytes());
        if path.is_dir() {
            all.extend(everything(&path));
        } else {
            all.extend(fs::read(&path).expect("readable"));
        }
    }
    all
}

fn holds(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// Entra ID and Resource Manager in one: the former refuses, repeating what it was sent.
fn service(request: &Request) -> (u16, String) {
    let line = request.line();
    if line.contains("/oauth2/") {
        let echo = request.body.replace('"', "'");
        return (401, format!(r#"{{"error":"x","error_description":"refused: {echo}","error_codes":[1]}}"#));
    }
    if line.contains("/listKeys") {
        return (200, format!(r#"{{"keys":[{{"value":"{}"}}]}}"#, Azurite::KEY));
    }
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1";
    (200, format!(r#"{{"id":"{id}","name":"devstoreaccount1","properties":{{}}}}"#))
}

#[test]
fn no_secret_is_printed_written_or_handed_to_a_program() {
    let site = Site::new();
    let services = StandIn::secure(&site.certificates, service);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let assertion_file = folder.path().join("assertion");
    fs::write(&assertion_file, ASSERTION).expect("written");
    let (storage_token, manager_token) = (token(STORAGE), token("https://management.azure.com"));
    let programs = Programs::new();
    programs.az("storage", &storage_token);
    programs.az("management", &manager_token);

    let sas = format!("sv=2021-10-04&ss=b&srt=co&sp=rl&se=2099-01-01T00:00:00Z&sig={SIGNATURE}");
    let connection = site.container.azurite.connection_string();
    let assertion_path = assertion_file.display().to_string();
    let every = [
        ("AZ_STORAGE_KEY", WRONG_KEY),
        ("AZURE_STORAGE_KEY", WRONG_KEY),
        ("AZURE_STORAGE_SAS_TOKEN", sas.as_str()),
        ("AZURE_STORAGE_CONNECTION_STRING", connection.as_str()),
        ("AZURE_STORAGE_ACCOUNT", Azurite::ACCOUNT),
    ];
    let principal = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "app")];
    let hints = [("AZURE_SUBSCRIPTION_ID", "s"), ("AZ_RESOURCE_GROUP", "g")];
    let secret = [("AZURE_CLIENT_SECRET", CLIENT_SECRET)];
    let federated = [("AZURE_FEDERATED_TOKEN_FILE", assertion_path.as_str())];
    let nowhere = "https://127.0.0.1:9/devstoreaccount1";
    let login = ["--auth-mode", "login"];

    let secrets = [
        WRONG_KEY,
        Azurite::KEY,
        SIGNATURE,
        "c2lnbmF0dXJlLW9mLWEtc2FzLXRva2Vu=",
        CLIENT_SECRET,
        ASSERTION,
        &storage_token,
        &manager_token,
    ];
    let run = |what: &str, code: i32, environment: &[&[(&str, &str)]], arguments: &[&str]| -> Output {
        let root = folder.path().join("tree");
        let mut tool = site.tool(&root);
        if arguments.contains(&"--endpoint") {
            tool = common::tool(&root);
            tool.arg("--ca-file").arg(&site.certificates.authority);
        }
        programs.in_front_of(&mut tool);
        tool.env("AZURE_AUTHORITY_HOST", services.address())
            .env("FLOWLOG_RESOURCE_MANAGER", services.address());
        let output = tool.envs(environment.concat()).args(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(code), "{what}: {}", said(&output));
        for secret in secrets {
            assert!(!said(&output).contains(secret), "{what} prints {secret}: {}", said(&output));
            assert!(!holds(&everything(&root), secret), "{what} writes {secret}");
        }
        output
    };

    run("a login among all secrets", 0, &[&every, &secret], &login);
    run("a key of Resource Manager", 0, &[&hints], &[]);
    run("a wrong key", 4, &[&every], &["--auth-mode", "key"]);
    run("a wrong SAS token", 4, &[&every], &["--auth-mode", "sas"]);
    run("a connection string", 0, &[&every[3..4]], &[]);
    run("a SAS token for nobody", 1, &[&every], &["--auth-mode", "sas", "--endpoint", nowhere]);
    let refused = run("a refused principal", 0, &[&principal, &secret], &login);
    assert!(!said(&refused).contains("client_secret"), "{}", said(&refused));
    programs.az_babbles(&format!("debug: got {storage_token} for you"));
    let told = run("a refused principal, alone", 4, &[&principal, &secret], &login);
    assert!(
        said(&told).contains("client_secret=***") && said(&told).contains("debug: got ***"),
        "{}",
        said(&told)
    );
    let told = run("a refused workload", 4, &[&principal, &federated], &login);
    assert!(said(&told).contains("client_assertion=***"), "{}", said(&told));

    assert!(programs.calls().len() >= 4, "{:?}", programs.calls());
    let handed = format!("{}{}", programs.calls().join("\n"), programs.environment());
    // What programs need to log in is left to them.
    assert!(handed.contains(TENANT));
    for secret in secrets {
        assert!(!handed.contains(secret), "a program is handed {secret}");
    }
    // And the services got them: the test would see them if they leaked.
    let sent = format!("{:?}", services.requests());
    for secret in [CLIENT_SECRET, ASSERTION, &manager_token] {
        assert!(sent.contains(secret), "{secret} was never used");
    }
}
