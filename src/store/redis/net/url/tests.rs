//! URLs: what each part means, and what is refused.

use super::*;
use crate::error::Error;

mod properties;

/// Host, port, user, password and database.
type Parts = (String, u16, Option<String>, Option<String>, i64);

fn parts(info: &ConnectionInfo) -> Parts {
    let (host, port) = match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            (host.clone(), *port)
        }
        ConnectionAddr::Unix(path) => (path.display().to_string(), 0),
        other => panic!("{other:?}"),
    };
    let redis = info.redis_settings();
    let user = redis.username().map(str::to_owned);
    let password = redis.password().map(str::to_owned);
    (host, port, user, password, redis.db())
}

fn refusal(url: &str) -> String {
    let setting = at_url(url)
        .err()
        .unwrap_or_else(|| panic!("{url:?} is understood"));
    format!("{} {setting:?}", Error::from(setting))
}

#[test]
fn every_part_is_understood() {
    for (url, host, port, user, password, database) in [
        ("redis://cafe", "cafe", 6379, "", "", 0),
        ("redis://cafe/", "cafe", 6379, "", "", 0),
        ("REDIS://cafe:7000/3", "cafe", 7000, "", "", 3),
        ("valkey://cafe/15", "cafe", 6379, "", "", 15),
        ("  redis://cafe:1/0\r\n", "cafe", 1, "", "", 0),
        ("redis://cafe?protocol=3", "cafe", 6379, "", "", 0),
        ("redis://cafe/1?protocol=resp3", "cafe", 6379, "", "", 1),
        ("redis://10.0.0.1:65535", "10.0.0.1", 65_535, "", "", 0),
        ("redis://[::1]:6380/2", "::1", 6380, "", "", 2),
        ("redis://[2001:db8::1]", "2001:db8::1", 6379, "", "", 0),
        (
            "redis://my_redis.internal.",
            "my_redis.internal.",
            6379,
            "",
            "",
            0,
        ),
        ("redis://:s3cret@cafe", "cafe", 6379, "", "s3cret", 0),
        ("redis://bot:s3cret@cafe", "cafe", 6379, "bot", "s3cret", 0),
        (
            "redis://b%40t:57%23W%2Fc@cafe/1",
            "cafe",
            6379,
            "b@t",
            "57#W/c",
            1,
        ),
        ("redis://bot:a:b@cafe", "cafe", 6379, "bot", "a:b", 0),
        ("redis://bot:p@ss@cafe", "cafe", 6379, "bot", "p@ss", 0),
        ("redis://bot:a b+c@cafe", "cafe", 6379, "bot", "a b+c", 0),
        (
            "redis://b%C3%BCro:пароль@cafe",
            "cafe",
            6379,
            "büro",
            "пароль",
            0,
        ),
        ("redis://bot:%00@cafe", "cafe", 6379, "bot", "\0", 0),
        ("unix:///run/redis.sock", "/run/redis.sock", 0, "", "", 0),
        ("redis+unix:///run/a%20b?db=3", "/run/a b", 0, "", "", 3),
        (
            "valkey+unix:///s?user=bot&pass=57%23W%2Bc&db=2&protocol=3",
            "/s",
            0,
            "bot",
            "57#W+c",
            2,
        ),
        ("unix:///s?pass=s3cret", "/s", 0, "", "s3cret", 0),
    ] {
        let info = at_url(url).unwrap_or_else(|error| panic!("{url:?}: {error:?}"));
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let expected = (
            host.to_owned(),
            port,
            given(user),
            given(password),
            database,
        );
        assert_eq!(parts(&info), expected, "{url}");
        assert!(
            !matches!(info.addr(), ConnectionAddr::TcpTls { .. }),
            "{url}"
        );
    }
}

