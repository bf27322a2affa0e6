//! A user: types amounts, confirms, taps twice, taps old buttons, types meanwhile, and falls
//! silent.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::gateway::Gateway;
use super::screen::Screen;

/// One payment, as a user goes about it.
#[derive(Debug, Clone)]
pub struct Round {
    pause: Duration,
    amount: u32,
    /// What is typed before the amount, and between the question and the answer.
    chat_before: Option<&'static str>,
    chat_between: Option<&'static str>,
    taps_old_button: bool,
    answer: Answer,
    /// How long the user waits for a reply, and how often the answer is given again without one.
    patience: Duration,
    insists: u32,
    /// How long the user does nothing between the question and the answer, and at the end.
    nap_before: Duration,
    nap_after: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Yes,
    /// The second time after so long.
    YesTwice(Duration),
    TypedYes,
    /// Typed right behind the amount, before the question is on the screen.
    BlindYes,
    No,
    Silence,
}

impl Round {
    /// `nap` is how long it takes at least until a session has expired, if it is to expire.
    pub fn draw(rng: &mut StdRng, nap: Option<Duration>) -> Self {
        let chat = |rng: &mut StdRng| match rng.random_range(0..6) {
            0 => Some("hello"),
            1 => Some("help"),
            _ => None,
        };
        let naps = |rng: &mut StdRng| match nap {
            Some(nap) if rng.random_bool(0.3) => nap + millis(rng, 0, 600),
            _ => Duration::ZERO,
        };
        Self {
            pause: millis(rng, 0, 120),
            amount: rng.random_range(1..1000),
            chat_before: chat(rng),
            chat_between: chat(rng),
            taps_old_button: rng.random_bool(0.3),
            answer: match rng.random_range(0..20) {
                0..8 => Answer::Yes,
                8..14 => Answer::YesTwice(millis(rng, 0, 30)),
                14 => Answer::TypedYes,
                15 => Answer::BlindYes,
                16..18 => Answer::No,
                _ => Answer::Silence,
            },
            patience: millis(rng, 300, 1500),
            insists: rng.random_range(0..=2),
            nap_before: naps(rng),
            nap_after: naps(rng),
        }
    }
}

/// Lets the user think about the first question, confirm it, and again only after so long.
pub fn confirm_again_after(time: Duration, rounds: &mut [Round]) {
    if let Some(first) = rounds.first_mut() {
        first.nap_before = Duration::from_millis(700);
        first.answer = Answer::YesTwice(time);
    }
}

fn millis(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..=to))
}

/// All rounds of one user.
pub async fn live(name: String, rounds: Vec<Round>, gateway: Arc<Gateway>, screen: Arc<Screen>) {
    let mut old = None::<String>;
    for round in rounds {
        sleep(round.pause).await;
        if let Some(chat) = round.chat_before {
            gateway.post(&name, chat);
        }
        let asked = gateway.post(&name, round.amount.to_string());
        if let Answer::BlindYes = round.answer {
            gateway.post(&name, "yes");
        }
        let Some(question) = screen.question_of(&asked, round.patience).await else {
            continue;
        };
        sleep(round.nap_before).await;
        if let Some(old) = old.as_ref().filter(|_| round.taps_old_button) {
            gateway.post(&name, format!("yes~{old}"));
        }
        if let Some(chat) = round.chat_between {
            gateway.post(&name, chat);
        }
        let yes = format!("yes~{question}");
        match round.answer {
            Answer::Yes => drop(gateway.post(&name, &yes)),
            Answer::YesTwice(apart) => {
                gateway.post(&name, &yes);
                sleep(apart).await;
                gateway.post(&name, &yes);
            }
            Answer::TypedYes => drop(gateway.post(&name, "yes")),
            Answer::No => drop(gateway.post(&name, format!("no~{question}"))),
            Answer::BlindYes | Answer::Silence => {}
        }
        if let Answer::Yes | Answer::YesTwice(_) = round.answer {
            for _ in 0..round.insists {
                if screen.is_told(&question, round.patience).await {
                    break;
                }
                gateway.post(&name, &yes);
            }
        }
        old = Some(question);
        sleep(round.nap_after).await;
    }
}
