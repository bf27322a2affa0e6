//! One attempt to connect: the name, the socket, TLS, the greeting and the database.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::AsyncDNSResolver;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, RedisError, RedisFuture};
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::failure::{Failure, Retry};
use super::tls;
use crate::sync::Mutex;

const UNKNOWN_NAME: Failure =
    Failure::unavailable(Retry::Later, "the host name does not resolve to an address");
const SLOW_NAME: Failure = Failure::unavailable(
    Retry::Later,
    "the host name did not resolve to an address in time (slow or unreachable DNS)",
);

/// Connects within this time.
pub(super) async fn dial(
    server: &Client,
    config: AsyncConnectionConfig,
    time: Duration,
) -> Result<MultiplexedConnection, Failure> {
    // The client's error does not say that it is about the name, and a look-up that is cut off
    // leaves none.
    let lookup = Lookup::default();
    let config = config.set_dns_resolver(lookup.clone());
    match timeout(time, connect(server, &config)).await {
        Ok(Ok(redis)) => Ok(redis),
        Ok(Err(failure)) => Err(lookup.failure().unwrap_or(failure)),
        Err(_) => {
            Err(lookup
                .failure()
                .unwrap_or_else(|| match server.get_connection_info().addr() {
                    ConnectionAddr::TcpTls { .. } => Failure::UNREACHABLE_OVER_TLS,
                    _ => Failure::UNREACHABLE,
                }))
        }
    }
}

async fn connect(
    server: &Client,
    config: &AsyncConnectionConfig,
) -> Result<MultiplexedConnection, Failure> {
    let info = server.get_connection_info();
    let database = info.redis_settings().db();
    // The client's own SELECT is sent with its greeting, and keeps half of a refusal.
    let greeting = info.redis_settings().clone().set_db(0);
    let client = Client::open(info.clone().set_redis_settings(greeting))?;
    let mut redis = client
        .get_multiplexed_async_connection_with_config(config)
        .await
        .map_err(|error| {
            tls::handshake_failure(&error).unwrap_or_else(|| Failure::greeting(error))
        })?;
    if database != 0 {
        let mut select = redis::cmd("SELECT");
        select.arg(database);
        let selected = redis.send_packed_command(&select).await;
        selected
            .and_then(redis::Value::extract_error)
            .map_err(Failure::selecting)?;
    }
    Ok(redis)
}

/// The look-up of a host name, and how far it is.
#[derive(Clone, Default)]
struct Lookup(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    /// Not begun, or found.
    #[default]
    Idle,
    Running,
    Failed(Arc<io::Error>),
}

impl Lookup {
    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Why the attempt failed, if it failed or was cut off during the look-up.
    fn failure(&self) -> Option<Failure> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Idle => None,
            State::Running => Some(SLOW_NAME),
            State::Failed(error) => Some(UNKNOWN_NAME.with_source(Arc::clone(error))),
        }
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, io::Error> {
        let found: Vec<_> = lookup_host((host, port)).await?.collect();
        if found.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(found)
    }
}

impl AsyncDNSResolver for Lookup {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        host: &'b str,
        port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async move {
            self.set(State::Running);
            match self.look_up(host, port).await {
                Ok(found) => {
                    self.set(State::Idle);
                    Ok(Box::new(found.into_iter()) as Box<dyn Iterator<Item = _> + Send>)
                }
                Err(error) => {
                    self.set(State::Failed(Arc::new(error)));
                    Err(RedisError::from((ErrorKind::Client, "no address")))
                }
            }
        })
    }
}
