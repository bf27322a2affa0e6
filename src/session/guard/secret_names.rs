//! Field names that are taken for secrets.

/// Field names that the data must not have, compared without regard to case, `_` and `-`.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pin",
    "otp",
    "secret",
    "clientsecret",
    "privatekey",
    "apikey",
    "token",
    "jwt",
    "jwttoken",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "bearertoken",
    "authorization",
    "cvv",
    "cvc",
];

/// The secret that a field of this name is taken for.
pub(super) fn secret_named(name: &str, allowed_names: &[&str]) -> Option<&'static str> {
    let plain = || {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
    };
    // Most names differ in their length already.
    let length = plain().count();
    let secret = SECRET_NAMES
        .iter()
        .find(|secret| secret.len() == length && plain().eq(secret.bytes()))?;
    (!allowed_names.contains(&name)).then_some(secret)
}
