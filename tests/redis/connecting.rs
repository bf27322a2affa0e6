//! What a server must be, and what a failed connect says.

use std::time::{Duration, Instant};

use harness::assert_matches;
use harness::command::run;
use harness::pretender::pretender;
use harness::proxy::Proxy;
use harness::server::Server;
use harness::sessions::{assert_discreet, data, text, user, within, write};
use redis::IntoConnectionInfo;
use redis::aio::MultiplexedConnection;
use vimbiso_state::{Error, RedisStore, StateStore, StoreError};

/// Connects, and expects an error that comes in time and shows no secret.
async fn refused(url: &str) -> StoreError {
    let begin = Instant::now();
    let error = RedisStore::connect(url).await.unwrap_err();
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_discreet(&error);
    match error {
        Error::Store(error) => error,
        other => panic!("{other:?}"),
    }
}

/// Makes a user of the server with the password `s3cret`, all keys and these rights alone.
async fn set_user(redis: &mut MultiplexedConnection, name: &str, rights: &str) {
    let set = format!("ACL SETUSER {name} reset on >s3cret ~* {rights}");
    let () = run(redis, &set).await;
}

fn url_of(server: &Server, user: &str) -> String {
    let user = format!("redis://{user}:s3cret@");
    server.url().replace("redis://", &user)
}

