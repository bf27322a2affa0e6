//! Large, odd or secret data of the API: a session leaves it out, and the user can go on.

use serde_json::{Value, json};
use vimbiso_state::vimbisopay::Account;
use vimbisopay::Dashboard;

use crate::accounts_api::{Behaviour, dashboard, party};
use crate::harness::{MENU, Talk};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

/// An account with this many open offers, of which the bot reads only the balance.
fn account(offers: usize) -> Account {
    let offer = json!({
        "credexID": "11111111-1111-4111-8111-111111111111",
        "counterparty": "x".repeat(300),
    });
    serde_json::from_value(json!({
        "accountID": "a1",
        "accountName": "Personal",
        "accountHandle": "personal",
        "balanceData": {"securedNetBalancesByDenom": ["99.76 USD"]},
        "pendingInData": {"success": true, "data": vec![offer; offers], "message": "ok"},
        "later": {"kept": [1.5, null]},
    }))
    .unwrap()
}

fn dashboard_of(account: Account) -> Dashboard {
    Dashboard {
        accounts: vec![account],
        ..dashboard(&[])
    }
}

/// A dashboard whose account no session can hold, because its id cannot be left out.
fn too_large() -> Dashboard {
    dashboard_of(Account {
        account_id: "x".repeat(70_000),
        account_name: Some("Later".into()),
        ..Account::default()
    })
}

#[tokio::test]
async fn an_account_with_many_open_offers_can_be_used() {
    for (offers, kept) in [(10, true), (200, false)] {
        let mut talk = Talk::of_member();
        talk.world().dashboard = Some(dashboard_of(account(offers)));
        assert!(talk.say("hi").await.contains("Secured: 99.76 USD"));
        let held = talk.data().await.spec.current_account.unwrap();
        let expected = Account {
            pending_in_data: account(offers).pending_in_data.filter(|_| kept),
            ..account(offers)
        };
        assert_eq!(held, expected, "{offers} offers");
        assert!(talk.say("4").await.contains("page 1"));
    }
}

#[tokio::test]
async fn only_a_forbidden_field_is_left_out() {
    let deep = (0..40).fold(Value::Null, |inner, _| json!([inner]));
    for (name, value) in [
        ("token", json!("x")),
        ("pin", json!(1234)),
        ("accessToken", json!(null)),
        ("note", json!({"text": format!("see https://x/?t={JWT}")})),
        (JWT, json!(1)),
        ("security", json!([{"password": "x"}])),
        ("deep", deep),
        ("large", json!("x".repeat(70_000))),
    ] {
        let mut talk = Talk::of_member();
        let kept = dashboard_of(account(1));
        let mut sent = kept.clone();
        sent.member.extra.insert(name.into(), value.clone());
        sent.accounts[0].extra.insert(name.into(), value);
        talk.world().dashboard = Some(sent);
        assert!(
            talk.say("hi").await.contains("What would you like to do?"),
            "{name}"
        );
        let held = talk.data().await;
        assert_eq!(
            (
                held.spec.profile.member.as_ref(),
                held.spec.current_account.as_ref()
            ),
            (Some(&kept.member), kept.accounts.first())
        );
        assert!(talk.say("10=>grace").await.contains("Offer *10 USD*"));
        assert!(talk.say("yes").await.starts_with("✅ done 1"));
    }
}

#[tokio::test]
async fn a_result_with_a_too_large_account_is_recorded() {
    let mut talk = Talk::after(&["hi", "10=>grace"]).await;
    let before = talk.data().await;
    talk.world().dashboard = Some(too_large());
    let first = talk.deliver("yes-1", "yes").await;
    assert!(
        first.reply.text.starts_with("✅ done 1") && first.reply.text.contains("*Personal*"),
        "{}",
        first.reply.text
    );
    assert_eq!(talk.deliver("yes-1", "yes").await.reply, first.reply);
    let data = talk.data().await;
    assert_eq!(
        (data.spec.current_account, data.spec.profile),
        (before.spec.current_account, before.spec.profile)
    );
    assert_eq!((data.draft, talk.at().await), (None, MENU));
    assert!(!talk.is_pending().await);
    assert!(
        talk.say("4").await.contains("page 1"),
        "the conversation goes on"
    );
    assert_eq!(talk.counts(), (1, 1));
}

#[tokio::test]
async fn a_new_account_with_a_too_large_list_is_recorded() {
    let mut talk = Talk::after(&["hi", "handle_action_more_options", "1"]).await;
    talk.world().dashboard = Some(Dashboard {
        accounts: vec![account(0), too_large().accounts.remove(0)],
        ..dashboard(&[])
    });
    let told = talk.say("Bakery, bakery").await;
    assert!(
        told.starts_with("✅ done 1") && told.contains("What would you like to do?"),
        "{told}"
    );
    assert_eq!(
        (talk.at().await, talk.is_pending().await, talk.counts()),
        (MENU, false, (1, 1))
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_outcome_is_cut() {
    let mut talk = Talk::after(&["hi", "10=>grace"]).await;
    talk.world().behaviour = Behaviour::LosesTheAnswer;
    talk.say("yes").await;
    talk.world()
        .done
        .values_mut()
        .for_each(|done| done.as_mut().unwrap().message = "x".repeat(70_000));
    talk.world().behaviour = Behaviour::Accepts;
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    talk.work();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert!(talk.say("hi").await.contains("went through: xxx"));
    assert!(talk.say("accept_o1").await.contains("✅ done 2"));
}

#[tokio::test]
async fn data_that_cannot_be_stored_asks_to_try_later() {
    let mut talk = Talk::of_member();
    talk.world().dashboard = Some(too_large());
    assert!(talk.say("hi").await.contains("try again later"));
    assert_eq!(talk.revision().await, 0, "nothing was changed");

    let mut talk = Talk::after(&["hi"]).await;
    talk.world().parties.push(vimbisopay::Party {
        name: "x".repeat(70_000),
        ..party("p4", "edith")
    });
    talk.world().offers[0].id = "x".repeat(70_000);
    talk.world().offers[1].id = "x".repeat(9_000);
    for text in ["10=>edith", "2"] {
        let before = talk.data().await;
        let revision = talk.revision().await;
        assert!(talk.say(text).await.contains("try again later"), "{text}");
        assert_eq!(
            (talk.data().await, talk.revision().await),
            (before, revision)
        );
    }
    // This id fits into the session, but not into a stored reply with two buttons.
    talk.world().offers.remove(0);
    talk.say("2").await;
    assert!(talk.say("1").await.contains("try again later"));
    assert!(talk.say("hi").await.contains("What would you like to do?"));
}
