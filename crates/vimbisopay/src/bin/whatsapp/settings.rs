//! The settings, from flags and from the environment.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use vimbiso_state::UserId;
use vimbiso_whatsapp::{AppSecret, Client};

use vimbisopay::program::BoxError;

/// The VimbisoPay bot on WhatsApp. Without credentials it serves a chat page instead, with a
/// simulated Graph API behind it.
#[derive(Parser)]
#[command(name = "whatsapp", disable_version_flag = true)]
pub(crate) struct Flags {
    /// The address of the webhook, the health check and the chat page
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The secret of the Meta app, which signs the webhooks
    #[arg(long, value_name = "TEXT", env = "APP_SECRET", hide_env_values = true)]
    app_secret: Option<String>,
    /// The text that is entered at Meta beside the callback URL
    #[arg(
        long,
        value_name = "TEXT",
        env = "VERIFY_TOKEN",
        hide_env_values = true
    )]
    verify_token: Option<String>,
    /// The token for the Graph API
    #[arg(
        long,
        value_name = "TEXT",
        env = "ACCESS_TOKEN",
        hide_env_values = true
    )]
    access_token: Option<String>,
    /// The id of the phone number that the bot answers for
    #[arg(long, value_name = "DIGITS", env = "PHONE_NUMBER_ID")]
    phone_number_id: Option<String>,
    /// The Graph API, if it is not Meta's
    #[arg(long, value_name = "URL", env = "GRAPH_URL")]
    graph_url: Option<String>,
    /// Keep the sessions in this Redis, which several processes may share [default: in memory]
    #[arg(long, value_name = "URL", env = "REDIS_URL", hide_env_values = true)]
    pub(crate) redis: Option<String>,
    /// The time until a session without messages expires
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub(crate) ttl: Duration,
    /// The users who are members of the simulated accounts API from the start [default: none]
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub(crate) members: Vec<UserId>,
}

/// How the bot reaches WhatsApp.
pub(crate) struct Credentials {
    pub(crate) app_secret: AppSecret,
    pub(crate) verify_token: String,
    pub(crate) phone_number_id: String,
    pub(crate) client: Client,
}

impl Flags {
    /// The credentials; `None` if there are none, so that the Graph API is to be simulated.
    ///
    /// # Errors
    /// If some are missing or invalid, or if the chat page would be open to other computers.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, BoxError> {
        let all = [
            ("APP_SECRET", "--app-secret", &self.app_secret),
            ("VERIFY_TOKEN", "--verify-token", &self.verify_token),
            ("ACCESS_TOKEN", "--access-token", &self.access_token),
            (
                "PHONE_NUMBER_ID",
                "--phone-number-id",
                &self.phone_number_id,
            ),
        ];
        let missing: Vec<_> = all
            .iter()
            .filter(|(_, _, value)| value.is_none())
            .map(|(variable, flag, _)| format!("{flag} (or {variable})"))
            .collect();
        let (Some(app_secret), Some(verify_token), Some(access_token), Some(phone_number_id)) = (
            &self.app_secret,
            &self.verify_token,
            &self.access_token,
            &self.phone_number_id,
        ) else {
            let is_simulated = missing.len() == all.len() && self.graph_url.is_none();
            return match is_simulated {
                true => self.check_loopback().map(|()| None),
                false => Err(format!(
                    "missing {}: give all credentials, or none for the chat page",
                    missing.join(", ")
                )
                .into()),
            };
        };
        if verify_token.is_empty() {
            return Err("invalid --verify-token: use a text that is not empty".into());
        }
        let client = Client::builder(phone_number_id, access_token);
        let client = self
            .graph_url
            .iter()
            .fold(client, |client, url| client.graph_url(url));
        Ok(Some(Credentials {
            app_secret: AppSecret::new(app_secret)?,
            verify_token: verify_token.clone(),
            phone_number_id: phone_number_id.clone(),
            client: client.build()?,
        }))
    }

    fn check_loopback(&self) -> Result<(), BoxError> {
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        Err(format!(
            "invalid --listen {}: the chat page asks for no password, so without credentials use \
             a loopback address such as 127.0.0.1:8080",
            self.listen
        )
        .into())
    }
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}
