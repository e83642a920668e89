//! Certificates of an authority that nobody knows.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::fs;
use std::path::{Path, PathBuf};

/// An authority, and who it vouches for; all as PEM files.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// Of the authority.
    pub(crate) authority: PathBuf,
    /// A server at 127.0.0.1, and its private key.
    pub(crate) server: (PathBuf, PathBuf),
    /// A client, and its private key.
    pub(crate) client: (PathBuf, PathBuf),
}

impl Certificates {
    /// Makes them.
    pub(crate) fn write(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority for tests");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let path = folder.join("authority.pem");
        fs::write(&path, authority.pem()).unwrap();
        let issue = |name: &str, usage| {
            let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
            let mut params = CertificateParams::new(names).unwrap();
            params.extended_key_usages = vec![usage];
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &authority).unwrap();
            let paths = ["pem", "key"].map(|ending| folder.join(format!("{name}.{ending}")));
            fs::write(&paths[0], certificate.pem()).unwrap();
            fs::write(&paths[1], key.serialize_pem()).unwrap();
            paths.into()
        };
        Self {
            server: issue("server", ExtendedKeyUsagePurpose::ServerAuth),
            client: issue("client", ExtendedKeyUsagePurpose::ClientAuth),
            authority: path,
        }
    }
}
