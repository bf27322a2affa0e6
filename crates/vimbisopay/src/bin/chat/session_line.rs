//! The line that `/state` prints.

use serde::Serialize;
use vimbiso_state::{Choice as _, SessionStatus, Stage as _};
use vimbisopay::program::BoxError;
use vimbisopay::{CachedUser, Data};

/// The keys and their order are part of the program: scripts read the line.
#[derive(Serialize)]
struct SessionLine<'a> {
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
    state: &'a Data,
}

/// A user's session as one line of JSON. It holds personal data, so it must not be logged.
pub(crate) fn session_line(user: &CachedUser) -> Result<String, BoxError> {
    let session = user.state();
    Ok(serde_json::to_string(&SessionLine {
        user: user.id().expose(),
        opening: match user.status() {
            // An earlier name of the status, which scripts look for.
            SessionStatus::Active => "resumed",
            status => status.name(),
        },
        stage: session.stage().name(),
        option: session.option().map(|option| option.name()),
        direction: session.direction().name(),
        first_name: user.first_name_or_default(),
        last_name: user.last_name_or_default(),
        registered: user.registration_complete(),
        has_token: user.jwt_token().is_some(),
        menu_shown: session.menu_shown(),
        revision: user.version().map_or(0, |version| version.revision),
        state: user.data(),
    })?)
}
