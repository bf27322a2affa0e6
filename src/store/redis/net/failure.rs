//! Why a call failed, and how it may be sent again.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;

use redis::ConnectionAddr;

use crate::store::StoreError;

/// Why a call failed.
///
/// Its text is safe to print: an error text of a server may quote keys and arguments, so only its
/// [first words](super::words) are kept.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    kind: Kind,
    pub(super) what: Cow<'static, str>,
    pub(super) source: Option<Cause>,
    pub(super) retry: Retry,
    /// Whether the request may have been applied all the same.
    pub(crate) maybe_applied: bool,
    /// Whether the server gave an error reply that is not known.
    pub(super) is_unknown_reply: bool,
}

/// Which [`StoreError`] it becomes.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Unavailable,
    OverCapacity,
    Denied,
    Misconfigured,
    Corrupt,
}

/// How the request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// Not at all: nothing helps until somebody acts, or the deadline is over.
    Never,
    /// Over the same connection, after a pause.
    Later,
    /// To another server, or over a new connection to this one.
    Reconnect,
    /// To the node that this one named.
    Redirect,
}

/// A cause, shared by all calls that failed for it.
pub(super) type Cause = Arc<dyn Error + Send + Sync>;

impl Failure {
    /// The connection has been silent for longer than the response timeout.
    pub(super) const SILENT: Self =
        Self::unavailable(Retry::Reconnect, "no answer in time").after_sending();
    /// The deadline is over while the connection brings other replies.
    pub(super) const LATE: Self =
        Self::unavailable(Retry::Never, "no answer in time").after_sending();
    /// The connection is gone, and the reply with it.
    pub(super) const LOST: Self =
        Self::unavailable(Retry::Reconnect, "the connection was lost").after_sending();
    /// The connection is open, and the deadline is over.
    pub(super) const OVERDUE: Self =
        Self::unavailable(Retry::Later, "no time left to send the request");
    pub(super) const UNREACHABLE: Self = Self::unavailable(Retry::Later, "cannot connect");
    /// Redis reads the start of a TLS handshake as half a command, and waits for the rest.
    pub(super) const UNREACHABLE_OVER_TLS: Self = Self::unavailable(
        Retry::Later,
        "cannot connect (a plain port does not answer TLS)",
    );
    /// What is left of a redirection if its node cannot answer by the deadline.
    pub(super) const REDIRECTED: Self = Self::unavailable(
        Retry::Redirect,
        "no time left to ask the node of the cluster that has the keys",
    );
    /// What is left of several of them, one after the other.
    pub(super) const DISAGREEMENT: Self = Self::unavailable(
        Retry::Redirect,
        "the nodes of the cluster disagree about which of them has the keys",
    );
    /// What an announced address of a node must be.
    pub(super) const INVALID_NODE: Self = Self::misconfigured(
        "a node of the cluster announces another one without an address that can be reached: see \
         cluster-announce-ip and cluster-announce-hostname",
    );
    pub(crate) const CLUSTER_NODE: Self =
        Self::misconfigured("the server is a node of a cluster: use connect_cluster");

    pub(super) const fn unavailable(retry: Retry, what: &'static str) -> Self {
        Self::new(Kind::Unavailable, retry, what)
    }

    pub(super) const fn over_capacity(what: &'static str) -> Self {
        Self::new(Kind::OverCapacity, Retry::Never, what)
    }

    pub(super) const fn denied(what: &'static str) -> Self {
        Self::new(Kind::Denied, Retry::Never, what)
    }

    pub(super) const fn misconfigured(what: &'static str) -> Self {
        Self::new(Kind::Misconfigured, Retry::Never, what)
    }

    pub(super) const fn corrupt(what: &'static str) -> Self {
        Self::new(Kind::Corrupt, Retry::Never, what)
    }

    const fn new(kind: Kind, retry: Retry, what: &'static str) -> Self {
        Self {
            kind,
            what: Cow::Borrowed(what),
            source: None,
            retry,
            maybe_applied: false,
            is_unknown_reply: false,
        }
    }

    /// An error reply that is not known: a proxy may have forwarded the request before it failed.
    pub(super) const fn unknown_reply() -> Self {
        let mut failure = Self::unavailable(Retry::Later, "an error reply that is not known");
        failure.is_unknown_reply = true;
        failure.after_sending()
    }

    /// The same, of a request that may have been applied.
    pub(super) const fn after_sending(mut self) -> Self {
        self.maybe_applied = true;
        self
    }

    pub(super) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same, with what the server says, or which server it is.
    pub(super) fn with_detail(mut self, label: &str, detail: &dyn Display) -> Self {
        self.what = format!("{}; {label}: {detail}", self.what).into();
        self
    }

    /// The same, of an attempt to reach this server.
    pub(super) fn of(self, server: Option<&ConnectionAddr>) -> Self {
        match server {
            Some(address) => self.with_detail("server", address),
            None => self,
        }
    }

    /// The failure of a request that was redirected to a node which cannot be reached.
    pub(super) fn redirected(self) -> Self {
        Self {
            retry: Retry::Redirect,
            maybe_applied: false,
            ..self
        }
    }

    /// The same, after so many redirections in a row, each to a node that can be reached.
    pub(super) fn redirected_again(self, redirects: u32) -> Self {
        if redirects > 1 && self.what == Self::REDIRECTED.what {
            return Self::DISAGREEMENT;
        }
        self
    }

    /// Whether nothing was tried: there was no time to send, or no attempt to connect has failed
    /// since the connection was lost.
    pub(super) fn is_untried(&self) -> bool {
        [Self::OVERDUE, Self::LOST]
            .iter()
            .any(|untried| self.what.starts_with(&*untried.what))
    }

    /// Whether sending again soon is useless.
    pub(super) fn is_final(&self) -> bool {
        self.retry == Retry::Never
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let what = failure.what;
        let error = match failure.kind {
            Kind::Unavailable => Self::unavailable(what),
            Kind::OverCapacity => Self::over_capacity(what),
            Kind::Denied => Self::denied(what),
            Kind::Misconfigured => Self::misconfigured(what),
            Kind::Corrupt => Self::corrupt(what),
        };
        match failure.source {
            // A store error owns its cause; here all calls that failed for it share one.
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}
