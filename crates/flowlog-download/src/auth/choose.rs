//! Which account, and the first way in that command line and environment offer.
//!
//! The order: an option, `AZ_STORAGE_KEY`, `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`,
//! `AZURE_STORAGE_CONNECTION_STRING`, then an identity: first to find the key with, else to log in.

use super::{Access, AccountKey, Auth, AuthMode, ConnectionString, sas, secret_file};
use crate::{
    address::{Address, Place, place},
    cli::Cli,
    config::{ContainerConfig, Env, usage},
    error::Failure,
    words::folder_for_account,
};

const CONNECTION_STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
/// Where Azure writes VNet flow logs.
const CONTAINER: &str = "insights-logs-flowlogflowevent";
const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";

/// A way in, and the option or variable it came from.
type Found = (Auth, String);

/// Account, endpoint and way in.
pub fn choose(cli: &Cli, env: Env<'_>) -> Result<ContainerConfig, Failure> {
    if let Some(slip) = cli.storage_account.as_deref().and_then(folder_for_account) {
        return Err(slip);
    }
    let mut access = Box::new(Access::new(&cli.access, env)?);
    let given = from_options(cli, access.mode)?;
    let by_option = cli.storage_account.is_some() || cli.endpoint.is_some();
    let string = match &cli.connection_string {
        Some(text) => Some(read(text, "--connection-string")?),
        None => None,
    };
    let shared = env(CONNECTION_STRING).filter(|_| string.is_none());

    let (mut place, found) = if let Some(read) = string {
        let place = place_of(cli, &read, "--connection-string")?;
        let way = read.auth.describe();
        let found = fits(&read.auth, access.mode).then(|| (read.auth, "--connection-string".to_owned()));
        let found = found.ok_or_else(|| excluded("--connection-string", way, access.mode))?;
        (place, Some(found))
    } else if let Some(text) = shared.as_deref().filter(|_| !by_option && env(ACCOUNT).is_none()) {
        // Nothing else names an account, so the string's own secret is meant.
        let read = read(text, CONNECTION_STRING)?;
        let place = place_of(cli, &read, CONNECTION_STRING)?;
        let own = fits(&read.auth, access.mode).then(|| (read.auth, CONNECTION_STRING.to_owned()));
        let found = match given.or(own) {
            None => from_environment(access.mode, env)?,
            found => found,
        };
        (place, found)
    } else {
        let mut place = place(cli, env, access.cloud)?;
        let mut found = match given.or(pasted(&mut place, access.mode)?) {
            None => from_environment(access.mode, env)?,
            found => found,
        };
        if let Some(text) = shared.filter(|_| found.is_none()) {
            found = from_shared(&text, &place.account, by_option, &mut access)?;
        }
        (place, found)
    };
    let container = container_of(cli, place.container.take())?;
    let Place { account, endpoint, .. } = place;
    access.notes = place.notes;

    let (auth, origin) = match found {
        Some(found) => found,
        None => (without_secret(access.mode)?, String::new()),
    };
    let tokens = matches!((&auth, access.mode), (Auth::Login, _) | (Auth::Discover, AuthMode::Auto));
    if tokens && endpoint.scheme() != "https" {
        return Err(usage(format!("login needs an https endpoint, {endpoint} is not"))
            .hint("set AZ_STORAGE_KEY to use the account key"));
    }
    access.origin = origin;
    Ok(ContainerConfig { account, container, endpoint, auth, access })
}

/// The SAS token of an address.
fn pasted(place: &mut Place, mode: AuthMode) -> Result<Option<Found>, Failure> {
    match place.token.take() {
        Some((_, option)) if !mode.takes_sas() => Err(excluded(option, "shared access signature", mode)),
        token => Ok(token.map(|(token, option)| (Auth::Sas(token), option.to_owned()))),
    }
}

/// The container that is named, by an option or in an address.
fn container_of(cli: &Cli, pasted: Option<(String, &str)>) -> Result<String, Failure> {
    match (&cli.container_name, pasted) {
        (Some(asked), Some((name, option))) if *asked != name => Err(usage(format!(
            "--container-name says '{asked}', the address in {option} is of container '{name}'"
        ))),
        (Some(asked), _) => Ok(asked.clone()),
        (None, Some((name, _))) => Ok(name),
        (None, None) => Ok(cli.configured.container_name.clone().unwrap_or_else(|| CONTAINER.to_owned())),
    }
}

/// What to do if nobody gave a secret.
fn without_secret(mode: AuthMode) -> Result<Auth, Failure> {
    match mode {
        AuthMode::Auto | AuthMode::Key => Ok(Auth::Discover),
        AuthMode::Login => Ok(Auth::Login),
        AuthMode::Anonymous => Ok(Auth::Anonymous),
        AuthMode::Sas => Err(usage("no SAS token: --auth-mode sas needs one".to_owned())
            .hint("set AZURE_STORAGE_SAS_TOKEN, or give --sas-token-file")),
    }
}

