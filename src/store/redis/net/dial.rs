//! One attempt to connect: the name, the socket, TLS, the greeting and the database.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::select_ok;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use redis::{AsyncConnectionConfig, ConnectionAddr, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use super::driver::Driver;
use super::failure::{Failure, Retry};
use super::target::Target;
use super::tls;

const UNKNOWN_NAME: Failure =
    Failure::unavailable(Retry::Later, "the host name does not resolve to an address");
const SLOW_NAME: Failure = Failure::unavailable(
    Retry::Later,
    "the host name did not resolve to an address in time (slow or unreachable DNS)",
);
const UNSUPPORTED: Failure = Failure::misconfigured("this system has no such kind of address");

/// Connects within this time. The connection works for as long as the driver is kept.
pub(super) async fn dial(
    target: &Target,
    config: AsyncConnectionConfig,
    time: Duration,
) -> Result<(MultiplexedConnection, Driver), Failure> {
    let deadline = Instant::now() + time;
    let (address, late) = match target.address() {
        ConnectionAddr::Tcp(host, port) => ((&**host, *port), Failure::UNREACHABLE),
        ConnectionAddr::TcpTls { host, port, .. } => {
            ((&**host, *port), Failure::UNREACHABLE_OVER_TLS)
        }
        #[cfg(unix)]
        ConnectionAddr::Unix(path) => {
            let greeted = async {
                let socket = tokio::net::UnixStream::connect(path).await;
                greet(target, socket.map_err(unreachable)?, config).await
            };
            return within(deadline, greeted, Failure::UNREACHABLE).await;
        }
        _ => return Err(UNSUPPORTED),
    };
    let addresses = within(deadline, look_up(address), SLOW_NAME).await?;
    let greeted = async {
        let socket = connect(addresses).await.map_err(unreachable)?;
        match target.tls() {
            Some(tls) => greet(target, tls.handshake(address.0, socket).await?, config).await,
            None => greet(target, socket, config).await,
        }
    };
    within(deadline, greeted, late).await
}

/// What this results in, or `late` if it takes longer.
async fn within<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Failure>>,
    late: Failure,
) -> Result<T, Failure> {
    timeout_at(deadline, work).await.unwrap_or(Err(late))
}

fn unreachable(error: io::Error) -> Failure {
    Failure::greeting(error.into())
}

async fn look_up((host, port): (&str, u16)) -> Result<Vec<SocketAddr>, Failure> {
    let found: Vec<_> = match lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        Err(error) => return Err(UNKNOWN_NAME.with_source(error)),
    };
    if found.is_empty() {
        return Err(UNKNOWN_NAME.with_source(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(found)
}

/// A socket to the address that accepts first.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let attempts = addresses
        .into_iter()
        .map(|at| Box::pin(TcpStream::connect(at)));
    let (stream, _) = select_ok(attempts).await?;
    stream.set_nodelay(true)?;
    // A peer that is gone without a word is noticed after some seconds, by the kernel.
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(1));
    let socket = SockRef::from(&stream);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}

/// Logs in over this socket, and chooses the database.
async fn greet(
    target: &Target,
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    config: AsyncConnectionConfig,
) -> Result<(MultiplexedConnection, Driver), Failure> {
    let greeting = target.greeting();
    let greeted = MultiplexedConnection::new_with_config(&greeting, socket, config).await;
    let (mut redis, driver) = greeted.map_err(tls::handshake_failure)?;
    let driver = Driver::spawn(driver);
    let database = target.database();
    if database != 0 {
        let mut select = redis::cmd("SELECT");
        select.arg(database);
        let selected = redis.send_packed_command(&select).await;
        selected
            .and_then(Value::extract_error)
            .map_err(Failure::selecting)?;
    }
    Ok((redis, driver))
}
