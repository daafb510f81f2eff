//! What Azure Resource Manager answers, and what that means to the search for a key.

use azure_core::{error::ErrorKind, http::StatusCode};
use serde::Deserialize;

use crate::{answer::Said, auth::Secret, refusal::in_words};

/// Why no key was found.
#[derive(Debug, thiserror::Error)]
pub(in crate::auth) enum Unfound {
    /// No identity gives a token.
    #[error("no identity gave a token for Azure Resource Manager")]
    NoToken(#[source] azure_core::Error),
    /// The identity sees the account but may not list keys.
    #[error("the identity may not list the account's keys ({0})")]
    Refused(String),
    /// The account takes no keys.
    #[error("the account does not allow keys")]
    KeysOff,
    /// The account is in no subscription the identity sees.
    #[error("no account of that name in the {subscriptions} the identity may read")]
    NoAccount {
        /// How many were searched, in words.
        subscriptions: String,
    },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Where an account is.
pub(super) struct Found {
    /// `/subscriptions/.../storageAccounts/name`.
    pub(super) id: String,
    pub(super) keys_off: bool,
}

/// What a request that gave nothing means to the search.
pub(super) enum Answer {
    Refused(String),
    Missing,
    Other(Unfound),
}

impl Answer {
    pub(super) fn from(error: &azure_core::Error) -> Self {
        match error.kind() {
            ErrorKind::HttpResponse { status, .. } => {
                let Some(said) = Said::of(error).filter(|said| said.own) else {
                    let status = u16::from(*status);
                    return Self::Other(Unfound::Failed(format!(
                        "an answer that is not from Azure Resource Manager ({status}): a proxy or sign-in page on the way?"
                    )));
                };
                let shown = if said.code.is_empty() { said.shown() } else { said.code };
                match said.status {
                    StatusCode::Forbidden | StatusCode::Unauthorized => Self::Refused(shown),
                    StatusCode::NotFound => Self::Missing,
                    _ => Self::Other(Unfound::Failed(format!("Azure Resource Manager answered {shown}"))),
                }
            }
            ErrorKind::Credential => {
                let message = error.to_string();
                Self::Other(Unfound::NoToken(azure_core::Error::with_message(ErrorKind::Credential, message)))
            }
            _ => Self::Other(Unfound::Failed(format!(
                "cannot reach Azure Resource Manager: {}",
                in_words(error)
            ))),
        }
    }

    pub(super) fn into_unfound(self) -> Unfound {
        match self {
            Self::Refused(shown) => Unfound::Refused(shown),
            Self::Missing => Unfound::Failed("Azure Resource Manager answered 404".to_owned()),
            Self::Other(unfound) => unfound,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "nextLink")]
    pub(super) next_link: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    #[serde(rename = "subscriptionId")]
    pub(super) subscription_id: String,
}

#[derive(Deserialize)]
pub(super) struct Account {
    id: String,
    name: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
struct Properties {
    /// Absent means allowed.
    #[serde(rename = "allowSharedKeyAccess")]
    allow_shared_key_access: Option<bool>,
}

impl Account {
    /// Whether this is the account that was asked for, by its name and its id.
    pub(super) fn is(&self, account: &str) -> bool {
        let last = self.id.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        self.name.eq_ignore_ascii_case(account) && last.eq_ignore_ascii_case(account)
    }
}

impl From<Account> for Found {
    fn from(account: Account) -> Self {
        Self { id: account.id, keys_off: account.properties.allow_shared_key_access == Some(false) }
    }
}

#[derive(Deserialize)]
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) value: Secret,
}
