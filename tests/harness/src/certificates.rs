//! An authority that lives as long as a test, and the certificates that it signs.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

/// An authority of the test's own. Two of one name have different keys.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Signed {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            pem: params.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a server on loopback.
    pub fn sign(&self) -> Signed {
        self.sign_for(&["localhost", "127.0.0.1"])
    }

    /// A certificate for these names and addresses.
    pub fn sign_for(&self, names: &[&str]) -> Signed {
        self.sign_with(names, |_| {})
    }

    /// A certificate for a server on loopback that has expired.
    pub fn sign_expired(&self) -> Signed {
        self.sign_with(&["127.0.0.1"], |params| {
            params.not_after = date_time_ymd(2001, 1, 1);
        })
    }

    fn sign_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = named("s3cret");
        params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Signed {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
