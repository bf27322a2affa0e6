//! What the two layouts have in common.

use redis::{Pipeline, Value};

use super::keys::Keys;
use super::outbox::OutboxArgs;
use super::reply::ReplyError;
use super::script::ScriptCall;
use super::version_line::{Expected, NewLine};
use crate::id::CommitId;
use crate::store::{CommitRequest, Loaded, Precondition};

/// How a session is laid out over the keys of its user: how it is asked for, read and written.
pub(crate) trait Layout: Sync {
    /// The reads of a load.
    fn reads(&self, keys: &Keys, commit: Option<&CommitId>) -> Pipeline;

    /// What a load, or a refused commit, has found.
    fn loaded(&self, values: Vec<Value>) -> Result<Loaded, ReplyError>;

    /// The call of the script that commits, with changes to the outbox if there are any. The
    /// retention is in milliseconds.
    fn commit(
        &self,
        keys: &Keys,
        request: &CommitRequest<'_>,
        expected: &Expected<'_>,
        line: &NewLine,
        retention: u64,
        with: Option<&OutboxArgs<'_>>,
    ) -> ScriptCall;

    /// What the commit after this one expects, if this one was applied.
    fn next(&self, line: &NewLine, start: i64) -> Precondition;
}
