//! Shared access signatures of the emulator's account.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowlog_testkit::azurite::Azurite;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// An account SAS; Microsoft Learn, "Create an account SAS".
pub(crate) fn sas(permissions: &str, types: &str, expiry: &str) -> String {
    let (version, service) = ("2021-10-04", "b");
    let text =
        format!("{}\n{permissions}\n{service}\n{types}\n\n{expiry}\n\n\n{version}\n\n", Azurite::ACCOUNT);
    let key = STANDARD.decode(Azurite::KEY).expect("base64");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("sv={version}&ss={service}&srt={types}&sp={permissions}&se={expiry}&sig={signature}")
}
