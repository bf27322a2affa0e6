//! A private Redis: on a free loopback port, in memory only, gone with the run.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::IntoConnectionInfo;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;

pub struct Server {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts `redis-server` (or what `REDIS_SERVER` names) and waits until it answers.
    pub async fn start() -> Self {
        let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("an address")
            .port();
        let folder = tempfile::tempdir().expect("a folder");
        let process = Command::new(&program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{program} does not start ({error}): install redis-server, or name one in \
                     REDIS_SERVER"
                )
            });
        let server = Self {
            process,
            port,
            _folder: folder,
        };
        for _ in 0..100 {
            if redis::Client::open(server.url())
                .expect("a URL")
                .get_multiplexed_async_connection()
                .await
                .is_ok()
            {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{program} does not answer");
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub async fn connect(&self) -> MultiplexedConnection {
        let server = self.url().into_connection_info().expect("a URL");
        let server = server.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        redis::Client::open(server)
            .expect("a URL")
            .get_multiplexed_async_connection()
            .await
            .expect("a server")
    }

    /// A figure of `INFO`.
    pub async fn info(&self, section: &str, name: &str) -> u64 {
        let info: String = redis::cmd("INFO")
            .arg(section)
            .query_async(&mut self.connect().await)
            .await
            .expect("INFO");
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.expect("a figure").trim().parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
