//! The account's key through Azure Resource Manager: what is asked, in which order, and what happens
//! when the answer is no.
#![cfg(unix)]

mod auth_support;
mod common;

use std::process::Output;

use auth_support::{MANAGEMENT, Programs, Request, STORAGE, Site, StandIn, token};
use common::{assert_same_tree, said, tree};
use flowlog_testkit::azurite::Azurite;

const FIRST: &str = "aaaaaaaa-1111-2222-3333-444444444444";
const SECOND: &str = "bbbbbbbb-1111-2222-3333-444444444444";
const ACCOUNTS: &str = "providers/Microsoft.Storage/storageAccounts";
const GROUP: &str = "rg-logs";

/// What the Resource Manager of a test says.
#[derive(Clone, Copy, PartialEq)]
enum Manager {
    /// Here is the key.
    Willing,
    /// The identity may not list keys.
    RefusesKeys,
    /// The identity may list keys, but not read accounts.
    RefusesReading,
    /// The account takes no keys.
    KeysOff,
    /// The list of accounts goes on at another host.
    LeadsAway,
    /// There is no such account.
    NoAccount,
}

impl Manager {
    /// Two subscriptions; the second one's accounts come in two pages, the wanted one on the second.
    fn answer(self, request: &Request, own: &str) -> (u16, String) {
        let refused = |what: &str| {
            (403, format!(r#"{{"error":{{"code":"AuthorizationFailed","message":"no right to {what}"}}}}"#))
        };
        if request.header("authorization").trim_start_matches("Bearer ") != token_of_manager() {
            return (401, r#"{"error":{"code":"InvalidAuthenticationToken","message":"who?"}}"#.to_owned());
        }
        let account = |name: &str, keys: bool| {
            format!(
                r#"{{"id":"/subscriptions/{SECOND}/resourceGroups/{GROUP}/{ACCOUNTS}/{name}","name":"{name}","properties":{{"allowSharedKeyAccess":{keys}}}}}"#
            )
        };
        let wanted = if self == Self::NoAccount { "another" } else { Azurite::ACCOUNT };
        let storage = format!("{ACCOUNTS}?api-version=2023-01-01");
        let line = request.line();
        if line == "GET /subscriptions?api-version=2022-12-01" {
            return (
                200,
                format!(r#"{{"value":[{{"subscriptionId":"{FIRST}"}},{{"subscriptionId":"{SECOND}"}}]}}"#),
            );
        }
        if line == format!("GET /subscriptions/{FIRST}/{storage}") {
            return (200, format!(r#"{{"value":[{}]}}"#, account("elsewhere", true)));
        }
        if line == format!("GET /subscriptions/{SECOND}/{storage}") {
            let host = if self == Self::LeadsAway { "https://attacker.example" } else { own };
            let next = format!("{host}/subscriptions/{SECOND}/{storage}&$skiptoken=2");
            return (200, format!(r#"{{"value":[{}],"nextLink":"{next}"}}"#, account("firstpage", true)));
        }
        if line == format!("GET /subscriptions/{SECOND}/{storage}&$skiptoken=2") {
            return (200, format!(r#"{{"value":[{}]}}"#, account(wanted, self != Self::KeysOff)));
        }
        let id = format!("/subscriptions/{SECOND}/resourceGroups/{GROUP}/{ACCOUNTS}/{}", Azurite::ACCOUNT);
        if line == format!("GET {id}?api-version=2023-01-01") {
            return if self == Self::RefusesReading {
                refused("read")
            } else {
                (200, account(wanted, self != Self::KeysOff))
            };
        }
        if line == format!("POST {id}/listKeys?api-version=2023-01-01")
            && request.header("content-length") == "0"
        {
            let key = Azurite::KEY;
            return if self == Self::RefusesKeys {
                refused("listKeys")
            } else {
                (200, format!(r#"{{"keys":[{{"keyName":"key1","value":"{key}","permissions":"FULL"}}]}}"#))
            };
        }
        (404, r#"{"error":{"code":"ResourceNotFound","message":"not here"}}"#.to_owned())
    }
}

/// What `az` gives for Resource Manager; the same each time, so that it can be compared.
fn token_of_manager() -> String {
    "token-for-the-resource-manager".to_owned()
}

/// One run and what it asked.
struct Ran {
    output: Output,
    asked: Vec<String>,
    calls: Vec<String>,
}

/// Runs the tool with `az` logged in for Resource Manager, and for storage if `data`.
fn run(site: &Site, manager: Manager, data: bool, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let own = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = std::sync::Arc::clone(&own);
    let service = StandIn::secure(&site.certificates, move |request| {
        manager.answer(request, known.get().map_or("", String::as_str))
    });
    own.set(service.address().to_owned()).expect("set once");
    let programs = Programs::new();
    programs.az("management", &token_of_manager());
    if data {
        programs.az("storage", &token(STORAGE));
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut tool = site.tool(dir.path());
    programs.in_front_of(&mut tool);
    tool.env("FLOWLOG_RESOURCE_MANAGER", service.address()).envs(environment.iter().copied());
    let output = tool.args(arguments).output().expect("a run");
    if output.status.success() {
        assert_same_tree(&tree(dir.path()), &site.container.expected());
    }
    assert!(!said(&output).contains(Azurite::KEY) && !said(&output).contains(&token_of_manager()));
    Ran { output, asked: service.lines(), calls: programs.calls() }
}

fn ways(ran: &Ran) -> String {
    let text = said(&ran.output);
    let line = text.lines().find(|line| line.starts_with("listing ")).unwrap_or(&text).to_owned();
    line.split(" with ").nth(1).unwrap_or(&text).to_owned()
}

#[test]
fn the_account_is_found_by_its_name_and_its_key_is_used() {
    let site = Site::new();
    let anywhere = run(&site, Manager::Willing, false, &[], &[]);
    assert_eq!(anywhere.output.status.code(), Some(0), "{}", said(&anywhere.output));
    assert_eq!(ways(&anywhere), "account key (Azure Resource Manager)");
    let mut asked = anywhere.asked;
    assert_eq!(asked.remove(0), "GET /subscriptions?api-version=2022-12-01");
    let last = asked.pop().expect("requests");
    assert_eq!(
        last,
        format!(
            "POST /subscriptions/{SECOND}/resourceGroups/{GROUP}/{ACCOUNTS}/devstoreaccount1/listKeys?api-version=2023-01-01"
        )
    );
    // Subscriptions are searched side by side.
    asked.sort();
    let list = |id: &str| format!("GET /subscriptions/{id}/{ACCOUNTS}?api-version=2023-01-01");
    assert_eq!(asked, [list(FIRST), list(SECOND), format!("{}&$skiptoken=2", list(SECOND))]);
    assert_eq!(
        anywhere.calls,
        [format!("az account get-access-token -o json --scope {MANAGEMENT}/.default")]
    );

    // Both hints: no search.
    let hints = [("AZURE_SUBSCRIPTION_ID", SECOND), ("AZ_RESOURCE_GROUP", GROUP)];
    for manager in [Manager::Willing, Manager::RefusesReading] {
        let hinted = run(&site, manager, false, &hints, &["--auth-mode", "key"]);
        assert_eq!(hinted.output.status.code(), Some(0), "{}", said(&hinted.output));
        let id = format!("/subscriptions/{SECOND}/resourceGroups/{GROUP}/{ACCOUNTS}/devstoreaccount1");
        let expected = [
            format!("GET {id}?api-version=2023-01-01"),
            format!("POST {id}/listKeys?api-version=2023-01-01"),
        ];
        assert_eq!(hinted.asked, expected);
    }
    // One hint; and one that is wrong costs a request, no more.
    let subscription = run(&site, Manager::Willing, false, &hints[..1], &[]);
    assert_eq!((subscription.output.status.code(), subscription.asked.len()), (Some(0), 3));
    let group = run(&site, Manager::Willing, false, &hints[1..], &[]);
    assert_eq!(group.output.status.code(), Some(0), "{}", said(&group.output));
    assert!(group.asked.iter().any(|line| line.contains(&format!("{SECOND}/resourceGroups/{GROUP}"))));
    let wrong = [hints[0], ("AZ_RESOURCE_GROUP", "rg-elsewhere")];
    let found = run(&site, Manager::Willing, false, &wrong, &[]);
    assert_eq!(found.output.status.code(), Some(0), "{}", said(&found.output));
    assert_eq!(ways(&found), "account key (Azure Resource Manager)");

    // Another cloud has another audience.
    let cloud = run(&site, Manager::Willing, false, &[], &["--cloud", "usgov"]);
    assert_eq!(cloud.output.status.code(), Some(0), "{}", said(&cloud.output));
    let scope = "https://management.usgovcloudapi.net/.default";
    assert_eq!(cloud.calls, [format!("az account get-access-token -o json --scope {scope}")]);
}

#[test]
fn without_a_key_the_identity_itself_goes_in() {
    let site = Site::new();
    for (manager, reason) in [
        (Manager::RefusesKeys, "the identity may not list the account's keys (AuthorizationFailed)"),
        (Manager::KeysOff, "the account does not allow keys"),
        (Manager::NoAccount, "no account of that name in the 2 subscriptions the identity may read"),
        (Manager::LeadsAway, "Azure Resource Manager points to another host for its next page"),
    ] {
        let login = run(&site, manager, true, &[], &[]);
        assert_eq!(login.output.status.code(), Some(0), "{reason}: {}", said(&login.output));
        assert_eq!(ways(&login), "login", "{reason}");
        assert_eq!(login.calls.len(), 2, "{reason}: {:?}", login.calls);

        // If that fails too, the message tells the whole story in order.
        let nothing = run(&site, manager, false, &[], &[]);
        let text = said(&nothing.output);
        assert_eq!(nothing.output.status.code(), Some(4), "{reason}: {text}");
        let first = text.find(&format!("account key through Azure Resource Manager: {reason}"));
        let second = text.find("Azure CLI: ");
        assert!(first.is_some() && first < second, "{reason}: {text}");

        // Pinned to keys, the tool does not log in.
        let pinned = run(&site, manager, true, &[], &["--auth-mode", "key"]);
        let text = said(&pinned.output);
        // A service that answers nonsense is a failure, not a refusal.
        let code = if manager == Manager::LeadsAway { 1 } else { 4 };
        assert_eq!(pinned.output.status.code(), Some(code), "{reason}: {text}");
        assert!(text.contains(reason) && !text.contains("listing https://"), "{text}");
        assert_eq!(pinned.calls.len(), 1);
    }
}

#[test]
fn what_comes_before_in_the_order_asks_nobody() {
    let site = Site::new();
    let connection = site.container.azurite.connection_string();
    for (way, environment, arguments) in [
        ("account key (AZ_STORAGE_KEY)", &[("AZ_STORAGE_KEY", Azurite::KEY)][..], &[][..]),
        ("account key (AZURE_STORAGE_KEY)", &[("AZURE_STORAGE_KEY", Azurite::KEY)], &[]),
        (
            "account key (AZURE_STORAGE_CONNECTION_STRING)",
            &[("AZURE_STORAGE_CONNECTION_STRING", connection.as_str())],
            &[],
        ),
        ("login", &[("AZ_STORAGE_KEY", "c2VjcmV0")], &["--auth-mode", "login"]),
    ] {
        let ran = run(&site, Manager::Willing, true, environment, arguments);
        assert_eq!(ran.output.status.code(), Some(0), "{way}: {}", said(&ran.output));
        assert_eq!(ways(&ran), way);
        assert_eq!((ran.asked.len(), ran.calls.len()), (0, usize::from(way == "login")), "{way}");
    }
}
