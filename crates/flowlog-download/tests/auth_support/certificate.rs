//! A certificate authority of our own and a certificate for this machine, made anew for each test.

use std::{fs, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// PEM files in a temporary folder.
pub(crate) struct Certificates {
    folder: tempfile::TempDir,
    /// Certificate of the authority: what `--ca-file` is given.
    pub(crate) authority: PathBuf,
    /// Certificate for `127.0.0.1` and `localhost`.
    pub(crate) cert: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let names = ["127.0.0.1", "localhost"].map(str::to_owned);
        let pair = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(names).expect("names").signed_by(&pair, &issuer).expect("signed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("written");
            path
        };
        let authority = write("authority.pem", issuer.pem());
        let cert = write("cert.pem", leaf.pem());
        let key = write("key.pem", pair.serialize_pem());
        Self { folder, authority, cert, key }
    }
}
