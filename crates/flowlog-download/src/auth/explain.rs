//! What a refusal means for the way in that was used.

use azure_core::time::OffsetDateTime;

use super::{Auth, sas, settle::ORIGIN};
use crate::{
    config::ContainerConfig,
    error::{Failure, Kind},
};

/// The way in that is used and where it came from: `account key (AZ_STORAGE_KEY)`.
pub fn used(config: &ContainerConfig) -> String {
    match config.access.origin.as_str() {
        "" => config.auth.describe().to_owned(),
        origin => format!("{} ({origin})", config.auth.describe()),
    }
}

/// Adds to a refusal what was tried, in order, and what to do about the way that was used.
pub fn explain(mut failure: Failure, config: &ContainerConfig) -> Failure {
    let anonymous = matches!(config.auth, Auth::Anonymous);
    if failure.kind == Kind::NotFound && anonymous && !failure.settled {
        return failure.hint(
            "without a credential only containers open to the public are seen; try another --auth-mode",
        );
    }
    if failure.kind == Kind::Failed && failure.message.contains("peer certificate") {
        return failure.hint(
            "a proxy that inspects TLS, or a service with its own authority? Give the authority with --ca-file FILE (PEM)",
        );
    }
    if failure.kind != Kind::NotAuthorised || failure.settled {
        return failure;
    }
    let mut tried = config.access.tried.clone();
    // A login that failed lists its identities itself.
    if failure.details.is_empty() {
        tried.push(format!("{}: refused", used(config)));
    }
    failure.details.splice(0..0, tried);
    match &config.auth {
        Auth::Sas(token) => {
            let mut hints = sas::explain(token, OffsetDateTime::now_utc());
            if hints.is_empty() && failure.message.contains("the SAS token") {
                hints.clone_from(&failure.hints);
            }
            if hints.is_empty() {
                hints.push(
                    "the SAS token is for another account or container, its key was rotated or its policy removed, \
                     or the account's firewall does not allow this machine's address"
                        .to_owned(),
                );
            }
            failure.hints = hints;
        }
        Auth::Anonymous => {
            failure.hints = vec![
                "the container is not open to the public: set a key or SAS token, or log in (--auth-mode)"
                    .to_owned(),
            ];
        }
        Auth::Login
            if failure.message.contains("AuthenticationFailed")
                || failure.message.contains("InvalidAuthenticationInfo") =>
        {
            failure.hints = vec![
                "the login is for another tenant (az login --tenant ID) or another cloud (--cloud), or this machine's clock is wrong"
                    .to_owned(),
            ];
        }
        Auth::Key(_)
            if config.access.origin == ORIGIN
                && failure.message.contains("KeyBasedAuthenticationNotPermitted") =>
        {
            failure.hints = vec![
                "the account allows no keys: --auth-mode login, with the role 'Storage Blob Data Reader'"
                    .to_owned(),
            ];
        }
        Auth::Login | Auth::Discover | Auth::Key(_) => {}
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Access, Secret};

    fn config(auth: Auth) -> ContainerConfig {
        let access = Access {
            origin: "AZURE_STORAGE_SAS_TOKEN".to_owned(),
            tried: vec!["first: no".to_owned()],
            ..Access::default()
        };
        let endpoint = "https://logs1.blob.core.windows.net".parse().expect("an address");
        ContainerConfig {
            account: "logs1".into(),
            container: "logs".into(),
            endpoint,
            auth,
            access: access.into(),
        }
    }

    #[test]
    fn a_refused_sas_token_explains_itself() {
        let refused = Failure::new(Kind::NotAuthorised, "refused").hint("the key was rotated");
        let sas = config(Auth::Sas(Secret::new("se=2001-01-01&sp=rl&sig=x")));
        let told = explain(refused.clone(), &sas);
        assert_eq!(told.details, ["first: no", "shared access signature (AZURE_STORAGE_SAS_TOKEN): refused"]);
        assert_eq!(told.hints, ["the SAS token expired at 2001-01-01"]);
        let sas = config(Auth::Sas(Secret::new("sig=x")));
        assert!(explain(refused, &sas).hints[0].contains("another account"));
    }

    #[test]
    fn a_found_key_that_is_not_allowed_leads_to_the_login() {
        let key = crate::auth::AccountKey::from_base64("c2VjcmV0").expect("base64");
        let mut config = config(Auth::Key(key));
        let refused =
            Failure::new(Kind::NotAuthorised, "403, KeyBasedAuthenticationNotPermitted").hint("unset it");
        assert_eq!(explain(refused.clone(), &config).hints, ["unset it"]);
        ORIGIN.clone_into(&mut config.access.origin);
        assert!(explain(refused, &config).hints[0].contains("--auth-mode login"));
    }

    #[test]
    fn other_failures_stay_as_they_are() {
        let failed = Failure::new(Kind::Failed, "no network");
        assert!(explain(failed, &config(Auth::Login)).details.is_empty());
        let gone = Failure::new(Kind::NotFound, "not found");
        assert!(explain(gone, &config(Auth::Anonymous)).hints[0].contains("open to the public"));
    }
}
