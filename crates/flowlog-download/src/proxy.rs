//! The proxy that requests go through, as the HTTP client chooses it: by the environment, else by the
//! system's settings.

use std::fmt;

use azure_core::http::Url;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::{
    config::Env,
    error::{Failure, Kind},
};

/// A proxy for one address.
#[derive(Clone, Debug)]
pub struct Proxy {
    found: Intercept,
    variable: Option<&'static str>,
}

impl Proxy {
    /// The proxy that requests to `endpoint` go through.
    pub fn of(endpoint: &Url, env: Env<'_>) -> Option<Self> {
        let found = Matcher::from_system().intercept(&endpoint.as_str().parse().ok()?)?;
        let variable =
            variables(endpoint).into_iter().find(|name| env(name).is_some_and(|value| is_proxy(&value)));
        Some(Self { found, variable })
    }

    /// Where it is named, for people.
    pub fn variable(&self) -> &'static str {
        self.variable.unwrap_or("the system's settings")
    }

    /// Host and port.
    pub fn address(&self) -> Option<(&str, u16)> {
        let uri = self.found.uri();
        let default = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => 1080,
        };
        Some((uri.host()?, uri.port_u16().unwrap_or(default)))
    }

    /// Whether names are resolved on this machine: `socks4` and `socks5`, without a letter behind.
    pub fn resolves_here(&self) -> bool {
        matches!(self.found.uri().scheme_str(), Some("socks4" | "socks5"))
    }

    /// What to do if it is not there.
    pub fn check(&self) -> String {
        format!("check the proxy's address in {}; addresses in NO_PROXY go without it", self.variable())
    }
}

/// Without name and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.found.uri();
        let (scheme, authority) = (uri.scheme_str().unwrap_or("http"), uri.authority());
        write!(f, "{scheme}://{}", authority.map(ToString::to_string).unwrap_or_default())
    }
}

/// The variables that may name a proxy for an address, the first first.
fn variables(endpoint: &Url) -> [&'static str; 4] {
    match endpoint.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    }
}

/// Whether the HTTP client takes a value for a proxy's address.
fn is_proxy(value: &str) -> bool {
    "http://host/"
        .parse()
        .is_ok_and(|any| Matcher::builder().all(value.to_owned()).build().intercept(&any).is_some())
}

/// Refuses a variable that names a proxy of a kind that is not understood: the HTTP client would pass
/// over it and go without a proxy.
pub fn understood(endpoint: &Url, env: Env<'_>) -> Result<(), Failure> {
    let named = |name: &&'static str| env(name).filter(|value| !value.trim().is_empty());
    let names = variables(endpoint);
    if names.iter().filter_map(named).any(|value| is_proxy(&value)) {
        return Ok(());
    }
    let Some(name) = names.iter().find(|name| named(name).is_some()) else { return Ok(()) };
    let excepted = env("NO_PROXY").or_else(|| env("no_proxy")).unwrap_or_default();
    let ruled = Matcher::builder().all("http://proxy/".to_owned()).no(excepted).build();
    if endpoint.as_str().parse().is_ok_and(|uri| ruled.intercept(&uri).is_none()) {
        return Ok(());
    }
    Err(Failure::new(Kind::Usage, format!("{name} names no proxy that this tool can use"))
        .hint("http://HOST:PORT, https://, socks5:// (names resolved here), socks5h:// (by the proxy), socks4:// and socks4a:// are understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> Option<String> {
        let env =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let endpoint = "https://logs1.blob.core.windows.net".parse().expect("an address");
        understood(&endpoint, &env).err().map(|failure| failure.message)
    }

    #[test]
    fn a_proxy_that_is_not_understood_is_refused_where_it_would_be_used() {
        for value in
            ["http://p:8080", "p:8080", "socks5://p:1080", "socks5h://u:p@p", "socks4a://p", "https://p"]
        {
            assert_eq!(told(&[("HTTPS_PROXY", value)]), None, "{value}");
        }
        for value in ["socks://p:1080", "socks6://p:1080", "ftp://p", "not a proxy"] {
            let refused = told(&[("ALL_PROXY", value)]).expect("refused");
            assert!(refused.contains("ALL_PROXY") && !refused.contains("1080"), "{refused}");
            assert_eq!(told(&[("HTTP_PROXY", value)]), None, "for http alone");
            assert_eq!(told(&[("ALL_PROXY", value), ("HTTPS_PROXY", "http://p:8080")]), None);
            assert_eq!(told(&[("ALL_PROXY", value), ("NO_PROXY", "windows.net")]), None);
        }
        assert_eq!(told(&[("HTTPS_PROXY", "")]), None);
    }
}
