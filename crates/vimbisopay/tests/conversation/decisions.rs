//! The pure functions of the conversation, without a store and a bot.

use vimbiso_state::bot::{Conversation, Next, Outcome};
use vimbiso_state::vimbisopay::Stage;
use vimbiso_state::{CachedUser, Stage as _, UserId};
use vimbisopay::{ApiAnswer, ApiCall, ApiError, ApiFact, ApiQuery, BotFlow, Receipt, Turn};

use crate::accounts_api::dashboard;

fn turn() -> Turn {
    Turn::of(CachedUser::visitor(UserId::new("263771234567").unwrap()))
}

fn call() -> ApiCall {
    let offer = "o1".to_owned();
    ApiCall::Accept { offer }
}

fn receipt() -> Receipt {
    Receipt {
        message: "You accepted 5.00 USD.".to_owned(),
        dashboard: dashboard(&[("a1", "Personal")]),
    }
}

#[test]
fn decision_asks_until_it_has_its_facts() {
    let text = "accept_o1".to_owned();
    let Next::Ask(query) = BotFlow::decide(&mut turn(), &text, &[]).unwrap() else {
        panic!("it needs the dashboard")
    };
    assert_eq!(query, ApiQuery::Dashboard);
    let answer = Ok(ApiAnswer::Dashboard(Some(receipt().dashboard)));
    let mut turn = turn();
    let fact = ApiFact { query, answer };
    match BotFlow::decide(&mut turn, &text, &[fact]).unwrap() {
        Next::ReplyAndCall(notice, made) => {
            assert_eq!(
                (notice.text.as_str(), made),
                ("👋 Welcome to VimbisoPay.", call())
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(turn.stage(), Stage::AcceptOffer);
}

#[test]
fn failed_query_is_told_aside() {
    for (error, told) in [
        (ApiError::Unavailable, "⚠️ We cannot reach the accounts"),
        (ApiError::refused("Blocked."), "❌ Blocked."),
    ] {
        let fact = ApiFact {
            query: ApiQuery::Dashboard,
            answer: Err(error),
        };
        match BotFlow::decide(&mut turn(), &"hi".to_owned(), &[fact]).unwrap() {
            Next::Aside(reply) => assert!(reply.text.starts_with(told), "{}", reply.text),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_outcome_is_told_in_words_of_its_own() {
    for (outcome, told) in [
        (
            Outcome::Done(receipt()),
            "✅ Your last request went through: You accepted 5.00 USD.",
        ),
        (
            Outcome::Refused("Too late.".to_owned()),
            "❌ Your last request was refused: Too late.",
        ),
        (
            Outcome::NotMade,
            "❌ Your last request did not go through. Nothing was changed.",
        ),
        (
            Outcome::GivenUp,
            "⚠️ We could not find out whether your last request went through: please check \
             before you repeat it.",
        ),
    ] {
        assert_eq!(BotFlow::told(&call(), &outcome).text, told);
        // No session waits for it.
        let mut turn = turn();
        let moved = BotFlow::moved(&mut turn, &call(), &outcome).unwrap();
        assert_eq!((moved, turn.stage()), (None, Stage::START));
        assert_eq!(turn.data().account(), None);
    }
}
