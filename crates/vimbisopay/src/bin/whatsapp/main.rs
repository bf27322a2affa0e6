//! The VimbisoPay bot on WhatsApp: its webhook, and a chat page for those who have no account at
//! Meta.
//!
//! ```text
//! $ cargo run -p vimbisopay --bin whatsapp -- --members 263771234567
//! There are no credentials: the Graph API is simulated.
//! Webhook:   http://127.0.0.1:8080/webhook
//! Health:    http://127.0.0.1:8080/healthz
//! Chat page: http://127.0.0.1:8080/
//! $ curl http://127.0.0.1:8080/healthz
//! ok
//! $ curl --json '{"text": "10=>grace"}' http://127.0.0.1:8080/demo/say
//! {"answers":[200]}
//! ```
//!
//! The page shows what the user reads; beside it what the store holds, and what went over the wire.
//!
//! With credentials, as flags or in the environment, the bot is on WhatsApp. Other users of a
//! computer can read its flags, so give secrets in the environment:
//! ```text
//! $ export APP_SECRET=… VERIFY_TOKEN=… ACCESS_TOKEN=… PHONE_NUMBER_ID=…
//! $ cargo run -p vimbisopay --bin whatsapp -- --listen 0.0.0.0:8080 --redis redis://127.0.0.1
//! ```
//!
//! The accounts are simulated either way, as in `chat`. `--help` lists the flags.

mod demo;
mod routes;
mod settings;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use tokio::net::TcpListener;
use vimbiso_state::{MemoryStore, RedisStore, StateStore};
use vimbiso_whatsapp::WhatsApp;
use vimbisopay::program::{BoxError, chain, start_logging};
use vimbisopay::simulated::SimulatedApi;
use vimbisopay::{ApiService, Bot, StateManager};

use settings::{Credentials, Flags};

/// How long the program waits for what it has begun when it is to end.
const GRACE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    if let Err(why) = start_logging() {
        eprintln!("whatsapp: nothing is logged because RUST_LOG is invalid: {why}");
    }
    let flags = Flags::parse();
    let credentials = match flags.credentials() {
        Ok(credentials) => credentials,
        Err(why) => {
            eprintln!("whatsapp: {}", chain(&*why));
            return ExitCode::from(2);
        }
    };
    match run(&flags, credentials) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("whatsapp: {}", chain(&*why));
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags, credentials: Option<Credentials>) -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(serve(flags, credentials));
    // The streams of open pages would keep it.
    runtime.shutdown_background();
    result
}

async fn serve(flags: &Flags, credentials: Option<Credentials>) -> Result<(), BoxError> {
    let store: Arc<dyn StateStore> = match &flags.redis {
        Some(url) => Arc::new(RedisStore::builder().connect(url.as_str()).await?),
        None => Arc::new(MemoryStore::new()),
    };
    let manager = StateManager::builder(Arc::clone(&store))
        .ttl(flags.ttl)
        .build()?;
    let api = Arc::new(SimulatedApi::new(manager.clone(), 1, &flags.members));
    let listener = TcpListener::bind(flags.listen)
        .await
        .map_err(|why| format!("cannot listen at {}: {why}", flags.listen))?;
    match credentials {
        Some(credentials) => on_whatsapp(listener, &credentials, manager, api).await,
        None => demo::serve(listener, store, manager, api, flags.ttl).await,
    }
}

async fn on_whatsapp(
    listener: TcpListener,
    credentials: &Credentials,
    manager: StateManager,
    api: Arc<SimulatedApi>,
) -> Result<(), BoxError> {
    let whatsapp = WhatsApp::new(credentials.client.clone());
    let bot = Bot::builder(manager.clone(), ApiService::new(api))
        .channel(whatsapp.clone())
        .build()?;
    tokio::spawn(bot.clone().work());
    let routes = routes::webhook(
        &bot,
        &whatsapp,
        credentials.app_secret.clone(),
        &credentials.verify_token,
        &credentials.phone_number_id,
    )?
    .merge(routes::health(manager));
    let address = listener.local_addr()?;
    println!("Webhook: http://{address}/webhook, to be reached by Meta with TLS");
    println!("Health:  http://{address}/healthz");
    axum::serve(listener, routes)
        .with_graceful_shutdown(ended())
        .await?;
    if !bot.shutdown(GRACE).await {
        eprintln!("whatsapp: what was not done by the end is done by the next process");
    }
    Ok(())
}

/// Waits for the signal to end.
async fn ended() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}
