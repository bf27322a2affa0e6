//! How a fault comes and goes: what is done to the server, to its keys, and to the network before it.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "tls")]
use harness::certificates::Authority;
use harness::proxy::Mishap;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

#[cfg(feature = "tls")]
use crate::world::NO_TLS;
use crate::world::World;

/// Something that is done to a world.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Nothing,
    /// Commands of an administrator, one after the other.
    Commands(&'static [&'static str]),
    /// `kill -9`.
    Kill,
    Restart,
    KillAndRestart,
    /// Killed, and started again on an empty disk.
    LoseEverything,
    /// SIGSTOP.
    Freeze,
    /// Every client is thrown out, and who comes back meets a server that stands still.
    ThrowOutAndFreeze,
    /// SIGCONT.
    Thaw,
    Once(Mishap),
    Always(Mishap),
    Heal,
    /// Somebody's script runs until it is killed.
    EndlessScript,
    /// Somebody's script runs, and nothing is heard of the server, until its limit for scripts is over.
    LongScript,
    /// Another program answers on the server's port, with these bytes.
    Impostor(&'static [u8]),
    RestartInPlaceOfImpostor,
    /// Started again on its port, with the same data, to speak TLS.
    #[cfg(feature = "tls")]
    SpeakTls(Shown),
    /// The same, to speak none.
    #[cfg(feature = "tls")]
    SpeakPlainly,
    /// This key of the user is deleted.
    Evict(&'static str),
    /// This key of the user holds these bytes.
    Overwrite(&'static str, &'static [u8]),
    /// This key of the user holds 100 MB.
    Bloat(&'static str),
    /// These keys of the user hold another type.
    Estrange(&'static [&'static str]),
    /// What was done to a key is undone.
    PutBack,
    /// It starts again with much to load, slowly.
    LoadSlowly,
    /// No snapshot can be written.
    BlockSnapshot,
    /// The cluster does not serve the user's slot.
    Unserve,
    Serve,
    /// The user's slot is on its way to the other node of the cluster, with some of their keys.
    BeginMove,
    EndMove,
    /// It has gone there.
    Move,
    /// The server forgets its libraries of functions.
    FlushFunctions,
    /// No byte more can be appended to any file.
    FillDisk,
    EmptyDisk,
}

/// What a server of TLS shows, and what it asks for.
#[cfg(feature = "tls")]
#[derive(Debug, Clone, Copy)]
pub enum Shown {
    /// What is to be shown.
    Valid,
    /// A certificate of an authority that nobody trusts.
    Strangers,
    /// One for another name.
    OfAnother,
    /// One whose time is over.
    Expired,
    /// What is to be shown; and every client is asked for a certificate, too.
    AndAsks,
}

/// Why a fault cannot be brought about here.
pub type Impossible = &'static str;

impl Act {
    pub async fn on(self, world: &mut World) -> Result<(), Impossible> {
        match self {
            Self::Nothing => {}
            Self::Commands(commands) => {
                for command in commands {
                    world.command(command).await;
                }
                notice().await;
            }
            Self::Kill => {
                world.server.kill();
                notice().await;
            }
            Self::Restart => world.server.restart(),
            Self::KillAndRestart => {
                world.server.kill();
                world.server.restart();
            }
            Self::LoseEverything => {
                world.server.kill();
                std::fs::remove_file(snapshot(world)).unwrap();
                world.server.restart();
            }
            Self::Freeze => world.server.freeze(),
            Self::ThrowOutAndFreeze => {
                world.command(THROW_OUT).await;
                world.server.freeze();
                notice().await;
            }
            Self::Thaw => world.server.thaw(),
            Self::Once(mishap) => world.proxy().once(mishap),
            Self::Always(mishap) => world.proxy().always(mishap),
            Self::Heal => world.proxy().heal(),
            Self::EndlessScript => {
                begin(world.server.raw().await, ENDLESS);
                // Some milliseconds in, the server begins to say that it is busy.
                let mut other = world.server.raw().await;
                while redis::cmd("PING").exec_async(&mut other).await.is_ok() {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            Self::LongScript => {
                let (one, other) = (world.server.raw().await, world.server.raw().await);
                begin(one, ENDLESS);
                sleep(Duration::from_millis(20)).await;
                begin(other, &["SCRIPT", "KILL"]);
            }
            Self::Impostor(bytes) => {
                world.server.kill();
                let address = ("127.0.0.1", world.server.port());
                let listener = TcpListener::bind(address).await.unwrap();
                world.impostor = Some(tokio::spawn(async move {
                    while let Ok((mut client, _)) = listener.accept().await {
                        let _ = client.read(&mut [0; 1024]).await;
                        let _ = client.write_all(bytes).await;
                    }
                }));
                notice().await;
            }
            Self::RestartInPlaceOfImpostor => {
                let impostor = world.impostor.take().unwrap();
                impostor.abort();
                let _ = impostor.await;
                world.server.restart();
            }
            #[cfg(feature = "tls")]
            Self::SpeakTls(shown) => speak_tls(world, shown).await?,
            #[cfg(feature = "tls")]
            Self::SpeakPlainly => {
                world.server.kill();
                world.server.speak_plainly();
                world.server.restart();
                notice().await;
            }
            Self::Evict(suffix) => {
                world.remember(&[suffix]).await;
            }
            Self::Overwrite(suffix, bytes) => {
                world.remember(&[suffix]).await;
                let key = world.key(suffix);
                let _: () = world.admin.set(key, bytes).await.unwrap();
            }
            Self::Bloat(suffix) => {
                world.remember(&[suffix]).await;
                let key = world.key(suffix);
                let _: () = world.admin.setrange(key, 100 << 20, "x").await.unwrap();
            }
            Self::Estrange(suffixes) => {
                world.remember(suffixes).await;
                for suffix in suffixes {
                    let key = world.key(suffix);
                    let _: () = world.admin.rpush(key, "a stranger's").await.unwrap();
                }
            }
            Self::PutBack => world.put_back().await,
            Self::LoadSlowly => load_slowly(world).await?,
            Self::BlockSnapshot => block_snapshot(world).await,
            Self::Unserve => {
                world.serve(false).await;
                notice().await;
            }
            Self::Serve => world.serve(true).await,
            Self::BeginMove => world.begin_move().await,
            Self::EndMove => world.end_move().await,
            Self::Move => {
                world.begin_move().await;
                world.end_move().await;
            }
            Self::FlushFunctions => {
                let flushed: Result<(), _> = redis::cmd("FUNCTION")
                    .arg("FLUSH")
                    .query_async(&mut world.admin)
                    .await;
                flushed.map_err(|_| "this server has no functions")?;
            }
            Self::FillDisk => fill_disk(world).await?,
            Self::EmptyDisk => assert!(world.server.limit_files("unlimited")),
        }
        Ok(())
    }
}

const ENDLESS: &[&str] = &["EVAL", "while true do end", "0"];
pub const THROW_OUT: &str = "CLIENT KILL TYPE normal SKIPME yes";

/// A moment for a client to notice that its connection is gone, so that what it does next begins without one.
async fn notice() {
    sleep(Duration::from_millis(50)).await;
}

/// Sends a command and leaves its answer to come when it comes.
fn begin(mut other: MultiplexedConnection, words: &'static [&'static str]) {
    tokio::spawn(async move {
        let _: Result<(), _> = redis::cmd(words[0])
            .arg(&words[1..])
            .query_async(&mut other)
            .await;
    });
}

#[cfg(feature = "tls")]
async fn speak_tls(world: &mut World, shown: Shown) -> Result<(), Impossible> {
    let ours = &world.authority;
    let signed = match shown {
        Shown::Valid | Shown::AndAsks => ours.signs(),
        Shown::Strangers => Authority::new("a stranger's").signs(),
        Shown::OfAnother => ours.signs_for(&["redis.example", "127.0.0.2"]),
        Shown::Expired => ours.signed_long_ago(),
    };
    let clients_of = matches!(shown, Shown::AndAsks).then_some(ours.pem.as_str());
    world.server.kill();
    world
        .server
        .speak_tls(&signed.certificate, &signed.key, clients_of);
    if !world.server.restarts() {
        return Err(NO_TLS);
    }
    notice().await;
    Ok(())
}

async fn load_slowly(world: &mut World) -> Result<(), Impossible> {
    let often = "loading-process-events-interval-bytes";
    let known: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg(often)
        .query_async(&mut world.admin)
        .await
        .unwrap();
    if known.is_empty() {
        return Err("this server does not say often enough that it is loading");
    }
    for n in 0..300 {
        let _: () = world.admin.set(n, "x".repeat(60_000)).await.unwrap();
    }
    world.command("SAVE").await;
    world.server.kill();
    world.server.restart_with(&[
        "--loading-process-events-interval-bytes",
        "1024",
        "--key-load-delay",
        "20000",
    ]);
    world.admin = world.server.raw().await;
    until(world, "loading:1").await;
    Ok(())
}

fn snapshot(world: &World) -> PathBuf {
    world.server.folder().join("dump.rdb")
}

async fn block_snapshot(world: &mut World) {
    let _: () = redis::cmd("CONFIG")
        .arg("SET")
        .arg("save")
        .arg("3600 1")
        .query_async(&mut world.admin)
        .await
        .unwrap();
    // A folder stands where the snapshot is to go.
    std::fs::remove_file(snapshot(world)).unwrap();
    std::fs::create_dir(snapshot(world)).unwrap();
    world.command("BGSAVE").await;
    until(world, "rdb_last_bgsave_status:err").await;
}

async fn fill_disk(world: &mut World) -> Result<(), Impossible> {
    if !world.server.limit_files("1") {
        return Err("prlimit is missing, or may not be used");
    }
    // The write that finds out is answered yet; those after it are refused.
    let _: () = world.admin.set("somebody's", "").await.unwrap();
    until(world, "aof_last_write_status:err").await;
    Ok(())
}

/// Waits until the server says this of what it saves.
async fn until(world: &mut World, line: &str) {
    let said = async {
        loop {
            let info: String = redis::cmd("INFO")
                .arg("persistence")
                .query_async(&mut world.admin)
                .await
                .unwrap();
            if info.contains(line) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), said).await.unwrap();
}
