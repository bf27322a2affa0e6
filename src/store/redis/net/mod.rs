//! Sockets: connections that are made again, the nodes of a cluster, one call with its retries, and
//! what can fail.
//!
//! Nothing here knows what a session is.

mod activity;
mod address;
mod backoff;
mod cluster;
mod connection;
mod dial;
mod driver;
mod endpoints;
mod failure;
mod link;
mod redis_error;
mod request;
mod server_error;
mod slot;
mod target;
mod tls;
mod url;
mod words;

pub(super) use address::{InvalidSetting, checked};
pub(super) use cluster::Cluster;
pub(super) use connection::Connection;
pub(super) use endpoints::{Answer, Endpoints};
pub(super) use failure::Failure;
pub(super) use request::Request;
pub(super) use target::Target;
pub(super) use tls::Certificates;
pub(super) use url::at_url;
