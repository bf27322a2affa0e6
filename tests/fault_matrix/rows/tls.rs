//! TLS where only one side speaks it, or where one side does not trust the other; and a build that has none.

#[cfg(feature = "tls")]
pub use with::ROWS;

#[cfg(not(feature = "tls"))]
pub const ROWS: &[&crate::row::Row] = &[&crate::row::Row {
    number: 33,
    fault: "TLS (rediss://) without TLS in the build",
    way: crate::row::Way::Tls,
    connect: &[crate::row::Seen::Setting],
    says: "the feature `tls`",
    ..crate::row::Row::NONE
}];

#[cfg(feature = "tls")]
mod with {
    use std::time::Duration;

    use crate::injection::{Act, Shown};
    use crate::row::Seen::{Connected, Denied, Misconfigured, Unavailable};
    use crate::row::{Row, Way};

    /// The server is another after a restart, and the session on it the same.
    const DURABLE: Row = Row {
        way: Way::Tls,
        settings: &["--appendonly", "yes", "--appendfsync", "always"],
        // More than two attempts to connect. Where a handshake is refused, the call does not wait for more.
        patience: Duration::from_secs(5),
        mend: Act::SpeakTls(Shown::Valid),
        ..Row::NONE
    };
    const UNTRUSTED: Row = Row {
        number: 32,
        load: &[Misconfigured],
        commit: &[Misconfigured],
        resolve: &[Misconfigured],
        forget: &[Misconfigured],
        connect: &[Misconfigured],
        ..DURABLE
    };

    pub const ROWS: &[&Row] = &[
        &Row {
            number: 31,
            fault: "TLS client to a plain port",
            strike: Act::SpeakPlainly,
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            forget: &[Unavailable],
            connect: &[Unavailable],
            says: "a plain port does not answer TLS",
            ..DURABLE
        },
        &Row {
            number: 31,
            fault: "TLS client to a plain port (its error)",
            strike: Act::Impostor(b"-ERR Protocol error\r\n"),
            mend: Act::RestartInPlaceOfImpostor,
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            forget: &[Unavailable],
            connect: &[Unavailable],
            says: "it does not speak TLS",
            ..DURABLE
        },
        &Row {
            number: 31,
            fault: "plain client to a TLS port",
            way: Way::Straight,
            strike: Act::SpeakTls(Shown::Valid),
            mend: Act::SpeakPlainly,
            patience: Duration::from_millis(400),
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            forget: &[Unavailable],
            connect: &[Unavailable],
            says: "one side alone speaks TLS",
            ..DURABLE
        },
        &Row {
            fault: "untrusted certificate",
            strike: Act::SpeakTls(Shown::Strangers),
            says: "from nobody who is trusted here",
            ..UNTRUSTED
        },
        &Row {
            fault: "certificate for another name",
            strike: Act::SpeakTls(Shown::OfAnother),
            says: "for another name",
            ..UNTRUSTED
        },
        &Row {
            fault: "certificate expired",
            strike: Act::SpeakTls(Shown::Expired),
            says: "expired",
            ..UNTRUSTED
        },
        &Row {
            fault: "server asks for a client certificate, none given",
            strike: Act::SpeakTls(Shown::AndAsks),
            load: &[Denied],
            commit: &[Denied],
            resolve: &[Denied],
            forget: &[Denied],
            connect: &[Denied],
            says: "it asks for a certificate of the client",
            ..UNTRUSTED
        },
        &Row {
            number: 33,
            fault: "TLS, and nobody has installed a crypto provider",
            way: Way::Tls,
            patience: Duration::from_secs(5),
            connect: &[Connected],
            ..Row::UNNOTICED
        },
    ];
}
