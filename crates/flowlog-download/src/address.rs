//! Where the blobs are, read from what people paste: a name, an address of account, container or blob, with
//! or without a SAS token, a resource id.

use azure_core::http::Url;
use flowlog_core::blob_path::percent_decode;

use crate::{
    auth::{Cloud, Secret, sas_token},
    cli::Cli,
    config::{Env, usage},
    error::Failure,
};

const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";
/// What the account of the emulators is called.
const EMULATOR: &str = "devstoreaccount1";
/// Ports of the emulators' services.
const EMULATOR_PORTS: [u16; 3] = [10_000, 10_001, 10_002];
/// What the second region's name has behind the account's.
const SECONDARY: &str = "-secondary";
/// Services of an account whose addresses differ from the blob service's by this label alone.
const SERVICES: [&str; 5] = ["dfs", "file", "queue", "table", "web"];

/// What an address tells.
#[derive(Debug, Default)]
pub(crate) struct Address {
    /// Storage account.
    pub(crate) account: Option<String>,
    /// Blob endpoint, without container and query; `None`: a name alone, the cloud's own endpoint is meant.
    pub(crate) endpoint: Option<Url>,
    /// Container.
    pub(crate) container: Option<String>,
    /// SAS token.
    pub(crate) token: Option<Secret>,
    /// The address goes on below the container.
    deeper: bool,
}

