//! Certificates and URLs that are refused before anything is sent.

use harness::assert_matches;
use harness::certificates::Authority;
use harness::sessions::text;
use vimbiso_state::{Error, RedisStore};

use super::{refused, server, trusting};

#[tokio::test]
async fn invalid_certificates_are_refused_offline() {
    let authority = Authority::new("ours");
    let ours = authority.sign();
    let other = authority.sign();
    let not_der = "-----BEGIN CERTIFICATE-----\nczNjcmV0\n-----END CERTIFICATE-----\n";
    let roots = |pem: &str| RedisStore::builder().root_certificates(pem);
    let client = |chain: &str, key: &str| RedisStore::builder().client_certificate(chain, key);
    for (builder, setting) in [
        (roots(""), "root certificates"),
        (roots("s3cret"), "root certificates"),
        (roots(&ours.key), "root certificates"),
        (roots(not_der), "root certificates"),
        (client("s3cret", &ours.key), "client certificate"),
        (client(&ours.certificate, "s3cret"), "client certificate"),
        (client(&ours.certificate, &other.key), "client certificate"),
    ] {
        let shown = format!("{builder:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(!shown.contains("CERTIFICATE"), "{shown}");
        let error = refused(builder, "rediss://127.0.0.1:1").await;
        assert!(
            matches!(error, Error::Setting { what, .. } if what == setting),
            "{setting}: {error:?}"
        );
    }
}

#[tokio::test]
async fn no_server_is_trusted_unchecked_or_without_tls() {
    let authority = Authority::new("ours");
    let server = server(&authority.sign());
    let insecure = format!("{}/#insecure", server.url());
    let plain = server.url().replace("rediss://", "redis://");
    let with_client = RedisStore::builder().client_certificate("", "");
    for (builder, url, says) in [
        (trusting(&authority), &insecure, "always checked"),
        (RedisStore::builder(), &insecure, "always checked"),
        (trusting(&authority), &plain, "rediss:// alone"),
        (with_client, &plain, "rediss:// alone"),
    ] {
        let error = refused(builder, url).await;
        assert_matches!(error, Error::Setting { .. });
        assert!(text(&error).contains(says), "{error:?}");
    }
}
