//! What a server must be, and what a failed connect says.

use std::time::{Duration, Instant};

use harness::pretender::pretender;
use harness::proxy::Proxy;
use harness::server::Server;
use harness::sessions::{assert_discreet, state, text, within, write};
use vimbiso_state::{Error, RedisStore, StateStore, StoreError};

#[tokio::test]
async fn absent_server_is_tried_for_twice_the_timeout() {
    let (started, timeout) = (Instant::now(), Duration::from_millis(200));
    let error = RedisStore::builder()
        .connect_timeout(timeout)
        .connect("redis://127.0.0.1:1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::Unavailable { .. })),
        "{error:?}"
    );
    assert!(started.elapsed() >= 2 * timeout, "{:?}", started.elapsed());
}

/// Connects in vain, in time, and discreetly.
async fn refused(url: &str) -> StoreError {
    let started = Instant::now();
    let error = RedisStore::connect(url).await.unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_discreet(&error);
    match error {
        Error::Store(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_malformed_url_is_named_and_not_repeated() {
    for url in [
        "",
        "s3cret",
        "http://s3cret@host",
        "redis://:s3cret@127.0.0.1:notaport",
        "redis://127.0.0.1/s3cret",
    ] {
        let error = RedisStore::connect(url).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Setting {
                    what: "the server's URL",
                    ..
                }
            ),
            "{url}: {error:?}"
        );
        assert_discreet(&error);
    }
}

/// The client would try, where another crate of the build has switched TLS on in it.
#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn build_without_tls_refuses_rediss_and_names_feature() {
    let (host, port, insecure, tls_params) = ("127.0.0.1".to_owned(), 1, false, None);
    let address = redis::ConnectionAddr::TcpTls {
        host,
        port,
        insecure,
        tls_params,
    };
    for error in [
        RedisStore::connect("rediss://:s3cret@127.0.0.1:1")
            .await
            .unwrap_err(),
        RedisStore::connect(address).await.unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                Error::Setting {
                    what: "the server's URL",
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(
            text(&error).contains("the feature `tls`"),
            "{}",
            text(&error)
        );
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn settings_outside_limits_are_refused_offline() {
    let nowhere = "redis://127.0.0.1:1";
    let builder = RedisStore::builder;
    let (short, long) = (Duration::from_millis(1), Duration::from_secs(3600));
    for (builder, setting) in [
        (builder().namespace("a:b"), "the namespace"),
        (builder().namespace(""), "the namespace"),
        (builder().retention(Duration::from_secs(599)), "retention"),
        (builder().connect_timeout(short), "the connect time-out"),
        (builder().response_timeout(long), "the response time-out"),
    ] {
        let error = builder.connect(nowhere).await.unwrap_err();
        assert!(
            matches!(error, Error::Setting { what, .. } if what == setting),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn wrong_password_is_denied_and_not_retried() {
    let server = Server::with(&["--requirepass", "right"]);
    let proxy = Proxy::before(server.port()).await;
    let url = |password: &str| {
        proxy
            .url()
            .replace("redis://", &format!("redis://:{password}@"))
    };
    let error = refused(&url("s3cret")).await;
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert_eq!(proxy.connections(), 1);
    let error = refused(&proxy.url()).await;
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    RedisStore::connect(url("right")).await.unwrap();
}

#[tokio::test]
async fn absent_database_is_misconfigured_forbidden_denied() {
    let server = Server::start();
    let acl = "ACL SETUSER bot on >s3cret ~* +@all -select";
    let () = redis::cmd("ACL")
        .arg(&acl.split(' ').collect::<Vec<_>>()[1..])
        .query_async(&mut server.raw().await)
        .await
        .unwrap();
    let bot = server.url().replace("redis://", "redis://bot:s3cret@");
    for number in ["99", "99999999999", "-1"] {
        let error = refused(&format!("{}/{number}", server.url())).await;
        assert!(
            matches!(error, StoreError::Misconfigured { .. }),
            "{number}: {error:?}"
        );
        assert!(
            text(&error).contains("no database of this number"),
            "{number}: {error:?}"
        );
    }
    let error = refused(&format!("{bot}/1")).await;
    assert!(
        matches!(&error, StoreError::Denied { what, .. } if what.contains("SELECT")),
        "{error:?}"
    );
    RedisStore::connect(format!("{bot}/0")).await.unwrap();
    RedisStore::connect(format!("{}/1", server.url()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_up_may_have_clients_enough() {
    let server = Server::start();
    let mut only = server.raw().await;
    let () = redis::cmd("CONFIG")
        .arg("SET")
        .arg("maxclients")
        .arg("1")
        .query_async(&mut only)
        .await
        .unwrap();
    let error = refused(&server.url()).await;
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(
        text(&error).contains("as many clients as it may"),
        "{}",
        text(&error)
    );
}

#[tokio::test]
async fn server_without_scripts_is_misconfigured() {
    let server = Server::with(&["--rename-command", "EVALSHA", ""]);
    let error = refused(&server.url()).await;
    assert!(
        matches!(error, StoreError::Misconfigured { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_user_who_may_not_run_scripts_is_denied() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for (rights, name) in [
        ("+@all -@scripting", "a"),
        ("+@all -getrange", "b"),
        ("+@all -hset", "c"),
        ("+@all -pexpireat", "d"),
    ] {
        let mut acl = redis::cmd("ACL");
        acl.arg("SETUSER")
            .arg(name)
            .arg("on")
            .arg(">s3cret")
            .arg("~*")
            .arg(rights.split(' ').collect::<Vec<_>>());
        let _: () = acl.query_async(&mut redis).await.unwrap();
        let error = refused(
            &server
                .url()
                .replace("redis://", &format!("redis://{name}:s3cret@")),
        )
        .await;
        assert!(
            matches!(error, StoreError::Denied { .. }),
            "{rights}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_failed_connect_writes_nothing() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for rights in [
        "-@scripting",
        "-hget",
        "-hset",
        "-pexpireat",
        "-mset",
        "+@all",
    ] {
        let mut acl = redis::cmd("ACL");
        acl.arg("SETUSER")
            .arg("bot")
            .arg("reset")
            .arg("on")
            .arg(">s3cret")
            .arg("~*")
            .arg("+@all")
            .arg(rights);
        let _: () = acl.query_async(&mut redis).await.unwrap();
        let _ = RedisStore::connect(server.url().replace("redis://", "redis://bot:s3cret@")).await;
        let keys: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
        assert_eq!(keys, 0, "{rights}");
    }
}

#[tokio::test]
async fn old_server_is_misconfigured_and_version_is_named() {
    let error = refused(&pretender(
        "redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n",
    ))
    .await;
    assert!(
        matches!(error, StoreError::Misconfigured { .. }),
        "{error:?}"
    );
    assert!(text(&error).contains("6.0.16"), "{}", text(&error));
    for tolerated in ["redis_version:6.2.0\r\n", "", "redis_version:unstable\r\n"] {
        RedisStore::connect(pretender(tolerated)).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_exists_can_be_handed_in() {
    let mut server = Server::start();
    let store = RedisStore::builder()
        .connect_over(server.raw().await)
        .await
        .unwrap();
    write(&store, r#"{"over":1}"#).await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"over":1}"#));
    server.kill();
    let patience = Duration::from_millis(300);
    let error = store
        .load(&harness::sessions::user(), None, within(patience))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_shows_nothing_of_how_it_is_reached() {
    let server = Server::with(&["--requirepass", "s3cret"]);
    let url = server.url().replace("redis://", "redis://:s3cret@");
    let store = RedisStore::builder()
        .namespace("bank")
        .connect(url.as_str())
        .await
        .unwrap();
    assert_eq!(store.namespace(), "bank");
    let shown = format!("{store:?}");
    assert!(
        shown.contains("bank") && !shown.contains("s3cret") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
}
