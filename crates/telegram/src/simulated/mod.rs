//! A simulated Bot API on loopback: for a bot's own tests, and to try a bot out without a token.

mod api;
mod delivery;
mod state;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

pub use state::{Fault, SentMessage};

use crate::client::http;
use crate::place::Place;
use crate::token::Token;
use state::State;

/// A Bot API that runs in this process, for one bot. It keeps what the bot sends, and delivers what
/// its users write: to the webhook that the bot sets, again and again until it is confirmed, or to
/// a bot that polls. It is strict about limits, and fails [on demand](Self::next).
///
/// It stops when it is dropped. A clone is another handle to it.
///
/// # Examples
/// ```
/// # mod cafe {
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
/// # }
/// # use cafe::{Cafe, Till};
/// use std::time::Duration;
///
/// use vimbiso_state::bot::Bot;
/// use vimbiso_state::{MemoryStore, StateManager};
/// use vimbiso_telegram::simulated::SimulatedApi;
/// use vimbiso_telegram::{Client, Telegram, Token};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let api = SimulatedApi::start(Token::new("1:simulated")?).await?;
/// let client = Client::builder(api.token()).base_url(api.url()).build()?;
/// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, client.clone());
/// let telegram = Telegram::new(bot, client)?;
/// tokio::spawn(async move { telegram.poll(std::future::pending()).await });
///
/// api.write(42, "hi");
/// let sent = api.sent_at_least(1, Duration::from_secs(10)).await;
/// assert!(sent[0].text.starts_with("What would you like?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SimulatedApi {
    state: Arc<State>,
    address: SocketAddr,
    _tasks: Arc<Tasks>,
}

#[derive(Debug)]
struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl SimulatedApi {
    /// Starts on a free port.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub async fn start(token: Token) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(token));
        let serving = tokio::spawn(api::serve(listener, Arc::clone(&state)));
        // Webhooks are on loopback.
        let http = http(false).ok_or_else(|| io::Error::other("no HTTP client"))?;
        let http = http.build().map_err(io::Error::other)?;
        let delivering = tokio::spawn(delivery::run(http, Arc::clone(&state)));
        Ok(Self {
            state,
            address,
            _tasks: Arc::new(Tasks(vec![
                serving.abort_handle(),
                delivering.abort_handle(),
            ])),
        })
    }

    /// The base URL for a [`Client`](crate::Client).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that it takes.
    #[must_use]
    pub fn token(&self) -> Token {
        self.state.token.clone()
    }

    /// A user writes a text in the private chat. Returns the id of the update.
    pub fn write(&self, user: i64, text: &str) -> i64 {
        self.write_at(
            Place {
                chat: user,
                thread: None,
            },
            user,
            text,
        )
    }

    /// A user writes a text in a group or a topic. Returns the id of the update.
    pub fn write_at(&self, place: Place, user: i64, text: &str) -> i64 {
        self.push(place.chat, |state| {
            let mut message = state.message(place, user);
            message["text"] = text.into();
            json!({ "message": message })
        })
    }

    /// A user presses the newest button with this label in the private chat. Returns the id of the
    /// update; `None` if there is no such button.
    pub fn press(&self, user: i64, label: &str) -> Option<i64> {
        let place = Place {
            chat: user,
            thread: None,
        };
        let data = self.button(place, label)?;
        Some(self.press_at(place, user, &data))
    }

    /// A user presses a button with this data. Returns the id of the update.
    pub fn press_at(&self, place: Place, user: i64, data: &str) -> i64 {
        self.push(place.chat, |state| {
            let message = state.message(place, user);
            json!({ "callback_query": {
                "id": format!("press-{}", message["message_id"]),
                "from": message["from"],
                "message": message,
                "data": data,
            }})
        })
    }

    /// The data of the newest button with this label.
    #[must_use]
    pub fn button(&self, place: Place, label: &str) -> Option<String> {
        let sent = self.sent();
        let here = sent.iter().rev().filter(|message| message.place == place);
        let mut buttons = here.flat_map(|message| &message.buttons);
        let found = buttons.find(|(text, _)| text == label);
        found.map(|(_, data)| data.clone())
    }

    /// Something happens: an update in the words of the Bot API, without an id. Updates of one chat
    /// are delivered one after the other. Returns the id of the update.
    pub fn update(&self, chat: i64, update: serde_json::Value) -> i64 {
        self.push(chat, |_| update)
    }

    fn push(&self, chat: i64, make: impl FnOnce(&mut state::Data) -> serde_json::Value) -> i64 {
        self.state.push(chat, make)
    }

    /// What happens at the next messages that the bot sends, one after the other.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().faults.extend(faults);
    }

    /// Whether each update is delivered twice at the same time, from now on.
    pub fn deliver_twice(&self, twice: bool) {
        self.state.lock().deliver_twice = twice;
    }

    /// The number of the next update: to be another after a week without one.
    pub fn next_update_id(&self, id: i64) {
        self.state.lock().next_update = id;
    }

    /// What the bot has sent, the oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<SentMessage> {
        self.state.lock().sent.clone()
    }

    /// How often the bot has asked for updates.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.state.lock().polls
    }

    /// How often the bot has tried to send.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.state.lock().attempts
    }

    /// Which presses of buttons the bot has answered.
    #[must_use]
    pub fn answered(&self) -> Vec<String> {
        self.state.lock().answered.clone()
    }

    /// The ids of the updates that are not confirmed, the oldest first.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<i64> {
        let data = self.state.lock();
        data.updates.iter().map(|update| update.id).collect()
    }

    /// Waits until the bot has sent this many messages, and returns what it has sent by then.
    pub async fn sent_at_least(&self, messages: usize, longest: Duration) -> Vec<SentMessage> {
        self.until(longest, |data| data.sent.len() >= messages)
            .await;
        self.sent()
    }

    /// Waits until all updates are confirmed. Returns whether they are.
    pub async fn all_confirmed(&self, longest: Duration) -> bool {
        self.until(longest, |data| data.updates.is_empty()).await
    }

    async fn until(&self, longest: Duration, is_so: impl Fn(&state::Data) -> bool) -> bool {
        let deadline = Instant::now() + longest;
        loop {
            let changed = self.state.changed.notified();
            if is_so(&self.state.lock()) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let _ = timeout(left.min(Duration::from_millis(50)), changed).await;
        }
    }
}