fn from_options(cli: &Cli, mode: AuthMode) -> Result<Option<Found>, Failure> {
    if let Some(path) = &cli.access.account_key_file {
        if !mode.takes_keys() {
            return Err(excluded("--account-key-file", "account key", mode));
        }
        let origin = format!("--account-key-file {}", path.display());
        let text = secret_file::read(path).map_err(|reason| usage(format!("{origin} {reason}")))?;
        return key(text.expose(), origin).map(Some);
    }
    if let Some(path) = &cli.access.sas_token_file {
        if !mode.takes_sas() {
            return Err(excluded("--sas-token-file", "shared access signature", mode));
        }
        let origin = format!("--sas-token-file {}", path.display());
        let text = secret_file::read(path).map_err(|reason| usage(format!("{origin} {reason}")))?;
        return token(text.expose(), origin).map(Some);
    }
    // Whoever names an identity wants that one, whatever key the environment holds.
    Ok(cli.access.client_id.as_ref().map(|id| {
        let auth = if mode == AuthMode::Key { Auth::Discover } else { Auth::Login };
        (auth, format!("--client-id {id}"))
    }))
}

fn from_environment(mode: AuthMode, env: Env<'_>) -> Result<Option<Found>, Failure> {
    if mode.takes_keys() {
        for name in ["AZ_STORAGE_KEY", "AZURE_STORAGE_KEY"] {
            if let Some(text) = env(name) {
                return key(&text, name.to_owned()).map(Some);
            }
        }
    }
    match env("AZURE_STORAGE_SAS_TOKEN").filter(|_| mode.takes_sas()) {
        Some(text) => token(&text, "AZURE_STORAGE_SAS_TOKEN".to_owned()).map(Some),
        None => Ok(None),
    }
}

/// A connection string that was set for whatever account: used if it is this one.
fn from_shared(
    text: &str,
    account: &str,
    by_option: bool,
    access: &mut Access,
) -> Result<Option<Found>, Failure> {
    if !matches!(access.mode, AuthMode::Auto | AuthMode::Key | AuthMode::Sas) {
        return Ok(None);
    }
    let read = match ConnectionString::parse(text) {
        Ok(read) => read,
        // Set for something else, perhaps: it need not stop a run whose account is named.
        Err(error) => {
            access.tried.push(format!("{CONNECTION_STRING}: {error}"));
            return Ok(None);
        }
    };
    let named =
        read.endpoint.as_deref().and_then(|text| Address::parse(text, CONNECTION_STRING, None).ok()?.account);
    match read.account.or(named) {
        Some(other) if other != account => {
            if !by_option {
                return Err(usage(format!(
                    "{ACCOUNT} says '{account}', {CONNECTION_STRING} is for '{other}'"
                ))
                .hint("say which with --storage-account, or unset one of them"));
            }
            access.tried.push(format!("{CONNECTION_STRING}: is for account '{other}'"));
            Ok(None)
        }
        _ if fits(&read.auth, access.mode) => Ok(Some((read.auth, CONNECTION_STRING.to_owned()))),
        _ => Ok(None),
    }
}

fn fits(auth: &Auth, mode: AuthMode) -> bool {
    match auth {
        Auth::Key(_) => mode.takes_keys(),
        Auth::Sas(_) => mode.takes_sas(),
        _ => false,
    }
}

fn excluded(option: &str, way: &str, mode: AuthMode) -> Failure {
    usage(format!("{option} gives {way}, --auth-mode {} allows none", mode.word()))
}

fn read(text: &str, origin: &str) -> Result<ConnectionString, Failure> {
    ConnectionString::parse(text).map_err(|error| usage(format!("{origin}: {error}")))
}

fn key(text: &str, origin: String) -> Result<Found, Failure> {
    match AccountKey::from_base64(text) {
        Some(key) => Ok((Auth::Key(key), origin)),
        None => Err(usage(format!("{origin} is not an account key: it is not base64"))),
    }
}

fn token(text: &str, origin: String) -> Result<Found, Failure> {
    match sas::parse(text) {
        Some(token) => Ok((Auth::Sas(token), origin)),
        None => Err(usage(format!("{origin} is not a SAS token: it has no signature (sig=)"))),
    }
}

