//! The commands of the terminal: the lines that start with a slash.

use std::str::FromStr;
use std::time::Duration;

use vimbiso_state::{MessageId, UserId};
use vimbisopay::program::BoxError;

use crate::flags;

pub(crate) const HELP: &str = "\
/state          print the session as one line of JSON
/as ID          continue as another user
/id ID TEXT     deliver TEXT with the message id ID; the second time it is a duplicate
/older NAME     press the button NAME below an earlier reply
/tier 1|2       change the tier of your accounts at the API
/fail N         make the next N API calls fail
/crash          end this process instead of making the next call that changes something
/wait SECONDS   wait, for example until the session has expired
/reset          reset the session
/forget         delete everything that is stored for the user
/flow           print the transition table as a Mermaid diagram
/help           print this list
/quit           quit";

pub(crate) enum Command {
    State,
    As(UserId),
    Id(MessageId, String),
    Older(String),
    Tier(u8),
    Fail(u32),
    Crash,
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
            ("/older", "") => return Err("/older takes the name of a button".into()),
            ("/older", name) => Self::Older(name.to_owned()),
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
            ("/crash", "") => Self::Crash,
            ("/reset", "") => Self::Reset,
            ("/forget", "") => Self::Forget,
            ("/flow", "") => Self::Flow,
            ("/help", "") => Self::Help,
            ("/quit", "") => Self::Quit,
            ("/state" | "/crash" | "/reset" | "/forget" | "/flow" | "/help" | "/quit", _) => {
                return Err(format!("{name} takes nothing").into());
            }
            _ => return Err(format!("unknown command {name}; /help lists them").into()),
        })
    }
}
