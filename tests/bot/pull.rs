//! A bot without a channel: the caller takes the replies with it.

use std::sync::Arc;
use std::time::Duration;

use harness::bank::Next;
use harness::phone::Talk;
use harness::sessions::{Attempt, soon};
use harness::transfer::{Reply, Transfer};
use tokio::time::sleep;
use vimbiso_state::bot::{Answer, Bot};
use vimbiso_state::store::{
    Delivery, NewReply, OutboxChanges, OutboxCommit, OutboxStore, SessionWrite,
};
use vimbiso_state::{CommitId, StateManager, StateStore};

struct Page {
    talk: Talk,
    bot: Bot<Transfer>,
}

impl Page {
    fn new() -> Self {
        let talk = Talk::new();
        let heard = Arc::clone(&talk.reports);
        let manager = StateManager::new(talk.store.clone());
        let bot = Bot::builder(manager, talk.bank.clone())
            .on_report(move |report| heard.lock().unwrap().push(report.to_string()))
            .build()
            .unwrap();
        Self { talk, bot }
    }

    async fn answer(&self, id: &str, text: &str) -> Answer<Reply> {
        self.bot.answer(self.talk.inbound(id, text)).await.unwrap()
    }

    /// Queues a reply as another release writes it, or one whose key a vault has lost.
    async fn queue(&self, body: &[u8]) -> CommitId {
        let store = &self.talk.store;
        let user = &self.talk.user;
        let loaded = store.load(user, None, soon()).await.unwrap();
        let attempt = Attempt::on(&loaded, "{}");
        let changes = OutboxChanges {
            session: SessionWrite::Nothing,
            reply: Some(NewReply {
                body,
                to: None,
                is_outcome: false,
                is_replaceable: false,
                delivery: Delivery::Pull,
            }),
            ..Default::default()
        };
        let request = attempt.request(soon());
        let sent = store.commit_with(user, request, changes).await;
        assert!(matches!(sent, Ok(OutboxCommit::Answered { .. })));
        attempt.id
    }

    async fn texts(&self, id: &str, text: &str) -> Vec<String> {
        let replies = self.answer(id, text).await.replies;
        replies.into_iter().map(|reply| reply.text).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn answer_waits_for_the_outcome_of_a_call() {
    let page = Page::new();
    assert_eq!(page.texts("m1", "5").await, ["Send 5?"]);
    assert_eq!(page.texts("m2", "1").await, ["Paid 5, receipt 1."]);
    assert_eq!(page.texts("m3", "hello").await, ["You said hello."]);
    assert_eq!(page.talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn second_delivery_gets_the_same_answer() {
    let page = Page::new();
    for (id, text) in [("m1", "5"), ("m2", "1"), ("m3", "hello")] {
        let first = page.answer(id, text).await;
        let second = page.answer(id, text).await;
        assert!(!first.duplicate && second.duplicate);
        assert_eq!(first.replies, second.replies);
    }
    // Also when later messages have shown that the first answer was read.
    assert_eq!(page.texts("m1", "5").await, ["Send 5?"]);
    assert_eq!(page.texts("m2", "1").await, ["Paid 5, receipt 1."]);
    assert_eq!(page.talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn late_outcome_is_among_the_next_replies() {
    let page = Page::new();
    tokio::spawn(page.bot.clone().work());
    page.talk.bank.state().next = vec![Next::FailAfter];
    page.texts("m1", "5").await;
    assert_eq!(page.texts("m2", "1").await, ["5 is on its way."]);
    assert_eq!(page.texts("m2", "1").await, ["5 is on its way."]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(
        page.texts("m3", "hello").await,
        ["Paid 5, receipt 1.", "You said hello."]
    );
    assert_eq!(page.texts("m4", "again").await, ["You said again."]);
}

#[tokio::test(start_paused = true)]
async fn redelivery_takes_no_outcome_from_the_user() {
    for (again, answered) in [
        ("m1", &["Send 5?"][..]),
        ("m3", &["You said hello.", "Paid 5, receipt 1."]),
    ] {
        let page = Page::new();
        tokio::spawn(page.bot.clone().work());
        page.talk.bank.state().next = vec![Next::FailAfter];
        page.texts("m1", "5").await;
        page.texts("m2", "1").await;
        page.texts("m3", "hello").await;
        sleep(Duration::from_secs(10)).await;
        assert_eq!(page.texts(again, "as before").await, answered);
        let mut next = page.texts("m4", "again").await;
        // What the last answer had is not told twice.
        next.splice(..0, answered[1..].iter().map(|text| (*text).to_owned()));
        assert_eq!(next, ["Paid 5, receipt 1.", "You said again."]);
    }
}

#[tokio::test(start_paused = true)]
async fn reply_to_a_handled_message_waits_for_an_answer() {
    let page = Page::new();
    tokio::spawn(page.bot.clone().work());
    page.bot
        .handle(page.talk.inbound("m1", "one"))
        .await
        .unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        page.texts("m2", "two").await,
        ["You said one.", "You said two."]
    );
    assert!(page.talk.reports().is_empty());
}

#[tokio::test(start_paused = true)]
async fn bot_with_a_channel_refuses_to_answer() {
    let talk = Talk::new();
    let error = talk
        .bot
        .answer(talk.inbound("m1", "hello"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("use `handle`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn user_who_fetches_replies_is_not_reminded() {
    let page = Page::new();
    tokio::spawn(page.bot.clone().work());
    page.texts("m1", "remind").await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!(page.texts("m2", "hello").await, ["You said hello."]);
}

#[tokio::test(start_paused = true)]
async fn many_messages_never_fill_the_queue() {
    let page = Page::new();
    for n in 0..100 {
        assert_eq!(
            page.texts(&format!("m{n}"), "hello").await,
            ["You said hello."]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_reply_keeps_no_other_from_the_user() {
    const UNREADABLE: &str = "an entry of the outbox cannot be read by this release";
    let page = Page::new();
    let empty = page.queue(b"").await;
    page.queue(br#"{"text":"Good news.","yes":null}"#).await;
    let newer = page.queue(br#"{"picture":"aGk="}"#).await;
    assert_eq!(
        page.texts("m1", "hello").await,
        ["Good news.", "You said hello."]
    );
    for n in 2..5 {
        let id = format!("m{n}");
        assert_eq!(page.texts(&id, "again").await, ["You said again."]);
        assert_eq!(page.texts(&id, "again").await, ["You said again."]);
    }
    let outbox = page.talk.outbox().await;
    let left: Vec<_> = outbox.replies.iter().map(|reply| reply.id).collect();
    assert_eq!(left[1..], [empty, newer], "they are left alone");
    let reports = page.talk.reports();
    assert_eq!(reports, [UNREADABLE; 7], "once for each delivery");
}
