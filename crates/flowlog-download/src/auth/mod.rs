//! How requests prove who sends them. Secrets live here and print as `***`.

mod connection_string;
mod login;
mod shared_key;

use std::fmt;

pub use connection_string::{ConnectionString, ConnectionStringError};
pub use login::login;
pub use shared_key::{AccountKey, SharedKeyPolicy};

/// The way requests are authorised. Closed on purpose: each way has its own tests.
#[derive(Debug)]
pub enum Auth {
    /// Account key; every request is signed.
    Key(AccountKey),
    /// Shared access signature, appended to the address.
    Sas(Secret),
    /// Entra ID token of the signed-in identity.
    Login,
}

impl Auth {
    /// How the way is called when talking to people.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Key(_) => "account key",
            Self::Sas(_) => "shared access signature",
            Self::Login => "login",
        }
    }
}

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
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

/// Blanks the values of `sig=`, `AccountKey=` and `SharedAccessSignature=` in text meant for people.
///
/// HTTP errors carry the request's address, and with it a SAS token's signature.
pub fn scrub(text: &str) -> String {
    let mut clean = text.to_owned();
    for key in ["sig=", "accountkey=", "sharedaccesssignature="] {
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
        assert_eq!(scrub("nothing here"), "nothing here");
    }
}