/// Account and endpoint of a connection string.
fn place_of(cli: &Cli, read: &ConnectionString, origin: &'static str) -> Result<Place, Failure> {
    let asked = cli.storage_account.as_deref();
    let asked = asked.map(|text| Address::parse(text, "--storage-account", None)).transpose()?;
    let asked = asked.and_then(|address| address.account);
    if let (Some(asked), Some(account)) = (&asked, &read.account)
        && asked != account
    {
        return Err(usage(format!("{origin} is for account '{account}', --storage-account says '{asked}'")));
    }
    let stated = read.account.clone().or(asked);
    let text = match (&read.endpoint, &stated) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(account)) => format!("{}://{account}.blob.{}", read.protocol, read.suffix),
        (None, None) => return Err(usage(format!("{origin} names no account"))),
    };
    let address = Address::parse(&text, origin, stated.as_deref())?;
    let (Some(account), Some(endpoint)) = (stated.or(address.account), address.endpoint) else {
        return Err(usage(format!("{origin} names no account")));
    };
    let container = address.container.map(|name| (name, origin));
    Ok(Place { account, endpoint, container, token: None, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use clap::Parser as _;

    const KEY: &str = "c2VjcmV0";
    const SAS: &str = "sv=1&sig=abc";
    const STRING: &str = "AccountName=logs1;AccountKey=c2VjcmV0";

    fn run(args: &[&str], env: &[(&str, &str)]) -> Result<(&'static str, String), Failure> {
        let cli = Cli::try_parse_from([&["flowlog-download"], args].concat()).expect("valid arguments");
        let lookup = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        choose(&cli, &lookup).map(|config| (config.auth.describe(), config.access.origin))
    }

    /// The documented order: each one is used only once all before it are gone.
    #[test]
    fn secrets_are_taken_in_the_documented_order() {
        let mut env = vec![
            ("AZ_STORAGE_KEY", KEY),
            ("AZURE_STORAGE_KEY", KEY),
            ("AZURE_STORAGE_SAS_TOKEN", SAS),
            ("AZURE_STORAGE_CONNECTION_STRING", STRING),
        ];
        let account = ["--storage-account", "logs1"];
        while let Some((first, _)) = env.first().copied() {
            assert_eq!(run(&account, &env).expect("valid").1, first);
            env.remove(0);
        }
        assert_eq!(run(&account, &env).expect("valid"), ("login (or a key it finds)", String::new()));
    }

    #[test]
    fn a_mode_takes_its_own_kind_only() {
        let env = [
            ("AZURE_STORAGE_ACCOUNT", "logs1"),
            ("AZURE_STORAGE_SAS_TOKEN", SAS),
            ("AZURE_STORAGE_CONNECTION_STRING", STRING),
        ];
        for (mode, way, origin) in [
            ("auto", "shared access signature", "AZURE_STORAGE_SAS_TOKEN"),
            ("key", "account key", "AZURE_STORAGE_CONNECTION_STRING"),
            ("sas", "shared access signature", "AZURE_STORAGE_SAS_TOKEN"),
            ("login", "login", ""),
            ("anonymous", "no credential", ""),
        ] {
            assert_eq!(run(&["--auth-mode", mode], &env).expect(mode), (way, origin.to_owned()), "{mode}");
        }
        let id = ["--client-id", "0000"];
        assert_eq!(run(&id, &env).expect("an identity"), ("login", "--client-id 0000".to_owned()));
    }

    #[test]
    fn a_connection_string_names_the_account_where_nothing_else_does() {
        let env = [("AZURE_STORAGE_CONNECTION_STRING", STRING), ("AZ_STORAGE_KEY", KEY)];
        assert_eq!(run(&[], &env).expect("valid").1, "AZURE_STORAGE_CONNECTION_STRING");
        assert_eq!(run(&["--auth-mode", "login"], &env).expect("valid").0, "login");
    }

    #[test]
    fn contradictions_are_usage() {
        let two = [("AZURE_STORAGE_ACCOUNT", "logs2"), ("AZURE_STORAGE_CONNECTION_STRING", STRING)];
        for (args, env) in [
            (&["--storage-account", "logs1", "--auth-mode", "sas"][..], &[][..]),
            (&["--connection-string", STRING, "--auth-mode", "login"], &[]),
            (&["--storage-account", "logs1"], &[("AZURE_STORAGE_SAS_TOKEN", "sv=1")]),
            (&["--storage-account", "logs1", "--account-key-file", "no/such/file"], &[]),
            (&["--endpoint", "http://127.0.0.1:10000/devstoreaccount1", "--auth-mode", "login"], &[]),
            (&[], &two),
        ] {
            assert_eq!(run(args, env).expect_err("a contradiction").kind, Kind::Usage, "{args:?}");
        }
        // An option decides; the string for another account is passed over.
        assert!(run(&["--storage-account", "logs2"], &two).is_ok());
    }
}
