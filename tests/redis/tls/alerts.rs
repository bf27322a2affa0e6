//! Alerts with which a server ends the handshake.

use harness::assert_matches;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vimbiso_state::{Error, RedisStore, StoreError};

use super::refused;

/// A server that ends every handshake with this alert.
async fn server_with_alert(alert: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(&[21, 3, 3, 0, 2, 2, alert]).await;
        }
    });
    format!("rediss://{address}")
}

async fn error_for(alert: u8) -> Error {
    let server = server_with_alert(alert).await;
    refused(RedisStore::builder(), &server).await
}

// The numbers are those of RFC 8446, section 6.

#[tokio::test]
async fn alerts_about_the_client_deny_access() {
    for alert in [40, 41, 42, 43, 44, 45, 46, 48, 49, 51, 116] {
        let error = error_for(alert).await;
        assert!(
            matches!(error, Error::Store(StoreError::Denied { .. })),
            "{alert}: {error:?}"
        );
    }
}

#[tokio::test]
async fn alerts_about_versions_and_names_are_misconfigured() {
    for alert in [70, 71, 112] {
        let error = error_for(alert).await;
        assert!(
            matches!(error, Error::Store(StoreError::Misconfigured { .. })),
            "{alert}: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_internal_error_of_the_server_is_unavailable() {
    let internal_error = 80;
    let error = error_for(internal_error).await;
    assert_matches!(error, Error::Store(StoreError::Unavailable { .. }));
}
