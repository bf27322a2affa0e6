//! TLS that only one side speaks, certificates that are not trusted, and a build without TLS.

#[cfg(feature = "tls")]
pub use with::ROWS;

#[cfg(not(feature = "tls"))]
pub const ROWS: &[&crate::row::Row] = &[&crate::row::Row {
    number: 33,
    fault: "TLS (rediss://) without TLS in the build",
    route: crate::row::Route::Tls,
    connect: &[crate::row::Answer::Setting],
    says: "the feature `tls`",
    ..crate::row::Row::NONE
}];

#[cfg(feature = "tls")]
mod with {
    use std::time::Duration;

    use crate::injection::{Act, ServerTls};
    use crate::row::Answer::{Connected, Denied, Misconfigured, Unavailable};
    use crate::row::{Route, Row};

    /// The session survives the restart with another certificate.
    const DURABLE: Row = Row {
        route: Route::Tls,
        settings: &["--appendonly", "yes", "--appendfsync", "always"],
        // Enough for more than two attempts to connect. If a handshake is refused, the call does
        // not wait for more.
        deadline: Duration::from_secs(5),
        end: Act::SpeakTls(ServerTls::Valid),
        ..Row::NONE
    };
    const UNTRUSTED: Row = Row {
        number: 32,
        load: &[Misconfigured],
        commit: &[Misconfigured],
        resolve: &[Misconfigured],
        delete: &[Misconfigured],
        connect: &[Misconfigured],
        ..DURABLE
    };

    pub const ROWS: &[&Row] = &[
        &Row {
            number: 31,
            fault: "TLS client to a plain port",
            start: Act::SpeakWithoutTls,
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            delete: &[Unavailable],
            connect: &[Unavailable],
            says: "a plain port does not answer TLS",
            ..DURABLE
        },
        &Row {
            number: 31,
            fault: "TLS client to a plain port (its error)",
            start: Act::Impostor(b"-ERR Protocol error\r\n"),
            end: Act::RestartAfterImpostor,
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            delete: &[Unavailable],
            connect: &[Unavailable],
            says: "the server does not speak TLS",
            ..DURABLE
        },
        &Row {
            number: 31,
            fault: "plain client to a TLS port",
            route: Route::Direct,
            start: Act::SpeakTls(ServerTls::Valid),
            end: Act::SpeakWithoutTls,
            deadline: Duration::from_millis(400),
            load: &[Unavailable],
            commit: &[Unavailable],
            resolve: &[Unavailable],
            delete: &[Unavailable],
            connect: &[Unavailable],
            says: "TLS on one side only",
            ..DURABLE
        },
        &Row {
            fault: "untrusted certificate",
            start: Act::SpeakTls(ServerTls::Untrusted),
            says: "UnknownIssuer",
            ..UNTRUSTED
        },
        &Row {
            fault: "certificate for another name",
            start: Act::SpeakTls(ServerTls::OtherName),
            says: "NotValidForName",
            ..UNTRUSTED
        },
        &Row {
            fault: "certificate expired",
            start: Act::SpeakTls(ServerTls::Expired),
            says: "expired",
            ..UNTRUSTED
        },
        &Row {
            fault: "server asks for a client certificate, none given",
            start: Act::SpeakTls(ServerTls::AsksClients),
            load: &[Denied],
            commit: &[Denied],
            resolve: &[Denied],
            delete: &[Denied],
            connect: &[Denied],
            says: "it may ask for a client certificate that it trusts",
            ..UNTRUSTED
        },
        &Row {
            number: 33,
            fault: "TLS, and no crypto provider is installed",
            route: Route::Tls,
            deadline: Duration::from_secs(5),
            connect: &[Connected],
            ..Row::UNNOTICED
        },
    ];
}