#[tokio::test]
async fn absent_server_is_tried_for_twice_the_timeout() {
    let timeout = Duration::from_millis(200);
    let begin = Instant::now();
    let error = RedisStore::builder()
        .connect_timeout(timeout)
        .connect("redis://127.0.0.1:1")
        .await
        .unwrap_err();
    assert_matches!(error, Error::Store(StoreError::Unavailable { .. }));
    assert!(begin.elapsed() >= 2 * timeout, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn unknown_host_name_is_said_not_to_resolve() {
    for url in [
        "redis://no-such-host.invalid",
        "redis://bot:s3cret@no-such-host.invalid:6379/3",
    ] {
        let error = refused(url).await;
        assert_matches!(error, StoreError::Unavailable { .. });
        let text = text(&error);
        // Not at all, or not in time if the resolver is slow.
        assert!(text.contains("resolve to an address"), "{text}");
        assert!(text.contains("no-such-host.invalid:6379"), "{text}");
        assert!(!text.contains("uncategorized"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let error = refused("redis://:s3cret@127.0.0.1:1").await;
    let text = text(&error);
    assert!(
        text.contains("cannot connect; server: 127.0.0.1:1"),
        "{text}"
    );
    let error = refused("unix:///no/such/socket?pass=s3cret").await;
    assert!(error.to_string().contains("/no/such/socket"), "{error}");
}

#[tokio::test]
async fn a_malformed_url_is_named_and_not_repeated() {
    let builder = RedisStore::builder;
    for (url, part) in [
        ("", "scheme"),
        ("http://s3cret@host", "scheme"),
        ("redis://:s3cret@127.0.0.1:notaport", "port"),
        ("redis://127.0.0.1/s3cret", "database"),
        ("redis://s3cret@127.0.0.1", "user or password"),
        ("redis://127.0.0.1?password=s3cret", "parameter"),
        ("redis://pay:57#s3cret@127.0.0.1", "fragment"),
    ] {
        for error in [
            RedisStore::connect(url).await.unwrap_err(),
            builder().connect_cluster([url]).await.unwrap_err(),
        ] {
            assert!(
                matches!(error, Error::Setting { what, .. } if what.contains(part)),
                "{url}: {error:?}"
            );
            assert_discreet(&error);
        }
    }
}

#[tokio::test]
async fn connection_info_can_be_handed_in() {
    let server = Server::with(&["--requirepass", "s3cret"]);
    let address = redis::ConnectionAddr::Tcp("127.0.0.1".to_owned(), server.port());
    let info = || address.clone().into_connection_info().unwrap();
    let login = |settings: redis::RedisConnectionInfo| info().set_redis_settings(settings);
    let settings = redis::RedisConnectionInfo::default;
    let store = RedisStore::connect(login(settings().set_password("s3cret"))).await;
    write(&store.unwrap(), "{}").await;

    // The client would silently connect as `default`.
    let error = RedisStore::connect(login(settings().set_username("bot"))).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, Error::Setting { what, .. } if what.contains("user")),
        "{error:?}"
    );
}

/// The client would try to, if another crate of the build has switched TLS on in it.
#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn build_without_tls_refuses_rediss_and_names_feature() {
    let address = redis::ConnectionAddr::TcpTls {
        host: "127.0.0.1".to_owned(),
        port: 1,
        insecure: false,
        tls_params: None,
    };
    let info = address.into_connection_info().unwrap();
    for connected in [
        RedisStore::connect("rediss://:s3cret@127.0.0.1:1").await,
        RedisStore::connect(info).await,
    ] {
        let error = connected.unwrap_err();
        assert_matches!(error, Error::Setting { .. });
        let text = text(&error);
        assert!(text.contains("the feature `tls`"), "{text}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn settings_outside_limits_are_refused_offline() {
    let builder = RedisStore::builder;
    let short = Duration::from_millis(1);
    let long = Duration::from_secs(3600);
    for (builder, setting) in [
        (builder().namespace("a b"), "namespace"),
        (builder().namespace("{a}"), "namespace"),
        (builder().namespace(""), "namespace"),
        (builder().retention(Duration::from_secs(599)), "retention"),
        (builder().connect_timeout(short), "connect timeout"),
        (builder().response_timeout(long), "response timeout"),
    ] {
        let error = builder.connect("redis://127.0.0.1:1").await.unwrap_err();
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
    let with_password = |password: &str| {
        let scheme = format!("redis://:{password}@");
        proxy.url().replace("redis://", &scheme)
    };
    let error = refused(&with_password("s3cret")).await;
    assert_matches!(error, StoreError::Denied { .. });
    assert_eq!(proxy.connections(), 1);
    let error = refused(&proxy.url()).await;
    assert_matches!(error, StoreError::Denied { .. });
    RedisStore::connect(with_password("right")).await.unwrap();
}

#[tokio::test]
async fn absent_database_is_misconfigured_forbidden_denied() {
    let server = Server::start();
    set_user(&mut server.raw().await, "bot", "+@all -select").await;
    for number in ["99", "2147483647"] {
        let error = refused(&format!("{}/{number}", server.url())).await;
        assert_matches!(error, StoreError::Misconfigured { .. });
        let text = text(&error);
        assert!(
            text.contains("no database of this number"),
            "{number}: {text}"
        );
    }
    let bot = url_of(&server, "bot");
    let error = refused(&format!("{bot}/1")).await;
    assert_matches!(error, StoreError::Denied { what, .. } if what.contains("SELECT"));
    RedisStore::connect(format!("{bot}/0")).await.unwrap();
    let database_1 = format!("{}/1", server.url());
    RedisStore::connect(database_1).await.unwrap();
}

#[tokio::test]
async fn a_full_server_that_hangs_up_is_unavailable() {
    let server = Server::start();
    let mut only_client = server.raw().await;
    let () = run(&mut only_client, "CONFIG SET maxclients 1").await;
    let error = refused(&server.url()).await;
    assert_matches!(error, StoreError::Unavailable { .. });
    let text = text(&error);
    assert!(text.contains("maxclients reached"), "{text}");
}

#[tokio::test]
async fn server_without_scripts_is_misconfigured() {
    let server = Server::with(&["--rename-command", "EVALSHA", ""]);
    let error = refused(&server.url()).await;
    assert_matches!(error, StoreError::Misconfigured { .. });
}

#[tokio::test]
async fn a_user_who_may_not_run_scripts_is_denied() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for (user, rights) in [
        ("a", "+@all -@scripting"),
        ("b", "+@all -getrange"),
        ("c", "+@all -hset"),
        ("d", "+@all -pexpireat"),
    ] {
        set_user(&mut redis, user, rights).await;
        let error = refused(&url_of(&server, user)).await;
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
    for right in [
        "-@scripting",
        "-hget",
        "-hstrlen",
        "-unlink",
        "-hset",
        "-pexpireat",
        "-mset",
        "+@all",
    ] {
        set_user(&mut redis, "bot", &format!("+@all {right}")).await;
        let connected = RedisStore::connect(url_of(&server, "bot")).await;
        assert_eq!(connected.is_ok(), right == "+@all", "{right}");
        let keys: u64 = run(&mut redis, "DBSIZE").await;
        assert_eq!(keys, 0, "{right}");
    }
}

#[tokio::test]
async fn old_server_is_misconfigured_and_version_is_named() {
    let old = "redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n";
    let error = refused(&pretender(old)).await;
    assert_matches!(error, StoreError::Misconfigured { .. });
    let text = text(&error);
    assert!(text.contains("6.0.16"), "{text}");
    for allowed in ["redis_version:6.2.0\r\n", "", "redis_version:unstable\r\n"] {
        RedisStore::connect(pretender(allowed)).await.unwrap();
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
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"over":1}"#));
    server.kill();
    let deadline = within(Duration::from_millis(300));
    let error = store.load(&user(), None, deadline).await.unwrap_err();
    assert_matches!(error, StoreError::Unavailable { .. });
}

#[tokio::test]
async fn debug_shows_nothing_of_how_a_server_is_reached() {
    let server = Server::with(&["--requirepass", "s3cret"]);
    let url = server.url().replace("redis://", "redis://:s3cret@");
    let builder = RedisStore::builder().namespace("bank");
    let store = builder.connect(url.as_str()).await.unwrap();
    assert_eq!(store.namespace(), "bank");
    let shown = format!("{store:?}");
    assert!(shown.contains("bank"), "{shown}");
    for secret in ["s3cret", "127.0.0.1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
