//! URLs made of any user, password, host, port and database.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn host() -> impl Strategy<Value = String> {
    let address = any::<std::net::IpAddr>().prop_filter("names no host", |ip| !ip.is_unspecified());
    let address = address.prop_map(|ip| match ip {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    });
    prop_oneof!["[A-Za-z0-9._-]{1,40}", address]
}

proptest! {
    #[test]
    fn a_built_url_is_read_back_exactly(
        user in any::<String>(),
        password in ".{1,40}|\\PC{1,40}",
        host in host(),
        port in 1_u16..,
        database in 0..=i32::MAX,
    ) {
        let login = format!("{}:{}", encoded(&user), encoded(&password));
        let url = format!("redis://{login}@{host}:{port}/{database}");
        let info = at_url(&url).unwrap();
        let bare_host = host.trim_matches(['[', ']']);
        let user = (!user.is_empty()).then_some(user);
        let expected =
            (bare_host.to_owned(), port, user, Some(password), i64::from(database));
        prop_assert_eq!(parts(&info), expected);
    }

    #[test]
    fn a_socket_is_read_back_exactly(
        path in "(/[^/\0]{1,20}){1,3}",
        user in any::<String>(),
        password in any::<String>(),
        database in 0..=i32::MAX,
    ) {
        let path: Vec<_> = path.split('/').map(encoded).collect();
        let login = format!("user={}&pass={}", encoded(&user), encoded(&password));
        let url = format!("unix://{}?{login}&db={database}", path.join("/"));
        let (_, _, read_user, read_password, read_database) = parts(&at_url(&url).unwrap());
        prop_assert_eq!(read_user, Some(user));
        prop_assert_eq!(read_password, Some(password));
        prop_assert_eq!(read_database, i64::from(database));
    }

    /// Nor is a piece of it ever taken for the host, the port or the database.
    #[test]
    fn a_password_that_is_not_encoded_is_in_no_text(
        password in "[a-z0-9]{0,3}[/?#@:%&=+,\\[\\]\\\\ ]{1,2}[A-Z]{6}[a-z0-9#/?@]{0,4}",
        user in "[a-z]{0,5}",
    ) {
        let url = format!("redis://{user}:{password}@cafe.example:6379/0");
        match at_url(&url) {
            // An @ or a : inside is no reason to refuse: the last @ and the first : count.
            Ok(info) => {
                let (host, port, _, _, database) = parts(&info);
                prop_assert_eq!((&*host, port, database), ("cafe.example", 6379, 0));
            }
            Err(setting) => {
                let text = format!("{} {setting:?}", Error::from(setting));
                let secret = password.trim_matches(|c: char| !c.is_ascii_uppercase());
                prop_assert!(!text.contains(secret), "{}", text);
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = at_url(&text);
        let _ = at_url(&format!("redis://{text}"));
        let _ = at_url(&format!("unix://{text}"));
    }
}