/// Each line: a URL, and what its refusal says. `s3cret` is a part of a password in each.
const REFUSED: &str = "\
s3cret | invalid scheme
localhost:6379 | invalid scheme
s3cret:6379@cafe | invalid scheme
redis:cafe | invalid scheme
unix:/run/s3cret | invalid scheme
http://s3cret@cafe | invalid scheme
redis+tls://s3cret@cafe | invalid scheme
redis-sentinel://s3cret@cafe:26379,b:26379/mymaster | Sentinel is not supported
redis+sentinel://cafe/mymaster/0 | Sentinel is not supported
rediss-cluster://:s3cret@cafe | connect_cluster
redis-cluster://a:1,b:2 | connect_cluster
redis:// | invalid host
redis:///0 | invalid host
redis://:6379 | invalid host
redis://:s3cret@ | invalid host
redis://:s3cret@/0 | invalid host
redis://:s3cret@:6379 | invalid host
redis://a,b:6379 | connect_cluster
redis://:s3cret@a:6379,b:6379/0 | connect_cluster
redis://[::1 | invalid host
redis://::1 | in brackets
redis://::1:6379 | in brackets
redis://fe80::1:6379 | in brackets
redis://[fe80::1%25eth0]:6379 | without a zone
redis://0.0.0.0 | not 0.0.0.0
redis://[::]:6379 | not 0.0.0.0
redis://b%C3%BCcher | invalid host
redis://bücher | invalid host
redis://ca%66e | invalid host
redis://ca fe | invalid host
redis://cafe!s3cret | invalid host
redis://cafe:0 | port from 1 to 65535
redis://cafe:65536 | port from 1 to 65535
redis://cafe:-1 | port from 1 to 65535
redis://cafe:port | port from 1 to 65535
redis://:s3cret@cafe:port | port from 1 to 65535
redis://bot:s3cret/x@cafe | percent-encoded
redis://bot:s3cret?x@cafe | percent-encoded
redis://bot:s3cret#x@cafe | percent-encoded
redis://pay:57#s3cret@cafe | %23
redis://pay:57/s3cret@cafe | `/` in a password is %2F
redis://pay:57?s3cret@cafe | percent-encoded
redis://pay:57?s3cret&db=1@cafe | percent-encoded
redis://nobody@cafe | without a password the client would not log in
redis://s3cret@cafe:6379/0 | without a password the client would not log in
redis://nobody:@cafe | without a password the client would not log in
redis://:@cafe | without a password the client would not log in
redis://@cafe | without a password the client would not log in
redis://bot:s3cret%@cafe | %25 for % itself
redis://bot:s3cret%2@cafe | %25 for % itself
redis://bot:s3cret%zz@cafe | %25 for % itself
redis://bot:s3cret%FF@cafe | UTF-8
redis://%C3:s3cret@cafe | UTF-8
redis://cafe/abc | number from 0 to 2147483647
redis://cafe/s3cret | number from 0 to 2147483647
redis://cafe/1/2 | number from 0 to 2147483647
redis://cafe/1/ | number from 0 to 2147483647
redis://cafe//1 | number from 0 to 2147483647
redis://cafe/-1 | number from 0 to 2147483647
redis://cafe/+1 | number from 0 to 2147483647
redis://cafe/00 | without leading zeros
redis://cafe/01 | without leading zeros
redis://cafe/%31 | number from 0 to 2147483647
redis://cafe/2147483648 | number from 0 to 2147483647
redis://cafe/99999999999999999999 | number from 0 to 2147483647
redis://cafe?db=3 | /number after host and port
redis://cafe/0?database=3 | /number after host and port
redis://cafe?tls=true | rediss://
redis://cafe?SSL=true | rediss://
redis://cafe?password=s3cret | user:password@
redis://cafe?user=bot&pass=s3cret | user:password@
redis://cafe?timeout=5 | response_timeout
redis://cafe?s3cret | invalid parameter
redis://cafe?protocol=2 | connect_over
redis://cafe?protocol=resp2 | connect_over
redis://cafe?protocol= | connect_over
redis://cafe?protocol=3&protocol=3 | each parameter once
redis://cafe#insecure | always checked
redis://cafe# | always checked
redis://cafe/0#s3cret | always checked
redis://:s3\\tcret@cafe | line breaks
redis://:s3\\ncret@cafe | line breaks
redis://cafe\\r\\n/3 | line breaks
unix://run/s3cret | unix:///path
unix://localhost/run/s3cret | unix:///path
unix:///run/s3cret%FF | unix:///path
unix:///run/s?db=abc | number from 0 to 2147483647
unix:///run/s?db= | number from 0 to 2147483647
unix:///run/s?db=1&db=2 | each parameter once
unix:///run/s?user=bot | without a password the client would not log in
unix:///run/s?user=bot&pass=s3cret%FF | UTF-8
unix:///run/s?user=bot&pass=s3cret+x | %2B for +
unix:///run/s?password=s3cret | invalid parameter for user or password
unix:///run/s?s3cret | invalid parameter
unix:///run/s#s3cret | always checked";

#[test]
fn the_rest_is_refused_by_the_name_of_its_part() {
    for line in REFUSED.lines() {
        let (url, says) = line.rsplit_once(" | ").unwrap();
        let url = url
            .replace("\\t", "\t")
            .replace("\\r", "\r")
            .replace("\\n", "\n");
        let text = refusal(&url);
        assert!(text.contains(says), "{url:?}: {text}");
        assert!(!text.contains("s3cret"), "{url:?}: {text}");
    }
    for nothing in ["", " \n", "://", "://cafe"] {
        assert!(refusal(nothing).contains("invalid scheme"), "{nothing:?}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn tls_is_asked_for_by_the_scheme_and_always_checked() {
    for url in ["rediss://cafe", "valkeys://cafe", "REDISS://cafe"] {
        let info = at_url(url).unwrap();
        let ConnectionAddr::TcpTls {
            host,
            port: 6379,
            insecure: false,
            tls_params: None,
        } = info.addr()
        else {
            panic!("{url}: {:?}", info.addr())
        };
        assert_eq!(host, "cafe");
    }
    for url in [
        "rediss://cafe#insecure",
        "rediss://cafe/#insecure",
        "rediss://cafe#x",
    ] {
        assert!(refusal(url).contains("always checked"), "{url}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_names_the_feature_that_is_missing() {
    for url in ["rediss://:s3cret@cafe", "VALKEYS://cafe"] {
        let text = refusal(url);
        assert!(text.contains("the feature `tls`"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

/// What the client would do with these, no URL can say.
#[test]
fn connection_info_is_held_to_the_same_rules() {
    let tcp = |host: &str, port| {
        let address = ConnectionAddr::Tcp(host.to_owned(), port);
        address.into_connection_info().unwrap()
    };
    let with = |redis| tcp("cafe", 1).set_redis_settings(redis);
    let redis = RedisConnectionInfo::default;
    assert_eq!(
        checked(with(redis().set_username("bot"))).unwrap_err(),
        LOGIN
    );
    assert_eq!(checked(with(redis().set_db(-1))).unwrap_err(), DATABASE);
    assert_eq!(
        checked(with(redis().set_db(1 << 31))).unwrap_err(),
        DATABASE
    );
    for (host, port) in [("", 1), ("0.0.0.0", 1), ("::", 1), ("cafe", 0)] {
        assert!(checked(tcp(host, port)).is_err(), "{host}:{port}");
    }
    // Also what a URL cannot say: a zone, and an empty password.
    checked(tcp("fe80::1%eth0", 6379)).unwrap();
    let empty = redis().set_username("bot").set_password("");
    checked(with(empty)).unwrap();
}
