//! The lines that start with a slash.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use vimbiso_state::{Choice as _, MessageId, SessionStatus, Stage as _, UserId};
use vimbisopay::{CachedUser, State};

use crate::error::BoxError;
use crate::flags;

pub(crate) const HELP: &str = "\
/state          where the session stands, as one line of JSON
/as ID          talk as another user
/id ID TEXT     deliver TEXT as the message ID; twice is a duplicate
/tier 1|2       change the tier of your accounts at the API
/fail N         let the next N API calls fail
/wait SECONDS   let time pass
/reset          reset the session
/forget         forget everything of the user
/flow           the transition table as a Mermaid diagram
/help           this list
/quit           leave";

pub(crate) enum Command {
    State,
    As(UserId),
    Id(MessageId, String),
    Tier(u8),
    Fail(u32),
    Wait(Duration),
    Reset,
    Forget,
    Flow,
    Help,
    Quit,
}

impl FromStr for Command {
    type Err = BoxError;

    fn from_str(line: &str) -> Result<Self, BoxError> {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        Ok(match (name, rest) {
            ("/as", id) => Self::As(id.parse()?),
            ("/id", rest) => {
                let (id, text) = rest
                    .split_once(char::is_whitespace)
                    .ok_or("/id takes a message id and a text")?;
                Self::Id(id.parse()?, text.trim().to_owned())
            }
            ("/tier", tier) => Self::Tier(flags::tier(tier).ok_or("/tier takes 1 or 2")?),
            ("/fail", calls) => {
                Self::Fail(calls.parse().map_err(|_| "/fail takes a number of calls")?)
            }
            ("/wait", seconds) => Self::Wait(
                seconds
                    .parse()
                    .map(Duration::from_secs)
                    .map_err(|_| "/wait takes whole seconds")?,
            ),
            ("/state", "") => Self::State,
            ("/reset", "") => Self::Reset,
            ("/forget", "") => Self::Forget,
            ("/flow", "") => Self::Flow,
            ("/help", "") => Self::Help,
            ("/quit", "") => Self::Quit,
            ("/state" | "/reset" | "/forget" | "/flow" | "/help" | "/quit", _) => {
                return Err(format!("{name} takes nothing").into());
            }
            _ => return Err(format!("unknown command {name}; /help lists them").into()),
        })
    }
}

#[derive(Serialize)]
struct Seen<'a> {
    user: &'a str,
    opening: &'a str,
    stage: &'a str,
    option: Option<&'a str>,
    direction: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    registered: bool,
    has_token: bool,
    menu_shown: Option<&'a str>,
    revision: u64,
    state: &'a State,
}

/// Where a user's session stands, as one line of JSON. A user may see their own state; a log may not.
pub(crate) fn state(user: &CachedUser) -> Result<String, BoxError> {
    let session = user.state();
    Ok(serde_json::to_string(&Seen {
        user: user.id().expose(),
        opening: match user.status() {
            SessionStatus::Active => "resumed", // what scripts that read this line look for
            status => status.name(),
        },
        stage: session.stage().name(),
        option: session.option().map(|option| option.name()),
        direction: session.direction().name(),
        first_name: user.first_name(),
        last_name: user.last_name(),
        registered: user.registration_complete(),
        has_token: user.jwt_token().is_some(),
        menu_shown: session.menu_shown(),
        revision: user.version().map_or(0, |version| version.revision),
        state: session.data(),
    })?)
}
