//! A Redis of a test's own: a private `redis-server` on a free loopback port, gone with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;

/// A `redis-server` that this test has started.
///
/// A shell stands between: it kills the server when its standard input is closed, and removes its files unless told to keep them.
/// That happens however the test ends.
pub struct Server {
    port: u16,
    folder: PathBuf,
    args: Vec<String>,
    /// Its settings of TLS, where it speaks that and nothing else. The test's own connections take the socket in its folder then.
    tls: Option<Vec<String>>,
    running: Option<Running>,
}

struct Running {
    shell: Child,
    pid: String,
}

/// The program: `REDIS_SERVER` where that is set, else from PATH.
pub fn program() -> Option<PathBuf> {
    match std::env::var_os("REDIS_SERVER") {
        Some(program) => Some(program.into()),
        None => std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|dir| dir.join("redis-server"))
            .find(|file| file.is_file()),
    }
}

impl Server {
    /// A server with default settings, which keeps nothing on disk.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// A server with these settings, written as on the command line.
    pub fn with(args: &[&str]) -> Self {
        let mut server = Self::new(args);
        assert!(
            server.runs(),
            "redis-server does not start; its log:\n{}",
            server.log()
        );
        server
    }

    /// A server that speaks nothing but TLS on its port; `None` where it was built without. See [`speak_tls`](Self::speak_tls).
    pub fn over_tls(args: &[&str], certificate: &str, key: &str) -> Option<Self> {
        let mut server = Self::new(args);
        server.speak_tls(certificate, key, None);
        let runs = server.runs();
        assert!(
            runs || server.knows_no_tls(),
            "redis-server does not start; its log:\n{}",
            server.log()
        );
        runs.then_some(server)
    }

    fn new(args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "vimbiso-redis-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self {
            port: free_port(),
            folder,
            args,
            tls: None,
            running: None,
        }
    }

    fn runs(&mut self) -> bool {
        for _ in 0..5 {
            if self.try_run() {
                return true;
            }
            self.port = free_port();
        }
        false
    }

    /// Shows this certificate from its next start on, on the same port; both are PEM. Takes clients of this authority alone where
    /// one is given, and otherwise all of them.
    pub fn speak_tls(&mut self, certificate: &str, key: &str, clients_of: Option<&str>) {
        let file = |name: &str, text: &str| {
            let file = self.folder.join(name);
            std::fs::write(&file, text).unwrap();
            file.display().to_string()
        };
        let shown = [
            "--tls-cert-file",
            &file("tls.crt", certificate),
            "--tls-key-file",
            &file("tls.key", key),
        ]
        .map(str::to_owned);
        let asked = match clients_of {
            Some(authority) => vec!["--tls-ca-cert-file".to_owned(), file("ca.crt", authority)],
            None => ["--tls-auth-clients", "no"].map(str::to_owned).to_vec(),
        };
        self.tls = Some([&shown[..], &asked].concat());
    }

    /// Speaks no TLS from its next start on.
    pub fn speak_plainly(&mut self) {
        self.tls = None;
    }

    /// In words of before and since 7.2.
    fn knows_no_tls(&self) -> bool {
        let log = self.log();
        log.contains("tls-port") && log.contains("Bad directive")
            || log.contains("Failed finding TLS support")
    }

    /// Starts it again on the same port and folder, after [`kill`](Self::kill).
    pub fn restart(&mut self) {
        assert!(self.restarts(), "redis-server was built without TLS");
    }

    /// The same; says no where it was built without what it is to speak. Somebody else may have its port for a moment.
    pub fn restarts(&mut self) -> bool {
        let started = Instant::now();
        let mut runs = self.try_run();
        while !runs && !self.knows_no_tls() && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(100));
            runs = self.try_run();
        }
        assert!(
            runs || self.knows_no_tls(),
            "redis-server does not start again; its log:\n{}",
            self.log()
        );
        runs
    }

    /// The same with more settings.
    pub fn restart_with(&mut self, args: &[&str]) {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self.restart();
    }

    fn try_run(&mut self) -> bool {
        let program = program().expect("no redis-server");
        let script = r#"trap '' XFSZ; cd "$1"; shift; "$@" </dev/null >>log 2>&1 & echo $!; read keep; kill -9 $!; wait; [ "$keep" ] || rm -r "$PWD""#;
        let mut shell = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&self.folder)
            .arg(program)
            .args(self.listens())
            .args([
                "--bind",
                "127.0.0.1",
                "--unixsocket",
                &self.socket(),
                "--dir",
            ])
            .arg(&self.folder)
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        self.running = Some(Running {
            shell,
            pid: pid.trim().to_owned(),
        });
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if self.answers() {
                return true;
            }
            if self.is_gone() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }

    fn listens(&self) -> Vec<String> {
        let port = self.port.to_string();
        let plain = ["--port", &port].map(str::to_owned);
        let tls = ["--port", "0", "--tls-port", &port].map(str::to_owned);
        match &self.tls {
            None => plain.to_vec(),
            Some(settings) => [&tls[..], settings].concat(),
        }
    }

    fn socket(&self) -> String {
        self.folder.join("socket").display().to_string()
    }

    /// Whether it answers at all, be it with an error. Asked over its socket, for its port may be another server's: then it goes.
    fn answers(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(self.socket()) else {
            return false;
        };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
        let mut byte = [0];
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut byte).is_ok()
            && matches!(byte, [b'+' | b'-'])
    }

    /// Whether it has ended by itself, though the shell has not asked after it yet. Not every system tells.
    fn is_gone(&self) -> bool {
        let Some(running) = &self.running else {
            return true;
        };
        let state = std::fs::read_to_string(format!("/proc/{}/stat", running.pid));
        state.map_or_else(|_| !self.signal("-0"), |state| state.contains(") Z "))
    }

    fn signal(&self, signal: &str) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        Command::new("kill")
            .args([signal, &running.pid])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// `kill -9`: nothing is said, nothing is saved.
    pub fn kill(&mut self) {
        self.signal("-KILL");
        if let Some(mut running) = self.running.take() {
            let _ = running.shell.stdin.take().unwrap().write_all(b"keep\n");
            let _ = running.shell.wait();
        }
    }

    /// Stops it where it stands; connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        assert!(self.signal("-STOP"));
    }

    pub fn thaw(&self) {
        assert!(self.signal("-CONT"));
    }

    /// How long its files may be: a number of bytes, or `unlimited`. Says whether that can be set on this system.
    ///
    /// The shell has it ignore the signal that comes with a write beyond that, so that the write fails as on a full disk.
    pub fn limit_files(&self, bytes: &str) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let limit = Command::new("prlimit")
            .arg(format!("--pid={}", running.pid))
            .arg(format!("--fsize={bytes}:"))
            .status();
        limit.is_ok_and(|status| status.success())
    }

    /// Where it keeps its files.
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

    /// Where the test itself connects to.
    pub fn raw_url(&self) -> String {
        if self.tls.is_some() {
            format!("unix://{}", self.socket())
        } else {
            self.url()
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
    let patient =
        redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
    redis::Client::open(url)
        .unwrap()
        .get_multiplexed_async_connection_with_config(&patient)
        .await
        .unwrap()
}

/// One that no other server of this process has, below those that the system gives to clients: a port that is free now and taken
/// by another test before the server has it would make two tests share a server.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = std::process::id()
            .wrapping_mul(7919)
            .wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + (n % 20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
