//! What the service refused, in one sentence from its error code, and what to do about it.

use azure_core::{error::ErrorKind, http::StatusCode};

use crate::{
    answer::{Said, Wrong},
    error::{Failure, Kind, login_failed},
    proxy::Proxy,
    unreachable,
};

/// What a person must know to understand the service's refusal.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Storage account.
    pub account: &'a str,
    /// Container.
    pub container: &'a str,
    /// Host the requests go to.
    pub host: &'a str,
}

/// A code whose cause is known: what it says, and what to do.
struct Cause {
    code: &'static str,
    says: &'static str,
    hint: &'static str,
    /// Whether it is the same with any credential.
    settled: bool,
}

impl Cause {
    const fn new(code: &'static str, says: &'static str, hint: &'static str) -> Self {
        Self { code, says, hint, settled: true }
    }

    /// Something that the SAS token lacks, which whoever knows the token reads out of it.
    const fn of_token(code: &'static str, says: &'static str, hint: &'static str) -> Self {
        Self { settled: false, ..Self::new(code, says, hint) }
    }
}

/// Proxy Authentication Required.
const PROXY_LOGIN: StatusCode = StatusCode::ProxyAuthenticationRequired;
const HTTPS: &str =
    "give an address with https:// (--endpoint, or DefaultEndpointsProtocol=https in the connection string)";
const VAULT: &str = "whoever manages the account's key vault must restore the key or the account's access to it \
    (Encryption in the portal); no key, token or role of yours is wrong";

/// Microsoft Learn, "Common REST API error codes" and "Blob Storage error codes".
const CAUSES: [Cause; 12] = [
    Cause::new(
        "AccountIsDisabled",
        "the storage account is disabled",
        "its subscription is disabled, or the account is being moved or deleted: its owner must enable it; no key or role is wrong",
    ),
    Cause::new(
        "AccountBeingCreated",
        "the storage account is still being created",
        "try again in some minutes",
    ),
    Cause::new("AccountRequiresHttps", "the storage account allows https only", HTTPS),
    Cause::new("AuthorizationProtocolMismatch", "the account or the SAS token allows https only", HTTPS),
    Cause::of_token(
        "AuthorizationSourceIPMismatch",
        "the SAS token is bound to other addresses than this machine's",
        "come from an address of the token's sip=, or ask for a token without it",
    ),
    Cause::of_token(
        "AuthorizationServiceMismatch",
        "the SAS token is not for blobs",
        "ask for a token whose ss= contains b",
    ),
    Cause::of_token(
        "AuthorizationResourceTypeMismatch",
        "the SAS token does not cover containers and blobs",
        "ask for a token whose srt= contains c and o",
    ),
    Cause::new(
        "KeyVaultEncryptionKeyNotFound",
        "the key that encrypts the account is not in its key vault: deleted, disabled or expired",
        VAULT,
    ),
    Cause::new(
        "KeyVaultAccessTokenCannotBeAcquired",
        "the account cannot log in to the key vault that holds its encryption key",
        VAULT,
    ),
    Cause::new(
        "KeyVaultVaultNotFound",
        "the key vault that holds the account's encryption key is not there",
        VAULT,
    ),
    Cause::new("KeyVault", "the account cannot use its encryption key in the key vault", VAULT),
    Cause::new(
        "FeatureVersionMismatch",
        "the service does not offer what is asked for in this version of its interface",
        "an emulator or a service of one's own may be too old for this tool",
    ),
];

/// The cause behind a code; codes of key vaults that are not known share one.
fn cause(code: &str) -> Option<&'static Cause> {
    let exact = CAUSES.iter().find(|cause| cause.code == code);
    exact.or_else(|| CAUSES.iter().find(|cause| cause.code == "KeyVault" && code.starts_with("KeyVault")))
}

/// Puts an error of the storage client into a sentence about `subject`.
pub fn from_storage(error: &azure_core::Error, subject: &Subject<'_>, proxy: Option<&Proxy>) -> Failure {
    let Subject { container, host, .. } = subject;
    if let Some(wrong) = Wrong::of(error) {
        let failure =
            Failure::new(Kind::Failed, format!("cannot read container '{container}' at {host}: {wrong}"));
        return match (wrong, proxy) {
            (Wrong::NotStorage { .. }, Some(proxy)) => failure.hint(format!("requests go through the proxy {proxy}")),
            (Wrong::NotStorage { .. }, None) => failure.hint(
                "open https://portal.azure.com in a browser on this machine: is there a sign-in page of the network first?",
            ),
            _ => failure,
        };
    }
    if let Some(said) = Said::of(error) {
        return from_said(&said, subject, proxy);
    }
    match error.kind() {
        ErrorKind::Credential => login_failed(error),
        ErrorKind::DataConversion => Failure::new(
            Kind::Failed,
            format!("cannot read container '{container}' at {host}: {}", Wrong::Unreadable("the answer")),
        ),
        _ => unreachable::failure(error, subject, proxy),
    }
}

