//! What keeps requests from arriving, in words. The HTTP client tells it by its chain of causes alone.

use std::{error::Error, fmt, io, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use crate::{
    auth::Auth,
    config::{ContainerConfig, Env},
    error::{Failure, Kind},
    proxy::Proxy,
    refusal::Subject,
};

/// How long the look before a login waits.
const LOOK: Duration = Duration::from_secs(2);

/// The first step of finding out more.
pub(crate) const DOCTOR: &str = "the same command with --doctor tries each step on the way by itself";

/// What went wrong before an answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The name cannot be resolved.
    NoAddress,
    /// Nobody listens at the port.
    Refused,
    /// The port does not answer at all.
    Unanswered,
    /// There is no way to the address.
    NoRoute,
    /// The proxy wants a name and password (407).
    ProxyLogin,
    /// The proxy does not let the connection through.
    ProxyRefused,
    /// The proxy cannot be connected to.
    ProxyGone,
    /// Something else listens there; what it does not speak.
    Stranger(&'static str),
    /// The proxy ends the connection, or does not speak its protocol.
    ProxyBroken(String),
    /// The certificate is not trusted; the reason.
    Certificate(String),
    /// Nothing came in time.
    Silent,
    /// Anything else: the innermost cause.
    Broken(String),
}

impl Trouble {
    /// Reads an error of the HTTP client and its causes.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let causes =
            || std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
        // The client's own words name the address, in which anything may stand.
        let told = causes().filter(|cause| !cause.is::<reqwest::Error>()).map(ToString::to_string);
        let text = told.collect::<Vec<_>>().join(": ").to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let kinds: Vec<io::ErrorKind> =
            causes().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).collect();
        let innermost =
            || causes().last().map(|cause| crate::auth::scrub(&cause.to_string())).unwrap_or_default();
        let client = || causes().filter_map(|cause| cause.downcast_ref::<reqwest::Error>());
        let silent = client().any(reqwest::Error::is_timeout);
        let connecting = client().any(reqwest::Error::is_connect);
        if has(&["dns error", "failed to lookup address", "resolving for socks proxy"]) {
            Self::NoAddress
        } else if has(&["proxy authorization required"]) {
            Self::ProxyLogin
        } else if has(&["tunnel error: unsuccessful"]) {
            Self::ProxyRefused
        } else if kinds.contains(&io::ErrorKind::ConnectionRefused) {
            Self::Refused
        } else if has(&["failed to create underlying connection"]) {
            Self::ProxyGone
        } else if has(&["received corrupt message"]) {
            Self::Stranger("TLS")
        } else if has(&["invalid http version", "invalid http status"]) {
            Self::Stranger("HTTP")
        } else if has(&["socks error", "socks proxy", "tunnel error"]) {
            Self::ProxyBroken(innermost())
        } else if kinds
            .iter()
            .any(|kind| matches!(kind, io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable))
        {
            Self::NoRoute
        } else if has(&["peer certificate"]) {
            Self::Certificate(innermost())
        } else if silent && connecting {
            Self::Unanswered
        } else if silent || kinds.contains(&io::ErrorKind::TimedOut) {
            Self::Silent
        } else {
            Self::Broken(innermost())
        }
    }
}

/// After `the connection failed: `.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAddress => "the name has no address",
            Self::Refused => "the port refuses connections",
            Self::Unanswered => "the port does not answer",
            Self::NoRoute => "there is no route to the address",
            Self::ProxyLogin => "the proxy asks for a name and password (407)",
            Self::ProxyRefused => "the proxy does not let the connection through",
            Self::ProxyGone => "it cannot be connected to",
            Self::Silent => "no answer in time",
            Self::Stranger(language) => return write!(f, "what answers there does not speak {language}"),
            Self::ProxyBroken(cause) => return write!(f, "the proxy ends it ({cause})"),
            Self::Certificate(cause) | Self::Broken(cause) => cause,
        })
    }
}

