//! A form in two steps on the web: sessions without a bot. A button that is clicked twice takes
//! effect once.
//!
//! ```text
//! $ cargo run --example web_wizard
//! open http://127.0.0.1:3000
//! ```
//!
//! The same without a browser. The last line is a second click, so there is no second order:
//!
//! ```text
//! $ ask() { curl -s -c jar -b jar "$@" http://127.0.0.1:3000 | grep -o '<h1>.*</h1>'; }
//! $ ask
//! <h1>Which size?</h1>
//! $ ask -d form=f1 -d answer=large
//! <h1>Order one large pizza?</h1>
//! $ ask -d form=f2 -d answer=yes
//! <h1>Order 1 is a large pizza.</h1>
//! $ ask -d form=f2 -d answer=yes
//! <h1>Order 1 is a large pizza.</h1>
//! ```

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::{Router, routing::get};
use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::{
    Error, Flow, MemoryStore, MessageId, Redelivery, Stage, StateManager, Step, Turn, UserId,
    assert_transitions,
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
    type Stage = At;
    type Choice = NoChoice;
    type Data = Orders;
}

/// What a button sends: the id of its page, which is the same at every click, and the answer.
#[derive(Deserialize)]
struct Clicked {
    form: String,
    answer: String,
}

fn decide(turn: &mut Turn<Wizard>, answer: &str) -> Result<Step<String>, Error> {
    let html = match (turn.stage(), answer) {
        (At::Size, "small" | "large") => {
            turn.data_mut().size = answer.to_owned();
            turn.transition_to(At::Confirm, None)?;
            page(At::Confirm, answer)
        }
        (At::Confirm, "yes") => {
            turn.data_mut().count += 1;
            turn.transition_to(At::Size, None)?;
            let Orders { size, count } = turn.data();
            format!("<h1>Order {count} is a {size} pizza.</h1>")
        }
        // A button of an old page changes nothing: show the step that the session is at.
        (stage, _) => return Ok(Step::Stop(page(stage, &turn.data().size))),
    };
    turn.remember_reply(&html)?; // a second click gets the same page
    Ok(Step::Commit(html))
}

fn page(stage: At, size: &str) -> String {
    let form = new_id();
    let (question, answers) = match stage {
        At::Size => ("Which size?".to_owned(), ["small", "large"]),
        At::Confirm => (format!("Order one {size} pizza?"), ["yes", "no"]),
    };
    let button = |answer| format!("<button name=answer value={answer}>{answer}</button>");
    let buttons = answers.map(button).concat();
    format!(
        "<h1>{question}</h1><form method=post><input type=hidden name=form value={form}>{buttons}"
    )
}

fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

async fn start() -> impl IntoResponse {
    let cookie = format!("session={}; HttpOnly; SameSite=Lax", new_id()); // over TLS: and Secure
    ([(header::SET_COOKIE, cookie)], Html(page(At::Size, "")))
}

async fn click(
    State(manager): State<StateManager<Wizard>>,
    headers: HeaderMap,
    Form(Clicked { form, answer }): Form<Clicked>,
) -> Result<Html<String>, StatusCode> {
    let cookie = headers
        .get(header::COOKIE)
        .and_then(|cookie| cookie.to_str().ok());
    let session = cookie
        .and_then(|cookie| cookie.strip_prefix("session="))
        .unwrap_or_default();
    let reply = async {
        let user = UserId::new(session)?;
        let message = MessageId::new(form)?;
        manager
            .handle(&user, &message, |turn| decide(turn, &answer))
            .await?
            .into_output()
    };
    match reply.await {
        Ok(html) => Ok(Html(html.unwrap_or_default())),
        Err(error) if error.redeliver() == Redelivery::Answered => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let manager = StateManager::<Wizard>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(start).post(click))
        .with_state(manager);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("open http://127.0.0.1:3000");
    axum::serve(listener, app).await
}