fn from_said(said: &Said, subject: &Subject<'_>, proxy: Option<&Proxy>) -> Failure {
    let Subject { account, container, host } = subject;
    let shown = said.shown();
    if said.status == PROXY_LOGIN && !said.own {
        return proxy.map_or_else(
            || {
                Failure::new(
                    Kind::Failed,
                    format!("a proxy on the way to {host} asks for a name and password (407)"),
                )
            },
            unreachable::login_wanted,
        );
    }
    if !said.own {
        let told =
            format!("the answer from {host} is not from Azure Storage ({shown} without x-ms- headers)");
        let failure = Failure::new(Kind::Failed, told);
        return match proxy {
            Some(proxy) => failure.hint(format!("it comes from the proxy {proxy}, or from behind it")),
            None => failure.hint("a proxy, a firewall or a sign-in page on the way answers in its place; check --endpoint, too"),
        };
    }
    if let Some(cause) = cause(&said.code) {
        let kind = match said.status {
            StatusCode::Unauthorized | StatusCode::Forbidden => Kind::NotAuthorised,
            _ => Kind::Failed,
        };
        let message =
            format!("cannot read container '{container}' of account '{account}': {} ({shown})", cause.says);
        return Failure { settled: cause.settled, ..Failure::new(kind, message).hint(cause.hint) };
    }
    match (said.status, said.code.as_str()) {
        (_, "ContainerNotFound" | "ContainerBeingDeleted") => {
            Failure::new(Kind::NotFound, format!("container '{container}' not found in account '{account}'"))
                .hint("VNet flow logs are in insights-logs-flowlogflowevent, NSG flow logs in insights-logs-networksecuritygroupflowevent")
                .hint("Azure creates the container with the first log; check that the flow log writes to this account")
        }
        (StatusCode::NotFound, _) => Failure::new(
            Kind::NotFound,
            format!("account '{account}' or container '{container}' not found at {host} ({shown})"),
        ),
        (_, "AuthorizationPermissionMismatch") => refused(subject, &shown)
            .hint("the signed-in identity needs the role 'Storage Blob Data Reader' on the account or container; Reader, Contributor and Owner do not include it"),
        (_, "KeyBasedAuthenticationNotPermitted") => refused(subject, &shown)
            .hint("the account allows no keys: unset AZ_STORAGE_KEY and AZURE_STORAGE_KEY, then log in (az login)"),
        (_, "PublicAccessNotPermitted" | "NoAuthenticationInformation") => refused(subject, &shown),
        (_, "AuthenticationFailed" | "InvalidAuthenticationInfo") => refused(subject, &shown)
            .hint("the key does not belong to this account, was rotated, or this machine's clock is wrong"),
        (_, "AuthorizationFailure") => refused(subject, &shown)
            .hint("the key does not fit this account, or the account's firewall does not allow this machine's address"),
        (StatusCode::Unauthorized | StatusCode::Forbidden, _) => refused(subject, &shown)
            .hint("check the key, or the role 'Storage Blob Data Reader' of the signed-in identity, and the account's firewall"),
        _ => Failure::new(Kind::Failed, format!("{host} answered {shown} for container '{container}'")),
    }
}

fn refused(subject: &Subject<'_>, shown: &str) -> Failure {
    let message = format!(
        "access to container '{}' of account '{}' refused ({shown})",
        subject.container, subject.account
    );
    Failure::new(Kind::NotAuthorised, message)
}

/// One sentence about a blob that the service did not give.
pub fn of_blob(said: &Said) -> String {
    let shown = said.shown();
    if said.status == PROXY_LOGIN && !said.own {
        return "a proxy on the way asks for a name and password (407)".to_owned();
    }
    if !said.own {
        return format!(
            "the answer is not from Azure Storage ({shown} without x-ms- headers): a proxy or sign-in page on the way?"
        );
    }
    if let Some(cause) = cause(&said.code) {
        return format!("{} ({shown})", cause.says);
    }
    match (said.status, said.code.as_str()) {
        (_, "BlobArchived") => "the blob is in the archive tier".to_owned(),
        (_, "BlobBeingRehydrated") => "the blob is being rehydrated from the archive tier".to_owned(),
        (StatusCode::NotFound, _) => "the blob is gone: deleted after it was listed".to_owned(),
        (StatusCode::Unauthorized | StatusCode::Forbidden, _) => format!("the service refused it ({shown})"),
        _ => format!("the service answered {shown}"),
    }
}

