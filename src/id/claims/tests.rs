//! Every spelling of a date, and what counts as a JSON Web Token.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// A JSON Web Token with this payload.
pub(in crate::id) fn text(payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part(r#"{"alg":"HS256"}"#),
        part(payload),
        part("sig")
    )
}

fn jwt(payload: &str) -> Claims {
    Claims::of(&text(payload)).unwrap()
}

fn at(second: u64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
}

#[test]
fn exp_is_read_however_the_number_is_spelled() {
    for (exp, second) in [
        ("7", 7),
        ("1795858426.88", 1_795_858_426),
        ("1795858426.9999999999999", 1_795_858_426),
        ("1900000000.0", 1_900_000_000),
        ("1.9e9", 1_900_000_000),
        ("19E8", 1_900_000_000),
        ("0.19e+10", 1_900_000_000),
        ("190000000099e-2", 1_900_000_000),
        ("0", 0),
        ("0.0e0", 0),
        ("0e999999999999999999999", 0),
        ("1e-999999999999999999999", 0),
        ("0.9", 0),
        ("-0", 0),
        ("-1", 0),
        ("-1.9e9", 0),
        ("253402300799", LAST_SECOND),
        ("253402300800", LAST_SECOND),
        ("1900000000000", LAST_SECOND),
        ("1e300", LAST_SECOND),
        ("1e400", LAST_SECOND),
        ("1e999999999999999999999", LAST_SECOND),
        ("18446744073709551615", LAST_SECOND),
        ("340282366920938463463374607431768211456", LAST_SECOND),
    ] {
        let payload = format!(r#"{{"exp":{exp}}}"#);
        assert_eq!(jwt(&payload).expires_at, at(second), "{exp}");
    }
}

#[test]
fn exp_is_found_among_any_other_claims() {
    for payload in [
        r#"{"sub":1e400,"exp":7}"#,
        "{\"\\u0065xp\":7}",
        " \n{ \"exp\" : 7 } ",
        r#"{"n":[[{"exp":9}]],"exp":7,"a":null}"#,
        &format!(
            r#"{{"deep":{}{},"exp":7}}"#,
            "[".repeat(500),
            "]".repeat(500)
        ),
        r#"{"iat":"soon","nbf":true,"exp":7}"#,
    ] {
        assert_eq!(jwt(payload).expires_at, at(7), "{payload}");
    }
    for payload in ["{}", r#"{"exp":null}"#, r#"{"EXP":7}"#] {
        assert_eq!(jwt(payload).expires_at, None, "{payload}");
    }
}

#[test]
fn token_whose_end_cannot_be_read_is_refused() {
    for payload in [
        r#"{"exp":"7"}"#,
        r#"{"exp":true}"#,
        r#"{"exp":[7]}"#,
        r#"{"exp":{}}"#,
        r#"{"exp":7,"exp":1900000000}"#,
        r#"{"exp":NaN}"#,
        r#"{"exp":.5}"#,
        r#"{"exp":+7}"#,
        r#"{"exp":0x7}"#,
        "[7,7,7]",
        "[null,null,null]",
        "7",
        "\"exp\"",
        "null",
        "{",
        "",
    ] {
        assert_eq!(Claims::of(&text(payload)), None, "{payload}");
    }
}

#[test]
fn unsigned_and_padded_tokens_are_read_too() {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let token = text(r#"{"exp":7,"?":"\u00fb?>~"}"#);
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let json = "{\"exp\":7,\"?\":\"\u{fb}??>>~~\" }";
    for text in [
        format!("{header}.{payload}."),
        format!("{header}.{payload}.!not-base64"),
        format!("{header}==.{payload}.{signature}="),
        format!("{header}.{}.{signature}", URL_SAFE.encode(json)),
        format!("{header}.{}.{signature}", STANDARD.encode(json)),
    ] {
        assert_eq!(Claims::of(&text).unwrap().expires_at, at(7), "{text}");
    }
}

#[test]
fn any_other_text_is_opaque() {
    let token = text(r#"{"exp":7}"#);
    let (two, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = two.split_once('.').unwrap();
    let header_of = |json: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(json));
    for text in [
        two.to_owned(),
        header.to_owned(),
        format!("{two}.{signature}.x"),
        format!("{header}.key.iv.ciphertext.tag"),
        header_of("{}"),
        header_of(r#"{"alg":null}"#),
        header_of(r#"["HS256"]"#),
        header_of("v2"),
        "v4.local.c2ln".into(),
        "gho_16C7e42F292c6912E7710c838347Ae178B4a".into(),
        "a.b.c".into(),
        "..".into(),
        "...".into(),
    ] {
        assert_eq!(Claims::of(&text).unwrap(), Claims::default());
    }
}

#[test]
fn start_and_end_are_read_by_one_rule() {
    let claims = jwt(r#"{"iat":5.5,"nbf":6e0,"exp":7}"#);
    let expected = Claims {
        issued_at: at(5),
        not_before: at(6),
        expires_at: at(7),
    };
    assert_eq!(claims, expected);
}

proptest::proptest! {
    #[test]
    fn fraction_of_a_date_is_cut_off(second in 0..=LAST_SECOND, fraction in "[0-9]{0,30}") {
        let number = match fraction.as_str() {
            "" => second.to_string(),
            _ => format!("{second}.{fraction}"),
        };
        proptest::prop_assert_eq!(whole_seconds(&number), second);
    }

    #[test]
    fn exponent_moves_the_point(
        second in 1..=LAST_SECOND,
        fraction in "[0-9]{1,30}",
        shift in -40_i64..40,
    ) {
        // The same digits with the point elsewhere, and the exponent that moves it back.
        let digits = format!("{second}{fraction}");
        let length = i64::try_from(second.to_string().len()).unwrap();
        let at = length + shift;
        let number = if at <= 0 {
            let zeros = "0".repeat(usize::try_from(-at).unwrap());
            format!("0.{zeros}{digits}e{}", -shift)
        } else {
            let at = usize::try_from(at).unwrap();
            let digits = format!("{digits:0<at$}0");
            let (whole, fraction) = digits.split_at(at);
            format!("{whole}.{fraction}E{}", -shift)
        };
        proptest::prop_assert_eq!(whole_seconds(&number), second, "{}", number);
    }
}
