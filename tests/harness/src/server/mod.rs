//! A Redis of a test's own: a private `redis-server` on a free loopback port, gone with the test.

mod port;
mod process;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;

use process::Process;
pub use process::program;

/// A `redis-server` that this test has started.
pub struct Server {
    port: u16,
    folder: PathBuf,
    args: Vec<String>,
    /// Its TLS settings, if it speaks TLS and nothing else on its port. The test's own connections
    /// use the socket in its folder then.
    tls: Option<Vec<String>>,
    process: Option<Process>,
}

impl Server {
    /// Starts a server with default settings, which keeps nothing on disk.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these settings, written as on the command line.
    pub fn with(args: &[&str]) -> Self {
        let mut server = Self::new(args);
        assert!(
            server.start_on_free_port(),
            "redis-server does not start; its log:\n{}",
            server.log()
        );
        server
    }

    /// Starts a server that speaks nothing but TLS on its port. Returns `None` if the program was
    /// built without TLS. See [`speak_tls`](Self::speak_tls).
    pub fn over_tls(args: &[&str], certificate: &str, key: &str) -> Option<Self> {
        let mut server = Self::new(args);
        server.speak_tls(certificate, key, None);
        let started = server.start_on_free_port();
        assert!(
            started || server.has_no_tls(),
            "redis-server does not start; its log:\n{}",
            server.log()
        );
        started.then_some(server)
    }

    fn new(args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vimbiso-redis-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            port: port::free(),
            folder,
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            tls: None,
            process: None,
        }
    }

    /// Another program may take the port before the server does; then it tries another port.
    fn start_on_free_port(&mut self) -> bool {
        for _ in 0..5 {
            if self.try_start() {
                return true;
            }
            self.port = port::free();
        }
        false
    }

    /// Shows this certificate from its next start on, on the same port. Both are PEM. If
    /// `clients_of` is given, only clients with a certificate of this authority are let in.
    pub fn speak_tls(&mut self, certificate: &str, key: &str, clients_of: Option<&str>) {
        let file = |name: &str, text: &str| {
            let file = self.folder.join(name);
            std::fs::write(&file, text).unwrap();
            file.display().to_string()
        };
        let server = [
            "--tls-cert-file",
            &file("tls.crt", certificate),
            "--tls-key-file",
            &file("tls.key", key),
        ]
        .map(str::to_owned);
        let clients = match clients_of {
            Some(authority) => {
                ["--tls-ca-cert-file", &file("ca.crt", authority)].map(str::to_owned)
            }
            None => ["--tls-auth-clients", "no"].map(str::to_owned),
        };
        self.tls = Some([&server[..], &clients].concat());
    }

    /// Speaks no TLS from its next start on.
    pub fn speak_without_tls(&mut self) {
        self.tls = None;
    }

    /// Whether the last start failed because the program was built without TLS.
    fn has_no_tls(&self) -> bool {
        let log = self.log();
        // The first is what servers before 7.2 say.
        log.contains("tls-port") && log.contains("Bad directive")
            || log.contains("Failed finding TLS support")
    }

    /// Starts it again on the same port and folder, after [`kill`](Self::kill).
    pub fn restart(&mut self) {
        assert!(self.try_restart(), "redis-server was built without TLS");
    }

    /// Like [`restart`](Self::restart), but returns `false` if the program was built without TLS.
    pub fn try_restart(&mut self) -> bool {
        let begin = Instant::now();
        let mut started = self.try_start();
        // Another program may hold the port for a short time.
        while !started && !self.has_no_tls() && begin.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(100));
            started = self.try_start();
        }
        assert!(
            started || self.has_no_tls(),
            "redis-server does not start again; its log:\n{}",
            self.log()
        );
        started
    }

    /// Like [`restart`](Self::restart), with more settings.
    pub fn restart_with(&mut self, args: &[&str]) {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self.restart();
    }

    fn try_start(&mut self) -> bool {
        self.process = Some(Process::start(&self.folder, &self.all_args()));
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(30) {
            if self.answers() {
                return true;
            }
            if self.process.as_ref().is_none_or(Process::has_ended) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }

    fn all_args(&self) -> Vec<String> {
        let port = self.port.to_string();
        let mut args: Vec<&str> = match &self.tls {
            None => vec!["--port", &port],
            Some(tls) => ["--port", "0", "--tls-port", &port]
                .into_iter()
                .chain(tls.iter().map(String::as_str))
                .collect(),
        };
        let socket = self.socket();
        let folder = self.folder.display().to_string();
        args.extend(["--bind", "127.0.0.1", "--unixsocket", &socket]);
        args.extend(["--dir", &folder, "--save", "", "--appendonly", "no"]);
        args.extend(["--daemonize", "no"]);
        args.extend(self.args.iter().map(String::as_str));
        args.into_iter().map(str::to_owned).collect()
    }

    fn socket(&self) -> String {
        self.folder.join("socket").display().to_string()
    }

    /// Whether it answers at all, even if with an error.
    fn answers(&self) -> bool {
        // Over its socket: another server may have its port, and then it ends.
        let Ok(mut stream) = UnixStream::connect(self.socket()) else {
            return false;
        };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
        let mut byte = [0];
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut byte).is_ok()
            && matches!(byte, [b'+' | b'-'])
    }

    /// Ends it with `kill -9`: it saves nothing and closes nothing.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops it (SIGSTOP): connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        assert!(self.signal("-STOP"));
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        assert!(self.signal("-CONT"));
    }

    fn signal(&self, signal: &str) -> bool {
        self.process
            .as_ref()
            .is_some_and(|process| process.signal(signal))
    }

    /// Limits the size of its files: a number of bytes, or `unlimited`. A write beyond that fails,
    /// as on a full disk. Returns `false` if this system cannot limit them.
    pub fn limit_files(&self, bytes: &str) -> bool {
        self.process
            .as_ref()
            .is_some_and(|process| process.limit_files(bytes))
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() {
            "rediss"
        } else {
            "redis"
        };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The URL of the test's own connections.
    pub fn raw_url(&self) -> String {
        match self.tls {
            Some(_) => format!("unix://{}", self.socket()),
            None => self.url(),
        }
    }

    /// A connection of the test's own.
    pub async fn raw(&self) -> MultiplexedConnection {
        raw(&self.raw_url()).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A connection of the test's own to any server.
pub async fn raw(url: &str) -> MultiplexedConnection {
    // Some tests stop the server for longer than the client waits by default.
    let config =
        redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
    redis::Client::open(url)
        .unwrap()
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .unwrap()
}
