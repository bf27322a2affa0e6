//! What is stored under the commit id of a message whose replies the user fetches: its reply and
//! its call, for a second delivery.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::plan::Plan;
use crate::error::Error;
use crate::id::CallKey;
use crate::session::Record;
use crate::turn::StoredReply;

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
}

/// The same as it is read.
#[derive(Deserialize)]
#[serde(bound = "R: serde::de::DeserializeOwned")]
struct Read<R> {
    #[serde(default = "Option::default")]
    reply: Option<R>,
    #[serde(default)]
    call: Option<String>,
}

pub(super) fn encode(plan: &Plan) -> Result<StoredReply, Error> {
    let reply = plan.reply.as_ref().map(|reply| &*reply.body);
    let reply = reply
        .map(serde_json::from_str::<&RawValue>)
        .transpose()
        .map_err(|_| Error::Reply)?;
    // Its reply is stored under the conclusion, whose id follows from the key.
    let call = plan.call.as_ref().map(|(key, _)| key.to_string());
    let json = serde_json::to_vec(&Written { reply, call }).map_err(|_| Error::Reply)?;
    if json.len() > Record::MAX_REPLY {
        return Err(Error::ReplyTooLarge { bytes: json.len() });
    }
    Ok(StoredReply::new(json.into()))
}

/// The reply and the key of the call.
pub(super) fn decode<R: serde::de::DeserializeOwned>(
    stored: &StoredReply,
) -> Result<(Option<R>, Option<CallKey>), Error> {
    let read: Read<R> = stored.read()?;
    let key = read.call.map(|key| key.parse()).transpose();
    Ok((read.reply, key.map_err(|_| Error::Reply)?))
}
