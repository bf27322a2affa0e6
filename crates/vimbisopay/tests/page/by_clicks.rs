//! The chat page in a browser. The pictures are kept under the target folder.

use std::time::Duration;

use crate::browser::Page;

const MEMBER: [&str; 2] = ["--members", "263771234567"];
const WIDE: (u32, u32) = (1440, 1000);
const PHONE: (u32, u32) = (390, 844);

/// The browsers take their turn: two would keep each other waiting.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn whole_conversation_by_clicks() {
    let _turn = ONE.lock().await;
    let page = Page::open(&[], WIDE).await;
    page.picture("empty").await;
    page.click("[data-say=hi]").await;
    page.reply(1, "You are not a member yet.").await;
    page.text_of("#stage", "Register").await;
    page.tap("Become a Member").await;
    page.reply(2, "Please send your").await;
    page.say("Tariro Moyo").await;
    page.reply(3, "you are a member now").await;
    page.text_of("#stage", "Menu").await;
    page.text_of("#token", "stored").await;
    page.tap("Choose").await;
    page.picture("list").await;
    page.click("#sheet-close").await;
    page.choose("Pending Offers").await;
    page.reply(4, "Pending offers").await;
    page.until("document.querySelector('[data-stage$=pending_offers_in]').matches('.at')")
        .await;
    page.choose("5.00 USD from Grace").await;
    page.reply(5, "Secured").await;
    page.tap("Accept").await;
    page.reply(6, "You accepted 5.00 USD").await;
    page.say("10=>grace").await;
    page.reply(7, "Offer 10 USD").await;
    page.picture("conversation").await;
    page.tap("Yes").await;
    page.reply(8, "You offered 10.00 USD").await;
    // A button of an earlier question confirms nothing.
    page.run(
        "[...document.querySelectorAll('.options button')].filter(b => b.textContent === 'Yes')[0]\
         .click()",
    )
    .await;
    page.reply(9, "belongs to an earlier question").await;
    // What went over the wire is shown.
    page.run("document.querySelector('[data-kind=in] .raw').click()")
        .await;
    page.text_of("#wire details[open] code", "X-Hub-Signature-256: sha256=")
        .await;
    page.text_of("#wire details[open] pre", "\"body\": \"hi\"")
        .await;
    page.run("document.querySelector('[data-kind=out] .raw').click()")
        .await;
    page.text_of(
        "#wire details.to-user[open] pre",
        "biz_opaque_callback_data",
    )
    .await;
    page.picture("wire").await;
    page.click("#forget").await;
    page.text_of("#status", "new").await;
    page.until("!document.querySelector('.bubble')").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn session_is_seen_to_expire() {
    let _turn = ONE.lock().await;
    let page = Page::open(&[&MEMBER[..], &["--ttl", "4"]].concat(), WIDE).await;
    page.say("10=>grace").await;
    page.text_of("#status", "active").await;
    page.text_of("#expiry", "0:0").await;
    page.text_of("#status", "expired").await;
    page.text_of("#expiry", "expired").await;
    page.text_of("#stage", "Offer credex").await;
    page.picture("expired").await;
    page.tap("Yes").await;
    page.reply(2, "Your session expired.").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn duplicates_are_seen_to_have_one_reply() {
    let _turn = ONE.lock().await;
    let page = Page::open(&MEMBER, WIDE).await;
    page.click("#duplicates").await;
    page.say("hi").await;
    page.text_of("[data-kind=in] .copies", "delivered 3×: 200, 200, 200")
        .await;
    page.reply(1, "Hello, Ada.").await;
    page.say("4").await;
    page.reply(2, "Transactions").await;
    page.text_of("#count-in", "2").await;
    page.text_of("#count-deliveries", "6").await;
    page.text_of("#count-out", "2").await;
    page.picture("duplicates").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn reply_arrives_after_the_worker_was_killed() {
    let _turn = ONE.lock().await;
    let page = Page::open(&MEMBER, WIDE).await;
    page.say("10=>grace").await;
    page.reply(1, "Offer 10 USD").await;
    page.click("#kill").await;
    page.tap("Yes").await;
    page.text_of("#call", "Offer").await;
    page.text_of("#chat", "Worker 1 was killed").await;
    page.until("!document.querySelector('#lease').hidden").await;
    page.picture("killed").await;
    page.reply(2, "You offered 10.00 USD").await;
    page.text_of("#chat", "Worker 2 has done what was left")
        .await;
    page.text_of("#call", "None.").await;
    page.until("!document.querySelector('#kill').checked").await;
    page.say("3").await;
    page.reply(3, "Your outgoing offers").await;
    page.run("document.querySelector('#flow').scrollIntoView()")
        .await;
    page.picture("taken-over").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn slow_call_leaves_the_chat_open() {
    let _turn = ONE.lock().await;
    let page = Page::open(&MEMBER, WIDE).await;
    page.click("#slow").await;
    page.say("10=>grace").await;
    page.reply(1, "Offer 10 USD").await;
    page.tap("Yes").await;
    page.text_of("#call", "Offer").await;
    page.text_of("#presence", "waiting for the accounts API")
        .await;
    page.picture("slow").await;
    page.say("hi").await;
    page.reply(2, "still in progress").await;
    page.text_of("#chat", "You offered 10.00 USD").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn page_fits_a_narrow_screen() {
    let _turn = ONE.lock().await;
    let page = Page::open(&MEMBER, PHONE).await;
    page.say("hi").await;
    page.reply(1, "Hello, Ada.").await;
    page.choose("Review Transactions").await;
    page.reply(2, "page 1").await;
    page.picture("phone-chat").await;
    for part in ["faults", "session", "flow", "wire-card"] {
        page.click(&format!(".tabs a[href='#{part}']")).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        page.picture(&format!("phone-{part}")).await;
    }
    let is_within = "document.documentElement.scrollWidth <= innerWidth && innerWidth === 390";
    page.until(is_within).await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; tests/run.sh runs it"]
async fn page_is_used_by_keyboard_and_is_named() {
    let _turn = ONE.lock().await;
    let page = Page::open(&MEMBER, WIDE).await;
    page.say("hi").await;
    page.reply(1, "Hello, Ada.").await;
    // Back from the message field to the list below the reply, and through its rows.
    let opener = page.find("[aria-haspopup=dialog]").await;
    opener.send_keys("\u{e007}").await.unwrap();
    page.until("document.activeElement.closest('dialog[open]')")
        .await;
    let first = page.find("#rows button").await;
    first.send_keys("\u{e00c}").await.unwrap();
    page.until("!document.querySelector('dialog[open]')").await;
    let slow = page.find("#slow").await;
    slow.send_keys(" ").await.unwrap();
    page.until("document.querySelector('#slow').checked").await;
    let unnamed = page
        .run(
            "return [...document.querySelectorAll('button, input, a, dialog, [tabindex]')]\
             .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || \
             e.labels?.length || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML)",
        )
        .await;
    assert_eq!(unnamed, serde_json::json!([]));
    page.close().await;
}
