//! The VimbisoPay bot in the terminal, with sessions in memory or in Redis, and a simulated API.
//!
//! ```text
//! $ cargo run -p vimbisopay -- --members 263771234567
//! > hi
//! 👋 Welcome to VimbisoPay.
//!
//! Hello, Ada.
//! 💳 *Ada Lovelace* (@ada)
//! Secured: 99.76 USD
//! Net assets: 99.76 USD
//!
//! What would you like to do?
//! 1. 💸 Offer Secured Credex
//! 2. 📥 Pending Offers
//! 3. 📤 Review Outgoing
//! 4. 📒 Review Transactions
//! 5. 🏡 Member Dashboard
//! [More options] handle_action_more_options
//! > 10=>grace
//! Offer *10 USD* (secured) from Ada Lovelace to *Grace Hopper* (@grace)?
//! [Yes] yes
//! [No] no
//! > maybe
//! Please answer *yes* or *no*.
//!
//! Offer *10 USD* (secured) from Ada Lovelace to *Grace Hopper* (@grace)?
//! [Yes] yes
//! [No] no
//! > yes
//! ✅ You offered 10.00 USD to Grace Hopper.
//!
//! Hello, Ada.
//! 💳 *Ada Lovelace* (@ada)
//! Secured: 99.76 USD
//! Net assets: 99.76 USD
//!
//! What would you like to do?
//! 1. 💸 Offer Secured Credex
//! 2. 📥 Pending Offers
//! 3. 📤 Review Outgoing
//! 4. 📒 Review Transactions
//! 5. 🏡 Member Dashboard
//! [More options] handle_action_more_options
//! > /quit
//! ```
//!
//! `--help` lists the flags, and `/help` lists the commands.

mod command;
mod flags;
mod screen;
mod session_line;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt, BufReader};
use vimbiso_state::bot::{Answer, Inbound};
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{MemoryStore, MessageId, RedisStore, StateStore, UserId};
use vimbisopay::program::{BoxError, chain, start_logging};
use vimbisopay::simulated::SimulatedApi;
use vimbisopay::{ApiService, Bot, BotFlow, Reply, StateManager};

use command::Command;
use flags::Flags;
use screen::{Screen, name_of};
use session_line::session_line;