/// Whether trying again within seconds is of no use.
pub fn is_hopeless(error: &(dyn Error + 'static)) -> bool {
    !matches!(Trouble::of(error), Trouble::Silent | Trouble::Broken(_))
}

/// One sentence about a container that cannot be reached, and what to do.
pub fn failure(error: &(dyn Error + 'static), subject: &Subject<'_>, proxy: Option<&Proxy>) -> Failure {
    let Subject { account, container, host } = subject;
    let trouble = Trouble::of(error);
    let failed = |message: String| Failure::new(Kind::Failed, message);
    let failure = match (&trouble, proxy) {
        (Trouble::NoAddress, Some(proxy)) if !proxy.resolves_here() => {
            failed(format!("the proxy {proxy} has no address")).hint(proxy.check())
        }
        (Trouble::NoAddress, _) => Failure::new(
            Kind::NotFound,
            format!("storage account '{account}' not found: {host} has no address"),
        )
        .hint("check --storage-account; for a private endpoint, check DNS or give --endpoint"),
        (
            Trouble::Refused
            | Trouble::Unanswered
            | Trouble::NoRoute
            | Trouble::ProxyGone
            | Trouble::ProxyBroken(_),
            Some(proxy),
        ) => failed(format!("cannot reach {host} through the proxy {proxy}: {trouble}")).hint(proxy.check()),
        (Trouble::ProxyLogin, Some(proxy)) => login_wanted(proxy),
        (Trouble::ProxyRefused, Some(proxy)) => failed(format!(
            "the proxy {proxy} does not let connections to {host} through"
        ))
        .hint(format!(
            "ask for {host}, port 443, to be allowed, or name it in NO_PROXY if it can be reached directly"
        )),
        _ => failed(format!("cannot reach container '{container}' at {host}: {trouble}")),
    };
    // No credential would change it.
    Failure { settled: true, ..failure }.hint(DOCTOR)
}

/// Whether anybody is at the address, before a login: that may take seconds, and a slip in the account's name
/// would be told only after it. What may yet work, and what goes through a proxy, is left to the requests.
pub async fn look_before_login(container: &ContainerConfig, env: Env<'_>) -> Result<(), Failure> {
    let endpoint = &container.endpoint;
    let logs_in = matches!(container.auth, Auth::Discover | Auth::Login);
    let (Some(host), Some(port)) = (endpoint.host_str(), endpoint.port_or_known_default()) else {
        return Ok(());
    };
    if !logs_in || Proxy::of(endpoint, env).is_some() {
        return Ok(());
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match timeout(LOOK, TcpStream::connect((bare, port))).await {
        Ok(Err(error)) if is_hopeless(&error) => {
            let subject = Subject { account: &container.account, container: &container.container, host };
            Err(failure(&error, &subject, None))
        }
        _ => Ok(()),
    }
}

/// A proxy that lets nobody through without a name and password.
pub fn login_wanted(proxy: &Proxy) -> Failure {
    Failure::new(Kind::Failed, format!("the proxy {proxy} asks for a name and password (407)")).hint(format!(
        "put them into {}: http://NAME:PASSWORD@HOST:PORT, special characters as %XX",
        proxy.variable()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::error::ErrorKind;

    fn trouble(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Trouble {
        Trouble::of(&azure_core::Error::with_error(ErrorKind::Connection, cause, "failed to execute"))
    }

    #[test]
    fn causes_are_told_apart() {
        assert_eq!(trouble(io::Error::from(io::ErrorKind::ConnectionRefused)), Trouble::Refused);
        assert_eq!(trouble(io::Error::from(io::ErrorKind::NetworkUnreachable)), Trouble::NoRoute);
        assert_eq!(trouble("dns error"), Trouble::NoAddress);
        assert_eq!(trouble("tunnel error: proxy authorization required"), Trouble::ProxyLogin);
        assert_eq!(trouble("tunnel error: unsuccessful"), Trouble::ProxyRefused);
        assert_eq!(
            trouble("invalid peer certificate: UnknownIssuer"),
            Trouble::Certificate("invalid peer certificate: UnknownIssuer".into())
        );
        assert_eq!(trouble("failed to create underlying connection"), Trouble::ProxyGone);
        assert_eq!(trouble("received corrupt message of type InvalidContentType"), Trouble::Stranger("TLS"));
        assert_eq!(trouble("invalid HTTP version parsed"), Trouble::Stranger("HTTP"));
        assert_eq!(trouble("connection reset"), Trouble::Broken("connection reset".into()));
        assert!(is_hopeless(&io::Error::from(io::ErrorKind::ConnectionRefused)));
        assert!(!is_hopeless(&io::Error::from(io::ErrorKind::ConnectionReset)));
    }
}
