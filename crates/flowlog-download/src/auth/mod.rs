//! How requests prove who sends them. Secrets live here and print as `***`.

mod access;
mod args;
mod choose;
mod cloud;
mod connection_string;
mod executor;
mod explain;
mod login;
mod metadata;
mod resource_manager;
mod sas;
mod secret_file;
mod settle;
mod shared_key;
mod warn;

use std::fmt;

pub use access::{Access, Authorities};
pub use args::{AccessArgs, AuthMode};
pub use choose::choose;
pub use cloud::Cloud;
pub use connection_string::{ConnectionString, ConnectionStringError};
pub use explain::{explain, used};
pub use login::{Transports, login};
pub(crate) use sas::parse as sas_token;
pub use settle::settle;
pub use shared_key::{AccountKey, SharedKeyPolicy};
pub use warn::warnings;

/// The way requests are authorised. Closed on purpose: each way has its own tests.
#[derive(Debug)]
pub enum Auth {
    /// Account key; every request is signed.
    Key(AccountKey),
    /// Shared access signature, appended to the address.
    Sas(Secret),
    /// Entra ID token of the signed-in identity.
    Login,
    /// The account key if the signed-in identity may read it, else as [`Auth::Login`]: [`settle`]
    /// decides.
    Discover,
    /// No credential at all, for public containers.
    Anonymous,
}

impl Auth {
    /// How the way is called when talking to people.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Key(_) => "account key",
            Self::Sas(_) => "shared access signature",
            Self::Login => "login",
            Self::Discover => "login (or a key it finds)",
            Self::Anonymous => "no credential",
        }
    }
}

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Wraps secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the request alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What comes before a secret in an address, a form or a connection string.
const BEFORE_SECRETS: [&str; 5] =
    ["sig=", "accountkey=", "sharedaccesssignature=", "client_secret=", "client_assertion="];
/// How each token of Entra ID begins: `{"` in base64.
const TOKEN: &str = "eyJ";

/// Blanks signatures, keys and tokens in text meant for people.
///
/// HTTP errors carry the request's address, and with it a SAS token's signature; `az` may print what
/// it should not.
pub fn scrub(text: &str) -> String {
    let mut clean = text.to_owned();
    for key in BEFORE_SECRETS {
        let mut from = 0;
        while let Some(at) = clean.get(from..).and_then(|rest| rest.to_ascii_lowercase().find(key)) {
            let start = from + at + key.len();
            let value = clean.get(start..).unwrap_or_default();
            let end = value
                .find(|c: char| matches!(c, '&' | ';' | '"' | '\'' | ')') || c.is_whitespace())
                .unwrap_or(value.len());
            clean.replace_range(start..start + end, "***");
            from = start + 3;
        }
    }
    let mut from = 0;
    while let Some(at) = clean.get(from..).and_then(|rest| rest.find(TOKEN)) {
        let start = from + at;
        let value = clean.get(start..).unwrap_or_default();
        let end = value
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | '+' | '/')))
            .unwrap_or(value.len());
        clean.replace_range(start..start + end, "***");
        from = start + 3;
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let auth = Auth::Sas(Secret::new("sv=1&sig=abc"));
        assert_eq!(format!("{auth:?}"), "Sas(***)");
        let key = AccountKey::from_base64("c2VjcmV0").expect("valid base64");
        assert_eq!(format!("{:?}", Auth::Key(key)), "Key(***)");
    }

    #[test]
    fn signatures_are_blanked_in_messages() {
        assert_eq!(
            scrub("error for url (https://a/b?sv=1&sig=ab%2Bc&se=2): SIG=x"),
            "error for url (https://a/b?sv=1&sig=***&se=2): SIG=***"
        );
        assert_eq!(scrub("AccountKey=abc==;EndpointSuffix=x"), "AccountKey=***;EndpointSuffix=x");
        assert_eq!(scrub("got 'eyJhbGciOi.eyJpc3M.c2ln', eh"), "got '***', eh");
        assert_eq!(scrub("nothing here"), "nothing here");
    }
}