fn main() -> ExitCode {
    if let Err(why) = start_logging() {
        eprintln!("chat: nothing is logged because RUST_LOG is invalid: {why}");
    }
    let flags = match Flags::parse(std::env::args().skip(1)) {
        Ok(Some(flags)) => flags,
        Ok(None) => {
            println!("{}", flags::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("chat: {why}\n\n{}", flags::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("chat: {}", chain(&*why));
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { Chat::new(flags).await?.run().await })
}

/// The store that the flags name.
async fn store(flags: &Flags) -> Result<Arc<dyn StateStore>, BoxError> {
    let Some(url) = &flags.redis else {
        return Ok(Arc::new(MemoryStore::new()));
    };
    let layout = if flags.one_key == Some(true) {
        KeyLayout::OneKey
    } else {
        KeyLayout::FiveKeys
    };
    let builder = RedisStore::builder().layout(layout);
    let builder = flags
        .namespace
        .iter()
        .fold(builder, |builder, name| builder.namespace(name.as_str()));
    Ok(Arc::new(builder.connect(url.as_str()).await?))
}

/// The exit status after `/crash`.
const CRASHED: i32 = 3;

/// After this time, another process makes the call of one that has crashed. The simulated API
/// answers at once.
const LEASE: Duration = Duration::from_secs(5);

/// A conversation of one terminal, as the user that was named last.
struct Chat {
    user: UserId,
    manager: StateManager,
    api: Arc<SimulatedApi>,
    bot: Bot,
    screen: Screen,
    /// How many messages this process has sent.
    messages: u64,
}

impl Chat {
    async fn new(flags: Flags) -> Result<Self, BoxError> {
        let manager = StateManager::builder(store(&flags).await?)
            .ttl(Duration::from_secs(flags.ttl))
            .build()?;
        let api = Arc::new(SimulatedApi::new(
            manager.clone(),
            flags.tier,
            &flags.members,
        ));
        let bot = Bot::builder(manager.clone(), ApiService::new(api.clone()))
            .lease(LEASE)
            .build()?;
        tokio::spawn(bot.clone().work());
        Ok(Self {
            user: flags.user,
            manager,
            api,
            bot,
            screen: Screen::default(),
            messages: 0,
        })
    }

    /// Handles lines until the input ends. After an error it prints the error and goes on.
    async fn run(mut self) -> Result<(), BoxError> {
        let mut input = BufReader::new(tokio::io::stdin());
        let mut line = Vec::new();
        // From a pipe, each line is printed as if it had been typed: the output is a transcript.
        let piped = !std::io::stdin().is_terminal();
        if !piped {
            print("Send hi to begin. /help lists the commands.\n")?;
        }
        loop {
            if !piped {
                print("> ")?;
            }
            line.clear();
            if input.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if piped {
                print(&format!("> {text}\n"))?;
            }
            let output = match self.handle_line(text).await {
                Ok(Some(output)) => output,
                Ok(None) => return Ok(()),
                Err(why) => format!("error: {}", chain(&*why)),
            };
            if !output.is_empty() {
                print(&format!("{output}\n"))?;
            }
        }
    }

    /// The output for a line; `None` for the last line.
    async fn handle_line(&mut self, line: &str) -> Result<Option<String>, BoxError> {
        if line.starts_with('/') {
            return self.execute(line.parse()?).await;
        }
        if line.is_empty() {
            return Ok(Some(String::new()));
        }
        let message = self.fresh_message_id()?;
        self.deliver(&message, line).await.map(Some)
    }

    async fn execute(&mut self, command: Command) -> Result<Option<String>, BoxError> {
        Ok(Some(match command {
            Command::State => session_line(&self.manager.load(&self.user).await?)?,
            Command::As(user) => {
                self.user = user;
                format!("(you are now {})", self.user.expose())
            }
            Command::Id(message, text) => self.deliver(&message, &text).await?,
            Command::Older(name) => {
                let Some(id) = self.screen.earlier(&self.user, &name) else {
                    return Err(format!("no earlier reply has the button {name}").into());
                };
                let message = self.fresh_message_id()?;
                self.deliver(&message, &id).await?
            }
            Command::Tier(tier) => {
                self.api.set_tier(&self.user, tier);
                format!("(the API now has you in tier {tier})")
            }
            Command::Fail(calls) => {
                self.api.fail(calls);
                format!("(the next {calls} API calls will fail)")
            }
            Command::Crash => {
                self.api.before_calls(|| std::process::exit(CRASHED));
                "(this process ends at the next call)".to_owned()
            }
            Command::Wait(time) => {
                tokio::time::sleep(time).await;
                String::new()
            }
            Command::Reset => {
                self.manager.reset_state(&self.user).await?;
                "(the session is reset)".to_owned()
            }
            Command::Forget => {
                self.manager.delete(&self.user).await?;
                "(nothing of the user is kept)".to_owned()
            }
            Command::Flow => vimbiso_state::flow::mermaid::<BotFlow>()
                .trim_end()
                .to_owned(),
            Command::Help => command::HELP.to_owned(),
            Command::Quit => return Ok(None),
        }))
    }

    /// Delivers a text. The name of a button below the last reply presses that button.
    async fn deliver(&mut self, message: &MessageId, text: &str) -> Result<String, BoxError> {
        let pressed = self.screen.last(&self.user, text);
        let text = pressed.as_deref().unwrap_or(text);
        let inbound = Inbound::new(self.user.clone(), message.clone(), text.to_owned());
        let answer = self.bot.answer(inbound).await?;
        for reply in &answer.replies {
            self.screen.show(&self.user, reply);
        }
        Ok(printed(&answer))
    }

    /// A message id that no other message has, in this process or another.
    fn fresh_message_id(&mut self) -> Result<MessageId, BoxError> {
        self.messages += 1;
        let now = UNIX_EPOCH.elapsed()?.as_nanos();
        Ok(MessageId::new(format!(
            "chat-{}-{now}-{}",
            std::process::id(),
            self.messages
        ))?)
    }
}

/// The replies as text, with a line for each button.
fn printed(answer: &Answer<Reply>) -> String {
    let replies: Vec<_> = answer.replies.iter().map(reply_text).collect();
    let text = replies.join("\n\n");
    if answer.duplicate {
        format!("(duplicate)\n{text}")
    } else {
        text
    }
}

fn reply_text(reply: &Reply) -> String {
    let mut text = reply.text.clone();
    for button in &reply.buttons {
        text.push_str(&format!("\n[{}] {}", button.title, name_of(&button.id)));
    }
    text
}

fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
