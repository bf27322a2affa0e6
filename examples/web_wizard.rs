//! A form in two steps on the web, without a bot. A page that is sent twice takes effect once.
//!
//! ```text
//! $ cargo run --example web_wizard
//! open http://127.0.0.1:3000
//! $ ask() { curl -s -d session=s1 -d page=$1 -d answer=$2 http://127.0.0.1:3000 | sed 's/<.*//'; }
//! $ ask p1 large
//! Order a large pizza, yes or no?
//! $ ask p2 yes
//! Order 1 is a large pizza.
//! $ ask p2 yes
//! Order 1 is a large pizza.
//! ```

use axum::extract::{Form, State};
use axum::{Router, http::StatusCode, response::Html, routing::get};
use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::{
    CommitId, Error, Flow, MemoryStore, MessageId, Redelivery, Stage, StateManager, Step, Turn,
    UserId, assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Size,
    Confirm,
}
impl Stage for At {
    const START: Self = Self::Size;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Size, "size", &[Self::Confirm]),
        row(Self::Confirm, "confirm", &[Self::Size]),
    ];
}
assert_transitions!(At);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Orders {
    size: String,
    count: u32,
}
struct Wizard;
impl Flow for Wizard {
    const NAME: &'static str = "wizard";

    type Stage = At;
    type Choice = NoChoice;
    type Data = Orders;
}

/// What a browser sends: two ids that were drawn at random, and the answer.
#[derive(Deserialize)]
struct Sent {
    session: String,
    page: String, // the same if a page is sent twice
    answer: String,
}

fn decide(turn: &mut Turn<Wizard>, answer: &str) -> Result<Step<String>, Error> {
    let reply = match (turn.stage(), answer) {
        (At::Size, "small" | "large") => {
            turn.data_mut().size = answer.to_owned();
            turn.transition_to(At::Confirm, None)?;
            format!("Order a {answer} pizza, yes or no?")
        }
        (At::Confirm, "yes") => {
            turn.data_mut().count += 1;
            turn.transition_to(At::Size, None)?;
            let Orders { size, count } = turn.data();
            format!("Order {count} is a {size} pizza.")
        }
        _ => return Ok(Step::Stop("That is no answer here.".to_owned())), // nothing to write
    };
    turn.remember_reply(&reply)?; // the same page, sent again, gets the same reply
    Ok(Step::Commit(reply))
}

/// A page with an id of its own. A commit id is used for its 128 random bits.
fn page(session: &str, text: &str) -> Html<String> {
    let hidden = |name, value| format!("<input type=hidden name={name} value={value}>");
    let ids = hidden("session", session) + &hidden("page", &CommitId::random().to_string());
    Html(format!(
        "{text}<form method=post>{ids}<input name=answer></form>\n"
    ))
}

async fn answer(
    State(manager): State<StateManager<Wizard>>,
    Form(sent): Form<Sent>,
) -> Result<Html<String>, StatusCode> {
    let reply = async {
        let user = UserId::new(&sent.session)?;
        let message = MessageId::new(&sent.page)?;
        manager
            .handle(&user, &message, |turn| decide(turn, &sent.answer))
            .await?
            .into_output()
    };
    match reply.await {
        Ok(reply) => Ok(page(&sent.session, &reply.unwrap_or_default())),
        Err(error) if error.redeliver() == Redelivery::Answered => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let manager = StateManager::<Wizard>::new(MemoryStore::new());
    let first = || async { page(&CommitId::random().to_string(), "A small or a large pizza?") };
    let app = Router::new()
        .route("/", get(first).post(answer))
        .with_state(manager);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("open http://127.0.0.1:3000");
    axum::serve(listener, app).await
}
