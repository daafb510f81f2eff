//! What the tests of the ways in share: a blob service with TLS and login, and stand-ins for the
//! services and programs that give tokens.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

mod certificate;
mod programs;
mod stand_in;

use std::{
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flowlog_download::{
    auth::{Access, AccessArgs, AccountKey, Auth},
    config::ContainerConfig,
    storage,
};
use flowlog_testkit::azurite::Azurite;

pub(crate) use certificate::Certificates;
pub(crate) use programs::Programs;
pub(crate) use stand_in::{Request, StandIn};

use crate::common::{self, CONTAINER, Container, day_of};

/// The scope a login for blobs asks for.
pub(crate) const STORAGE: &str = "https://storage.azure.com";
/// The audience of Azure Resource Manager in the public cloud.
pub(crate) const MANAGEMENT: &str = "https://management.azure.com";

/// A blob service that takes tokens, with a few blobs, and the authority behind its certificate.
pub(crate) struct Site {
    pub(crate) certificates: Certificates,
    pub(crate) container: Container,
}

impl Site {
    /// Starts Azurite with TLS and its check of tokens.
    pub(crate) fn new() -> Self {
        let certificates = Certificates::new();
        let [cert, key] = [&certificates.cert, &certificates.key].map(|path| path.display().to_string());
        let azurite = Azurite::start_with(&["--cert", &cert, "--key", &key, "--oauth", "basic"]);
        let args = AccessArgs { ca_file: Some(certificates.authority.clone()), ..AccessArgs::default() };
        let config = ContainerConfig {
            account: Azurite::ACCOUNT.into(),
            container: CONTAINER.into(),
            endpoint: azurite.endpoint().parse().expect("an address"),
            auth: Auth::Key(AccountKey::from_base64(Azurite::KEY).expect("base64")),
            access: Box::new(Access::new(&args, &|_| None).expect("a certificate authority")),
        };
        let client = storage::open(&config, &|_| None).expect("a client");
        let mut container = Container::of(azurite, client);
        container.upload(day_of(&["VNET-A"], 1).into_iter().take(4).collect());
        Self { certificates, container }
    }

    /// The tool, told the service and its authority but no way in. No metadata service answers.
    pub(crate) fn tool(&self, root: &Path) -> Command {
        let mut tool = common::tool(root);
        tool.args(["--endpoint", &self.container.azurite.endpoint(), "--ca-file"]);
        tool.arg(&self.certificates.authority);
        tool.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9");
        tool
    }
}

/// A token as Entra ID gives them, but for its signature, which the emulator does not check.
pub(crate) fn token(audience: &str) -> String {
    token_of(audience, "https://sts.windows.net/11111111-2222-3333-4444-555555555555/", 3600)
}

/// A token with an issuer, good for `seconds` from now.
pub(crate) fn token_of(audience: &str, issuer: &str, seconds: i64) -> String {
    let now = now();
    let (begin, end) = (now - 7200, now + seconds);
    let claims = format!(
        r#"{{"aud":"{audience}","iss":"{issuer}","iat":{begin},"nbf":{begin},"exp":{end},"oid":"x"}}"#
    );
    let [header, claims] =
        [r#"{"typ":"JWT","alg":"RS256"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode("not a signature"))
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the year 292,277,026,596")
}
