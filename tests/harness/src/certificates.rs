//! An authority that lives as long as a test, and the certificates that it signs.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

/// An authority of the test's own.
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
    /// Two of one name have different keys, and know nothing of each other.
    pub fn new(name: &str) -> Self {
        let (mut params, key) = (of(name), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            pem: params.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a server on loopback.
    pub fn signs(&self) -> Signed {
        self.signs_for(&["localhost", "127.0.0.1"])
    }

    /// A certificate for these names and addresses.
    pub fn signs_for(&self, names: &[&str]) -> Signed {
        self.sign(names, |_| {})
    }

    /// One whose time is over.
    pub fn signed_long_ago(&self) -> Signed {
        self.sign(&["127.0.0.1"], |params| {
            params.not_after = date_time_ymd(2001, 1, 1)
        })
    }

    fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let (mut params, key) = (of("s3cret"), KeyPair::generate().unwrap());
        params.subject_alt_names = CertificateParams::new(
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap()
        .subject_alt_names;
        change(&mut params);
        Signed {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

fn of(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
