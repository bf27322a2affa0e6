//! A Graph API on loopback, for tests and for a bot without credentials.
//!
//! It takes messages as Meta's does, checks the limits and the access token, keeps what was sent,
//! and posts signed webhooks: the statuses, and what a user [writes](SimulatedGraph::write) and
//! [presses](SimulatedGraph::press). It fails as it is [told](SimulatedGraph::plan).

mod answer;
mod fault;
mod limits;
mod sent;
mod server;
mod user;
mod webhook;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use fault::Fault;
pub use sent::SentMessage;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;
use vimbiso_state::CommitId;
use webhook::Callbacks;

use crate::verify::AppSecret;

/// A Graph API on loopback. It ends when this is dropped.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::client::{Client, Recipient};
/// use vimbiso_whatsapp::render::render;
/// use vimbiso_whatsapp::simulated::SimulatedGraph;
/// use vimbiso_whatsapp::Message;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let graph = SimulatedGraph::start().await?;
/// let client = Client::builder("1", "any token").graph_url(graph.url()).build()?;
/// let user = Recipient::parse("263771234567").ok_or("no recipient")?;
/// for part in render(&Message::new("Your table is ready.")) {
///     client.send(&user, &part, None).await?;
/// }
/// assert_eq!(graph.sent()[0].text(), "Your table is ready.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SimulatedGraph {
    url: String,
    /// Distinguishes the ids of messages from those of an earlier one on the same store.
    run: CommitId,
    state: Arc<State>,
    server: AbortHandle,
}

struct State {
    inner: Mutex<Inner>,
    http: reqwest::Client,
    announced: broadcast::Sender<SentMessage>,
}

#[derive(Default)]
struct Inner {
    sent: Vec<SentMessage>,
    read: Vec<String>,
    requests: usize,
    plan: VecDeque<Fault>,
    delay: Duration,
    token: Option<String>,
    callbacks: Option<Callbacks>,
    /// How many messages users have written.
    written: usize,
}

impl Inner {
    /// That of the newest message, or else one that Meta's examples have.
    fn phone_number_id(&self) -> String {
        let newest = self.sent.last().map(|message| &message.phone_number_id);
        newest.map_or_else(|| "106540352242922".to_owned(), Clone::clone)
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SimulatedGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedGraph")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for SimulatedGraph {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl SimulatedGraph {
    /// Starts one on a free port of `127.0.0.1`.
    ///
    /// # Errors
    /// If no port can be listened on.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let graph = SimulatedGraph::start().await?;
    /// let client = Client::builder("1", "any token").graph_url(graph.url()).build()?;
    /// # let _ = client;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn start() -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts one at this address, for a bot whose settings name it.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    ///
    /// # Examples
    /// ```no_run
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = SimulatedGraph::start_at("127.0.0.1:8090".parse()?).await?;
    /// assert_eq!(graph.url(), "http://127.0.0.1:8090");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_at(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let http = crate::client::http(false).map_err(io::Error::other)?;
        let state = Arc::new(State {
            inner: Mutex::default(),
            http: http.build().map_err(io::Error::other)?,
            announced: broadcast::Sender::new(1_024),
        });
        let router = server::router(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            url,
            run: CommitId::random(),
            state,
            server: server.abort_handle(),
        })
    }

    /// The address for [`ClientBuilder::graph_url`](crate::client::ClientBuilder::graph_url).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages that were accepted, in this order.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// fn print(graph: &SimulatedGraph) {
    ///     for message in graph.sent() {
    ///         println!("{}", message.text());
    ///     }
    /// }
    /// # let _ = print;
    /// ```
    #[must_use]
    pub fn sent(&self) -> Vec<SentMessage> {
        self.state.lock().sent.clone()
    }

    /// Each message that is accepted from now on.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// async fn print(graph: &SimulatedGraph) {
    ///     let mut messages = graph.subscribe();
    ///     while let Ok(message) = messages.recv().await {
    ///         println!("{}", message.text());
    ///     }
    /// }
    /// # let _ = print;
    /// ```
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<SentMessage> {
        self.state.announced.subscribe()
    }

    /// The messages of users that were marked as read, in this order. The id is followed by `…` if
    /// the user was shown that a reply is being written.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let graph = SimulatedGraph::start().await?;
    /// let client = Client::builder("1", "any token").graph_url(graph.url()).build()?;
    /// client.mark_read("wamid.1", true).await?;
    /// assert_eq!(graph.read(), ["wamid.1…"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        self.state.lock().read.clone()
    }

    /// How many messages it was asked to send, with those that failed as
    /// [planned](Self::plan). It does not count those with a wrong access token.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// fn was_tried_again(graph: &SimulatedGraph) -> bool {
    ///     graph.requests() > graph.sent().len()
    /// }
    /// # let _ = was_tried_again;
    /// ```
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state.lock().requests
    }

    /// What becomes of the next messages, one each. Those after them succeed.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::{Fault, SimulatedGraph};
    ///
    /// # fn set(graph: SimulatedGraph) {
    /// graph.plan([Fault::code(131_000), Fault::LoseAnswer]);
    /// # }
    /// ```
    pub fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().plan.extend(faults);
    }

    /// How long each request takes from now on.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # fn set(graph: SimulatedGraph) {
    /// graph.delay(Duration::from_millis(300));
    /// # }
    /// ```
    pub fn delay(&self, delay: Duration) {
        self.state.lock().delay = delay;
    }

    /// Accepts no other access token from now on.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # fn set(graph: SimulatedGraph) {
    /// graph.accept_token("the token");
    /// # }
    /// ```
    pub fn accept_token(&self, token: impl Into<String>) {
        self.state.lock().token = Some(token.into());
    }

    /// Posts webhooks to this address, signed with the secret of the app: what users write, and the
    /// statuses of accepted messages, which are `sent` and `delivered`, or `failed`. Statuses are
    /// posted once.
    ///
    /// A second call adds an address: webhooks go to one after the other, as a load balancer
    /// spreads them. All are signed with the newest secret.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::AppSecret;
    /// # use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # fn set(graph: SimulatedGraph) -> Result<(), Box<dyn std::error::Error>> {
    /// graph.webhook("http://127.0.0.1:8080/webhook", AppSecret::new("5f4dcc3b5aa765d61d83")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn webhook(&self, url: impl Into<String>, secret: AppSecret) {
        let mut inner = self.state.lock();
        let mut urls = inner.callbacks.take().map_or_else(Vec::new, |old| old.urls);
        urls.push(url.into());
        inner.callbacks = Some(Callbacks {
            urls,
            secret,
            next: 0,
        });
    }
}