/// One sentence about anything that went wrong with a request for a blob.
pub fn in_words(error: &azure_core::Error) -> String {
    if let Some(said) = Said::of(error) {
        return of_blob(&said);
    }
    let wrong = Wrong::of(error).copied();
    let unread =
        || matches!(error.kind(), ErrorKind::DataConversion).then_some(Wrong::Unreadable("the answer"));
    wrong
        .or_else(unread)
        .map_or_else(|| unreachable::Trouble::of(error).to_string(), |wrong| wrong.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'_> =
        Subject { account: "acct", container: "logs", host: "acct.blob.core.windows.net" };

    fn said(status: StatusCode, code: &str, own: bool) -> Said {
        Said { status, code: code.to_owned(), own }
    }

    fn seen(status: StatusCode, code: &str) -> Failure {
        from_said(&said(status, code, true), &SUBJECT, None)
    }

    #[test]
    fn a_refusal_names_the_role_or_setting_that_is_missing() {
        let role = seen(StatusCode::Forbidden, "AuthorizationPermissionMismatch");
        assert_eq!(role.kind.exit_code(), 4);
        assert!(role.hints.concat().contains("Storage Blob Data Reader"));
        let keys = seen(StatusCode::Forbidden, "KeyBasedAuthenticationNotPermitted");
        assert!(keys.hints.concat().contains("az login"));
    }

    #[test]
    fn what_lies_in_the_account_is_not_blamed_on_a_key_or_role() {
        for (code, status, word) in [
            ("AccountIsDisabled", StatusCode::Forbidden, "disabled"),
            ("AuthorizationProtocolMismatch", StatusCode::Forbidden, "https://"),
            ("AccountRequiresHttps", StatusCode::BadRequest, "https://"),
            ("KeyVaultEncryptionKeyNotFound", StatusCode::Forbidden, "key vault"),
            ("KeyVaultOfTomorrow", StatusCode::BadRequest, "key vault"),
        ] {
            let failure = seen(status, code);
            assert!(failure.settled && failure.message.contains(code), "{failure}");
            assert!(
                failure.hints.concat().contains(word) && !failure.hints.concat().contains("Data Reader"),
                "{failure:?}"
            );
            assert!(of_blob(&said(status, code, true)).contains(code));
        }
    }

    #[test]
    fn not_found_is_told_apart_from_refused_and_failed() {
        assert_eq!(seen(StatusCode::NotFound, "ContainerNotFound").kind, Kind::NotFound);
        assert_eq!(seen(StatusCode::NotFound, "ResourceNotFound").kind, Kind::NotFound);
        assert_eq!(seen(StatusCode::Unauthorized, "").kind, Kind::NotAuthorised);
        assert_eq!(seen(StatusCode::InternalServerError, "InternalError").kind, Kind::Failed);
        let bare = seen(StatusCode::BadRequest, "");
        assert_eq!(bare.message, "acct.blob.core.windows.net answered 400 for container 'logs'");
    }

    #[test]
    fn a_stranger_is_not_taken_for_the_service() {
        for status in
            [StatusCode::NotFound, StatusCode::Forbidden, StatusCode::from(302), StatusCode::from(407)]
        {
            let failure = from_said(&said(status, "", false), &SUBJECT, None);
            assert_eq!(failure.kind, Kind::Failed, "{failure}");
        }
        let asked = from_said(&said(StatusCode::from(407), "", false), &SUBJECT, None);
        assert!(asked.message.contains("name and password"), "{asked}");
        assert!(of_blob(&said(StatusCode::NotFound, "", false)).contains("not from Azure Storage"));
    }

    #[test]
    fn a_failed_login_lists_what_each_identity_answered() {
        let message = "no identity gave a token\n  Azure CLI: not found; To troubleshoot, visit x\n  managed identity: none";
        let error = azure_core::Error::with_message(ErrorKind::Credential, message);
        let failure = from_storage(&error, &SUBJECT, None);
        assert_eq!(failure.kind, Kind::NotAuthorised);
        assert_eq!(failure.details, ["Azure CLI: not found", "managed identity: none"]);
        assert!(failure.hints.concat().contains("Storage Blob Data Reader"));
    }
}