impl Address {
    /// Reads what `option` was given. `known`: the account, if it is named elsewhere.
    pub(crate) fn parse(text: &str, option: &str, known: Option<&str>) -> Result<Self, Failure> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']);
        if let Some(found) = of_resource_id(text) {
            return Ok(found);
        }
        if text.contains("://") {
            // Read below, with its scheme.
        } else if text.contains(';') {
            return Err(usage(format!("{option} takes no connection string"))
                .hint("give it as --connection-string, or better set AZURE_STORAGE_CONNECTION_STRING"));
        } else if !text.contains(['.', ':', '?', '@']) {
            return of_name(text);
        }
        let no_address = |why: &str| {
            // What stands before an `@` or behind a `?` may be a secret.
            let shown = text.split('?').next().unwrap_or_default();
            let shown = shown.rsplit('@').next().unwrap_or_default().escape_debug();
            usage(format!("{option} '{shown}' is no address: {why}"))
                .hint("give the account's name, or an address like https://NAME.blob.core.windows.net")
        };
        let url = Url::parse(&spelled_out(text)).map_err(|error| no_address(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(no_address("it is neither http nor https"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        if !url.host_str().is_some_and(|host| host.chars().all(plain)) {
            return Err(no_address("its host is none"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(no_address("it has a user's name or password"));
        }
        Ok(of_url(url, known))
    }
}

/// What is to be done and where, as options and environment say it.
#[derive(Debug)]
pub(crate) struct Place {
    /// Storage account.
    pub(crate) account: String,
    /// Blob endpoint.
    pub(crate) endpoint: Url,
    /// Container, where an address names one, and the option it came from.
    pub(crate) container: Option<(String, &'static str)>,
    /// SAS token, where an address carries one, and the option it came from.
    pub(crate) token: Option<(Secret, &'static str)>,
    /// What a person should hear of the addresses.
    pub(crate) notes: Vec<String>,
}

/// Account and endpoint as the options, else the environment, name them.
pub(crate) fn place(cli: &Cli, env: Env<'_>, cloud: Cloud) -> Result<Place, Failure> {
    let read = |text: &Option<String>, option, known: Option<&str>| {
        text.as_deref().map(|text| Address::parse(text, option, known)).transpose()
    };
    let mut named = (read(&cli.storage_account, "--storage-account", None)?, "--storage-account");
    let account = named.0.as_ref().and_then(|address| address.account.clone());
    let given = (read(&cli.endpoint, "--endpoint", account.as_deref())?, "--endpoint");
    let of = |address: &Option<Address>| address.as_ref()?.account.clone();
    if named.0.is_none() && of(&given.0).is_none() {
        named = (read(&env(ACCOUNT), ACCOUNT, None)?, ACCOUNT);
        if named.0.is_none() {
            named = (read(&cli.configured.storage_account, "flowlog.toml", None)?, "flowlog.toml");
        }
    }
    let account = of(&named.0).or_else(|| of(&given.0)).ok_or_else(|| {
        usage("which storage account? --storage-account is missing".to_owned()).hint(
            "or give --connection-string, --endpoint, or --from-dir to reorganise blobs already on disk",
        )
    })?;
    let (mut endpoint, mut container, mut token, mut notes) = (None, None, None, Vec::new());
    for (address, option) in [given, named] {
        let Some(address) = address else { continue };
        endpoint = endpoint.or(address.endpoint);
        if let Some(name) = address.container.filter(|_| container.is_none()) {
            if address.deeper {
                notes.push(format!(
                    "of the address in {option} only account and container are used ('{name}'), not the path below; \
                     --flow-log, --mac, --from and --to choose blobs"
                ));
            }
            container = Some((name, option));
        }
        if let Some(secret) = address.token.filter(|_| token.is_none()) {
            if option != ACCOUNT {
                notes.push(format!(
                    "other users of this machine can see the SAS token in {option}; AZURE_STORAGE_SAS_TOKEN and \
                     --sas-token-file keep it hidden"
                ));
            }
            token = Some((secret, option));
        }
    }
    let endpoint = match endpoint {
        Some(endpoint) => endpoint,
        None => Url::parse(&format!("https://{account}.{}", cloud.blob_suffix()))
            .map_err(|error| usage(format!("'{}': {error}", account.escape_debug())))?,
    };
    Ok(Place { account, endpoint, container, token, notes })
}

/// Whether an address stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
    }
}

/// A name without anything around it, or `ACCOUNT/CONTAINER`.
fn of_name(text: &str) -> Result<Address, Failure> {
    let mut parts = text.split('/').filter(|part| !part.is_empty());
    let (name, container) = (parts.next().unwrap_or_default(), parts.next().map(str::to_owned));
    let account = name.strip_suffix(SECONDARY).unwrap_or(name);
    let valid = (3..=24).contains(&account.len())
        && account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !valid {
        return Err(usage(format!(
            "'{}' is not a storage account name: 3 to 24 lower-case letters and digits",
            name.escape_debug()
        )));
    }
    let deeper = parts.next().is_some();
    Ok(Address { account: Some(account.to_owned()), container, deeper, ..Address::default() })
}

/// `/subscriptions/…/storageAccounts/NAME/…/containers/NAME`, bare or within an address of the portal.
fn of_resource_id(text: &str) -> Option<Address> {
    let after = |key: &str| {
        let at = text.to_ascii_lowercase().find(key)? + key.len();
        let name = text.get(at..)?.split(['/', '?', '#', '&', '%']).next()?;
        (!name.is_empty()).then(|| name.to_lowercase())
    };
    let account = after("/storageaccounts/")?;
    Some(Address { account: Some(account), container: after("/containers/"), ..Address::default() })
}

/// An address as http knows it: with a scheme, and not in the form of Hadoop
/// (`abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH`).
fn spelled_out(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        let https = format!("https://{text}");
        let local = Url::parse(&https).is_ok_and(|url| is_loopback(&url));
        return if local { format!("http://{text}") } else { https };
    };
    match (scheme.to_ascii_lowercase().as_str(), rest.split_once('@')) {
        ("abfs" | "abfss" | "wasb" | "wasbs", Some((container, rest))) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("https://{host}/{container}/{path}")
        }
        _ => text.to_owned(),
    }
}

fn of_url(mut url: Url, known: Option<&str>) -> Address {
    let token = url.query().and_then(sas_token);
    url.set_query(None);
    url.set_fragment(None);
    let segments: Vec<String> = url
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .map(percent_decode)
        .collect();
    let mut parts = segments.into_iter();
    let label = if is_path_style(&url, parts.as_slice().first().map(String::as_str), known) {
        let account = parts.next();
        url.set_path(account.as_deref().unwrap_or_default());
        account
    } else {
        url.set_path("");
        use_blob_service(&mut url);
        url.domain().and_then(|domain| domain.split('.').next()).map(str::to_owned)
    };
    let account = label.map(|label| label.strip_suffix(SECONDARY).unwrap_or(&label).to_owned());
    let container = parts.next();
    Address { account, endpoint: Some(url), container, token, deeper: parts.next().is_some() }
}

/// Whether the account is the first part of the path, as with emulators, and not the first label of the host.
fn is_path_style(url: &Url, first: Option<&str>, known: Option<&str>) -> bool {
    let Some(domain) = url.domain() else { return true };
    let account = |name: &str| name.strip_suffix(SECONDARY).unwrap_or(name).to_owned();
    if first.map(account).is_some_and(|first| first == EMULATOR || known.is_some_and(|known| known == first))
    {
        return true;
    }
    let of_service = domain.split('.').skip(1).any(|label| label == "blob" || SERVICES.contains(&label));
    let of_emulator = url.port().is_some_and(|port| EMULATOR_PORTS.contains(&port));
    !of_service && (of_emulator || !domain.contains('.'))
}

/// `NAME.dfs.core.windows.net` and the like are the same account's; blobs are at `NAME.blob…`.
fn use_blob_service(url: &mut Url) {
    let Some(domain) = url.domain() else { return };
    let mut labels: Vec<&str> = domain.split('.').collect();
    let (Some(at), false) =
        (labels.iter().skip(1).position(|label| SERVICES.contains(label)), labels.contains(&"blob"))
    else {
        return;
    };
    let mut service = at + 1;
    if labels.get(service) == Some(&"web") && service == 2 {
        // A website's address has its zone before that: NAME.z6.web.core.windows.net.
        labels.remove(1);
        service = 1;
    }
    if let Some(label) = labels.get_mut(service) {
        *label = "blob";
    }
    let host = labels.join(".");
    // A host made of another's labels is one.
    let _ = url.set_host(Some(&host));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (String, String, String) {
        let address =
            Address::parse(text, "--endpoint", None).unwrap_or_else(|error| panic!("{text}: {error}"));
        let endpoint = address.endpoint.map(|url| url.as_str().trim_end_matches('/').to_owned());
        (
            address.account.unwrap_or_default(),
            endpoint.unwrap_or_default(),
            address.container.unwrap_or_default(),
        )
    }

    #[test]
    fn what_people_paste_names_account_endpoint_and_container() {
        let blob = "https://logs1.blob.core.windows.net";
        let second = "https://logs1-secondary.blob.core.windows.net";
        let emulator = "http://127.0.0.1:10000/devstoreaccount1";
        for (text, account, endpoint, container) in [
            ("logs1", "logs1", "", ""),
            (" logs1\n", "logs1", "", ""),
            ("logs1-secondary", "logs1", "", ""),
            ("https://logs1.blob.core.windows.net", "logs1", blob, ""),
            ("https://logs1.blob.core.windows.net///", "logs1", blob, ""),
            ("\"https://LOGS1.blob.core.windows.net/logs/\"", "logs1", blob, "logs"),
            ("logs1.blob.core.windows.net/logs", "logs1", blob, "logs"),
            ("https://logs1.blob.core.windows.net/logs/y=2025/PT1H.json", "logs1", blob, "logs"),
            (
                "https://logs1.blob.core.windows.net/%24logs?restype=container&comp=list#x",
                "logs1",
                blob,
                "$logs",
            ),
            ("https://logs1-secondary.blob.core.windows.net/logs", "logs1", second, "logs"),
            ("https://logs1.dfs.core.windows.net/logs/", "logs1", blob, "logs"),
            ("abfss://logs@logs1.dfs.core.windows.net/y=2025", "logs1", blob, "logs"),
            ("wasbs://logs@logs1.blob.core.windows.net", "logs1", blob, "logs"),
            ("https://logs1.queue.core.windows.net", "logs1", blob, ""),
            ("https://logs1.z6.web.core.windows.net", "logs1", blob, ""),
            ("logs1/logs/y=2025", "logs1", "", "logs"),
            (
                "https://logs1.z12.blob.storage.azure.net/c",
                "logs1",
                "https://logs1.z12.blob.storage.azure.net",
                "c",
            ),
            (
                "https://logs1.privatelink.dfs.core.windows.net/c",
                "logs1",
                "https://logs1.privatelink.blob.core.windows.net",
                "c",
            ),
            ("https://logs1.corp.example/c", "logs1", "https://logs1.corp.example", "c"),
            ("http://127.0.0.1:10000/devstoreaccount1/", "devstoreaccount1", emulator, ""),
            ("http://127.0.0.1:10000/devstoreaccount1/c/blob", "devstoreaccount1", emulator, "c"),
            ("127.0.0.1:10000/devstoreaccount1/c", "devstoreaccount1", emulator, "c"),
            (
                "http://127.0.0.1:10000/devstoreaccount1-secondary/c",
                "devstoreaccount1",
                "http://127.0.0.1:10000/devstoreaccount1-secondary",
                "c",
            ),
            ("http://[::1]:10000/mine/c", "mine", "http://[::1]:10000/mine", "c"),
            ("http://localhost:10000/mine/c", "mine", "http://localhost:10000/mine", "c"),
            ("http://azurite:10000/mine", "mine", "http://azurite:10000/mine", ""),
            (
                "http://host.docker.internal:10000/mine/c",
                "mine",
                "http://host.docker.internal:10000/mine",
                "c",
            ),
            ("http://mine.blob.localhost:10000/c", "mine", "http://mine.blob.localhost:10000", "c"),
            (
                "/subscriptions/S/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Logs1",
                "logs1",
                "",
                "",
            ),
            (
                "https://portal.azure.com/#@t/resource/subscriptions/S/resourceGroups/g/providers/Microsoft.Storage/\
                 storageAccounts/logs1/blobServices/default/containers/logs/overview",
                "logs1",
                "",
                "logs",
            ),
        ] {
            let expected = (account.to_owned(), endpoint.to_owned(), container.to_owned());
            assert_eq!(told(text), expected, "{text}");
        }
        // A path-style address of a name of one's own is known by the account.
        let known = Address::parse("https://storage.corp.example/logs1/c", "--endpoint", Some("logs1"));
        assert_eq!(known.expect("an address").container.as_deref(), Some("c"));
    }

    #[test]
    fn a_token_is_taken_out_of_the_address() {
        let text = "https://logs1.blob.core.windows.net/logs?sv=1&sp=rl&sig=c2lnbmF0dXJl";
        let address = Address::parse(text, "--endpoint", None).expect("an address");
        assert!(address.token.as_ref().is_some_and(|token| token.expose() == "sv=1&sp=rl&sig=c2lnbmF0dXJl"));
        assert!(!format!("{address:?}").contains("c2lnbmF0dXJl"));
    }

    #[test]
    fn what_is_no_address_is_told_without_what_may_be_secret() {
        for text in [
            "",
            "ftp://logs1.example?sig=c2VjcmV0",
            "https://?sig=c2VjcmV0",
            "https://user:c2VjcmV0@logs1.example/c",
            "https://logs1 .example?sig=c2VjcmV0",
            "Not_An_Account",
            "Not/an/account",
            "https://AccountKey=c2VjcmV0",
            "AccountName=logs1;AccountKey=c2VjcmV0",
            "DefaultEndpointsProtocol=https;AccountName=logs1;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net",
            "https://",
            "://x?sig=c2VjcmV0",
        ] {
            let failure = Address::parse(text, "--endpoint", None).expect_err(text);
            assert!(!format!("{failure:?}").contains("c2VjcmV0"), "{failure:?}");
        }
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        for (text, local) in [
            ("http://127.0.0.1:10000/a", true),
            ("http://127.9.9.9/a", true),
            ("http://[::1]/a", true),
            ("http://[::ffff:127.0.0.1]/a", true),
            ("http://localhost/a", true),
            ("http://a.blob.localhost/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.4/a", false),
            ("http://azurite:10000/a", false),
        ] {
            assert_eq!(is_loopback(&text.parse().expect("an address")), local, "{text}");
        }
    }
}
