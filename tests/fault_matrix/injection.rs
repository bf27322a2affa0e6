//! How a fault comes and goes: what is done to the server, to its keys and to the network.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "tls")]
use harness::certificates::Authority;
use harness::command::{run, run_words, try_run};
use harness::gateway::Verdict;
use harness::proxy::Mishap;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[cfg(feature = "tls")]
use crate::world::NO_TLS;
use crate::world::World;

/// Something done to a world.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Nothing,
    /// An administrator runs these commands.
    Commands(&'static [&'static str]),
    /// `kill -9`.
    Kill,
    Restart,
    KillAndRestart,
    /// Killed, and started again on an empty disk.
    LoseEverything,
    /// SIGSTOP.
    Freeze,
    /// Every client is disconnected, and then the server is stopped.
    DisconnectAndFreeze,
    /// SIGCONT.
    Thaw,
    Once(Mishap),
    Always(Mishap),
    Heal,
    /// The gateway treats these commands so.
    Rule(&'static [&'static str], Verdict),
    /// The same, of clients that come again.
    RuleForNew(&'static [&'static str], Verdict),
    Pass,
    /// The address that the proxy has cannot be reached.
    Unreachable,
    Reachable,
    /// The store that connects is given this URL, with `{host}` for the host and the port.
    Url(&'static str),
    /// Another client's script runs until it is killed.
    EndlessScript,
    /// Another client's script runs, and the server answers nothing, for as long as its limit for
    /// scripts.
    LongScript,
    /// Another program answers on the server's port with these bytes.
    Impostor(&'static [u8]),
    RestartAfterImpostor,
    /// Restarted on its port, with the same data, with TLS.
    #[cfg(feature = "tls")]
    SpeakTls(ServerTls),
    /// Restarted on its port, with the same data, without TLS.
    #[cfg(feature = "tls")]
    SpeakWithoutTls,
    /// These keys of the user are deleted.
    Evict(&'static [&'static str]),
    /// This key of the user holds these bytes.
    Overwrite(&'static str, &'static [u8]),
    /// This key of the user holds 100 MB.
    Enlarge(&'static str),
    /// 100 MB are recorded under the ids of the last commit and of the next one.
    EnlargeRecords,
    /// The bot may no longer run this command. Only servers from 7.0 let a script ask.
    TakeRight(&'static str),
    /// These keys of the user hold another type.
    ChangeType(&'static [&'static str]),
    /// The keys are again as they were before the fault.
    PutBack,
    /// It restarts with much data, and loads it slowly.
    LoadSlowly,
    /// No snapshot can be written.
    BlockSnapshot,
    /// The cluster does not serve the user's slot.
    StopServing,
    Serve,
    /// The user's slot is moving to the other node of the cluster, with some of its keys.
    BeginMove,
    EndMove,
    /// It moves there.
    Move,
    /// It moves there, and the nodes name each other without a host.
    MoveUnnamed,
    /// The server removes its libraries of functions.
    FlushFunctions,
    /// No file can grow.
    FillDisk,
    EmptyDisk,
}

/// The certificate of a server with TLS, and whether it asks for one.
#[cfg(feature = "tls")]
#[derive(Debug, Clone, Copy)]
pub enum ServerTls {
    Valid,
    /// Signed by an authority that the store does not trust.
    Untrusted,
    /// For another name.
    OtherName,
    Expired,
    /// Valid, and every client is asked for a certificate.
    AsksClients,
}

/// Why a fault cannot be caused on this machine.
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
            Self::DisconnectAndFreeze => {
                world.command(DISCONNECT).await;
                world.server.freeze();
                notice().await;
            }
            Self::Thaw => world.server.thaw(),
            Self::Once(mishap) => world.proxy().once(mishap),
            Self::Always(mishap) => world.proxy().always(mishap),
            Self::Heal => world.proxy().heal(),
            Self::Rule(commands, verdict) => world.gateway().rule(commands, verdict),
            Self::RuleForNew(commands, verdict) => {
                world.gateway().rule(commands, verdict);
                world.command(DISCONNECT).await;
                notice().await;
            }
            Self::Pass => world.gateway().heal(),
            Self::Unreachable => {
                world.proxy().lead_to(0);
                world.command(DISCONNECT).await;
                notice().await;
            }
            Self::Reachable => world.proxy().lead_to(world.server.port()),
            Self::Url(url) => {
                let host = world.url.trim_start_matches("redis://");
                world.url = url.replace("{host}", host);
            }
            Self::EndlessScript => {
                send(world.server.raw().await, ENDLESS);
                // The server says that it is busy only after some milliseconds.
                let mut other = world.server.raw().await;
                while try_run::<String>(&mut other, &["PING"]).await.is_ok() {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            Self::LongScript => {
                let other = world.server.raw().await;
                send(world.server.raw().await, ENDLESS);
                sleep(Duration::from_millis(20)).await;
                send(other, &["SCRIPT", "KILL"]);
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
            Self::RestartAfterImpostor => {
                let impostor = world.impostor.take().unwrap();
                impostor.abort();
                let _ = impostor.await;
                world.server.restart();
            }
            #[cfg(feature = "tls")]
            Self::SpeakTls(tls) => speak_tls(world, tls).await?,
            #[cfg(feature = "tls")]
            Self::SpeakWithoutTls => {
                world.server.kill();
                world.server.speak_without_tls();
                world.server.restart();
                notice().await;
            }
            Self::Evict(suffixes) => world.set_aside(suffixes).await,
            Self::Overwrite(suffix, bytes) => {
                world.set_aside(&[suffix]).await;
                let key = world.key(suffix);
                let () = world.admin.set(key, bytes).await.unwrap();
            }
            Self::Enlarge(suffix) => {
                world.set_aside(&[suffix]).await;
                let key = world.key(suffix);
                let () = world.admin.setrange(key, 100 << 20, "x").await.unwrap();
            }
            Self::EnlargeRecords => {
                world.set_aside(&["_done_0", "_done_1"]).await;
                let hash = world.key("_done_0");
                for id in [world.kept.id, world.next.id] {
                    let large = vec![b'x'; 100 << 20];
                    let () = world
                        .admin
                        .hset(&hash, id.to_string(), large)
                        .await
                        .unwrap();
                }
            }
            Self::TakeRight(command) => {
                let asks = ["EVAL", "return redis.acl_check_cmd and 1 or 0", "0"];
                if run_words::<u8>(&mut world.admin, &asks).await == 0 {
                    return Err("before 7.0, a script cannot ask for its rights");
                }
                world.command(&format!("ACL SETUSER bot -{command}")).await;
            }
            Self::ChangeType(suffixes) => {
                world.set_aside(suffixes).await;
                for suffix in suffixes {
                    let key = world.key(suffix);
                    let () = world.admin.rpush(key, "a stranger's").await.unwrap();
                }
            }
            Self::PutBack => world.put_back().await,
            Self::LoadSlowly => load_slowly(world).await?,
            Self::BlockSnapshot => block_snapshot(world).await,
            Self::StopServing => {
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
            Self::MoveUnnamed => {
                world.name_no_host().await?;
                world.begin_move().await;
                world.end_move().await;
            }
            Self::FlushFunctions => {
                let flushed = try_run::<()>(&mut world.admin, &["FUNCTION", "FLUSH"]).await;
                flushed.map_err(|_| "this server has no functions")?;
            }
            Self::FillDisk => fill_disk(world).await?,
            Self::EmptyDisk => assert!(world.server.limit_files("unlimited")),
        }
        Ok(())
    }
}

const ENDLESS: &[&str] = &["EVAL", "while true do end", "0"];
pub const DISCONNECT: &str = "CLIENT KILL TYPE normal SKIPME yes";

/// Gives a client time to notice that its connection is gone, so that its next call begins without
/// one.
async fn notice() {
    sleep(Duration::from_millis(50)).await;
}

/// Sends a command without waiting for the reply.
fn send(mut redis: MultiplexedConnection, words: &'static [&'static str]) {
    tokio::spawn(async move { try_run::<()>(&mut redis, words).await });
}

#[cfg(feature = "tls")]
async fn speak_tls(world: &mut World, tls: ServerTls) -> Result<(), Impossible> {
    let ours = &world.authority;
    let signed = match tls {
        ServerTls::Valid | ServerTls::AsksClients => ours.sign(),
        ServerTls::Untrusted => Authority::new("a stranger's").sign(),
        ServerTls::OtherName => ours.sign_for(&["redis.example", "127.0.0.2"]),
        ServerTls::Expired => ours.sign_expired(),
    };
    let clients_of = matches!(tls, ServerTls::AsksClients).then_some(ours.pem.as_str());
    world.server.kill();
    world
        .server
        .speak_tls(&signed.certificate, &signed.key, clients_of);
    if !world.server.try_restart() {
        return Err(NO_TLS);
    }
    notice().await;
    Ok(())
}

async fn load_slowly(world: &mut World) -> Result<(), Impossible> {
    let interval = "CONFIG GET loading-process-events-interval-bytes";
    let found: Vec<String> = run(&mut world.admin, interval).await;
    if found.is_empty() {
        return Err("this server does not say often enough that it is loading");
    }
    for n in 0..300 {
        let () = world.admin.set(n, "x".repeat(60_000)).await.unwrap();
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
    let set = ["CONFIG", "SET", "save", "3600 1"];
    let () = run_words(&mut world.admin, &set).await;
    // A folder has the name of the snapshot.
    std::fs::remove_file(snapshot(world)).unwrap();
    std::fs::create_dir(snapshot(world)).unwrap();
    world.command("BGSAVE").await;
    until(world, "rdb_last_bgsave_status:err").await;
}

async fn fill_disk(world: &mut World) -> Result<(), Impossible> {
    if !world.server.limit_files("1") {
        return Err("prlimit is missing, or may not be used");
    }
    // The write that finds out is still answered; those after it are refused.
    let () = world.admin.set("another user's", "").await.unwrap();
    until(world, "aof_last_write_status:err").await;
    Ok(())
}

/// Waits until the server says this of its persistence.
async fn until(world: &mut World, line: &str) {
    harness::cluster::until(&mut world.admin, "INFO persistence", line).await;
}
