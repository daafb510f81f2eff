//! Why a run ended early, in one sentence, with a hint and an exit code.

use azure_core::{error::ErrorKind, http::StatusCode};

/// The kinds of end that scripts tell apart, each with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Network, disk or state in the way: exit code 1.
    Failed,
    /// The command line or environment makes no sense: exit code 2.
    Usage,
    /// The service refused the identity or key: exit code 4.
    NotAuthorised,
    /// Account, container or folder not found, or nothing in it: exit code 5.
    NotFound,
    /// Ended by Ctrl-C, or the user said no: exit code 130.
    Interrupted,
}

impl Kind {
    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotAuthorised => 4,
            Self::NotFound => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Why a run could not go on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What scripts see.
    pub kind: Kind,
    /// What failed, on what; one sentence without a final full stop.
    pub message: String,
    /// What was tried, each on its own line.
    pub details: Vec<String>,
    /// What to do about it, each on its own line.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), hints: Vec::new() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What a person must know to understand the service's refusal.
pub struct Subject<'a> {
    /// Storage account.
    pub account: &'a str,
    /// Container.
    pub container: &'a str,
    /// Host the requests go to.
    pub host: &'a str,
}

/// Puts an error of the storage client into a sentence about `subject`.
pub fn from_storage(error: &azure_core::Error, subject: &Subject<'_>) -> Failure {
    let Subject { account, container, host } = subject;
    match error.kind() {
        ErrorKind::HttpResponse { status, error_code, .. } => {
            from_status(*status, error_code.as_deref().unwrap_or_default(), subject)
        }
        ErrorKind::Credential => login_failed(error),
        ErrorKind::Connection | ErrorKind::Io if is_unknown_host(error) => Failure::new(
            Kind::NotFound,
            format!("storage account '{account}' not found: {host} has no address"),
        )
        .hint("check --storage-account; for a private endpoint, check DNS or give --endpoint"),
        _ => Failure::new(
            Kind::Failed,
            format!("cannot reach container '{container}' at {host}: {}", chain(error)),
        ),
    }
}

/// The first line says that it failed, the others what each identity answered.
pub(crate) fn login_failed(error: &azure_core::Error) -> Failure {
    let text = causes(error).join("\n");
    let mut failure = Failure::new(Kind::NotAuthorised, "login failed: no identity gave a token");
    // Each answer ends in an advertisement of a help page that says no more.
    let answers = text.lines().filter_map(|line| line.strip_prefix("  "));
    let brief = answers.map(|line| line.split("; To troubleshoot").next().unwrap_or(line));
    failure.details = brief.map(crate::auth::scrub).collect();
    failure
        .hint("log in with 'az login' (the identity needs the role 'Storage Blob Data Reader'), or set AZ_STORAGE_KEY")
}

fn from_status(status: StatusCode, code: &str, subject: &Subject<'_>) -> Failure {
    let Subject { account, container, host } = subject;
    let shown = if code.is_empty() { status.to_string() } else { format!("{status}, {code}") };
    match (status, code) {
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

/// An error and its causes on one line, without secrets.
pub fn chain(error: &dyn std::error::Error) -> String {
    crate::auth::scrub(&causes(error).join(": ").replace('\n', "; "))
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        current = error.source();
    }
    parts
}

/// Whether the host name could not be resolved. The HTTP client gives no type for it.
fn is_unknown_host(error: &azure_core::Error) -> bool {
    let text = chain(error).to_lowercase();
    text.contains("dns error") || text.contains("failed to lookup address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: StatusCode, code: &str) -> Failure {
        from_status(
            status,
            code,
            &Subject { account: "acct", container: "logs", host: "acct.blob.core.windows.net" },
        )
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
    fn a_failed_login_lists_what_each_identity_answered() {
        let message = "no identity gave a token\n  Azure CLI: not found; To troubleshoot, visit x\n  managed identity: none";
        let error = azure_core::Error::with_message(ErrorKind::Credential, message);
        let failure = from_storage(&error, &Subject { account: "a", container: "c", host: "h" });
        assert_eq!(failure.kind, Kind::NotAuthorised);
        assert_eq!(failure.details, ["Azure CLI: not found", "managed identity: none"]);
        assert!(failure.hints.concat().contains("Storage Blob Data Reader"));
    }

    #[test]
    fn not_found_is_told_apart_from_refused_and_failed() {
        assert_eq!(seen(StatusCode::NotFound, "ContainerNotFound").kind, Kind::NotFound);
        assert_eq!(seen(StatusCode::NotFound, "ResourceNotFound").kind, Kind::NotFound);
        assert_eq!(seen(StatusCode::Unauthorized, "").kind, Kind::NotAuthorised);
        assert_eq!(seen(StatusCode::InternalServerError, "InternalError").kind, Kind::Failed);
    }
}
