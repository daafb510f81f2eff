//! Storage connection strings: `Name=value;Name=value`.
//!
//! Source: Microsoft Learn, "Configure Azure Storage connection strings".

use super::{AccountKey, Auth, Secret};

/// Account and key of the storage emulators; public knowledge, the same everywhere.
const EMULATOR_ACCOUNT: &str = "devstoreaccount1";
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const EMULATOR_ENDPOINT: &str = "http://127.0.0.1:10000/devstoreaccount1";

/// What a connection string says about the blob service.
#[derive(Debug)]
pub struct ConnectionString {
    /// Storage account; a SAS connection string may name none.
    pub account: Option<String>,
    /// Blob endpoint, if stated.
    pub endpoint: Option<String>,
    /// Domain of the cloud, `core.windows.net` unless stated.
    pub suffix: String,
    /// `http` or `https`.
    pub protocol: String,
    /// Key or shared access signature.
    pub auth: Auth,
}

/// What is wrong with a connection string; the text names parts, never values.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConnectionStringError {
    /// A part without `=`.
    #[error("a part of the connection string is not of the form Name=value")]
    Part,
    /// The key is not base64.
    #[error("AccountKey in the connection string is not base64")]
    Key,
    /// Neither key nor SAS.
    #[error("the connection string has neither AccountKey nor SharedAccessSignature")]
    NoSecret,
    /// Neither account nor endpoint.
    #[error("the connection string has neither AccountName nor BlobEndpoint")]
    NoAccount,
}

impl ConnectionString {
    /// Reads a connection string. Names match in any case; unknown ones are passed over.
    pub fn parse(text: &str) -> Result<Self, ConnectionStringError> {
        let (mut account, mut endpoint, mut key, mut sas) = (None, None, None, None);
        let mut suffix = "core.windows.net".to_owned();
        let mut protocol = "https".to_owned();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(ConnectionStringError::Part)?;
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "accountname" => account = Some(value.to_owned()),
                "accountkey" => {
                    key = Some(AccountKey::from_base64(value).ok_or(ConnectionStringError::Key)?);
                }
                "sharedaccesssignature" => sas = Some(Secret::new(value.trim_start_matches('?'))),
                "blobendpoint" => endpoint = Some(value.trim_end_matches('/').to_owned()),
                "endpointsuffix" => value.clone_into(&mut suffix),
                "defaultendpointsprotocol" => protocol = value.to_ascii_lowercase(),
                "usedevelopmentstorage" if value.eq_ignore_ascii_case("true") => {
                    account = Some(EMULATOR_ACCOUNT.to_owned());
                    endpoint = Some(EMULATOR_ENDPOINT.to_owned());
                    key = AccountKey::from_base64(EMULATOR_KEY);
                }
                _ => {}
            }
        }
        if account.is_none() && endpoint.is_none() {
            return Err(ConnectionStringError::NoAccount);
        }
        // A SAS narrows what the bearer may do; where both stand, the narrower one was meant.
        let auth =
            sas.map(Auth::Sas).or_else(|| key.map(Auth::Key)).ok_or(ConnectionStringError::NoSecret)?;
        Ok(Self { account, endpoint, suffix, protocol, auth })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portal_form_is_read() {
        let read = ConnectionString::parse(
            "DefaultEndpointsProtocol=https;AccountName=logs;AccountKey=c2VjcmV0;EndpointSuffix=core.usgovcloudapi.net",
        )
        .expect("valid");
        assert_eq!(read.account.as_deref(), Some("logs"));
        assert_eq!(read.suffix, "core.usgovcloudapi.net");
        assert!(matches!(read.auth, Auth::Key(_)));
    }

    #[test]
    fn a_sas_and_the_emulator_are_read() {
        let sas = ConnectionString::parse(
            "BlobEndpoint=https://logs.blob.core.windows.net/;SharedAccessSignature=?sv=1&sig=a=",
        )
        .expect("valid");
        assert_eq!(sas.endpoint.as_deref(), Some("https://logs.blob.core.windows.net"));
        assert!(matches!(&sas.auth, Auth::Sas(s) if s.expose() == "sv=1&sig=a="));
        let emulator = ConnectionString::parse("UseDevelopmentStorage=true").expect("valid");
        assert_eq!(emulator.account.as_deref(), Some("devstoreaccount1"));
    }

    #[test]
    fn what_is_missing_is_named_without_showing_the_secret() {
        let cases = [
            ("AccountName=a", ConnectionStringError::NoSecret),
            ("AccountKey=c2VjcmV0", ConnectionStringError::NoAccount),
            ("AccountName=a;AccountKey=%%%", ConnectionStringError::Key),
            ("nonsense", ConnectionStringError::Part),
        ];
        for (text, expected) in cases {
            assert_eq!(ConnectionString::parse(text).expect_err(text), expected);
        }
    }
}
